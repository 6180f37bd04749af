from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0074_customers_credit"),
    ]
    operations = [
        rls.isolate("invoicing_customercredit"),
        rls.tenant_reference("invoicing_customercredit", "customer_id", "customers_customer"),
    ]
