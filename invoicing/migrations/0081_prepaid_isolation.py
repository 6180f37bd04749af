from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0080_prepaid_hours"),
    ]
    operations = [
        rls.isolate("invoicing_prepaidhours"),
        rls.isolate("invoicing_prepaiddraw"),
        rls.tenant_reference("invoicing_prepaidhours", "customer_id", "customers_customer"),
        rls.tenant_reference("invoicing_prepaidhours", "project_id", "customers_project"),
        rls.tenant_reference(
            "invoicing_prepaidhours", "line_id", "invoicing_invoiceline", cascades=True
        ),
        rls.tenant_reference("invoicing_prepaiddraw", "prepaid_id", "invoicing_prepaidhours"),
        rls.tenant_reference("invoicing_prepaiddraw", "time_entry_id", "timesheets_timeentry"),
        rls.AfterTheTables(
            # As in `rls.tenant_reference`: the check runs as the owner, whom FORCE would hold.
            sql="""
                ALTER TABLE invoicing_prepaidhours NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE invoicing_prepaidhours
                    ADD CONSTRAINT prepaidhours_project_of_its_customer
                    FOREIGN KEY (tenant_id, customer_id, project_id)
                    REFERENCES customers_project (tenant_id, customer_id, id);
                ALTER TABLE invoicing_prepaidhours FORCE ROW LEVEL SECURITY;
                ALTER TABLE customers_project FORCE ROW LEVEL SECURITY;
            """,
            reverse_sql="""
                ALTER TABLE invoicing_prepaidhours
                    DROP CONSTRAINT prepaidhours_project_of_its_customer;
            """,
        ),
    ]
