import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_tenant_isolation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="export",
            name="export_state_is_whole",
        ),
        migrations.RemoveConstraint(
            model_name="export",
            name="export_failed_says_why",
        ),
        migrations.AddField(
            model_name="export",
            name="done_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="export",
            name="status_before",
            field=models.CharField(
                blank=True,
                choices=[
                    ("waiting", "Waiting"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("failed", "Needs attention"),
                    ("by_hand", "To be entered by hand"),
                    ("cancelled", "Not sent"),
                ],
                db_default="",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="export",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("failed", "Needs attention"),
                    ("by_hand", "To be entered by hand"),
                    ("cancelled", "Not sent"),
                ],
                default="waiting",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="exportattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("sent", "Sent"),
                    ("later", "Tried again later"),
                    ("failed", "Needs attention"),
                    ("by_hand", "Handed over"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("claim", None), ("next_attempt_at__isnull", False), ("status", "waiting")
                    ),
                    models.Q(
                        ("claim__isnull", False),
                        ("claimed_until__isnull", False),
                        ("status", "sending"),
                    ),
                    models.Q(
                        ("claim", None),
                        ("next_attempt_at", None),
                        ("sent_at__isnull", False),
                        ("status", "sent"),
                    ),
                    models.Q(
                        ("claim", None),
                        ("next_attempt_at", None),
                        ("status__in", ["failed", "by_hand", "cancelled"]),
                    ),
                    _connector="OR",
                ),
                name="export_state_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_by", None), ("status_before", "")),
                    models.Q(
                        ("status", "sent"),
                        models.Q(("status_before", ""), _negated=True),
                        models.Q(("remote_number", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="export_done_by_hand_has_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["failed", "by_hand"]), _negated=True),
                    models.Q(("error", ""), _negated=True),
                    _connector="OR",
                ),
                name="export_failed_says_why",
            ),
        ),
    ]
