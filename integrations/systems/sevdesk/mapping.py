"""From our plain data to sevDesk's JSON. Asks nobody; sections 5 to 7 of its contract.

Everything the service would refuse is refused here first, in a sentence for the accountant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.utils.translation import gettext as _

from catalog.models.kinds import Unit
from core.money import places, round_money
from integrations.outgoing import OutgoingInvoice, OutgoingLine, OutgoingParty
from integrations.ports import Rejected
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.taxes import Tax, text_of

type Json = dict[str, Any]

BERLIN = ZoneInfo("Europe/Berlin")
HOME_COUNTRY = "DE"
UNTIL_DRAFT, UNTIL_OPEN, UNTIL_EMAIL = "draft", "open", "email"
OUR_PDF, THEIR_PDF = "ours", "theirs"
_WORDS = {
    "de": {
        "invoice": "Rechnung", "credit": "Gutschrift", "of": "zu Rechnung",
        "order": "Ihre Bestellung", "reference": "Ihre Referenz", "period": "Leistungszeitraum",
    },
    "en": {
        "invoice": "Invoice", "credit": "Credit note", "of": "for invoice", "order": "Your order",
        "reference": "Your reference", "period": "Service period",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """The settings of a connection, read from what its form stored."""

    until: str = UNTIL_OPEN
    send_type: str = "VPDF"
    pdf: str = THEIR_PDF
    contact_person: str = ""
    unity: str = ""
    exempt: str = ""
    third_country: str = assumptions.NOT_TAXABLE
    oss: str = ""
    tax_set_home: str = ""
    tax_set_exempt: str = ""
    email_subject: str = ""
    email_text: str = ""

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> "Options":
        return cls(**{name: settings[name] for name in cls.__annotations__ if settings.get(name)})


@dataclass(frozen=True)
class Register:
    """What the company has there: its bookkeeping, people by id, units by code."""

    version: str = "2.0"
    is_small: bool = False
    company: str = ""
    company_id: str = ""
    users: Mapping[str, str] = field(default_factory=dict)
    unities: Mapping[str, str] = field(default_factory=dict)
    unity_names: Mapping[str, str] = field(default_factory=dict)


def check(invoice: OutgoingInvoice) -> None:
    """What cannot be said in sevDesk's words, whatever the company has there."""
    if not invoice.buyer.name.strip():
        raise Rejected(_("The invoice has no customer's name."))
    if not any(not line.is_text for line in invoice.lines):
        raise Rejected(_("The invoice has no lines with an amount."))
    if places(invoice.currency) > 2:
        raise Rejected(
            _("sevDesk reckons with two decimals; %(currency)s has more. Enter it there by hand.")
            % {"currency": invoice.currency}
        )
    if invoice.due_date < invoice.issue_date:
        raise Rejected(_("The due date lies before the invoice date; sevDesk takes no such term."))
    if invoice.is_credit_note and invoice.append_to:
        raise Rejected(_("A credit note cannot be added to a draft in sevDesk."))


def invoice_body(
    invoice: OutgoingInvoice, options: Options, register: Register, tax: Tax, country: str
) -> Json:
    """The envelope of `saveInvoice` for a new draft."""
    check(invoice)
    start, end = delivery_days(invoice)
    words = _words(invoice)
    body: Json = {
        "objectName": "Invoice",
        "mapAll": True,
        "id": None,
        "invoiceType": "RE",
        "status": "100",
        "invoiceNumber": invoice.number or None,
        "invoiceDate": _day(invoice.issue_date),
        "deliveryDate": _day(start),
        "timeToPay": (invoice.due_date - invoice.issue_date).days,
        "discount": 0,
        "header": f"{words['invoice']} {invoice.number}".strip()[: assumptions.HEADER_LETTERS],
        **_head(invoice, options, register, tax, country),
    }
    if end is not None:
        body["deliveryDateUntil"] = _timestamp(end)
    return {
        "invoice": body,
        "invoicePosSave": positions(invoice, options, register),
        "invoicePosDelete": None,
        "discountSave": None,
        "discountDelete": None,
        "takeDefaultAddress": False,
    }


