"""From our plain data to HQ's words and back. Asks nobody; sections 2 to 4 of its contract.

Everything that HQ would refuse, or take and reckon otherwise, is refused here first.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from core.money import places, round_money
from integrations.outgoing import OutgoingInvoice, OutgoingLine
from integrations.ports import Partner, PartnerDetails, Rejected
from integrations.problems import Problem
from integrations.systems.hq import assumptions
from integrations.systems.hq.options import Options

type Json = dict[str, Any]

_UNITS_DE = {
    "HUR": "Std.", "DAY": "Tage", "C62": "Stk.", "MON": "Monate", "KMT": "km", "MIN": "Min.",
    "WEE": "Wochen", "ANN": "Jahre", "KGM": "kg", "LTR": "l", "MTR": "m", "MTK": "m²", "MTQ": "m³",
    "SET": "Set", "LS": "pauschal", "P1": "%",
}  # fmt: skip
_UNITS_EN = {
    "HUR": "h", "DAY": "days", "C62": "pcs", "MON": "months", "KMT": "km", "MIN": "min",
    "WEE": "weeks", "ANN": "years", "KGM": "kg", "LTR": "l", "MTR": "m", "MTK": "m²", "MTQ": "m³",
    "SET": "set", "LS": "lump sum", "P1": "%",
}  # fmt: skip
HOME_COUNTRY = "DE"
EU = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
TAXED = frozenset({"S", "Z", "E"})


@dataclass(frozen=True)
class Position:
    """A line as HQ shall multiply it."""

    text: str
    quantity: Decimal
    unit: str
    price: Decimal
    discount: Decimal
    tax: Decimal


def check(invoice: OutgoingInvoice) -> None:
    """What cannot be said in HQ's words."""
    if not invoice.remote_customer_id:
        raise Rejected(
            _("Link %(customer)s to a company in HQ; then it is sent by itself.")
            % {"customer": invoice.buyer.name},
            problem=Problem.NOT_LINKED,
        )
    if not invoice.remote_customer_id.isdecimal():
        raise Rejected(
            _("The customer is linked to “%(id)s”, which is no id of HQ. Link it again.")
            % {"id": invoice.remote_customer_id},
            problem=Problem.NOT_LINKED,
        )
    if not any(not line.is_text for line in invoice.lines):
        raise Rejected(_("The invoice has no lines with an amount."))
    if sum((line.net for line in invoice.lines if not line.is_text), Decimal(0)) != (
        invoice.net_total
    ):
        raise Rejected(
            _("The lines do not come to the invoice's net amount; HQ would reckon another one.")
        )
    tax_option(invoice)


def positions(invoice: OutgoingInvoice) -> list[Position]:
    """Text lines stand with the line they precede; what follows the last one stands below it."""
    found: list[Position] = []
    texts: list[str] = []
    for line in invoice.lines:
        if line.is_text:
            texts.append(line.text.strip())
            continue
        found.append(_position(line, invoice, "\n".join(texts)))
        texts = []
    if texts and found:
        last = found[-1]
        text = "\n".join([last.text, *texts])
        found[-1] = Position(text, last.quantity, last.unit, last.price, last.discount, last.tax)
    return found


def _position(line: OutgoingLine, invoice: OutgoingInvoice, above: str) -> Position:
    text = f"{above}\n{line.text.strip()}".strip() or "-"
    if comes_to_the_same(line, invoice.currency):
        return Position(
            text, line.quantity, line.unit, line.unit_price, line.discount_percent,
            line.tax_percent,
        )  # fmt: skip
    reckoning = f"{_figure(line.quantity)} × {_figure(line.unit_price)}"
    if line.discount_percent:
        reckoning += f" - {_figure(line.discount_percent)} %"
    text = f"{text}\n{reckoning}"
    return Position(text, Decimal(1), "", line.net, Decimal(0), line.tax_percent)


def comes_to_the_same(line: OutgoingLine, currency: str) -> bool:
    """HQ multiplies by itself: the line has to come to our net."""
    fine = Decimal(1).scaleb(-assumptions.PRICE_PLACES)
    price = line.unit_price.quantize(fine, ROUND_HALF_UP)
    net = line.quantity * price * (1 - line.discount_percent / 100)
    return (
        price == line.unit_price
        and line.quantity == line.quantity.quantize(fine)
        and round_money(net, currency) == line.net
        and places(currency) == 2
    )


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"


