"""What stands on the paper: every word and figure of a document, ready to be set.

The template only places it. Amounts are the stored ones; nothing is computed again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from math import ceil

from core.places import country_name
from invoicing.documents.barcodes import bank_bar_code, code128_path
from invoicing.documents.figures import Figures, clock, whole_minutes
from invoicing.documents.legal_words import in_other_words
from invoicing.documents.letterheads import Letterhead, letterhead_of
from invoicing.documents.payment_codes import epc_payload, qr_path
from invoicing.documents.reporting import LineWork, WorkReport, work_report
from invoicing.documents.words import Words, words_of
from invoicing.domain.freezing import seller_copy
from invoicing.domain.printed_fields import PrintedField, printed_fields
from invoicing.models import DocumentKind, Invoice, InvoiceLine, InvoiceTax, Unit
from tenants.models import Tenant
from tenants.scope import current_tenant_id

Fact = tuple[str, str]
LONGEST_FACT = 80
FEWEST_TO_CARRY = 6


@dataclass(frozen=True)
class Line:
    is_text: bool
    position: int
    text: str
    quantity: str = ""
    unit: str = ""
    unit_price: str = ""
    discount: str = ""
    tax: str = ""
    net: str = ""
    # What the lines above it come to, and what they come to with it, where a page may end by it.
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Widths:
    """Of the columns of figures, in millimetres; the style sheet has a class for each."""

    quantity: int
    price: int
    net: int
    position: int = 8


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
class ReportEntry:
    day: str
    person: str
    task: str
    text: str
    hours: str


@dataclass(frozen=True)
class ReportGroup:
    text: str
    entries: tuple[ReportEntry, ...]
    adjustment: str
    hours: str


@dataclass(frozen=True)
class ReportCharge:
    day: str
    person: str
    text: str
    quantity: str
    net: str


@dataclass(frozen=True)
class Report:
    facts: tuple[Fact, ...]
    groups: tuple[ReportGroup, ...]
    hours: str
    charges: tuple[ReportCharge, ...]


@dataclass(frozen=True)
class Printed:
    words: Words
    language: str
    title: str
    number: str
    is_draft: bool
    made_at: datetime
    identity: str
    letterhead: Letterhead
    seller_name: str
    sender: str
    address: tuple[str, ...]
    delivery: tuple[str, ...]
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
    payment: Payment | None
    footer: tuple[tuple[str, ...], ...]
    closing: str
    report: Report | None = None

    @property
    def heading(self) -> str:
        return f"{self.title} {self.number}".strip()


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
    # Hours read as 6:20 where one of them would have no end in decimals.
    hours_by_clock: bool = field(init=False)

    def __post_init__(self) -> None:
        hours = [
            line.quantity
            for line in self.lines
            if line.kind == InvoiceLine.Kind.ITEM and line.unit == Unit.HOUR
        ]
        self.hours_by_clock = any(_is_long(quantity) for quantity in hours) and all(
            whole_minutes(quantity) is not None for quantity in hours
        )


def _is_long(quantity: Decimal) -> bool:
    return quantity != quantity.quantize(Decimal("0.01"))


def printed_invoice(invoice: Invoice) -> Printed:
    """The document, with its work report where it has one. A draft is shown as it would be."""
    material = _material(invoice)
    report = _report(material, work_report(invoice)) if invoice.has_work_report else None
    return _printed(material, report)


def printed_work_report(invoice: Invoice) -> Printed:
    """The work report for itself."""
    material = _material(invoice)
    return _printed(material, _report(material, work_report(invoice)))


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
        customer_number=invoice.customer.number,
        own_fields=own_fields_of(invoice),
    )


def _printed(material: _Material, report: Report | None) -> Printed:
    invoice, words, figures = material.invoice, material.words, material.figures
    is_credit = invoice.kind == DocumentKind.CREDIT_NOTE
    lines = with_subtotals(
        tuple(_line(material, line) for line in material.lines),
        [line.net for line in material.lines],
        figures,
    )
    return Printed(
        words=words,
        language=invoice.language,
        title=words.credit_note if is_credit else words.invoice,
        number=invoice.number or "",
        is_draft=not invoice.is_posted,
        made_at=invoice.posted_at or invoice.changed_at,
        identity=invoice.content_hash or f"draft {invoice.pk} {invoice.version}",
        letterhead=letterhead_of(material.seller),
        seller_name=material.seller["legal_name"] or material.seller["name"],
        sender=sender_of(material.seller),
        address=_address(material, "billing", invoice.contact_name),
        delivery=_delivery(material),
        facts=tuple(_facts(material)),
        comment=_comment(material),
        lines=lines,
        widths=widths_of(lines),
        has_discounts=any(line.discount for line in lines),
        taxes=tuple(_tax_rows(material)),
        tax_texts=tuple(_tax_texts(words, material.taxes)),
        carried=carried_of(lines),
        net_total=figures.amount(invoice.net_total),
        tax_total=figures.amount(invoice.tax_total),
        gross_label=words.to_credit if is_credit else words.to_pay,
        gross_total=figures.money(invoice.gross_total),
        payment=None if is_credit or invoice.gross_total <= 0 else _payment(material),
        footer=footer_of(material.seller, material.words),
        closing=_closing(material, with_interest=not is_credit and invoice.gross_total > 0),
        report=report,
    )


def address_lines(*lines: str, country: str, home: str, locale: str) -> tuple[str, ...]:
    """As on an envelope: the country stands last where it is another one than the sender's."""
    if country and country != home:
        lines += (country_name(country, locale).upper(),)
    return tuple(line.strip() for line in lines if line.strip())


