"""The state of each document in the archive's index, so that it filters and sorts by an index.

`invoicing_standing` is the one place that says which state a document is in. What it goes by comes
from the index's own columns and from two functions that are replaced, with the same head, by
whoever brings their facts: `invoicing_paid_totals` and `invoicing_sent_documents`.
"""

from decimal import Decimal

from django.db import migrations, models

import core.money

STANDING = """
-- The first line that fits. What is overdue depends on the day and is said when somebody asks.
CREATE FUNCTION invoicing_standing(
    status text, is_cancelled boolean, credited numeric, paid numeric, open_amount numeric,
    is_sent boolean
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN status <> 'posted' THEN status
        WHEN is_cancelled THEN 'cancelled'
        WHEN paid > 0 AND open_amount <= 0 THEN 'paid'
        WHEN credited > 0 AND open_amount <= 0 THEN 'credited'
        WHEN paid > 0 THEN 'partly_paid'
        WHEN is_sent THEN 'sent'
        ELSE 'posted'
    END
$$;

-- What was received for these invoices; without a row nothing was.
CREATE FUNCTION invoicing_paid_totals(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint, paid numeric) LANGUAGE sql STABLE AS $$
    SELECT NULL::bigint, NULL::numeric WHERE false
$$;

-- Which of these documents went out to the customer.
CREATE FUNCTION invoicing_sent_documents(of_tenant bigint, wanted bigint[])
RETURNS TABLE (invoice_id bigint) LANGUAGE sql STABLE AS $$
    SELECT NULL::bigint WHERE false
$$;
"""
FILLED = """
ALTER TABLE invoicing_documentindex ALTER COLUMN standing TYPE varchar(12)
    USING invoicing_standing(status, is_cancelled, credited_total, 0, open_amount, false);
"""
NO_STANDING = """
DROP FUNCTION invoicing_sent_documents;
DROP FUNCTION invoicing_paid_totals;
DROP FUNCTION invoicing_standing;
"""
DROP_MAKERS = """
DROP FUNCTION invoicing_index_documents;
DROP FUNCTION invoicing_index_rows;
"""
# E'\x1f' stands between texts, so that no phrase reaches from one into the next.
ROWS = r"""
CREATE FUNCTION invoicing_index_rows(of_tenant bigint, wanted bigint[]) RETURNS TABLE (
    invoice_id bigint, kind text, status text, currency text, issue_date date, due_date date,
    customer_key bigint, project_key bigint, creator_key bigint, is_cancelled boolean,
    signed_net numeric, signed_gross numeric, credited_total numeric, paid_total numeric,
    open_amount numeric, is_sent boolean, standing text, number_key text, name_key text,
    number text, customer_text text, reference_text text,
    fields jsonb, body text
) LANGUAGE sql STABLE AS $$
    SELECT document.id, document.kind, document.status, document.currency, document.issue_date,
        document.due_date, document.customer_id, document.project_id, document.created_by_id,
        coalesce(notes.is_cancelled, false),
        CASE document.kind WHEN 'credit_note' THEN -document.net_total
            ELSE document.net_total END,
        CASE document.kind WHEN 'credit_note' THEN -document.gross_total
            ELSE document.gross_total END,
        coalesce(notes.credited, 0), coalesce(payments.paid, 0), owed.amount,
        sendings.invoice_id IS NOT NULL,
        invoicing_standing(document.status, coalesce(notes.is_cancelled, false),
            coalesce(notes.credited, 0), coalesce(payments.paid, 0), owed.amount,
            sendings.invoice_id IS NOT NULL),
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
    LEFT JOIN invoicing_paid_totals(of_tenant, wanted) AS payments
        ON payments.invoice_id = document.id
    LEFT JOIN invoicing_sent_documents(of_tenant, wanted) AS sendings
        ON sendings.invoice_id = document.id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN document.kind = 'invoice' AND document.status = 'posted'
            THEN document.gross_total - coalesce(notes.credited, 0) - coalesce(payments.paid, 0)
            ELSE 0 END AS amount
    ) AS owed
    LEFT JOIN LATERAL (
        SELECT string_agg(line.text, E'\x1f' ORDER BY line.position, line.id) AS texts
        FROM invoicing_invoiceline AS line
        WHERE line.tenant_id = document.tenant_id AND line.invoice_id = document.id
    ) AS lines ON true
    WHERE document.tenant_id = of_tenant AND document.id = ANY (wanted)
$$;
"""
ROWS_BEFORE = r"""
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
COLUMNS_BEFORE = """
    kind, status, currency, issue_date, due_date, customer_key, project_key, creator_key,
    is_cancelled, signed_net, signed_gross, credited_total, open_amount, number_key, name_key,
    number, customer_text, reference_text, fields, body
"""
COLUMNS = COLUMNS_BEFORE.replace("open_amount,", "open_amount, paid_total, is_sent, standing,")


def maker(columns: str) -> str:
    """Sorted, so that two who index the same documents wait for each other in one order."""
    kept, new = (
        ", ".join(f"{table}.{name.strip()}" for name in columns.split(","))
        for table in ("kept", "EXCLUDED")
    )
    return f"""
CREATE FUNCTION invoicing_index_documents(of_tenant bigint, wanted bigint[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO invoicing_documentindex AS kept (tenant_id, invoice_id, {columns})
    SELECT of_tenant, invoice_id, {columns}
    FROM invoicing_index_rows(of_tenant, wanted) ORDER BY invoice_id
    ON CONFLICT (tenant_id, invoice_id) DO UPDATE SET ({columns}) =
        ROW ({new})
    WHERE ({kept}) IS DISTINCT FROM ({new})
$$;
"""  # noqa: S608 (nothing here comes from outside)


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0024_saved_filter_isolation"),
        ("tenants", "0009_fields_version"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="documentindex",
            name="documentindex_by_date",
        ),
        migrations.AddField(
            model_name="documentindex",
            name="is_sent",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="documentindex",
            name="paid_total",
            field=core.money.MoneyField(decimal_places=3, default=Decimal("0"), max_digits=18),
        ),
        migrations.AddField(
            model_name="documentindex",
            name="standing",
            field=models.CharField(default="", max_length=12),
        ),
        # Rows that are only updated would go into each of fourteen indexes again, one by one.
        migrations.RunSQL(STANDING + FILLED, NO_STANDING),
        migrations.AddField(
            model_name="documentindex",
            name="rank",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(standing="draft", then=models.Value(0)),
                    models.When(standing="discarded", then=models.Value(6)),
                    models.When(standing="cancelled", then=models.Value(5)),
                    models.When(standing="credited", then=models.Value(4)),
                    models.When(standing="paid", then=models.Value(3)),
                    models.When(open_amount__gt=0, then=models.Value(1)),
                    default=models.Value(2),
                ),
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="documentindex",
            index=models.Index(
                fields=["tenant", "issue_date", "invoice"],
                include=(
                    "currency",
                    "kind",
                    "standing",
                    "rank",
                    "due_date",
                    "customer_key",
                    "signed_net",
                    "signed_gross",
                    "open_amount",
                ),
                name="documentindex_by_date",
            ),
        ),
        migrations.AddIndex(
            model_name="documentindex",
            index=models.Index(
                fields=["tenant", "rank", "due_date", "invoice"], name="documentindex_by_rank"
            ),
        ),
        migrations.RunSQL(
            DROP_MAKERS + ROWS + maker(COLUMNS), DROP_MAKERS + ROWS_BEFORE + maker(COLUMNS_BEFORE)
        ),
    ]