def credit_note_body(
    invoice: OutgoingInvoice, options: Options, register: Register, tax: Tax, country: str
) -> Json:
    """The envelope of `saveCreditNote`: a reduction of the invoice that is there."""
    check(invoice)
    start, end = delivery_days(invoice)
    words = _words(invoice)
    corrected = invoice.corrected_remote_number or invoice.corrected_number
    header = f"{words['credit']} {invoice.number}".strip()
    body: Json = {
        "objectName": "CreditNote",
        "mapAll": True,
        "creditNoteNumber": invoice.number,
        "creditNoteDate": _day(invoice.issue_date),
        "status": "100",
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": reference("Invoice", invoice.corrected_remote_id),
        "deliveryDate": _day(start),
        "header": f"{header} {words['of']} {corrected}"[: assumptions.HEADER_LETTERS],
        **_head(invoice, options, register, tax, country),
    }
    if end is not None:
        body["deliveryDateUntil"] = _timestamp(end)
    rows = positions(invoice, options, register, kind="CreditNotePos")
    return {
        "creditNote": body,
        "creditNotePosSave": rows,
        "creditNotePosDelete": None,
        "discountSave": None,
        "discountDelete": None,
        "takeDefaultAddress": False,
    }


def _head(
    invoice: OutgoingInvoice, options: Options, register: Register, tax: Tax, country: str
) -> Json:
    """What invoices and credit notes have in common."""
    head: Json = {
        "contact": reference("Contact", invoice.remote_customer_id),
        "contactPerson": reference("SevUser", contact_person(invoice, options, register)),
        "addressCountry": reference("StaticCountry", country),
        "address": _address(invoice.buyer, invoice.language),
        "currency": invoice.currency,
        "showNet": True,
        "taxRate": 0,
        "taxText": text_of(tax, invoice),
        "smallSettlement": tax.rule == assumptions.SMALL_BUSINESS,
        "headText": _head_text(invoice),
        "footText": "",
        "customerInternalNote": invoice.marker,
        **tax.fields(register.version),
    }
    if tax.rule in assumptions.OSS_RULES:
        head["deliveryAddressCountry"] = invoice.buyer.country.lower()
    return head


def reference(kind: str, number: str) -> Json:
    return {"id": int(number), "objectName": kind}


def contact_person(invoice: OutgoingInvoice, options: Options, register: Register) -> str:
    """Chosen for the document, else for the connection, else the first there is."""
    chosen = invoice.choices.get("contact_person") or options.contact_person
    if chosen and chosen not in register.users:
        raise Rejected(
            _("The chosen contact person does not exist in sevDesk any more. Choose another one in"
              " the connection.")
        )  # fmt: skip
    if not register.users:
        raise Rejected(_("sevDesk names no user of the company; a document needs one."))
    return chosen or next(iter(register.users))


def _address(party: OutgoingParty, language: str) -> str:
    lines = [party.name, party.street, f"{party.postal_code} {party.city}".strip()]
    if party.country != HOME_COUNTRY:
        names = Locale.parse("de" if language == "de" else "en").territories
        lines.append(names.get(party.country, party.country))
    return "\n".join(line for line in lines if line)


def _head_text(invoice: OutgoingInvoice) -> str:
    """The field for references bears our mark, so they are printed above the positions."""
    words = _words(invoice)
    lines = []
    if invoice.order_reference:
        lines.append(f"{words['order']}: {invoice.order_reference}")
    if invoice.buyer_reference:
        lines.append(f"{words['reference']}: {invoice.buyer_reference}")
    start, end = invoice.service_start, invoice.service_end
    if start is not None and start > invoice.issue_date:
        lines.append(f"{words['period']}: {_day(start)} – {_day(end or start)}")
    if invoice.comment:
        lines.append(invoice.comment)
    return "<br>".join(escape(line).replace("\n", "<br>") for line in lines)


def _words(invoice: OutgoingInvoice) -> Mapping[str, str]:
    return _WORDS.get(invoice.language, _WORDS["en"])


def delivery_days(invoice: OutgoingInvoice) -> tuple[date, date | None]:
    """From and until; there always is a first day, for credit notes are refused without."""
    start = invoice.service_start or invoice.service_end or invoice.issue_date
    end = invoice.service_end
    if not assumptions.DELIVERY_MAY_FOLLOW_INVOICE:
        start = min(start, invoice.issue_date)
    return start, end if end is not None and end > start else None


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _timestamp(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=BERLIN).timestamp())


