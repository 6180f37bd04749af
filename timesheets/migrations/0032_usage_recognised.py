from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0031_usage_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="usageimport",
            name="recognised",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()), default=list, editable=False
            ),
        ),
        migrations.AddField(
            model_name="usageimport",
            name="resumed",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
