import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import core.money
import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_product_isolation"),
        ("customers", "0008_project_of_its_customer"),
        ("invoicing", "0050_schedule_isolation"),
        ("tenants", "0013_sent_form_isolation"),
    ]

    operations = [
        migrations.CreateModel(
            name="FixedPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    core.money.MoneyField(
                        decimal_places=3,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="fixed price, net",
                    ),
                ),
                (
                    "text",
                    models.CharField(max_length=200, verbose_name="text on the final invoice"),
                ),
                (
                    "final_line",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoiceline",
                    ),
                ),
                (
                    "project",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fixed_prices",
                        to="customers.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "tax_rate",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxrate",
                        verbose_name="VAT",
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
                "verbose_name": "fixed price",
                "verbose_name_plural": "fixed prices",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Milestone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="text")),
                (
                    "amount",
                    core.money.MoneyField(
                        decimal_places=3,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount, net",
                    ),
                ),
                (
                    "fixed_price",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="milestones",
                        to="invoicing.fixedprice",
                    ),
                ),
                (
                    "line",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="milestones",
                        to="invoicing.invoiceline",
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
                "verbose_name": "milestone",
                "verbose_name_plural": "milestones",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Deduction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "advance",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="deducted_by",
                        to="invoicing.invoiceline",
                    ),
                ),
                (
                    "line",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="deduction",
                        to="invoicing.invoiceline",
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
                "verbose_name": "deduction of an advance",
                "verbose_name_plural": "deductions of advances",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["tenant", "advance"], name="deduction_of_advance")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "line"), name="deduction_of_one_line")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="fixedprice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="fixedprice_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="fixedprice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "project"), name="fixedprice_of_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="fixedprice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="fixedprice_is_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="milestone_tenant_id"),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.UniqueConstraint(
                condition=models.Q(("line__isnull", False)),
                fields=("tenant", "line"),
                name="milestone_of_one_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="milestone_is_something"
            ),
        ),
    ]
