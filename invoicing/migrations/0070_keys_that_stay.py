from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0069_indexes_of_references"),
    ]
    operations = [
        rls.key_stays("invoicing_invoiceline"),
        rls.key_stays("timesheets_timeentry"),
        rls.key_stays("invoicing_invoice"),
        rls.key_stays("invoicing_addition"),
        rls.key_stays("catalog_taxrate"),
    ]
