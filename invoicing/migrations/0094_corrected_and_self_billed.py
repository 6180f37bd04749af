import django.db.models.deletion
from django.db import migrations, models

import tenants.base
from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0093_buyer_as_posted"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="is_self_billed",
            field=models.BooleanField(
                db_default=False,
                default=False,
                verbose_name="made out by the customer (self-billing)",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="replaces",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="invoicing.invoice",
                verbose_name="replaces the invoice",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("replaces__isnull", False)),
                fields=["tenant", "replaces"],
                name="invoice_replaced_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "invoice"),
                    models.Q(("is_self_billed", False), ("replaces", None)),
                    _connector="OR",
                ),
                name="invoice_only_invoices_replace",
            ),
        ),
        rls.tenant_reference("invoicing_invoice", "replaces_id", "invoicing_invoice"),
    ]
