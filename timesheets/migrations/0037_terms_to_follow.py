"""Customers whose open charges a worker lets follow terms that changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0036_usage_taken_back_in_steps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TermsToFollow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="asked for")),
                (
                    "asked_by",
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
                    "customer",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
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
                "verbose_name": "terms to follow",
                "verbose_name_plural": "terms to follow",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "customer"), name="termstofollow_customer"
                    )
                ],
            },
        ),
    ]
