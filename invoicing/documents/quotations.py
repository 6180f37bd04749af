"""A quotation as PDF, in the design of the invoices and in the customer's language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from invoicing.documents.figures import Figures
from invoicing.documents.letterheads import Letterhead, letterhead_of
from invoicing.documents.printed import (
    Fact,
    Line,
    TaxRow,
    Widths,
    address_lines,
    carried_of,
    footer_of,
    sender_of,
    widths_of,
    with_subtotals,
)
from invoicing.documents.quotation_words import QUOTATION_WORDS, QuotationWords
from invoicing.documents.rendering import pdf_of
from invoicing.documents.words import Words, words_of
from invoicing.domain.amounts import totals
from invoicing.domain.freezing import seller_copy
from invoicing.models import Quotation, QuotationLine
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class PrintedQuotation:
    """`own` are the words of quotations, `words` those of all documents."""

    words: Words
    own: QuotationWords
    language: str
    number: str
    title: str
    subject: str
    is_draft: bool
    made_at: datetime
    letterhead: Letterhead
    seller_name: str
    sender: str
    address: tuple[str, ...]
    facts: tuple[Fact, ...]
    comment: str
    lines: tuple[Line, ...]
    widths: Widths
    has_discounts: bool
    taxes: tuple[TaxRow, ...]
    tax_texts: tuple[str, ...]
    carried: str
    net_total: str
    tax_total: str
    gross_label: str
    gross_total: str
    terms: str
    footer: tuple[tuple[str, ...], ...]

    @property
    def heading(self) -> str:
        return f"{self.title} {self.number}"


def quotation_pdf(quotation: Quotation) -> bytes:
    """The same quotation gives the same bytes."""
    doc = printed_quotation(quotation)
    html = render_to_string("invoicing/documents/quotation.html", {"doc": doc})
    identity = f"quotation {current_tenant_id()} {quotation.pk} {quotation.changes_count}"
    return pdf_of(html, identity=identity)


def address_of(customer: Any) -> tuple[str, ...]:
    """The lines of the customer's address as they are now."""
    seller_country = Tenant.objects.values_list("country", flat=True).get(pk=current_tenant_id())
    return address_lines(
        customer.name,
        customer.street,
        f"{customer.postal_code} {customer.city}",
        country=customer.country,
        home=seller_country,
        locale=customer.language,
    )


def printed_quotation(quotation: Quotation) -> PrintedQuotation:
    words, own = words_of(quotation.language), QUOTATION_WORDS[quotation.language]
    figures = Figures(words, quotation.currency)
    seller: dict[str, str] = quotation.seller or seller_copy(
        Tenant.objects.get(pk=current_tenant_id())
    )
    name = seller["legal_name"] or seller["name"]
    stored = list(quotation.lines.select_related("tax_rate"))
    lines = with_subtotals(
        [_line(line, words, figures) for line in stored], [line.net for line in stored], figures
    )
    items = [line for line in stored if line.kind == QuotationLine.Kind.ITEM]
    groups = totals(items, quotation.currency).groups
    reasons = [line.tax_rate.exemption_reason for line in items if line.tax_rate]
    return PrintedQuotation(
        words=words,
        own=own,
        language=quotation.language,
        number=quotation.label,
        title=own.quotation,
        subject=quotation.title,
        is_draft=quotation.is_draft,
        made_at=quotation.sent_at or quotation.changed_at,
        letterhead=letterhead_of(seller),
        seller_name=name,
        sender=sender_of(seller),
        address=tuple(quotation.addressee) or address_of(quotation.customer),
        facts=(
            (own.number, quotation.label),
            (own.day, figures.day(quotation.issue_date)),
            (own.valid_until, figures.day(quotation.valid_until)),
            (words.customer_number, quotation.customer.number),
        ),
        comment=quotation.introduction,
        lines=lines,
        widths=widths_of(lines),
        has_discounts=any(line.discount for line in lines),
        taxes=tuple(
            TaxRow(
                rate="–" if group.category == "O" else figures.percent(group.percent),
                name="" if group.category == "S" else words.tax_names[group.category],
                taxable=figures.amount(group.taxable),
                tax=figures.amount(group.tax),
                gross=figures.amount(group.taxable + group.tax),
            )
            for group in groups
        ),
        tax_texts=tuple(dict.fromkeys(filter(None, reasons))),
        carried=carried_of(lines),
        net_total=figures.amount(quotation.net_total),
        tax_total=figures.amount(quotation.tax_total),
        gross_label=own.total,
        gross_total=figures.money(quotation.gross_total),
        terms=quotation.terms,
        footer=footer_of(seller, words),
    )


def _line(line: QuotationLine, words: Words, figures: Figures) -> Line:
    if line.kind == QuotationLine.Kind.TEXT:
        return Line(is_text=True, position=line.position, text=line.text)
    return Line(
        is_text=False,
        position=line.position,
        text=line.text,
        quantity=figures.quantity(line.quantity),
        unit=words.units[line.unit],
        unit_price=figures.unit_price(line.unit_price),
        discount=figures.percent(line.discount_percent) if line.discount_percent else "",
        tax="–" if line.tax_category == "O" else figures.percent(line.tax_percent),
        net=figures.amount(line.net),
    )
