"""What people choose of a system's own fields, and connections that give the numbers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


def user() -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0005_product_mappings_isolation"),
        ("invoicing", "0099_files_of_office_programs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="gives_numbers",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("gives_numbers", True), ("is_active", True)),
                fields=("tenant",),
                name="connection_one_gives_numbers",
                violation_error_message="Another connection gives the numbers already.",
            ),
        ),
        migrations.AddField(model_name="export", name="ordered_by", field=user()),
        migrations.CreateModel(
            name="DocumentAnswers",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("remote_customer_id", models.CharField(max_length=60)),
                ("choices", models.JSONField(default=dict)),
                ("words", models.JSONField(default=dict)),
                ("append_to", models.CharField(blank=True, max_length=60)),
                ("append_words", models.CharField(blank=True, max_length=200)),
                ("answered_at", models.DateTimeField(auto_now=True)),
                ("answered_by", user()),
                (
                    "connection",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="integrations.connection",
                    ),
                ),
                (
                    "invoice",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="invoicing.invoice",
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
                "verbose_name": "choices for a document",
                "verbose_name_plural": "choices for documents",
                "ordering": ["connection", "invoice", "id"],
                "indexes": [
                    models.Index(fields=["tenant", "connection"], name="documentanswers_of_system")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="documentanswers_tenant_id"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "invoice", "connection"), name="documentanswers_once"
                    ),
                ],
            },
        ),
    ]
