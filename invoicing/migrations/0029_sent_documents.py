"""The archive's index knows which documents went out, and learns of it from their sendings."""

from django.db import migrations

SENT = """
CREATE OR REPLACE FUNCTION invoicing_sent_documents(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT sending.invoice_id FROM invoicing_sending AS sending
    WHERE sending.tenant_id = of_tenant AND sending.invoice_id = ANY (wanted)
        AND sending.status = 'sent' AND sending.bounced_at IS NULL
$$;

CREATE FUNCTION invoicing_index_after_marking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(of_tenant, wanted) FROM (
        SELECT tenant_id AS of_tenant, array_agg(DISTINCT invoice_id) AS wanted
        FROM after_it WHERE status = 'sent' GROUP BY tenant_id
    ) AS groups;
    RETURN NULL;
END $$;

CREATE FUNCTION invoicing_index_after_sending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(of_tenant, wanted) FROM (
        SELECT tenant_id AS of_tenant, array_agg(DISTINCT invoice_id) AS wanted
        FROM after_it JOIN before_it USING (tenant_id, id, invoice_id)
        WHERE (before_it.status = 'sent' AND before_it.bounced_at IS NULL)
            <> (after_it.status = 'sent' AND after_it.bounced_at IS NULL)
        GROUP BY tenant_id
    ) AS groups;
    RETURN NULL;
END $$;

CREATE TRIGGER index_inserted AFTER INSERT ON invoicing_sending
    REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_marking();
CREATE TRIGGER index_updated AFTER UPDATE ON invoicing_sending
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_sending();
"""
UNDO = """
DROP TRIGGER index_updated ON invoicing_sending;
DROP TRIGGER index_inserted ON invoicing_sending;
DROP FUNCTION invoicing_index_after_sending;
DROP FUNCTION invoicing_index_after_marking;
CREATE OR REPLACE FUNCTION invoicing_sent_documents(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint) LANGUAGE sql STABLE AS $$
    SELECT NULL::bigint WHERE false
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0028_sorting_by_currency_and_kind"),
    ]
    operations = [
        migrations.RunSQL(SENT, UNDO),
    ]
