import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0010_custom_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="timeentry",
            name="settled_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="settled"
            ),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="settled by",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_billable", True), ("billing_state", "open"), _connector="OR"
                ),
                name="timeentry_not_billable_is_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("billing_state", "written_off"), _negated=True),
                    models.Q(("billing_note", ""), _negated=True),
                    _connector="OR",
                ),
                name="timeentry_written_off_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("billing_note", ""),
                    ("billing_state__in", ["billed", "written_off"]),
                    _connector="OR",
                ),
                name="timeentry_note_only_when_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("settled_at", None),
                    models.Q(("billing_note", ""), _negated=True),
                    _connector="OR",
                ),
                name="timeentry_settled_by_hand_says_why",
            ),
        ),
    ]
