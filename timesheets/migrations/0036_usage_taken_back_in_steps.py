"""A large import is taken back by a worker, some customers at a time, for the one who asked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("timesheets", "0035_imports_given_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="usageimport",
            name="taken",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="taken back"
            ),
        ),
        migrations.AddField(
            model_name="usageimport",
            name="taken_back_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="usageimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("choosing", "Waiting for you"),
                    ("reading", "Being read"),
                    ("charging", "Being charged"),
                    ("done", "Imported"),
                    ("failed", "Not imported"),
                    ("taking_back", "Being taken back"),
                    ("taken_back", "Taken back"),
                ],
                default="choosing",
                max_length=12,
                verbose_name="state",
            ),
        ),
    ]
