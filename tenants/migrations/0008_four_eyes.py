from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0007_list_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="four_eyes",
            field=models.BooleanField(
                default=False, verbose_name="another person posts than the one who drafted"
            ),
        ),
    ]
