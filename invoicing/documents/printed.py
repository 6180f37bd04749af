"""What stands on the paper: every word and figure of a document, ready to be set.

The template only places it. Amounts are the stored ones; nothing is computed again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from invoicing.documents.barcodes import bank_bar_code, code128_path
from invoicing.documents.columns import PrintedColumn, Row, columns_of, rows_of
from invoicing.documents.designs.choosing import look_for
from invoicing.documents.designs.registry import STANDARD, Look, look_of
from invoicing.documents.designs.settings import DesignSettings, PaymentBlock, WorkReportKind
from invoicing.documents.figures import Figures, clock, whole_minutes
from invoicing.documents.heads import (
    OnPaper,
    address_lines,
    business_id_label,
    head_of,
    in_groups,
    seller_name,
)
from invoicing.documents.legal_words import in_other_words
from invoicing.documents.lines import Line, carried_of, with_subtotals
from invoicing.documents.payment_codes import epc_payload, qr_path
from invoicing.documents.printed_reports import Report, is_long, printed_report
from invoicing.documents.reporting import WorkReport, work_report
from invoicing.documents.words import Words, words_of
from invoicing.domain.freezing import buyer_of, seller_copy
from invoicing.domain.printed_fields import PrintedField, printed_fields
from invoicing.models import DocumentKind, Invoice, InvoiceLine, InvoiceTax, Unit
from tenants.models import Tenant
from tenants.scope import current_tenant_id

Fact = tuple[str, str]
LONGEST_FACT = 80


@dataclass(frozen=True)
class TaxRow:
    rate: str
    name: str
    taxable: str
    tax: str
    gross: str


@dataclass(frozen=True)
class Code:
    """A bar code or QR code as strokes one module wide, on a grid of modules."""

    path: str
    width: int
    text: str = ""


@dataclass(frozen=True)
class Payment:
    account: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    amount: str
    bar_code: Code | None
    qr: Code | None


@dataclass(frozen=True)
class Printed(OnPaper):
    title: str
    number: str
    identity: str
    delivery: tuple[str, ...]
    facts: tuple[Fact, ...]
    comment: str
    lines: tuple[Line, ...]
    columns: tuple[PrintedColumn, ...]
    # Without VAT there is but one sum, and why.
    has_tax: bool
    taxes: tuple[TaxRow, ...]
    tax_texts: tuple[str, ...]
    carried: str
    net_total: str
    tax_total: str
    gross_label: str
    gross_total: str
    payment: Payment | None
    closing: str
    # What the design says besides, above the lines and below the sums.
    before: str = ""
    after: str = ""
    report: Report | None = None

    @property
    def heading(self) -> str:
        return f"{self.title} {self.number}".strip()

    @property
    def rows(self) -> Iterator[Row]:
        return rows_of(self.lines, self.columns)


@dataclass
class _Material:
    """A document's rows and what they are written with."""

    invoice: Invoice
    seller: dict[str, str]
    words: Words
    figures: Figures
    lines: list[InvoiceLine]
    taxes: list[InvoiceTax]
    customer_number: str
    own_fields: list[PrintedField]
    look: Look
    # Hours read as 6:20 where one of them would have no end in decimals.
    hours_by_clock: bool = field(init=False)

    @property
    def settings(self) -> DesignSettings:
        return self.look.settings

    def __post_init__(self) -> None:
        hours = [
            line.quantity
            for line in self.lines
            if line.kind == InvoiceLine.Kind.ITEM and line.unit == Unit.HOUR
        ]
        self.hours_by_clock = any(is_long(quantity) for quantity in hours) and all(
            whole_minutes(quantity) is not None for quantity in hours
        )


def printed_invoice(invoice: Invoice, look: Look | None = None) -> Printed:
    """The document, with its work report where it has one. A draft is shown as it would be. With a
    `look` it is tried on in another one than its own."""
    material = _material(invoice)
    if look is not None:
        material.look = look
    wanted = invoice.has_work_report and material.settings.work_report != WorkReportKind.NONE
    return _printed(material, _report(material) if wanted else None)


def printed_of(
    invoice: Invoice,
    *,
    seller: dict[str, str],
    lines: list[InvoiceLine],
    taxes: list[InvoiceTax],
    customer_number: str,
    own_fields: list[PrintedField],
    report: WorkReport | None,
    look: Look | None = None,
) -> Printed:
    """The same of rows that were read already, or made up."""
    words = words_of(invoice.language)
    material = _Material(
        invoice=invoice,
        seller=seller,
        words=words,
        figures=Figures(words, invoice.currency),
        lines=lines,
        taxes=taxes,
        customer_number=customer_number,
        own_fields=own_fields,
        look=look or look_of(STANDARD),
    )
    if report is None or material.settings.work_report == WorkReportKind.NONE:
        return _printed(material, None)
    return _printed(material, _report_of(material, report))


