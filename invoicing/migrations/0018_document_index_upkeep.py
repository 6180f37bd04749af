"""The functions that make the rows of the archive's index, and the triggers that call them."""

from typing import Any

from django.db import migrations

from tenants.scope import tenant_scope

# The twin of core.search.folding.fold.
FOLD = r"""
CREATE FUNCTION laskuri_fold(original text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(CASE
        WHEN plain ~ '[\t\n\v\f\r]|  ' THEN regexp_replace(plain, '[ \t\n\v\f\r]+', ' ', 'g')
        ELSE plain END, ' ')
    FROM (SELECT CASE
        WHEN octet_length(original) = length(original) THEN lower(original)
        ELSE replace(replace(replace(replace(translate(
            regexp_replace(lower(normalize(original, NFKD)), '[\u0300-\u036f]', '', 'g'),
            'øđðłħıς', 'oddlhiσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
        END AS plain) AS made
$$;
"""
# Each run of digits behind its length: 2026-2 sorts before 2026-10.
NATURAL = r"""
CREATE FUNCTION laskuri_natural_key(original text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_agg(CASE WHEN part[1] ~ '^[0-9]'
        THEN lpad(length(ltrim(part[1], '0'))::text, 2, '0') || ltrim(part[1], '0')
        ELSE part[1] END, '' ORDER BY place)
    FROM regexp_matches(original, '[0-9]+|[^0-9]+', 'g') WITH ORDINALITY AS found (part, place)
$$;
"""
COLUMNS = """
    kind, status, currency, issue_date, due_date, customer_key, project_key, creator_key,
    is_cancelled, signed_net, signed_gross, credited_total, open_amount, number_key, name_key,
    number, customer_text, reference_text, fields, body
"""
# E'\x1f' stands between texts, so that no phrase reaches from one into the next.
ROWS = r"""
CREATE FUNCTION invoicing_index_rows(of_tenant bigint, wanted bigint[]) RETURNS TABLE (
    invoice_id bigint, kind text, status text, currency text, issue_date date, due_date date,
    customer_key bigint, project_key bigint, creator_key bigint, is_cancelled boolean,
    signed_net numeric, signed_gross numeric, credited_total numeric, open_amount numeric,
    number_key text, name_key text, number text, customer_text text, reference_text text,
    fields jsonb, body text
) LANGUAGE sql STABLE AS $$
    SELECT document.id, document.kind, document.status, document.currency, document.issue_date,
        document.due_date, document.customer_id, document.project_id, document.created_by_id,
        coalesce(notes.is_cancelled, false),
        CASE document.kind WHEN 'credit_note' THEN -document.net_total
            ELSE document.net_total END,
        CASE document.kind WHEN 'credit_note' THEN -document.gross_total
            ELSE document.gross_total END,
        coalesce(notes.credited, 0),
        CASE WHEN document.kind = 'invoice' AND document.status = 'posted'
            THEN document.gross_total - coalesce(notes.credited, 0) ELSE 0 END,
        laskuri_natural_key(laskuri_fold(document.number)),
        laskuri_fold(document.billing_name),
        coalesce(laskuri_fold(document.number), ''),
        laskuri_fold(concat_ws(E'\x1f', document.billing_name, nullif(document.delivery_name, ''),
            customer.name, customer.number)),
        laskuri_fold(concat_ws(E'\x1f', document.payment_reference, document.order_reference,
            document.buyer_reference)),
        CASE WHEN document.custom_values = '{}' THEN '{}' ELSE (
            SELECT jsonb_object_agg(key, laskuri_fold(CASE jsonb_typeof(value)
                WHEN 'boolean' THEN CASE value WHEN 'true' THEN '1' ELSE '0' END
                ELSE coalesce(value #>> '{}', '') END))
            FROM jsonb_each(document.custom_values)
        ) END,
        laskuri_fold(concat_ws(E'\x1f', document.number, document.billing_name,
            nullif(document.delivery_name, ''), customer.name, customer.number,
            nullif(document.contact_name, ''), nullif(document.payment_reference, ''),
            nullif(document.order_reference, ''), nullif(document.buyer_reference, ''),
            nullif(document.comment, ''), nullif(document.internal_note, ''),
            nullif(document.reason, ''), lines.texts))
    FROM invoicing_invoice AS document
    JOIN customers_customer AS customer
        ON customer.tenant_id = document.tenant_id AND customer.id = document.customer_id
    LEFT JOIN LATERAL (
        SELECT sum(note.gross_total) AS credited, bool_or(note.is_cancellation) AS is_cancelled
        FROM invoicing_invoice AS note
        WHERE note.tenant_id = document.tenant_id AND note.corrects_id = document.id
            AND note.status = 'posted'
    ) AS notes ON document.status = 'posted'
    LEFT JOIN LATERAL (
        SELECT string_agg(line.text, E'\x1f' ORDER BY line.position, line.id) AS texts
        FROM invoicing_invoiceline AS line
        WHERE line.tenant_id = document.tenant_id AND line.invoice_id = document.id
    ) AS lines ON true
    WHERE document.tenant_id = of_tenant AND document.id = ANY (wanted)
$$;
"""
# Sorted, so that two who index the same documents wait for each other in one order.
_KEPT, _NEW = (
    ", ".join(f"{table}.{name.strip()}" for name in COLUMNS.split(","))
    for table in ("kept", "EXCLUDED")
)
INDEX = f"""
CREATE FUNCTION invoicing_index_documents(of_tenant bigint, wanted bigint[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO invoicing_documentindex AS kept (tenant_id, invoice_id, {COLUMNS})
    SELECT of_tenant, invoice_id, {COLUMNS}
    FROM invoicing_index_rows(of_tenant, wanted) ORDER BY invoice_id
    ON CONFLICT (tenant_id, invoice_id) DO UPDATE SET ({COLUMNS}) =
        ROW ({_NEW})
    WHERE ({_KEPT}) IS DISTINCT FROM ({_NEW})
$$;
"""  # noqa: S608 (nothing here comes from outside)
TRIGGERS = """
CREATE FUNCTION invoicing_index_after_documents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(of_tenant, wanted) FROM (
        SELECT tenant_id AS of_tenant, array_agg(id) AS wanted FROM (
            SELECT tenant_id, id FROM changed
            UNION SELECT tenant_id, corrects_id FROM changed WHERE corrects_id IS NOT NULL
        ) AS touched GROUP BY tenant_id
    ) AS groups;
    RETURN NULL;
END $$;

CREATE FUNCTION invoicing_index_after_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(of_tenant, wanted) FROM (
        SELECT tenant_id AS of_tenant, array_agg(DISTINCT invoice_id) AS wanted
        FROM changed GROUP BY tenant_id
    ) AS groups;
    RETURN NULL;
END $$;

CREATE FUNCTION invoicing_index_after_renaming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM invoicing_index_documents(NEW.tenant_id, ARRAY (
        SELECT id FROM invoicing_invoice
        WHERE tenant_id = NEW.tenant_id AND customer_id = NEW.id
    ));
    RETURN NULL;
END $$;

CREATE TRIGGER index_inserted AFTER INSERT ON invoicing_invoice
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_documents();
CREATE TRIGGER index_updated AFTER UPDATE ON invoicing_invoice
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_documents();
CREATE TRIGGER index_inserted AFTER INSERT ON invoicing_invoiceline
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_lines();
CREATE TRIGGER index_updated AFTER UPDATE ON invoicing_invoiceline
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_lines();
CREATE TRIGGER index_deleted AFTER DELETE ON invoicing_invoiceline
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_index_after_lines();
CREATE TRIGGER index_renamed AFTER UPDATE OF name, number ON customers_customer
    FOR EACH ROW WHEN ((OLD.name, OLD.number) IS DISTINCT FROM (NEW.name, NEW.number))
    EXECUTE FUNCTION invoicing_index_after_renaming();
"""
UNDO = """
DROP TRIGGER index_renamed ON customers_customer;
DROP TRIGGER index_deleted ON invoicing_invoiceline;
DROP TRIGGER index_updated ON invoicing_invoiceline;
DROP TRIGGER index_inserted ON invoicing_invoiceline;
DROP TRIGGER index_updated ON invoicing_invoice;
DROP TRIGGER index_inserted ON invoicing_invoice;
DROP FUNCTION invoicing_index_after_renaming;
DROP FUNCTION invoicing_index_after_lines;
DROP FUNCTION invoicing_index_after_documents;
DROP FUNCTION invoicing_index_documents;
DROP FUNCTION invoicing_index_rows;
DROP FUNCTION laskuri_natural_key;
DROP FUNCTION laskuri_fold;
"""


def index_what_there_is(apps: Any, schema_editor: Any) -> None:
    for tenant_id in apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True):
        with tenant_scope(tenant_id), schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT invoicing_index_documents(%s, ARRAY ("
                "SELECT id FROM invoicing_invoice WHERE tenant_id = %s))",
                [tenant_id, tenant_id],
            )


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0017_document_index_isolation"),
        ("customers", "0006_unaccent"),
    ]
    operations = [
        migrations.RunSQL(FOLD + NATURAL + ROWS + INDEX + TRIGGERS, UNDO),
        migrations.RunPython(index_what_there_is, migrations.RunPython.noop),
    ]
