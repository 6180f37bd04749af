from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0070_keys_that_stay"),
    ]
    operations = [
        rls.referred_to_by_index("invoicing_source", "line_id", "invoicing_invoiceline"),
        rls.referred_to_by_index(
            "invoicing_source",
            "time_entry_id",
            "timesheets_timeentry",
            half="remaining.released_at IS NULL",
        ),
        rls.referred_to_by_index("invoicing_invoiceline", "invoice_id", "invoicing_invoice"),
        rls.referred_to_by_index("invoicing_invoiceline", "addition_id", "invoicing_addition"),
        rls.referred_to_by_index("invoicing_invoiceline", "tax_rate_id", "catalog_taxrate"),
    ]
