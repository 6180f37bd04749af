from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_reminders"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="gets_receipts",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="receipts go with invoices"
            ),
        ),
    ]
