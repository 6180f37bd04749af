"""Schedules that take only hours with certain tags."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0095_discounts_on_documents"),
        ("tenants", "0020_own_einvoice_address"),
        ("timesheets", "0040_tag_isolation"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScheduleTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "schedule",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tag_links",
                        to="invoicing.schedule",
                    ),
                ),
                (
                    "tag",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedule_links",
                        to="timesheets.tag",
                        verbose_name="tag",
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
                "verbose_name": "tag of a schedule",
                "verbose_name_plural": "tags of schedules",
                "ordering": ["id"],
                "indexes": [models.Index(fields=["tenant", "tag"], name="scheduletag_of_tag")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "schedule", "tag"), name="scheduletag_once"
                    )
                ],
            },
        ),
    ]
