import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_tenant_isolation"),
        ("tenants", "0003_leaner_writes"),
        ("timesheets", "0003_leaner_writes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="timeentry",
            name="description",
            field=models.CharField(blank=True, max_length=3000, verbose_name="description"),
        ),
        migrations.CreateModel(
            name="TimeImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Being read"),
                            ("checked", "Waiting for you"),
                            ("queued", "Being imported"),
                            ("done", "Imported"),
                            ("taken_back", "Taken back"),
                        ],
                        default="checked",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("program", models.CharField(blank=True, max_length=40, verbose_name="program")),
                ("content", models.BinaryField(null=True)),
                ("options", models.JSONField(default=dict, editable=False)),
                ("report", models.JSONField(editable=False, null=True)),
                ("result", models.JSONField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                (
                    "finished_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="finished"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of hours",
                "verbose_name_plural": "imports of hours",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="timeentry",
            name="time_import",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="time_entries",
                to="timesheets.timeimport",
            ),
        ),
        migrations.AddIndex(
            model_name="timeentry",
            index=models.Index(
                condition=models.Q(("time_import__isnull", False)),
                fields=["tenant", "time_import"],
                name="timeentry_of_import",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeimport",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="timeimport_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="timeimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["done", "taken_back"]), _negated=True),
                    ("content", None),
                    _connector="OR",
                ),
                name="timeimport_keeps_no_file",
            ),
        ),
    ]
