from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0009_composing"),
    ]
    operations = [
        rls.isolate("invoicing_addition"),
        rls.isolate("invoicing_composition"),
        rls.tenant_reference("invoicing_addition", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_invoiceline", "addition_id", "invoicing_addition"),
        rls.tenant_reference("invoicing_composition", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_composition", "draft_id", "invoicing_invoice"),
    ]
