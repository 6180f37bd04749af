"""A quotation as PDF, in the design of the invoices and in the customer's language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from invoicing.documents.columns import PrintedColumn, Row, columns_of, rows_of
from invoicing.documents.customer_letters import NumberedLetter, address_of, company_now, letter_pdf
from invoicing.documents.designs.choosing import company_look
from invoicing.documents.figures import Figures
from invoicing.documents.heads import head_of
from invoicing.documents.lines import Line, carried_of, with_subtotals
from invoicing.documents.printed import TaxRow, tax_rows, tax_texts, tells_tax
from invoicing.documents.quotation_words import QUOTATION_WORDS, QuotationWords
from invoicing.documents.words import Words, words_of
from invoicing.domain.amounts import TaxGroup, totals
from invoicing.models import Quotation, QuotationLine
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class PrintedQuotation(NumberedLetter):
    """`own` are the words of quotations, `words` those of all documents."""

    own: QuotationWords
    subject: str
    comment: str
    lines: tuple[Line, ...]
    columns: tuple[PrintedColumn, ...]
    has_tax: bool
    taxes: tuple[TaxRow, ...]
    tax_texts: tuple[str, ...]
    carried: str
    net_total: str
    tax_total: str
    gross_label: str
    gross_total: str
    terms: str

    @property
    def rows(self) -> Iterator[Row]:
        return rows_of(self.lines, self.columns)


def quotation_pdf(quotation: Quotation) -> bytes:
    """The same quotation gives the same bytes."""
    doc = printed_quotation(quotation)
    identity = f"quotation {current_tenant_id()} {quotation.pk} {quotation.changes_count}"
    return letter_pdf(doc, "quotation", identity=identity)


def printed_quotation(quotation: Quotation) -> PrintedQuotation:
    words, own = words_of(quotation.language), QUOTATION_WORDS[quotation.language]
    figures = Figures(words, quotation.currency)
    seller: dict[str, str] = quotation.seller or company_now()
    look = company_look()
    stored = list(quotation.lines.select_related("tax_rate"))
    lines = with_subtotals(
        [_line(line, words, figures) for line in stored], [line.net for line in stored], figures
    )
    taxes = _taxes(stored, quotation.currency)
    has_tax = tells_tax(taxes)
    return PrintedQuotation(
        head=head_of(
            seller,
            quotation.language,
            made_at=quotation.sent_at or quotation.changed_at,
            address=tuple(quotation.addressee) or address_of(quotation.customer, seller["country"]),
            look=look,
            is_draft=quotation.is_draft,
        ),
        own=own,
        number=quotation.label,
        title=own.quotation,
        subject=quotation.title,
        facts=(
            (own.number, quotation.label),
            (own.day, figures.day(quotation.issue_date)),
            (own.valid_until, figures.day(quotation.valid_until)),
            (words.customer_number, quotation.customer.number),
        ),
        comment=quotation.introduction,
        lines=lines,
        columns=columns_of(lines, look.settings, words, with_tax=has_tax),
        has_tax=has_tax,
        taxes=tax_rows(taxes, figures),
        tax_texts=tax_texts(taxes, words),
        carried=carried_of(lines),
        net_total=figures.amount(quotation.net_total),
        tax_total=figures.amount(quotation.tax_total),
        gross_label=own.total,
        gross_total=figures.money(quotation.gross_total),
        terms=quotation.terms,
    )


@dataclass(frozen=True)
class _Tax(TaxGroup):
    exemption_reason: str


def _taxes(lines: Iterable[QuotationLine], currency: str) -> list[_Tax]:
    items = [line for line in lines if line.tax_rate is not None]
    reasons: dict[tuple[str, Decimal], dict[str, None]] = {}
    for line in items:
        key = (line.tax_category, line.tax_percent)
        reasons.setdefault(key, {})[line.tax_rate.exemption_reason] = None
    return [
        _Tax(
            **vars(group),
            exemption_reason=" · ".join(filter(None, reasons[group.category, group.percent])),
        )
        for group in totals(items, currency).groups
    ]


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
        discount=figures.discount(line.discount_percent),
        tax="–" if line.tax_category == "O" else figures.percent(line.tax_percent),
        net=figures.amount(line.net),
    )
