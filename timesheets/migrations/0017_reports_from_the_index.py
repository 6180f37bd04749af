from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_customer_groups"),
        ("tenants", "0009_fields_version"),
        ("timesheets", "0016_charge_of_its_customers_project"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="timeentry",
            name="timeentry_by_date",
        ),
        migrations.AddIndex(
            model_name="timeentry",
            index=models.Index(
                fields=["tenant", "work_date", "billing_state"],
                include=("is_billable", "project", "member", "task", "rate", "minutes"),
                name="timeentry_by_date",
            ),
        ),
    ]
