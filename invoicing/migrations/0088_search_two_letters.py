r"""Two letters are found by trigrams, though they have none of their own.

Where they stand a third sign follows: a letter or digit, which makes a trigram with them, or any
other sign or the end, which makes one with a blank. PostgreSQL asks for all of them that a pattern
names, and it names the signs of ASCII; the few bodies in which another sign follows a plain letter
are kept account of by an index of their own.
"""

from importlib import import_module

from django.db import migrations

INDEX = r"""
CREATE INDEX documentindex_other_signs ON invoicing_documentindex (tenant_id)
    WHERE body ~ '[a-z0-9][^\x1f -~]'
"""
SEARCH = r"""
CREATE OR REPLACE FUNCTION invoicing_documents_like(
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
    -- Of the patterns the first is the longest.
    is_pair CONSTANT boolean := place = 'body' AND one ~ '^%[a-z0-9]{2}%$';
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
    IF is_pair THEN
        fits := 'body ~ $6 AND body LIKE $3 AND body LIKE $4 UNION'
            ' SELECT invoice_id FROM invoicing_documentindex WHERE tenant_id = $1'
            ' AND body LIKE rtrim($2, ''%'') AND body LIKE $3 AND body LIKE $4 UNION'
            ' SELECT invoice_id FROM invoicing_documentindex WHERE tenant_id = $1'
            ' AND body ~ ''[a-z0-9][^\x1f -~]'' AND ' || fits;
    END IF;
    EXECUTE 'SELECT coalesce(array_agg(invoice_id), ''{}'') FROM ('
        ' SELECT invoice_id FROM invoicing_documentindex WHERE tenant_id = $1 AND ' || fits ||
        ' LIMIT $5 + 1) AS few'
        INTO found USING of_tenant, one, two, three, most, trim(one, '%') || '[\x1f -~]';
    RETURN CASE WHEN cardinality(found) <= most THEN found END;
END $$;
"""
BEFORE = (
    import_module("invoicing.migrations.0085_search_own_fields")
    .SEARCH.partition(";")[2]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
)


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0087_finvoice"),
    ]
    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX documentindex_other_signs"),
        migrations.RunSQL(SEARCH, BEFORE),
    ]
