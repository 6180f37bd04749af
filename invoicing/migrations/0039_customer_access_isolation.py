from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0038_customer_access"),
    ]
    operations = [
        rls.isolate("invoicing_customeraccess"),
        rls.isolate("invoicing_customerquestion"),
        rls.tenant_reference("invoicing_customeraccess", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_customeraccess", "invoice_id", "invoicing_invoice"),
        rls.tenant_reference("invoicing_customerquestion", "access_id", "invoicing_customeraccess"),
        rls.tenant_reference("invoicing_customerquestion", "invoice_id", "invoicing_invoice"),
    ]
