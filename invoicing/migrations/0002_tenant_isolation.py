from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0001_initial"),
    ]
    operations = [
        rls.isolate("invoicing_numberseries"),
        rls.isolate("invoicing_numbercounter"),
        rls.isolate("invoicing_books"),
        rls.isolate("invoicing_invoice"),
        rls.isolate("invoicing_invoiceline"),
        rls.isolate("invoicing_invoicetax"),
        rls.isolate("invoicing_source"),
        rls.isolate("invoicing_invoicefile"),
        rls.isolate("invoicing_journalentry"),
        rls.isolate("invoicing_posting"),
        rls.tenant_reference("invoicing_numbercounter", "series_id", "invoicing_numberseries"),
        rls.tenant_reference("invoicing_invoice", "series_id", "invoicing_numberseries"),
        rls.tenant_reference("invoicing_invoice", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_invoice", "project_id", "customers_project"),
        rls.tenant_reference("invoicing_invoiceline", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_invoiceline", "tax_rate_id", "catalog_taxrate"),
        rls.tenant_reference("invoicing_invoicetax", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_source", "line_id", "invoicing_invoiceline"),
        rls.tenant_reference("invoicing_source", "time_entry_id", "timesheets_timeentry"),
        rls.tenant_reference("invoicing_invoicefile", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_journalentry", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_posting", "entry_id", "invoicing_journalentry"),
    ]
