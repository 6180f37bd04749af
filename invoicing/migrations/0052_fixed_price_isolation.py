from django.db import migrations

from tenants import rls


def emptied(table: str, column: str) -> rls.AfterTheTables:
    """A reference of two columns of which the second is emptied with the line it names."""
    name = f"{table}_{column}_tenant_fk"
    return rls.AfterTheTables(
        # As in `rls.tenant_reference`: the check runs as the owner, whom FORCE would hold.
        sql=f"""
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE invoicing_invoiceline NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} ADD CONSTRAINT {name}
                FOREIGN KEY (tenant_id, {column})
                REFERENCES invoicing_invoiceline (tenant_id, id)
                ON DELETE SET NULL ({column});
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            ALTER TABLE invoicing_invoiceline FORCE ROW LEVEL SECURITY;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0051_fixed_prices"),
    ]
    operations = [
        rls.isolate("invoicing_fixedprice"),
        rls.isolate("invoicing_milestone"),
        rls.isolate("invoicing_deduction"),
        rls.tenant_reference("invoicing_fixedprice", "project_id", "customers_project"),
        rls.tenant_reference("invoicing_fixedprice", "tax_rate_id", "catalog_taxrate"),
        rls.tenant_reference("invoicing_milestone", "fixed_price_id", "invoicing_fixedprice"),
        emptied("invoicing_fixedprice", "final_line_id"),
        emptied("invoicing_milestone", "line_id"),
        rls.tenant_reference(
            "invoicing_deduction", "line_id", "invoicing_invoiceline", cascades=True
        ),
        rls.tenant_reference("invoicing_deduction", "advance_id", "invoicing_invoiceline"),
    ]
