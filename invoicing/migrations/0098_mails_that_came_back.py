"""E-mails with statements and quotations that came back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0012_finvoice"),
        ("invoicing", "0097_schedule_tag_isolation"),
        ("tenants", "0020_own_einvoice_address"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="quotationsending",
            name="quotationsending_follow_up",
        ),
        migrations.RemoveIndex(
            model_name="statementsending",
            name="statementsending_follow_up",
        ),
        migrations.AddField(
            model_name="quotationsending",
            name="bounce_note",
            field=models.CharField(
                blank=True, editable=False, max_length=300, verbose_name="what came back"
            ),
        ),
        migrations.AddField(
            model_name="quotationsending",
            name="bounced_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="returned"),
        ),
        migrations.AddField(
            model_name="quotationsending",
            name="bounced_by",
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
            model_name="statementsending",
            name="bounce_note",
            field=models.CharField(
                blank=True, editable=False, max_length=300, verbose_name="what came back"
            ),
        ),
        migrations.AddField(
            model_name="statementsending",
            name="bounced_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="returned"),
        ),
        migrations.AddField(
            model_name="statementsending",
            name="bounced_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="quotationsending",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["failed", "unclear"]),
                    ("bounced_at__isnull", False),
                    _connector="OR",
                ),
                fields=["tenant", "id"],
                name="quotationsending_follow_up",
            ),
        ),
        migrations.AddIndex(
            model_name="statementsending",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["failed", "unclear"]),
                    ("bounced_at__isnull", False),
                    _connector="OR",
                ),
                fields=["tenant", "id"],
                name="statementsending_follow_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="quotationsending",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bounced_at", None), ("status__in", ("sent", "unclear")), _connector="OR"
                ),
                name="quotationsending_returned_after_it_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="statementsending",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bounced_at", None), ("status__in", ("sent", "unclear")), _connector="OR"
                ),
                name="statementsending_returned_after_it_left",
            ),
        ),
    ]
