from django.db import migrations

from tenants import rls

TABLES = {
    "timesheets_package": {},
    "timesheets_packagecomponent": {
        "package_id": "timesheets_package",
        "tax_rate_id": "catalog_taxrate",
    },
    "timesheets_componentprice": {"component_id": "timesheets_packagecomponent"},
    "timesheets_subscription": {
        "customer_id": "customers_customer",
        "project_id": "customers_project",
        "package_id": "timesheets_package",
    },
    "timesheets_ownterms": {"component_id": "timesheets_packagecomponent"},
    "timesheets_subscriptionfee": {
        "subscription_id": "timesheets_subscription",
        "component_id": "timesheets_packagecomponent",
        "charge_id": "timesheets_charge",
    },
}


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0025_packages"),
    ]
    operations = [
        *[rls.isolate(table) for table in TABLES],
        *[
            rls.tenant_reference(table, column, target)
            for table, columns in TABLES.items()
            for column, target in columns.items()
        ],
        rls.tenant_reference(
            "timesheets_ownterms", "subscription_id", "timesheets_subscription", cascades=True
        ),
        rls.AfterTheTables(
            # As in `rls.tenant_reference`: the check runs as the owner, whom FORCE would hold.
            sql="""
                ALTER TABLE timesheets_subscription NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE timesheets_subscription
                    ADD CONSTRAINT subscription_project_of_its_customer
                    FOREIGN KEY (tenant_id, customer_id, project_id)
                    REFERENCES customers_project (tenant_id, customer_id, id);
                ALTER TABLE timesheets_subscription FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project FORCE ROW LEVEL SECURITY;
            """,
            reverse_sql="""
                ALTER TABLE timesheets_subscription
                    DROP CONSTRAINT subscription_project_of_its_customer;
            """,
        ),
    ]
