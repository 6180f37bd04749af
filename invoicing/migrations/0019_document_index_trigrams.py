"""Words found anywhere inside, by trigrams.

A policy hides rows before any condition that could leak them is tried, and LIKE counts as one that
could. So under row-level security no index on trigrams is ever used. A function of the owner looks
into it instead: it names the tenant of the open scope itself, takes patterns, and gives keys. The
owner may read the rows of this one table for that, and of no other; nobody signs in as the owner
but `migrate`.
"""

from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations

SEARCH = """
CREATE INDEX documentindex_trigrams ON invoicing_documentindex
    USING gin (tenant_id, body gin_trgm_ops);

CREATE POLICY searched_by_owner ON invoicing_documentindex
    FOR SELECT TO CURRENT_USER USING (true);

-- The documents whose body is LIKE all the patterns; NULL where they are too many for a list of
-- keys to be of use. Forty short walks through the tenant's documents tell a common word from a
-- rare one first: the trigrams of a common one cost more than reading everything.
CREATE FUNCTION invoicing_documents_like(patterns text[], most integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
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
UNDO = """
DROP FUNCTION invoicing_documents_like;
DROP POLICY searched_by_owner ON invoicing_documentindex;
DROP INDEX documentindex_trigrams;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0018_document_index_upkeep"),
    ]
    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.RunSQL(SEARCH, UNDO),
    ]
