from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0034_charges_of_a_product"),
    ]
    operations = [
        migrations.AddField(
            model_name="timeimport",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="timeimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "Being read"),
                    ("checked", "Waiting for you"),
                    ("queued", "Being imported"),
                    ("done", "Imported"),
                    ("failed", "Not readable"),
                    ("taken_back", "Taken back"),
                ],
                default="checked",
                max_length=12,
                verbose_name="state",
            ),
        ),
    ]
