from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0001_initial"),
    ]
    operations = [
        rls.isolate("customers_customer"),
        rls.isolate("customers_contact"),
        rls.isolate("customers_project"),
        rls.tenant_reference("customers_customer", "tax_rate_id", "catalog_taxrate"),
        rls.tenant_reference("customers_contact", "customer_id", "customers_customer"),
        rls.tenant_reference("customers_project", "customer_id", "customers_customer"),
        rls.tenant_reference("customers_project", "manager_id", "tenants_membership"),
        rls.tenant_reference("customers_project", "tax_rate_id", "catalog_taxrate"),
    ]
