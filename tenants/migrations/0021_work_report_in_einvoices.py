from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0020_own_einvoice_address"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="einvoice_work_report",
            field=models.BooleanField(
                db_default=False,
                default=False,
                verbose_name="put the work report into the e-invoice",
            ),
        ),
    ]