def unit_word(unit: str, language: str) -> str:
    return (_UNITS_DE if language == "de" else _UNITS_EN).get(unit, unit)


def tax_option(invoice: OutgoingInvoice) -> str:
    """One for the whole document; categories that need several cannot stand on one there."""
    lines = [line for line in invoice.lines if not line.is_text]
    found = {line.tax_category for line in lines}
    if found <= TAXED:
        is_taxed = "S" in found or any(line.tax_percent for line in lines)
        return "VatApplicable" if is_taxed else "FreeOther"
    if len(found) > 1:
        raise Rejected(
            _("HQ has one kind of tax for a whole document, and this one has several: %(kinds)s.")
            % {"kinds": ", ".join(sorted(found))}
        )
    (category,) = found
    if category == "AE":
        abroad = invoice.buyer.country != (invoice.seller.country or HOME_COUNTRY)
        if not abroad:
            return "Inverse"
        return (
            "FreeEuropeanUnionWithVatId" if invoice.buyer.country in EU
            else "FreeThirdCountryTerritory"
        )  # fmt: skip
    options = {"K": "IntraCommunityDelivery", "G": "ExportDelivery", "O": "FreeOther"}
    option = options.get(category)
    if option is None:
        raise Rejected(_("HQ has no kind of tax for “%(kind)s”.") % {"kind": category})
    return option


def service_type(invoice: OutgoingInvoice) -> str:
    is_goods = any(line.tax_category in ("K", "G") for line in invoice.lines if not line.is_text)
    return "Delivery" if is_goods else "Service"


def note(invoice: OutgoingInvoice) -> str:
    """Our number for people, and the mark by which the document is found again."""
    return f"{invoice.number}\n{invoice.marker}".strip()


def has_mark(text: Any, marker: str) -> bool:
    return bool(marker) and marker in str(text or "").split()


def day(value: date) -> str:
    """A calendar day: HQ keeps them with the time 00:00, and they are not shifted."""
    return f"{value.isoformat()}T00:00:00"


def day_of(text: Any) -> str:
    return str(text or "")[:10]


def moment_of(text: Any) -> datetime | None:
    """A moment of HQ's, which is one of UTC where it does not say so."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def decimal_of(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def cents_of(value: Any) -> Decimal | None:
    """A sum there: they are binary fractions, so 136.81000000000003 is 136.81."""
    found = decimal_of(value)
    return None if found is None else found.quantize(Decimal("0.01"), ROUND_HALF_UP)


# v1.


def v1_invoice(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `POST /Invoices`, with its positions where the connection sends them along."""
    body: Json = {
        "CompanyId": int(invoice.remote_customer_id),
        "InvoiceDate": f"{day(invoice.issue_date)}Z",
        "DeliveryDate": f"{day(invoice.service_end or invoice.issue_date)}Z",
        "DueDate": f"{day(invoice.due_date)}Z",
        "Currency": invoice.currency,
        "TaxOption": tax_option(invoice),
        "ServiceOption": service_type(invoice),
        "Status": "Draft",
        "SyncId": invoice.marker,
        "Note": invoice.number,
    }
    for name, value in (
        ("DocumentTemplateId", options.template),
        ("PaymentConditionId", options.payment_condition),
        ("CompanyPurchaseOrderNumber", invoice.order_reference),
    ):
        if value:
            body[name] = value
    return body


def v1_position(position: Position, order: int, language: str) -> Json:
    text = "".join(f"<p>{escape(part)}</p>" for part in position.text.splitlines() if part.strip())
    body: Json = {
        "Type": "Freetext",
        "Text": text or "<p>-</p>",
        "Amount": position.quantity,
        "Price": position.price,
        "Tax": position.tax,
        "Discount": position.discount,
        "Order": order,
    }
    if position.unit:
        body["Unit"] = unit_word(position.unit, language)
    return body


def v1_partner(row: Json) -> Partner:
    return _partner(
        {f"{name[0].lower()}{name[1:]}": value for name, value in row.items()}, address_of_v1(row)
    )


def address_of_v1(row: Json) -> Json:
    address = row.get("DefaultAddress") or {}
    return {f"{name[0].lower()}{name[1:]}": value for name, value in address.items()}


# v2.


