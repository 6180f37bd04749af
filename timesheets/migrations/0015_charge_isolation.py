from django.db import migrations

from tenants import rls

REFERENCES = {
    "customer_id": "customers_customer",
    "project_id": "customers_project",
    "member_id": "tenants_membership",
    "tax_rate_id": "catalog_taxrate",
}


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0014_charges"),
    ]
    operations = [
        rls.isolate("timesheets_charge"),
        *[
            rls.tenant_reference("timesheets_charge", column, target)
            for column, target in REFERENCES.items()
        ],
    ]
