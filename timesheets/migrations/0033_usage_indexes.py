from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0032_usage_recognised"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="usagerecord", name="usagerecord_of_import"),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(
                fields=["tenant", "usage_import", "customer"], name="usagerecord_of_import"
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["tenant", "usage_date"], name="usagerecord_by_date"),
        ),
    ]