def printed_work_report(invoice: Invoice) -> Printed:
    """The work report for itself."""
    material = _material(invoice)
    return _printed(material, _report(material))


def _report(material: _Material) -> Report:
    return _report_of(material, work_report(material.invoice))


def _report_of(material: _Material, report: WorkReport) -> Report:
    invoice, words = material.invoice, material.words
    return printed_report(
        report,
        material.figures,
        material.settings.work_report,
        customer=invoice.billing_name,
        document=(
            words.credit_note if invoice.kind == DocumentKind.CREDIT_NOTE else words.invoice,
            invoice.number or words.draft,
        ),
    )


def seller_of(invoice: Invoice) -> dict[str, str]:
    """As copied at posting; a draft has the company's present details."""
    seller: dict[str, str] = invoice.seller
    return seller or seller_copy(Tenant.objects.get(pk=current_tenant_id()))


def own_fields_of(invoice: Invoice) -> list[PrintedField]:
    """As frozen at posting; a draft has those of now."""
    if not invoice.is_draft:
        frozen: list[PrintedField] = invoice.printed_fields
        return frozen
    return printed_fields([invoice])[invoice.pk]


def _material(invoice: Invoice) -> _Material:
    words = words_of(invoice.language)
    return _Material(
        invoice=invoice,
        seller=seller_of(invoice),
        words=words,
        figures=Figures(words, invoice.currency),
        lines=list(invoice.lines.order_by("position", "pk")),
        taxes=list(invoice.taxes.order_by("-percent", "category")),
        customer_number=buyer_of(invoice)["number"],
        own_fields=own_fields_of(invoice),
        look=look_for(invoice),
    )


def _printed(material: _Material, report: Report | None) -> Printed:
    invoice, words, figures = material.invoice, material.words, material.figures
    is_credit = invoice.kind == DocumentKind.CREDIT_NOTE
    lines = with_subtotals(
        tuple(_line(material, line) for line in material.lines),
        [line.net for line in material.lines],
        figures,
    )
    settings, has_tax = material.settings, tells_tax(material.taxes)
    return Printed(
        head=head_of(
            material.seller,
            invoice.language,
            made_at=invoice.posted_at or invoice.changed_at,
            address=_address(material, "billing", invoice.contact_name),
            look=material.look,
            is_draft=not invoice.is_posted,
        ),
        title=_title(invoice, words),
        number=invoice.number or "",
        identity=invoice.content_hash or f"draft {invoice.pk} {invoice.version}",
        delivery=_delivery(material),
        facts=tuple(_facts(material)),
        comment=_comment(material),
        lines=lines,
        columns=columns_of(lines, settings, words, with_tax=has_tax),
        has_tax=has_tax,
        taxes=tax_rows(material.taxes, figures),
        tax_texts=tax_texts(material.taxes, words),
        carried=carried_of(lines),
        net_total=figures.amount(invoice.net_total),
        tax_total=figures.amount(invoice.tax_total),
        gross_label=words.to_credit if is_credit else words.to_pay,
        gross_total=figures.money(invoice.gross_total),
        payment=_payment(material),
        closing=_closing(material, with_interest=not is_credit and invoice.gross_total > 0),
        before=settings.text("before", invoice.language),
        after=settings.text("after", invoice.language),
        report=report,
    )


def _title(invoice: Invoice, words: Words) -> str:
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        return words.credit_note
    return words.self_billed if invoice.is_self_billed else words.invoice


def _address(material: _Material, which: str, person: str = "") -> tuple[str, ...]:
    invoice = material.invoice
    postal_code, city, country = (
        getattr(invoice, f"{which}_{name}") for name in ("postal_code", "city", "country")
    )
    return address_lines(
        getattr(invoice, f"{which}_name"),
        person,
        getattr(invoice, f"{which}_street"),
        f"{postal_code} {city}",
        country=country,
        home=material.seller["country"],
        locale=material.words.locale,
    )


def _delivery(material: _Material) -> tuple[str, ...]:
    if not material.invoice.delivery_street:
        return ()
    delivery, billing = _address(material, "delivery"), _address(material, "billing")
    return () if delivery == billing else delivery


