from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_project_of_its_customer"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="reminders",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "As a business where there is a business or VAT id, else as a consumer"),
                    ("business", "As a business"),
                    ("consumer", "As a consumer"),
                    ("never", "No reminders"),
                ],
                default="",
                max_length=8,
                verbose_name="reminders",
            ),
        ),
    ]
