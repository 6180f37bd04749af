from django.db import migrations

from tenants import rls

# What lies with an order -> the third column, and where the three lead.
REFERENCES = (
    ("serviceorder", "project_of_its_customer", "customer_id, project_id", "customers_project"),
    (
        "timeentry",
        "order_of_its_project",
        "project_id, service_order_id",
        "timesheets_serviceorder",
    ),
    ("charge", "order_of_its_customer", "customer_id, service_order_id", "timesheets_serviceorder"),
)


def carried(table: str, name: str, columns: str, target: str) -> rls.AfterTheTables:
    """As in `rls.tenant_reference`: the check runs as the owner, whom FORCE would hold."""
    other = columns.partition(",")[0]
    source = f"timesheets_{table}"
    return rls.AfterTheTables(
        sql=f"""
            ALTER TABLE {source} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {source} ADD CONSTRAINT {table}_{name}
                FOREIGN KEY (tenant_id, {columns}) REFERENCES {target} (tenant_id, {other}, id);
            ALTER TABLE {source} FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} FORCE ROW LEVEL SECURITY;
        """,
        reverse_sql=f"ALTER TABLE {source} DROP CONSTRAINT {table}_{name};",
    )


class Migration(migrations.Migration):
    """An order's project, and its hours and parts, are of the order's customer."""

    dependencies = [
        ("customers", "0008_project_of_its_customer"),
        ("timesheets", "0020_service_order_isolation"),
    ]
    operations = [carried(*one) for one in REFERENCES]
