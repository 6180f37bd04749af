from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0064_accounts_of_projects"),
    ]
    operations = [
        rls.isolate("invoicing_projectaccount"),
        rls.tenant_reference("invoicing_projectaccount", "project_id", "customers_project"),
        rls.tenant_reference("invoicing_projectaccount", "tax_rate_id", "catalog_taxrate"),
    ]