def sender_of(seller: Mapping[str, str]) -> str:
    """The return address in the window of the envelope."""
    town = f"{seller['postal_code']} {seller['city']}".strip()
    return " · ".join(
        part for part in (seller["legal_name"] or seller["name"], seller["street"], town) if part
    )


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
        (words.buyer_reference, invoice.buyer_reference),
        (words.vat_id, invoice.buyer_vat_id),
        (_business_id(words, invoice.billing_country), invoice.buyer_business_id),
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
    corrected = material.invoice.corrects
    if corrected is None:
        return ""
    day = material.figures.day(corrected.issue_date)
    return material.words.of_day.format(corrected.number, day)


def with_subtotals(
    lines: Sequence[Line], nets: Sequence[Decimal], figures: Figures
) -> tuple[Line, ...]:
    """The lines with what is carried over where a page ends between them.

    A few lines share a page with the sums, and need none.
    """
    if len(lines) < FEWEST_TO_CARRY:
        return tuple(lines)
    told, before, total = [], "", Decimal(0)
    for line, net in zip(lines, nets, strict=True):
        if line.is_text:
            told.append(line)
            continue
        total += net
        after = f"{figures.words.carried} {figures.amount(total)}"
        told.append(replace(line, before=before, after=after))
        before = after
    return tuple(told)


def carried_of(lines: Sequence[Line]) -> str:
    """What all the lines come to, for sums that begin a page."""
    return next((line.after for line in reversed(lines) if line.after), "")


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


def widths_of(lines: Sequence[Line]) -> Widths:
    """Wide enough for the longest figure and no wider, so that the words keep the rest.

    They are fixed before WeasyPrint sees them: having it find them costs as much as the layout.
    """
    return Widths(
        quantity=_width([f"{line.quantity} {line.unit}" for line in lines], least=15),
        price=_width([line.unit_price for line in lines], least=19),
        net=_width([line.net for line in lines], least=18),
        position=_width([str(line.position) for line in lines[-1:]], least=8, most=14),
    )


def _width(texts: Iterable[str], *, least: int, most: int = 30) -> int:
    widest = max((sum(_letter_width(letter) for letter in text) for text in texts), default=0)
    return min(max(ceil(widest), least), most)


def _letter_width(letter: str) -> float:
    """In millimetres, at nine points."""
    return 2.1 if letter.isalnum() else 1.1


def _business_id(words: Words, country: str) -> str:
    return words.finnish_business_id if country == "FI" else words.business_id


def _line(material: _Material, line: InvoiceLine) -> Line:
    if line.kind == InvoiceLine.Kind.TEXT:
        return Line(is_text=True, position=line.position, text=line.text)
    figures = material.figures
    untaxed = line.tax_category == "O"
    return Line(
        is_text=False,
        position=line.position,
        text=figures.text_of(line),
        quantity=_quantity(material, line),
        unit=material.words.units[line.unit],
        unit_price=figures.unit_price(line.unit_price),
        discount=figures.percent(line.discount_percent) if line.discount_percent else "",
        tax="–" if untaxed else figures.percent(line.tax_percent),
        net=figures.amount(line.net),
    )


def _quantity(material: _Material, line: InvoiceLine) -> str:
    if line.unit != Unit.HOUR:
        return material.figures.quantity(line.quantity)
    if material.hours_by_clock:
        return clock(whole_minutes(line.quantity) or 0)
    return material.figures.hours(line.quantity)


def _tax_rows(material: _Material) -> list[TaxRow]:
    """The name of a rate of nought stands by it where the texts below do not tell it apart."""
    figures, words = material.figures, material.words
    untaxed = [tax for tax in material.taxes if tax.category != "S"]
    return [
        TaxRow(
            rate="–" if tax.category == "O" else figures.percent(tax.percent),
            name=words.tax_names[tax.category]
            if len(untaxed) > 1 or not tax_text(words, tax)
            else "",
            taxable=figures.amount(tax.taxable),
            tax=figures.amount(tax.tax),
            gross=figures.amount(tax.taxable + tax.tax),
        )
        for tax in material.taxes
    ]


def _tax_texts(words: Words, taxes: Iterable[InvoiceTax]) -> list[str]:
    texts = [text for tax in taxes for text in tax_text(words, tax)]
    return list(dict.fromkeys(texts))


