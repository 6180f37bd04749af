"""The search that reads in the owner's place, for nobody but the program, and within bounds.

PostgreSQL lets everybody call a new function. This one stays inside the tenant of the open scope,
by the very setting that the policies read; whoever may call it could read those rows anyway. But
nobody else who signs in to the database needs it, and nobody needs it with endless patterns.
"""

from django.db import migrations

SEARCH = """
CREATE OR REPLACE FUNCTION invoicing_documents_like(patterns text[], most integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = {path} SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    of_tenant CONSTANT bigint := current_setting('app.tenant_id')::bigint;
    first_key bigint;
    last_key bigint;
    looked_at bigint;
    alike bigint;
    found bigint[];
    one text := patterns[1];
    two text := coalesce(patterns[2], '%');
    three text := coalesce(patterns[3], '%');
BEGIN
    {before}
    SELECT min(invoice_id), max(invoice_id) INTO first_key, last_key
        FROM invoicing_documentindex WHERE tenant_id = of_tenant;
    SELECT count(*), count(*) FILTER (
        WHERE sample.body LIKE one AND sample.body LIKE two AND sample.body LIKE three
    ) INTO looked_at, alike
    FROM generate_series(first_key, last_key, greatest((last_key - first_key) / 40, 1)) AS step,
        LATERAL (
            SELECT body FROM invoicing_documentindex
            WHERE tenant_id = of_tenant AND invoice_id >= step ORDER BY invoice_id LIMIT 20
        ) AS sample;
    IF alike > 20 AND alike * 20 > looked_at THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(array_agg(invoice_id), '{{}}') INTO found FROM (
        SELECT invoice_id FROM invoicing_documentindex
        WHERE tenant_id = of_tenant AND body LIKE one AND body LIKE two AND body LIKE three
        LIMIT most + 1
    ) AS few;
    RETURN CASE WHEN cardinality(found) <= most THEN found END;
END $$;
"""
BOUNDS = """
    -- A list that is too long, and patterns that no search is made of, are no help: NULL.
    IF one IS NULL OR most IS NULL OR most NOT BETWEEN 0 AND 100000
        OR octet_length(one) + octet_length(two) + octet_length(three) > 6000
    THEN
        RETURN NULL;
    END IF;
"""


# Those who read the table: the program's role, whatever it is called here.
FOR_THE_PROGRAM = """
REVOKE EXECUTE ON FUNCTION invoicing_documents_like FROM PUBLIC;
DO $$
DECLARE
    reader regrole;
BEGIN
    FOR reader IN
        SELECT DISTINCT acl.grantee::regrole FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = 'invoicing_documentindex'::regclass AND acl.privilege_type = 'SELECT'
            AND acl.grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION invoicing_documents_like TO %s', reader);
    END LOOP;
END $$;
"""
FOR_EVERYBODY = "GRANT EXECUTE ON FUNCTION invoicing_documents_like TO PUBLIC;"


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0033_index_rows_in_turn"),
    ]
    operations = [
        migrations.RunSQL(
            SEARCH.format(path="pg_catalog, public, pg_temp", before=BOUNDS) + FOR_THE_PROGRAM,
            SEARCH.format(path="public, pg_temp", before="") + FOR_EVERYBODY,
        ),
    ]
