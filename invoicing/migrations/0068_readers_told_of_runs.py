import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0067_work_of_earlier_periods"),
    ]
    operations = [
        migrations.AddField(
            model_name="invoicingrun",
            name="told_to",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, editable=False
            ),
        ),
    ]
