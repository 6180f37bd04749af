from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0066_lines_of_a_product"),
    ]
    operations = [
        migrations.AddField(
            model_name="schedule",
            name="only_period",
            field=models.BooleanField(default=False, verbose_name="only work of the period itself"),
        ),
        migrations.AddField(
            model_name="invoicingrunitem",
            name="earlier_count",
            field=models.PositiveIntegerField(default=0, verbose_name="of earlier periods"),
        ),
    ]
