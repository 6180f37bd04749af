from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    """A charge's project is one of its customer: the reference carries all three."""

    dependencies = [
        ("customers", "0008_project_of_its_customer"),
        ("timesheets", "0015_charge_isolation"),
    ]
    operations = [
        rls.AfterTheTables(
            # As in `rls.tenant_reference`: the check runs as the owner, whom FORCE would hold.
            sql="""
                ALTER TABLE timesheets_charge NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE timesheets_charge ADD CONSTRAINT charge_project_of_its_customer
                    FOREIGN KEY (tenant_id, customer_id, project_id)
                    REFERENCES customers_project (tenant_id, customer_id, id);
                ALTER TABLE timesheets_charge FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project FORCE ROW LEVEL SECURITY;
            """,
            reverse_sql="""
                ALTER TABLE timesheets_charge DROP CONSTRAINT charge_project_of_its_customer;
            """,
        ),
    ]
