"""What settles an invoice is in the archive's index, which follows the allocations."""

from django.db import migrations

PAID = """
CREATE OR REPLACE FUNCTION invoicing_paid_totals(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint, paid numeric) LANGUAGE sql STABLE AS $$
    SELECT allocation.invoice_id, sum(allocation.amount)
    FROM invoicing_allocation AS allocation
    WHERE allocation.tenant_id = of_tenant AND allocation.invoice_id = ANY (wanted)
    GROUP BY allocation.invoice_id
$$;

CREATE FUNCTION invoicing_index_after_allocations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(of_tenant, wanted) FROM (
        SELECT tenant_id AS of_tenant, array_agg(DISTINCT invoice_id) AS wanted
        FROM changed GROUP BY tenant_id
    ) AS groups;
    RETURN NULL;
END $$;

CREATE TRIGGER index_inserted AFTER INSERT ON invoicing_allocation
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_allocations();
"""
NOTHING_PAID = """
DROP TRIGGER index_inserted ON invoicing_allocation;
DROP FUNCTION invoicing_index_after_allocations;
CREATE OR REPLACE FUNCTION invoicing_paid_totals(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint, paid numeric) LANGUAGE sql STABLE AS $$
    SELECT NULL::bigint, NULL::numeric WHERE false
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0036_payment_isolation"),
    ]
    operations = [migrations.RunSQL(PAID, NOTHING_PAID)]
