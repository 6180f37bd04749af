import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import tenants.base
import tenants.scope
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_tenant_isolation"),
        ("customers", "0006_unaccent"),
        ("tenants", "0004_billing_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
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
                "verbose_name": "customer group",
                "verbose_name_plural": "customer groups",
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="group",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="customers",
                to="customers.customergroup",
                verbose_name="group",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["tenant", "group"], name="customer_of_group"),
        ),
        migrations.AddConstraint(
            model_name="customergroup",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="customergroup_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="customergroup",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Lower("name"),
                name="customergroup_name",
                violation_error_message="Another group has this name.",
            ),
        ),
        rls.isolate("customers_customergroup"),
        rls.tenant_reference("customers_customer", "group_id", "customers_customergroup"),
    ]
