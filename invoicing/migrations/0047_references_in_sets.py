from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0046_days_of_lines"),
    ]
    operations = [
        rls.tenant_reference_in_sets("invoicing_source", "line_id", "invoicing_invoiceline"),
        rls.tenant_reference_in_sets("invoicing_source", "time_entry_id", "timesheets_timeentry"),
        rls.tenant_reference_in_sets("invoicing_invoiceline", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference_in_sets("invoicing_invoiceline", "addition_id", "invoicing_addition"),
        rls.tenant_reference_in_sets("invoicing_invoiceline", "tax_rate_id", "catalog_taxrate"),
    ]
