"""Rare values of a tenant's own fields by trigrams, as rare words are found.

`fields` is folded already. As text it holds the names as well, which does no harm: what comes back
are the documents that can match, and each is looked at. Most documents have no field filled in and
no place in the index.
"""

from django.db import migrations

INDEX = """
CREATE INDEX documentindex_field_trigrams ON invoicing_documentindex
    USING gin (tenant_id, (fields::text) gin_trgm_ops) WHERE fields <> '{}'
"""
SEARCH = """
DROP FUNCTION invoicing_documents_like(text[], integer);

CREATE FUNCTION invoicing_documents_like(
    patterns text[], most integer, place text DEFAULT 'body'
) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp
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
    fits text := CASE place
        WHEN 'body' THEN 'body LIKE $2 AND body LIKE $3 AND body LIKE $4'
        WHEN 'fields' THEN 'fields <> ''{}'' AND fields::text LIKE $2'
            ' AND fields::text LIKE $3 AND fields::text LIKE $4'
    END;
BEGIN
    -- A list that is too long, and patterns that no search is made of, are no help: NULL.
    IF fits IS NULL OR one IS NULL OR most IS NULL OR most NOT BETWEEN 0 AND 100000
        OR octet_length(one) + octet_length(two) + octet_length(three) > 6000
    THEN
        RETURN NULL;
    END IF;
    SELECT min(invoice_id), max(invoice_id) INTO first_key, last_key
        FROM invoicing_documentindex WHERE tenant_id = of_tenant;
    EXECUTE 'SELECT count(*), count(*) FILTER (WHERE ' || fits || ')'
        ' FROM generate_series($5, $6, greatest(($6 - $5) / 40, 1)) AS step,'
        ' LATERAL ('
        '     SELECT body, fields FROM invoicing_documentindex'
        '     WHERE tenant_id = $1 AND invoice_id >= step ORDER BY invoice_id LIMIT 20'
        ' ) AS sample'
        INTO looked_at, alike USING of_tenant, one, two, three, first_key, last_key;
    IF alike > 20 AND alike * 20 > looked_at THEN
        RETURN NULL;
    END IF;
    EXECUTE 'SELECT coalesce(array_agg(invoice_id), ''{}'') FROM ('
        ' SELECT invoice_id FROM invoicing_documentindex WHERE tenant_id = $1 AND ' || fits ||
        ' LIMIT $5 + 1) AS few'
        INTO found USING of_tenant, one, two, three, most;
    RETURN CASE WHEN cardinality(found) <= most THEN found END;
END $$;
"""
BODY_ALONE = """
DROP FUNCTION invoicing_documents_like(text[], integer, text);

CREATE FUNCTION invoicing_documents_like(patterns text[], most integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
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
    IF one IS NULL OR most IS NULL OR most NOT BETWEEN 0 AND 100000
        OR octet_length(one) + octet_length(two) + octet_length(three) > 6000
    THEN
        RETURN NULL;
    END IF;
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
    SELECT coalesce(array_agg(invoice_id), '{}') INTO found FROM (
        SELECT invoice_id FROM invoicing_documentindex
        WHERE tenant_id = of_tenant AND body LIKE one AND body LIKE two AND body LIKE three
        LIMIT most + 1
    ) AS few;
    RETURN CASE WHEN cardinality(found) <= most THEN found END;
END $$;
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


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0084_mails_dismissed"),
    ]
    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX documentindex_field_trigrams"),
        migrations.RunSQL(SEARCH + FOR_THE_PROGRAM, BODY_ALONE + FOR_THE_PROGRAM),
    ]
