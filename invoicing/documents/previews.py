"""Documents that are rendered for a look and not stored: previews of drafts, work reports.

Small ones are made at once. One with many rows takes seconds, which a request must not: the worker
makes it and leaves it in the cache.
"""

import hashlib
import json
from enum import StrEnum

from django.core.cache import cache

from invoicing.documents.designs.choosing import look_for
from invoicing.documents.long_papers import (
    refuse_too_long,
    report_rows,
    rows_to_print,
    turn,
)
from invoicing.documents.printed import own_fields_of, printed_work_report, seller_of
from invoicing.documents.rendering import work_report_pdf
from invoicing.models import Invoice
from invoicing.templating.choosing import chosen_of
from invoicing.templating.sheets import Made, make_sheet, sheet_of
from tenants.scope import current_tenant_id

# A row of a table takes WeasyPrint about five milliseconds.
MOST_ROWS_AT_ONCE = 300
KEPT_SECONDS = 3600
ASKED_AGAIN_AFTER_SECONDS = 300


class Preview(StrEnum):
    INVOICE = "invoice"
    WORK_REPORT = "work_report"


def preview(invoice: Invoice, kind: Preview) -> Made | None:
    """The PDF, or the filled file where its template makes none; None while the worker still makes
    it. Raises DocumentTooLong."""
    rows = _rows(invoice, kind)
    refuse_too_long(rows)
    if rows <= MOST_ROWS_AT_ONCE:
        return _rendered(invoice, kind)
    key = _key(invoice, kind)
    kept: Made | None = cache.get(key)
    if kept is None and cache.add(f"{key}-asked", 1, timeout=ASKED_AGAIN_AFTER_SECONDS):
        from invoicing.tasks import render_preview

        render_preview.delay(tenant_id=current_tenant_id(), invoice_id=invoice.pk, kind=str(kind))
    return kept


def keep_preview(invoice: Invoice, kind: Preview) -> None:
    """Raises TurnTaken while another long one is made."""
    with turn(_rows(invoice, kind), waits=False):
        made = _rendered(invoice, kind)
    cache.set(_key(invoice, kind), made, timeout=KEPT_SECONDS)


def keep_paper(invoice_id: int, user_id: int, content: bytes) -> str:
    """What somebody looks at while they type; the key for `kept_paper`, theirs alone."""
    key = hashlib.sha256(content).hexdigest()
    cache.set(_paper_key(invoice_id, user_id, key), content, timeout=ASKED_AGAIN_AFTER_SECONDS)
    return key


def kept_paper(invoice_id: int, user_id: int, key: str) -> bytes | None:
    kept: bytes | None = cache.get(_paper_key(invoice_id, user_id, key[:64]))
    return kept


def _paper_key(invoice_id: int, user_id: int, key: str) -> str:
    whole = f"{current_tenant_id()} {invoice_id} {user_id} {key}"
    return f"paper-{hashlib.sha256(whole.encode()).hexdigest()}"


def _rendered(invoice: Invoice, kind: Preview) -> Made:
    if kind == Preview.INVOICE:
        return make_sheet(sheet_of(invoice))
    return Made(work_report_pdf(printed_work_report(invoice)))


def _rows(invoice: Invoice, kind: Preview) -> int:
    return rows_to_print(invoice) if kind == Preview.INVOICE else report_rows(invoice)


def _key(invoice: Invoice, kind: Preview) -> str:
    """Another one as soon as anything that is printed may have changed."""
    chosen = chosen_of(invoice)
    state = [
        current_tenant_id(), invoice.pk, kind, invoice.status, invoice.version,
        invoice.changed_at.isoformat(), invoice.has_work_report, seller_of(invoice),
        own_fields_of(invoice), look_for(invoice).told(), chosen.template and chosen.template.pk,
        chosen.version and chosen.version.pk,
    ]  # fmt: skip
    return f"preview-{hashlib.sha256(json.dumps(state).encode()).hexdigest()}"
