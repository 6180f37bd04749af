"""Documents to look at, and eyes to look with."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pypdfium2
import zxingcpp

from catalog.models import TaxRate
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, invoice_pdf
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentKind, Invoice, InvoiceLine, Source, Unit
from tests.factories import CustomerFactory, TaxRateFactory, TimeEntryFactory
from timesheets.models import TimeEntry


def draft(*lines: dict[str, Any], **fields: Any) -> Invoice:
    """A draft with these lines (100.00 for one piece unless told), and these fields set."""
    invoice = new_draft(
        customer=fields.pop("customer", None) or CustomerFactory(name="Asiakas Oy"),
        actor=None,
        issue_date=date(2026, 11, 20),
    )
    for name, value in fields.items():
        setattr(invoice, name, value)
    invoice.save()
    for position, line in enumerate(lines or ({},), start=1):
        add_line(invoice, position=position, **line)
    save_totals(invoice)
    return invoice


def add_line(invoice: Invoice, **fields: Any) -> InvoiceLine:
    values = {
        "text": "Consulting",
        "quantity": Decimal(1),
        "unit": Unit.PIECE,
        "unit_price": Decimal(100),
        "kind": InvoiceLine.Kind.ITEM,
    } | fields
    if values["kind"] == InvoiceLine.Kind.ITEM:
        values.setdefault("tax_rate", TaxRateFactory())
    line = InvoiceLine(invoice=invoice, **values)
    price_line(line, currency=invoice.currency)
    line.save()
    return line


def posted(*lines: dict[str, Any], **fields: Any) -> Invoice:
    """Posted, and nobody asked to render it."""
    invoice = draft(*lines, **fields)
    with patch("invoicing.domain.posting._enqueue_rendering"):
        return post_invoice(invoice, actor=None)


def posted_credit_note(*lines: dict[str, Any], **fields: Any) -> Invoice:
    """It takes back an invoice of just these lines."""
    invoice = posted(*lines, **fields)
    note = draft(
        *(
            {"corrects_line": line} | {"tax_rate": line.tax_rate} | given
            for line, given in zip(invoice.lines.all(), lines or ({},), strict=True)
        ),
        **{"customer": invoice.customer, **fields},
        kind=DocumentKind.CREDIT_NOTE,
        corrects=invoice,
        reason="Wrong hours",
    )
    with patch("invoicing.domain.posting._enqueue_rendering"):
        return post_invoice(note, actor=None)


def put_work_on(line: InvoiceLine, *minutes: int, **fields: Any) -> list[TimeEntry]:
    """Entries of so many minutes, one a day, which the line bills."""
    entries = [
        TimeEntryFactory(
            minutes=worked, work_date=date(2026, 10, day), billing_state="drafted", **fields
        )
        for day, worked in enumerate(minutes, start=1)
    ]
    for entry in entries:
        Source.objects.create(line=line, time_entry=entry, minutes=entry.minutes)
    return entries


def rate_of(category: str, reason: str = "", percent: str = "0", **fields: Any) -> TaxRate:
    return TaxRateFactory(
        name=f"{category} {percent} {reason}"[:60],
        category=category,
        percent=Decimal(percent),
        exemption_reason=reason,
        is_default=False,
        **fields,
    )


def html_of(invoice: Invoice) -> str:
    return invoice_html(printed_invoice(invoice))


def pdf_bytes(invoice: Invoice) -> bytes:
    return invoice_pdf(printed_invoice(invoice))


def pages(content: bytes) -> list[str]:
    """The words of each page, as somebody copies them out of a reader."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def codes(content: bytes) -> dict[str, str]:
    """What a scanner reads off the first page, by kind of code."""
    document = pypdfium2.PdfDocument(content)
    try:
        picture = document[0].render(scale=4).to_pil()
    finally:
        document.close()
    return {found.format.name: found.text for found in zxingcpp.read_barcodes(picture)}


def words(text: str | Sequence[str]) -> str:
    """On one line, with plain blanks, so that breaks and hard blanks do not matter."""
    whole = text if isinstance(text, str) else " ".join(text)
    return " ".join(whole.split())