def _facts(material: _Material) -> list[Fact]:
    invoice, words, figures = material.invoice, material.words, material.figures
    first = invoice.service_start_date or invoice.service_end_date or invoice.tax_point
    last = invoice.service_end_date or first
    days = (invoice.due_date - invoice.issue_date).days
    is_invoice = invoice.kind == DocumentKind.INVOICE
    facts = [
        (words.number, invoice.number or words.given_when_posted),
        (
            words.issue_date if is_invoice else words.note_date,
            figures.day(invoice.issue_date),
        ),
        (words.for_invoice, _corrected(material)),
        (words.reason, invoice.reason if not is_invoice else ""),
        (words.replaces, _named(material, invoice.replaces)),
        (
            words.service_date if first == last else words.service_period,
            figures.days(first, last),
        ),
        (words.due_date, figures.day(invoice.due_date) if is_invoice else ""),
        (
            words.payment_terms,
            (words.days_net.format(days) if days else words.at_once) if is_invoice else "",
        ),
        (words.customer_number, material.customer_number),
        (words.order_reference, invoice.order_reference),
        (words.contract_reference, invoice.contract_reference),
        (words.buyer_reference, invoice.buyer_reference),
        (words.vat_id, invoice.buyer_vat_id),
        (
            business_id_label(words, invoice.billing_country, invoice.buyer_business_id),
            invoice.buyer_business_id,
        ),
    ]
    short = [(label, text) for label, text in material.own_fields if not _is_prose(text)]
    return [(name, value) for name, value in [*facts, *short] if value]


def _comment(material: _Material) -> str:
    """Long texts of own fields have no room beside the address."""
    prose = [f"{label}: {text}" for label, text in material.own_fields if _is_prose(text)]
    return "\n".join(filter(None, [material.invoice.comment, *prose]))


def _is_prose(text: str) -> bool:
    return "\n" in text or len(text) > LONGEST_FACT


def _corrected(material: _Material) -> str:
    """Number and day of the invoice that a credit note takes back, all or part."""
    return _named(material, material.invoice.corrects)


def _named(material: _Material, earlier: Invoice | None) -> str:
    if earlier is None:
        return ""
    day = material.figures.day(earlier.issue_date)
    return material.words.of_day.format(earlier.number, day)


def texts_of(printed: object) -> Iterator[str]:
    """Every text that is printed, wherever it stands."""
    if isinstance(printed, str):
        yield printed
    elif isinstance(printed, tuple):
        for part in printed:
            yield from texts_of(part)
    elif is_dataclass(printed):
        for one in fields(printed):
            yield from texts_of(getattr(printed, one.name))


def _line(material: _Material, line: InvoiceLine) -> Line:
    if line.kind == InvoiceLine.Kind.TEXT:
        return Line(is_text=True, position=line.position, text=line.text)
    figures = material.figures
    untaxed = line.tax_category == "O"
    return Line(
        is_text=False,
        position=line.position,
        text=line.text,
        days=figures.days_of(line),
        **({} if line.for_document else _reckoning(material, line)),
        tax="–" if untaxed else figures.percent(line.tax_percent),
        net=figures.amount(line.net),
    )


def _reckoning(material: _Material, line: InvoiceLine) -> dict[str, str]:
    """What its net is made of; of the whole document nothing is counted."""
    figures = material.figures
    return {
        "quantity": _quantity(material, line),
        "unit": material.words.units[line.unit],
        "unit_price": figures.unit_price(line.unit_price),
        "discount": figures.discount(line.discount_percent),
    }


def _quantity(material: _Material, line: InvoiceLine) -> str:
    if line.unit != Unit.HOUR:
        return material.figures.quantity(line.quantity)
    if material.hours_by_clock:
        return clock(whole_minutes(line.quantity) or 0)
    return material.figures.hours(line.quantity)