def v2_head(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `POST /Documents`; neither mark nor kind of tax can stand on it."""
    if options.template is None:
        raise Rejected(_("HQ needs a document template. Choose one in the connection."))
    start = invoice.service_start or invoice.service_end or invoice.issue_date
    body: Json = {
        "documentType": "Invoice",
        "companyId": int(invoice.remote_customer_id),
        "currency": invoice.currency,
        "date": day(invoice.issue_date),
        "validUntilDate": day(invoice.due_date),
        "performancePeriodStartDate": day(start),
        "performancePeriodEndDate": day(invoice.service_end or start),
        "documentTemplateEntityId": options.template,
    }
    if options.payment_condition is not None:
        body["paymentConditionId"] = options.payment_condition
    return body


def same_head(stored: Json, body: Json) -> bool:
    """Whether HQ's document may be the one of this request."""
    for name, value in body.items():
        found = stored.get(name)
        if name == "documentType":
            found = assumptions.name_of(found, assumptions.DOCUMENT_TYPES)
        is_day = name.lower().endswith("date")
        if (day_of(found) != day_of(value)) if is_day else (str(found) != str(value)):
            return False
    return True


def v2_position(
    position: Position, *, document: int, table: str, options: Options, invoice: OutgoingInvoice
) -> Json:
    body: Json = {
        "documentEntityId": document,
        "documentTableId": table,
        "text": position.text,
        "amount1": position.quantity,
        "price": position.price,
        "cost": Decimal(0),
        "tax": options.tax(position.tax),
        "discountPercent": options.tax(position.discount),
        "interval": "Once",
    }
    if position.unit in options.units:
        body["unitId1"] = options.units[position.unit]
    elif position.unit:
        # Without an id the unit would be lost.
        word = unit_word(position.unit, invoice.language)
        body["text"] = f"{position.text} ({_figure(position.quantity)} {word})"
    return body


def v2_partner(row: Json) -> Partner:
    return _partner(row, row.get("defaultAddress") or {})


# Companies, of both.


def _partner(row: Json, address: Json) -> Partner:
    street = f"{address.get('street') or ''} {address.get('houseNumber') or ''}".strip()
    number = row.get("debitorNumber")
    return Partner(
        id=str(row["id"]),
        name=str(row.get("name") or ""),
        number="" if number is None else str(number),
        vat_id=str(row.get("vatId") or row.get("taxId") or ""),
        street=street,
        postal_code=str(address.get("zipCode") or ""),
        city=str(address.get("city") or ""),
        country=str(address.get("country") or ""),
        email=str(address.get("email") or ""),
    )


def debitor_number(details: PartnerDetails) -> int:
    """By it the company is found again; nothing is created that could only be known by name."""
    if not details.number.isdecimal() or len(details.number) > 9:
        raise Rejected(
            _("HQ's debtor numbers are whole numbers, and %(number)s is none. Give the customer"
              " such a number, or add it in HQ and link it.")
            % {"number": details.number}
        )  # fmt: skip
    return int(details.number)


def new_company(details: PartnerDetails, options: Options) -> Json:
    """In the words of v2; `upper` makes those of v1 of them."""
    address: Json = {
        "description": _("Main address"),
        "street": details.street,
        "zipCode": details.postal_code,
        "city": details.city,
        "country": details.country,
        "email": details.email,
    }
    missing = [name for name in ("street", "zipCode", "city", "country") if not address[name]]
    if missing:
        raise Rejected(
            _("HQ needs street, postal code, city and country. Enter them on the customer's page.")
        )
    body: Json = {
        "name": details.name,
        "debitorNumber": debitor_number(details),
        "defaultAddress": {name: value for name, value in address.items() if value},
    }
    if details.vat_id:
        body["vatId"] = details.vat_id.replace(" ", "")
    if options.payment_condition is not None:
        body["standardPaymentConditionId"] = options.payment_condition
    if options.company_type is not None:
        body["companyTypes"] = [{"companyTypeId": options.company_type}]
    return body


def v1_company(body: Json) -> Json:
    """The same in the words of v1."""
    address = {
        f"{name[0].upper()}{name[1:]}": value
        for name, value in body["defaultAddress"].items()
        if name != "description"
    }
    made: Json = {
        "Name": body["name"],
        "DebitorNumber": body["debitorNumber"],
        "DefaultAddress": address,
    }
    if "vatId" in body:
        made["TaxId"] = body["vatId"]
    if "standardPaymentConditionId" in body:
        made["DefaultPaymentConditionId"] = body["standardPaymentConditionId"]
    if "companyTypes" in body:
        made["CompanyTypes"] = [{"Id": one["companyTypeId"]} for one in body["companyTypes"]]
    return made
