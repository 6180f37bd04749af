from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0061_files_for_datev"),
    ]
    operations = [
        rls.isolate("invoicing_datevsettings"),
        rls.isolate("invoicing_debtoraccount"),
        rls.isolate("invoicing_datevexport"),
        rls.isolate("invoicing_datevexportrow"),
        rls.tenant_reference("invoicing_debtoraccount", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_datevexportrow", "export_id", "invoicing_datevexport"),
        rls.tenant_reference("invoicing_datevexportrow", "invoice_id", "invoicing_invoice"),
    ]