class Taxed(Protocol):
    """A tax group, of whatever it is printed on."""

    @property
    def category(self) -> str: ...
    @property
    def percent(self) -> Decimal: ...
    @property
    def taxable(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...
    @property
    def exemption_reason(self) -> str: ...


def tells_tax(taxes: Sequence[Taxed]) -> bool:
    """Small businesses, and who sells nothing but exempt supplies, tell neither rate nor amount of
    VAT but why there is none."""
    return not taxes or any(tax.category not in ("E", "O") for tax in taxes)


def tax_rows(taxes: Sequence[Taxed], figures: Figures) -> tuple[TaxRow, ...]:
    """The name of a rate of nought stands by it where the texts below do not tell it apart."""
    words = figures.words
    untaxed = [tax for tax in taxes if tax.category != "S"]
    return tuple(
        TaxRow(
            rate="–" if tax.category == "O" else figures.percent(tax.percent),
            name=words.tax_names[tax.category]
            if len(untaxed) > 1 or not tax_text(words, tax)
            else "",
            taxable=figures.amount(tax.taxable),
            tax=figures.amount(tax.tax),
            gross=figures.amount(tax.taxable + tax.tax),
        )
        for tax in taxes
    )


def tax_texts(taxes: Iterable[Taxed], words: Words) -> tuple[str, ...]:
    """Why no VAT is charged, each reason once."""
    texts = [_kept_together(text) for tax in taxes for text in tax_text(words, tax)]
    return tuple(dict.fromkeys(texts))


# "§ 19 UStG" and "Reverse Charge" on one line.
_TOGETHER = re.compile(r"§ ?\d+ ?\w*(?: [A-Z]\w+)?|\d+ § ?\w*|Reverse Charge", re.IGNORECASE)


def _kept_together(text: str) -> str:
    return _TOGETHER.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def tax_text(words: Words, tax: Taxed) -> list[str]:
    """Why no VAT is charged: our own reason, and what the law wants in the document's language."""
    reason = tax.exemption_reason.strip()
    required = words.tax_texts.get(tax.category) or in_other_words(reason, words.locale[:2])
    if words.tax_names[tax.category].lower() in reason.lower():
        required = ""
    return [text for text in (required, reason) if text]


def _payment(material: _Material) -> Payment | None:
    """None where there is nothing to pay."""
    invoice = material.invoice
    if invoice.kind == DocumentKind.CREDIT_NOTE or invoice.gross_total <= 0:
        return None
    return designed_payment(
        material.settings,
        material.seller,
        material.figures,
        amount=invoice.gross_total,
        reference=invoice.payment_reference,
        number=invoice.number or "",
        due=(material.words.due_date, invoice.due_date),
        with_codes=invoice.is_posted,
    )


def designed_payment(
    settings: DesignSettings,
    seller: Mapping[str, str],
    figures: Figures,
    *,
    with_codes: bool,
    **asked: Any,
) -> Payment | None:
    """As the company has it on its documents: with codes, without, or not at all."""
    if settings.payment == PaymentBlock.NONE:
        return None
    with_codes = with_codes and settings.payment == PaymentBlock.CODES
    payment = payment_of(seller, figures, with_codes=with_codes, **asked)
    return replace(
        payment,
        bar_code=payment.bar_code if settings.bar_code else None,
        qr=payment.qr if settings.qr else None,
    )


def payment_of(
    seller: Mapping[str, str],
    figures: Figures,
    *,
    amount: Decimal,
    reference: str,
    number: str,
    due: tuple[str, date],
    with_codes: bool,
) -> Payment:
    """How to pay this amount; `due` is the last day with its label. Codes are for euros alone."""
    words, (due_label, due_date) = figures.words, due
    facts = (
        (words.reference, printed_reference(reference)),
        (words.payment_text, "" if reference else number),
        (due_label, figures.day(due_date)),
    )
    bar_code = qr = None
    if with_codes and figures.currency == "EUR" and seller["iban"]:
        bar_code, qr = codes_of(
            seller, amount=amount, reference=reference, number=number, due_date=due_date
        )
    return Payment(
        account=account_of(seller, words),
        facts=tuple((label, value) for label, value in facts if value),
        amount=figures.money(amount),
        bar_code=bar_code,
        qr=qr,
    )


def codes_of(
    seller: Mapping[str, str], *, amount: Decimal, reference: str, number: str, due_date: date
) -> tuple[Code | None, Code | None]:
    """The bar code and the QR code of the banks over an amount in euros; None where the standards
    cannot carry the figures."""
    is_finnish = seller["country"] == "FI"
    digits = (
        bank_bar_code(iban=seller["iban"], amount=amount, reference=reference, due_date=due_date)
        if is_finnish
        else ""
    )
    payload = epc_payload(
        name=seller_name(seller),
        iban=seller["iban"],
        bic=seller["bic"],
        amount=amount,
        reference=reference,
        text=number,
        due_date=due_date if is_finnish else None,
    )
    return (
        Code(*code128_path(digits), digits) if digits else None,
        Code(*qr_path(payload)) if payload else None,
    )


def account_of(seller: Mapping[str, str], words: Words) -> tuple[Fact, ...]:
    """Whom to pay, and where."""
    account = (
        (words.recipient, seller_name(seller)),
        ("IBAN", in_groups(seller["iban"], 4)),
        ("BIC", seller["bic"]),
    )
    return tuple((name, value) for name, value in account if value)


def _closing(material: _Material, *, with_interest: bool) -> str:
    interest = material.seller.get("late_interest_percent", "")
    late = material.words.late_interest.format(material.figures.percent(Decimal(interest or 0)))
    parts = [late if interest and with_interest else "", material.seller["document_footer"]]
    return " ".join(filter(None, parts))


def printed_reference(reference: str) -> str:
    """A national reference in groups of five from the right, an RF reference of four from left."""
    if not reference.isdigit():
        return in_groups(reference, 4)
    first = len(reference) % 5
    return f"{reference[:first]} {in_groups(reference[first:], 5)}".strip()
