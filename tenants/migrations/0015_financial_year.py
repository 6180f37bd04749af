from django.db import migrations, models
from django.utils.dates import MONTHS


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_usual_finnish_accounts"),
    ]
    operations = [
        migrations.AddField(
            model_name="tenant",
            name="year_begins",
            field=models.PositiveSmallIntegerField(
                choices=list(MONTHS.items()),
                default=1,
                verbose_name="first month of the financial year",
            ),
        ),
    ]
