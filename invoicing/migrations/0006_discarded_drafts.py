import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0005_posting_run_isolation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_number_only_when_posted",
        ),
        migrations.AddField(
            model_name="invoice",
            name="discarded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="discarded_by",
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
            model_name="invoice",
            name="status",
            field=models.CharField(
                choices=[("draft", "Draft"), ("posted", "Posted"), ("discarded", "Discarded")],
                default="draft",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("chain_position", None),
                        ("content_hash", ""),
                        ("number", None),
                        ("posted_at", None),
                        ("status__in", ["draft", "discarded"]),
                    ),
                    models.Q(
                        ("chain_position__isnull", False),
                        ("number__isnull", False),
                        ("posted_at__isnull", False),
                        ("series__isnull", False),
                        ("status", "posted"),
                        models.Q(("content_hash", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="invoice_number_only_when_posted",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("discarded_at__isnull", False), ("status", "discarded")),
                    models.Q(
                        models.Q(("status", "discarded"), _negated=True),
                        ("discarded_at", None),
                        ("discarded_by", None),
                    ),
                    _connector="OR",
                ),
                name="invoice_discarded_at_a_moment",
            ),
        ),
    ]
