import django.db.models.deletion
from django.db import migrations, models

import core.money
import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_reminders"),
        ("invoicing", "0073_one_financial_year"),
    ]
    operations = [
        migrations.CreateModel(
            name="CustomerCredit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "amount",
                    core.money.MoneyField(decimal_places=3, max_digits=18, verbose_name="amount"),
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
                "verbose_name": "customers' credit",
                "verbose_name_plural": "customers' credit",
                "ordering": ["customer", "currency", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "customer", "currency"), name="customercredit_one_each"
                    ),
                ],
            },
        ),
    ]
