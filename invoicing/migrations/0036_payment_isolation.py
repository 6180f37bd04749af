from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0035_payments"),
    ]
    operations = [
        rls.isolate("invoicing_payment"),
        rls.isolate("invoicing_allocation"),
        rls.tenant_reference("invoicing_payment", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_payment", "origin_id", "invoicing_payment"),
        rls.tenant_reference("invoicing_payment", "reverses_id", "invoicing_payment"),
        rls.tenant_reference("invoicing_payment", "entry_id", "invoicing_journalentry"),
        rls.tenant_reference("invoicing_allocation", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_allocation", "payment_id", "invoicing_payment"),
        rls.tenant_reference("invoicing_allocation", "reverses_id", "invoicing_allocation"),
        rls.tenant_reference("invoicing_allocation", "entry_id", "invoicing_journalentry"),
    ]
