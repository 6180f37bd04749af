"""What a customer sees on their own page: their posted documents, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Sum, Value, When

from invoicing.documents.figures import Figures
from invoicing.documents.printed import Code, Fact, payment_of, seller_of, tax_texts, tells_tax
from invoicing.documents.words import words_of
from invoicing.models import CustomerAccess, DocumentIndex, Invoice, InvoiceFile, InvoiceQuerySet
from invoicing.models.archive import Rank

# The rest of a long document is in its PDF.
LINES_SHOWN = 100
DOCUMENTS_A_PAGE = 100


@dataclass(frozen=True)
class Row:
    """A document in the list."""

    pk: int
    number: str
    is_credit_note: bool
    day: str
    due_day: str
    amount: str
    open: str
    is_overdue: bool


@dataclass(frozen=True)
class Payment:
    amount: str
    facts: tuple[Fact, ...]
    qr: Code | None
    bar_code: Code | None
    bar_code_label: str


@dataclass(frozen=True)
class ShownLine:
    text: str
    figures: str
    net: str


@dataclass(frozen=True)
class Shown:
    """The document that is read now."""

    row: Row
    lines: tuple[ShownLine, ...]
    has_more_lines: bool
    facts: tuple[Fact, ...]
    totals: tuple[Fact, ...]
    # Why there is no VAT.
    tax_texts: tuple[str, ...]
    payment: Payment | None
    has_pdf: bool
    has_xml: bool


def documents_of(access: CustomerAccess) -> Any:
    """Every posted document of the link's customer; what a customer may see begins here."""
    posted = Invoice.objects.filter(customer=access.customer_id, status=Invoice.Status.POSTED)
    assert isinstance(posted, InvoiceQuerySet)
    return (
        posted.with_open_amount()
        .select_related("customer", "corrects")
        .order_by("-issue_date", "-pk")
    )


@dataclass(frozen=True)
class Listed:
    """One page of the list: what is open comes first, and then the rest."""

    owed: list[Row]
    others: list[Row]
    page: int
    has_more: bool


def rows_of(access: CustomerAccess, *, page: int, language: str, on: date) -> Listed:
    """A page of the documents, what is open before all others, each the latest first.

    Which ones is read from the archive's narrow rows; only these few are then read whole.
    """
    start = (page - 1) * DOCUMENTS_A_PAGE
    ordered = _indexed(access).order_by(
        Case(When(rank=Rank.OWED, then=Value(0)), default=Value(1)), "-issue_date", "-invoice"
    )
    keys = list(ordered.values_list("invoice", flat=True)[start : start + DOCUMENTS_A_PAGE + 1])
    found = documents_of(access).in_bulk(keys[:DOCUMENTS_A_PAGE])
    shown = [found[pk] for pk in keys if pk in found]
    return Listed(
        owed=[row_of(one, language=language, on=on) for one in shown if one.open_amount > 0],
        others=[row_of(one, language=language, on=on) for one in shown if one.open_amount <= 0],
        page=page,
        has_more=len(keys) > DOCUMENTS_A_PAGE,
    )


def _indexed(access: CustomerAccess) -> Any:
    """The narrow rows of the customer's posted documents."""
    return DocumentIndex.objects.filter(
        customer_key=access.customer_id, status=Invoice.Status.POSTED
    )


def row_of(invoice: Any, *, language: str, on: date) -> Row:
    figures = Figures(words_of(language), invoice.currency)
    sign = "−" if invoice.is_credit_note else ""
    return Row(
        pk=invoice.pk,
        number=invoice.number,
        is_credit_note=invoice.is_credit_note,
        day=figures.day(invoice.issue_date),
        due_day="" if invoice.is_credit_note else figures.day(invoice.due_date),
        amount=sign + figures.money(invoice.gross_total),
        open=figures.money(invoice.open_amount) if invoice.open_amount > 0 else "",
        is_overdue=invoice.open_amount > 0 and invoice.due_date < on,
    )


def shown_document(invoice: Any, *, language: str, on: date) -> Shown:
    words = words_of(language)
    figures = Figures(words, invoice.currency)
    lines = list(invoice.lines.order_by("position", "pk")[: LINES_SHOWN + 1])
    files = InvoiceFile.objects.filter(invoice=invoice)
    kinds = set(files.values_list("kind", flat=True))
    taxes = list(invoice.taxes.order_by("-percent", "category"))
    net_and_tax = (
        (words.net_total, figures.money(invoice.net_total)),
        (words.tax_total, figures.money(invoice.tax_total)),
    )
    return Shown(
        row=row_of(invoice, language=language, on=on),
        lines=tuple(_line(line, figures) for line in lines[:LINES_SHOWN]),
        has_more_lines=len(lines) > LINES_SHOWN,
        facts=tuple(_facts(invoice, figures)),
        totals=(
            *(net_and_tax if tells_tax(taxes) else ()),
            (words.gross_total, figures.money(invoice.gross_total)),
        ),
        tax_texts=tax_texts(taxes, words),
        payment=_payment(invoice, figures) if invoice.open_amount > 0 else None,
        has_pdf=bool(kinds & set(InvoiceFile.RENDERED)),
        has_xml=InvoiceFile.Kind.XML in kinds,
    )


def _line(line: Any, figures: Figures) -> ShownLine:
    if line.kind != "item":
        return ShownLine(line.text, "", "")
    unit = figures.words.units[line.unit]
    price = figures.unit_price(line.unit_price)
    return ShownLine(
        figures.text_of(line),
        f"{figures.quantity(line.quantity)} {unit} × {price}",
        figures.amount(line.net),
    )


def _facts(invoice: Any, figures: Figures) -> Sequence[Fact]:
    words = figures.words
    facts = [
        (words.note_date if invoice.is_credit_note else words.issue_date,
         figures.day(invoice.issue_date)),
        (words.due_date, "" if invoice.is_credit_note else figures.day(invoice.due_date)),
        (words.for_invoice, invoice.corrects.number if invoice.corrects else ""),
        (words.order_reference, invoice.order_reference),
        (words.contract_reference, invoice.contract_reference),
        (words.buyer_reference, invoice.buyer_reference),
    ]  # fmt: skip
    return [(name, value) for name, value in facts if value]


def _payment(invoice: Any, figures: Figures) -> Payment:
    """As on the paper, but over what is open now."""
    payment = payment_of(
        seller_of(invoice),
        figures,
        amount=invoice.open_amount,
        reference=invoice.payment_reference,
        number=invoice.number or "",
        due=(figures.words.due_date, invoice.due_date),
        with_codes=True,
    )
    return Payment(
        amount=payment.amount,
        facts=(*payment.account, *payment.facts),
        qr=payment.qr,
        bar_code=payment.bar_code,
        bar_code_label=figures.words.bar_code,
    )


def open_sums(access: CustomerAccess, *, language: str) -> list[str]:
    """What the customer owes altogether, by currency."""
    owed = _indexed(access).filter(rank=Rank.OWED)
    sums = owed.order_by("currency").values_list("currency").annotate(owed=Sum("open_amount"))
    words = words_of(language)
    return [Figures(words, currency).money(amount) for currency, amount in sums]
