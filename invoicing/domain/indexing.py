"""The archive's index: made anew from the documents, and proved against them."""

from dataclasses import dataclass

from django.db import connection

from tenants.scope import current_tenant_id

# So many documents are looked at in one statement.
STEP = 2000
COLUMNS = (
    "kind, status, currency, issue_date, due_date, customer_key, project_key, creator_key,"
    " is_cancelled, signed_net, signed_gross, credited_total, paid_total, open_amount, is_sent,"
    " standing, number_key, name_key, number, customer_text, reference_text, fields, body"
)


@dataclass(frozen=True)
class IndexCheck:
    looked_at: int
    # Documents whose row is missing or says something else than they do.
    differing: list[int]


def check_index() -> IndexCheck:
    """Compare each row with what its document gives now."""
    keys = _document_keys()
    differing: list[int] = []
    for step in _steps(keys):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT invoice_id FROM (SELECT invoice_id, {COLUMNS}"  # noqa: S608
                f" FROM invoicing_index_rows(%s, %s) EXCEPT SELECT invoice_id, {COLUMNS}"
                " FROM invoicing_documentindex WHERE tenant_id = %s AND invoice_id = ANY (%s))"
                " AS differing ORDER BY invoice_id",
                [current_tenant_id(), step, current_tenant_id(), step],
            )
            differing += [key for (key,) in cursor.fetchall()]
    return IndexCheck(len(keys), differing)


def rebuild_index() -> int:
    """Write the row of every document again; those that are right stay untouched."""
    keys = _document_keys()
    for step in _steps(keys):
        with connection.cursor() as cursor:
            cursor.execute("SELECT invoicing_index_documents(%s, %s)", [current_tenant_id(), step])
    return len(keys)


def _document_keys() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM invoicing_invoice"
            " WHERE tenant_id = %s",
            [current_tenant_id()],
        )
        found: list[int] = cursor.fetchone()[0]
    return found


def _steps(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + STEP] for start in range(0, len(keys), STEP)]