def tax_text(words: Words, tax: InvoiceTax) -> list[str]:
    """Why no VAT is charged: our own reason, and what the law wants in the document's language."""
    reason = tax.exemption_reason.strip()
    required = words.tax_texts.get(tax.category) or in_other_words(reason, words.locale[:2])
    if words.tax_names[tax.category].lower() in reason.lower():
        required = ""
    return [text for text in (required, reason) if text]


def _payment(material: _Material) -> Payment:
    invoice = material.invoice
    return payment_of(
        material.seller,
        material.figures,
        amount=invoice.gross_total,
        reference=invoice.payment_reference,
        number=invoice.number or "",
        due=(material.words.due_date, invoice.due_date),
        with_codes=invoice.is_posted,
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
        name=seller["legal_name"] or seller["name"],
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
        (words.recipient, seller["legal_name"] or seller["name"]),
        ("IBAN", in_groups(seller["iban"], 4)),
        ("BIC", seller["bic"]),
    )
    return tuple((name, value) for name, value in account if value)


def _closing(material: _Material, *, with_interest: bool) -> str:
    interest = material.seller.get("late_interest_percent", "")
    late = material.words.late_interest.format(material.figures.percent(Decimal(interest or 0)))
    parts = [late if interest and with_interest else "", material.seller["document_footer"]]
    return " ".join(filter(None, parts))


def in_groups(text: str, size: int) -> str:
    """FI2112345600000785 as FI21 1234 5600 0007 85."""
    plain = text.replace(" ", "")
    return " ".join(plain[start : start + size] for start in range(0, len(plain), size))


def printed_reference(reference: str) -> str:
    """A national reference in groups of five from the right, an RF reference of four from left."""
    if not reference.isdigit():
        return in_groups(reference, 4)
    first = len(reference) % 5
    return f"{reference[:first]} {in_groups(reference[first:], 5)}".strip()


def footer_of(seller: Mapping[str, str], words: Words) -> tuple[tuple[str, ...], ...]:
    """The seller in columns, at the bottom of each page."""
    town = f"{seller['postal_code']} {seller['city']}".strip()
    country = seller["country"]
    business_id = seller["business_id"]
    columns = [
        [
            seller["legal_name"] or seller["name"],
            seller["street"],
            ", ".join(filter(None, (town, country_name(country, words.locale)))),
        ],
        [seller["phone"], seller["email"], seller["website"].removeprefix("https://")],
        [
            f"{_business_id(words, country)} {business_id}" if business_id else "",
            f"{words.vat_id} {seller['vat_id']}" if seller["vat_id"] else "",
        ],
        [
            f"IBAN {in_groups(seller['iban'], 4)}" if seller["iban"] else "",
            f"BIC {seller['bic']}" if seller["bic"] else "",
        ],
    ]
    return tuple(tuple(filter(None, column)) for column in columns if any(column))


def _report(material: _Material, report: WorkReport) -> Report:
    words, invoice = material.words, material.invoice
    facts = [
        (words.customer, invoice.billing_name),
        (
            words.credit_note if invoice.kind == DocumentKind.CREDIT_NOTE else words.invoice,
            invoice.number or words.draft,
        ),
    ]
    days = [entry.day for line in report.lines for entry in line.entries]
    days += [charge.day for charge in report.charges]
    if days:
        facts.append((words.service_period, material.figures.days(min(days), max(days))))
    return Report(
        facts=tuple(facts),
        groups=tuple(_report_group(material, line) for line in report.lines),
        hours=_report_hours(material, report.hours),
        charges=tuple(
            ReportCharge(
                day=material.figures.day(charge.day),
                person=charge.person,
                text=charge.text,
                quantity=f"{material.figures.quantity(charge.quantity)} {words.units[charge.unit]}",
                net=material.figures.amount(charge.net),
            )
            for charge in report.charges
        ),
    )


def _report_group(material: _Material, line: LineWork) -> ReportGroup:
    return ReportGroup(
        text=line.text,
        entries=tuple(
            ReportEntry(
                day=material.figures.day(entry.day),
                person=entry.person,
                task=entry.task,
                text=entry.text,
                hours=clock(entry.minutes),
            )
            for entry in line.entries
        ),
        adjustment=_clock_or_decimals(material, line.adjustment) if line.adjustment else "",
        hours=_report_hours(material, line.hours),
    )


def _report_hours(material: _Material, hours: Decimal) -> str:
    """As minutes and, where the invoice says it so, in decimals beside it: 7:30 = 7,50 h."""
    exact = _clock_or_decimals(material, hours)
    if ":" not in exact or _is_long(hours):
        return exact
    return f"{exact} = {material.figures.hours(hours)} {material.words.units[Unit.HOUR]}"


def _clock_or_decimals(material: _Material, hours: Decimal) -> str:
    minutes = whole_minutes(hours)
    return material.figures.hours(hours) if minutes is None else clock(minutes)