# Positions.


def positions(
    invoice: OutgoingInvoice,
    options: Options,
    register: Register,
    *,
    kind: str = "InvoicePos",
    first: int = 0,
) -> list[Json]:
    """Text lines stand with the position they precede; what follows the last one below it."""
    rows: list[Json] = []
    texts: list[str] = []
    for line in invoice.lines:
        if line.is_text:
            texts.append(line.text)
            continue
        row = _position(line, invoice, options, register)
        row |= {"objectName": kind, "mapAll": True, "positionNumber": first + len(rows)}
        row["text"] = "\n".join(part for part in (*texts, row["text"]) if part)
        texts = []
        rows.append(row)
    if texts and rows:
        rows[-1]["text"] = "\n".join(part for part in (rows[-1]["text"], *texts) if part)
    return rows


def _position(
    line: OutgoingLine, invoice: OutgoingInvoice, options: Options, register: Register
) -> Json:
    name, _newline, text = line.text.strip().partition("\n")
    if len(name) > assumptions.NAME_LETTERS:
        text = line.text.strip()
        name = f"{name[: assumptions.NAME_LETTERS - 1].rstrip()}…"
    unity = register.unities.get(assumptions.UNITIES.get(line.unit, ""))
    if comes_to_the_same(line, invoice.currency):
        row: Json = {
            "quantity": line.quantity,
            "price": line.unit_price,
            "discount": line.discount_percent or None,
        }
        if unity is None:
            text = f"{text}\n({_unit_name(line.unit)})".strip()
    else:
        row = {"quantity": Decimal(1), "price": line.net, "discount": None}
        text = f"{text}\n{_reckoning(line)}".strip()
        unity = register.unities.get(assumptions.NO_UNITY)
    return {
        "name": name or "-",
        "text": text.strip(),
        **row,
        "taxRate": line.tax_percent,
        "unity": reference("Unity", unity or _other_unity(invoice, options, register)),
    }


def _other_unity(invoice: OutgoingInvoice, options: Options, register: Register) -> str:
    """For lines whose unit is not there."""
    chosen = invoice.choices.get("unity") or options.unity
    if chosen and chosen in register.unities.values():
        return chosen
    piece = register.unities.get(assumptions.PIECE)
    if piece is None:
        raise Rejected(
            _("sevDesk lacks a unit of this document. Choose another one in the connection.")
        )
    return piece


def _unit_name(unit: str) -> str:
    return str(Unit(unit).label) if unit in Unit.values else unit


def _reckoning(line: OutgoingLine) -> str:
    text = f"{_plain(line.quantity)} {_unit_name(line.unit)} × {_plain(line.unit_price)}"
    if line.discount_percent:
        sign = "-" if line.discount_percent > 0 else "+"
        text += f" {sign} {_plain(abs(line.discount_percent))} %"
    return text


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def comes_to_the_same(line: OutgoingLine, currency: str) -> bool:
    """sevDesk multiplies by itself, and JSON's numbers are not exact without end."""
    net = line.quantity * line.unit_price * (1 - line.discount_percent / 100)
    return (
        all(map(_is_kept, (line.quantity, line.unit_price)))
        and 0 <= line.discount_percent <= 100
        and round_money(net, "EUR") == line.net
        and places(currency) == 2
    )


def _is_kept(number: Decimal) -> bool:
    short = number.normalize()
    return (
        number == number.quantize(assumptions.MOST_PLACES)
        and len(short.as_tuple().digits) <= assumptions.MOST_DIGITS
    )


def sum_of(rows: Sequence[Json]) -> Decimal:
    """What positions come to net, each rounded to cents as sevDesk does."""
    return sum((_amount(row) for row in rows), Decimal(0))


def _amount(row: Json) -> Decimal:
    discount = decimal_of(row.get("discount"))
    net = decimal_of(row.get("quantity")) * decimal_of(row.get("price")) * (1 - discount / 100)
    return round_money(net, "EUR")


def decimal_of(value: Any) -> Decimal:
    """Amounts come as texts, `119` or `119.00`, or as numbers; nothing is nought."""
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except ArithmeticError:
        return Decimal(0)
