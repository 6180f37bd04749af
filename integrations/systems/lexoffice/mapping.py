"""From our plain data to the invoices and credit notes of Lexware Office. Asks nobody.

Everything that would be refused there is refused here first, in a sentence for the accountant.
Sections 6 and 7 of the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.money import round_money
from integrations.outgoing import OutgoingInvoice, OutgoingLine
from integrations.ports import Rejected
from integrations.problems import Problem
from integrations.systems.lexoffice.assumptions import WITHOUT_VAT, legal_rates
from integrations.systems.lexoffice.codes import EU_COUNTRIES, unit_name
from integrations.systems.lexoffice.letters import plain, shortened

type Json = dict[str, Any]

BERLIN = ZoneInfo("Europe/Berlin")
HOME_COUNTRY = "DE"
CURRENCY = "EUR"
MOST_LINES = 300
NAME, TEXT = 255, 2000
FOUR_PLACES, TWO_PLACES = Decimal("0.0001"), Decimal("0.01")
DOCUMENT, VOUCHER = "document", "voucher"
# These need to know who the customer is.
WITH_CONTACT = frozenset(
    {
        "intraCommunitySupply", "constructionService13b", "externalService13b",
        "thirdPartyCountryService", "thirdPartyCountryDelivery",
    }
)  # fmt: skip
OUTSIDE_SERVICE = "thirdPartyCountryService"
OF_GOODS = frozenset({"intraCommunitySupply", "thirdPartyCountryDelivery"})
_WORDS = {
    "de": {
        "number": "Unsere Nummer: %s",
        "order": "Ihre Bestellung: %s",
        "reference": "Ihr Zeichen: %s",
        "credit": "Korrektur zu Rechnung %s",
        "terms": "Zahlbar innerhalb von %s Tagen",
        "at_once": "Sofort zahlbar",
    },
    "en": {
        "number": "Our number: %s",
        "order": "Your order: %s",
        "reference": "Your reference: %s",
        "credit": "Credit note for invoice %s",
        "terms": "Payable within %s days",
        "at_once": "Payable at once",
    },
}


def pairs(lists: Mapping[str, list[list[str]]], name: str) -> dict[str, str]:
    """A list of a check as what stands in it by name."""
    return {pair[0]: pair[1] for pair in lists.get(name, []) if len(pair) == 2}


@dataclass(frozen=True)
class Options:
    """The settings of a connection, and what the organisation was at the last check."""

    mode: str = DOCUMENT
    finalize: bool = False
    print_layout: str = ""
    payment_terms: str = "ours"
    goods_outside_eu: bool = False
    charges_no_vat: bool = False
    categories: Mapping[str, str] | None = None

    @classmethod
    def read(cls, settings: Mapping[str, str], lists: Mapping[str, list[list[str]]]) -> "Options":
        organisation = pairs(lists, "organisation")
        return cls(
            mode=settings.get("mode") or DOCUMENT,
            finalize=settings.get("finalize") == "yes",
            print_layout=settings.get("print_layout", ""),
            payment_terms=settings.get("payment_terms") or "ours",
            goods_outside_eu=settings.get("outside_eu") == "goods",
            charges_no_vat=organisation.get("tax_type") == WITHOUT_VAT
            or organisation.get("small_business") == "yes",
            categories={
                name.removeprefix("category_"): value
                for name, value in settings.items()
                if name.startswith("category_") and value
            },
        )


def document_body(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `POST /invoices` or `POST /credit-notes`; raises Rejected with what is amiss."""
    check(invoice)
    kind = tax_type(invoice, options)
    lines = _lines(invoice, options)
    body: Json = {
        "voucherDate": day(invoice.issue_date),
        "address": _address(invoice, kind),
        "lineItems": lines,
        "totalPrice": {"currency": CURRENCY},
        "taxConditions": {"taxType": kind},
        "language": language_of(invoice),
    }
    if not invoice.is_credit_note:
        body["shippingConditions"] = shipping(invoice, kind)
        if options.payment_terms == "ours":
            body["paymentConditions"] = _payment(invoice)
    if options.print_layout:
        body["printLayoutId"] = options.print_layout
    if introduction := _introduction(invoice):
        body["introduction"] = shortened(introduction, TEXT)
    body["remark"] = remark(invoice, TEXT)
    return body


def day(on: date) -> str:
    """Local midnight in Berlin with milliseconds, so that the printed day is the right one."""
    return datetime.combine(on, time(), BERLIN).isoformat(timespec="milliseconds")


def language_of(invoice: OutgoingInvoice) -> str:
    return "de" if invoice.language == "de" else "en"


def check(invoice: OutgoingInvoice) -> None:
    """What cannot be said there at all."""
    if invoice.currency != CURRENCY:
        raise Rejected(
            _("Lexware Office takes invoices in euros only, and this one is in %(currency)s. Book"
              " it there by hand and close this export.")
            % {"currency": invoice.currency}
        )  # fmt: skip
    if not plain(invoice.buyer.name):
        raise Rejected(_("The invoice has no customer's name."))
    if not any(not line.is_text for line in invoice.lines):
        raise Rejected(_("The invoice has no lines with an amount."))
    if invoice.gross_total < 0:
        raise Rejected(
            _("Lexware Office takes no documents with a sum below nought. Book it there by hand"
              " and close this export.")
        )  # fmt: skip
    rate_day = day_of_rate(invoice)
    for line in invoice.lines:
        if not line.is_text and line.tax_percent not in legal_rates(rate_day):
            raise Rejected(
                _("Lexware Office knows no VAT of %(percent)s %% on %(day)s, only %(known)s %%.")
                % {
                    "percent": f"{line.tax_percent.normalize():f}",
                    "day": rate_day.isoformat(),
                    "known": ", ".join(f"{rate:f}" for rate in sorted(legal_rates(rate_day))),
                }
            )


def day_of_rate(invoice: OutgoingInvoice) -> date:
    """The day that decides which rates are legal: the end of the service, or the document's day."""
    if invoice.is_credit_note:
        return invoice.issue_date
    return invoice.service_end or invoice.service_start or invoice.issue_date


# The kind of VAT.


def tax_type(invoice: OutgoingInvoice, options: Options) -> str:
    """One for the whole document: there is no other way there."""
    kinds = {_tax_type_of(line, invoice, options) for line in invoice.lines if not line.is_text}
    if len(kinds) > 1:
        raise Rejected(
            _("Lexware Office takes one kind of VAT for each document, and this one has several"
              " (%(kinds)s). Credit it and invoice each kind by itself.")
            % {"kinds": ", ".join(str(_kind_in_words(kind)) for kind in sorted(kinds))}
        )  # fmt: skip
    (kind,) = kinds
    if options.charges_no_vat and kind == "net":
        raise Rejected(
            _("In Lexware Office the organisation charges no VAT, and this invoice does. Correct"
              " the organisation's settings there or your tax rates here.")
        )  # fmt: skip
    if kind in WITH_CONTACT and not invoice.remote_customer_id:
        raise Rejected(
            _("Invoices of this kind (%(kind)s) need a linked customer in Lexware Office. Link it;"
              " then this is sent by itself.")
            % {"kind": _kind_in_words(kind)},
            problem=Problem.NOT_LINKED,
        )  # fmt: skip
    return kind


def _tax_type_of(line: OutgoingLine, invoice: OutgoingInvoice, options: Options) -> str:
    country = invoice.buyer.country
    category = line.tax_category
    if category in ("S", "Z"):
        is_free = options.charges_no_vat and line.tax_percent == 0
        return WITHOUT_VAT if is_free else "net"
    if line.tax_percent != 0:
        raise Rejected(_("A line without VAT has a rate that is not 0 %. Correct the tax rate."))
    is_outside = country not in EU_COUNTRIES
    if category == "AE" and country == HOME_COUNTRY:
        return "constructionService13b"
    if category == "AE":
        return OUTSIDE_SERVICE if is_outside else "externalService13b"
    if category == "G" or (category == "O" and is_outside):
        return "thirdPartyCountryDelivery" if options.goods_outside_eu else OUTSIDE_SERVICE
    return "intraCommunitySupply" if category == "K" else WITHOUT_VAT


def _kind_in_words(kind: str) -> str:
    return {
        "net": _("with VAT"),
        "vatfree": _("exempt"),
        "intraCommunitySupply": _("goods to another EU country"),
        "constructionService13b": _("reverse charge at home"),
        "externalService13b": _("services to another EU country"),
        "thirdPartyCountryService": _("services outside the EU"),
        "thirdPartyCountryDelivery": _("goods outside the EU"),
    }.get(kind, kind)


# The parts.


def _address(invoice: OutgoingInvoice, kind: str) -> Json:
    """What was frozen at posting stands on the document, also where the contact has moved since."""
    buyer = invoice.buyer
    if not buyer.country:
        raise Rejected(_("The invoice has no customer's country."))
    address: Json = {"name": shortened(buyer.name, NAME), "countryCode": buyer.country}
    if invoice.remote_customer_id:
        address["contactId"] = invoice.remote_customer_id
    for name, value in (
        ("supplement", buyer.contact_name),
        ("street", buyer.street),
        ("zip", buyer.postal_code),
        ("city", buyer.city),
    ):
        if plain(value):
            address[name] = shortened(value, 100)
    return address


def shipping(invoice: OutgoingInvoice, kind: str) -> Json:
    """When it was done, which decides the VAT. Where nobody said so, nothing is claimed."""
    start, end = invoice.service_start, invoice.service_end
    word = (
        "delivery" if kind in ("intraCommunitySupply", "thirdPartyCountryDelivery") else "service"
    )
    if start and end and start != end:
        if end < start:
            raise Rejected(_("The service ends before it begins. Credit the invoice."))
        return {
            "shippingType": f"{word}period",
            "shippingDate": day(start),
            "shippingEndDate": day(end),
        }
    if only := start or end:
        return {"shippingType": word, "shippingDate": day(only)}
    return {"shippingType": "none"}


def _payment(invoice: OutgoingInvoice) -> Json:
    """Label and days together: one without the other is refused."""
    words = _WORDS[language_of(invoice)]
    days = (invoice.due_date - invoice.issue_date).days
    if days < 0:
        raise Rejected(_("The due date lies before the invoice's date."))
    label = words["terms"] % days if days else words["at_once"]
    return {"paymentTermLabel": label, "paymentTermDuration": days}


def _introduction(invoice: OutgoingInvoice) -> str:
    words = _WORDS[language_of(invoice)]
    corrected = invoice.corrected_remote_number or invoice.corrected_number
    parts = [
        words["credit"] % corrected if invoice.is_credit_note and corrected else "",
        words["number"] % invoice.number if invoice.number else "",
        words["order"] % invoice.order_reference if invoice.order_reference else "",
        words["reference"] % invoice.buyer_reference if invoice.buyer_reference else "",
    ]
    return "\n".join(part for part in parts if part)


def remark(invoice: OutgoingInvoice, length: int) -> str:
    """With our marker at its end, which is what the document is found again by."""
    marker = f"Ref {invoice.marker}" if invoice.marker else ""
    comment = shortened(invoice.comment, length - len(marker) - 2)
    return "\n\n".join(part for part in (comment, marker) if part)


def _lines(invoice: OutgoingInvoice, options: Options) -> list[Json]:
    lines = [
        _text_line(line) if line.is_text else _priced_line(line, invoice) for line in invoice.lines
    ]
    if len(lines) > MOST_LINES:
        raise Rejected(
            _("Lexware Office takes at most %(most)s lines, and this invoice has %(count)s. Credit"
              " it and invoice it in parts, or let the connection send bookkeeping vouchers.")
            % {"most": MOST_LINES, "count": len(lines)}
        )  # fmt: skip
    return lines


def _text_line(line: OutgoingLine) -> Json:
    name, more = _name_and_more(line.text)
    item: Json = {"type": "text", "name": name}
    if more:
        item["description"] = more
    return item


def _priced_line(line: OutgoingLine, invoice: OutgoingInvoice) -> Json:
    name, more = _name_and_more(line.text)
    discount = line.discount_percent
    takes_discounts = not invoice.is_credit_note
    if _comes_to_the_same(line, invoice.currency) and (takes_discounts or not discount):
        quantity, unit, price = (
            line.quantity,
            unit_name(line.unit, language_of(invoice)),
            line.unit_price,
        )
        if quantity < 0:
            quantity, price = -quantity, -price
    else:
        reckoning = f"{line.quantity.normalize():f} × {line.unit_price.normalize():f}"
        if discount:
            reckoning += f" - {discount.normalize():f} %"
        more = shortened(f"{more}\n{reckoning}", TEXT)
        quantity, unit, price = Decimal(1), "C62", line.net
        discount = Decimal(0)
    item: Json = {
        "type": "custom",
        "name": name,
        "quantity": quantity,
        "unitName": unit_name(unit, language_of(invoice)),
        "unitPrice": {
            "currency": CURRENCY,
            "netAmount": price.quantize(FOUR_PLACES),
            "taxRatePercentage": line.tax_percent,
        },
    }
    if more:
        item["description"] = more
    if discount:
        item["discountPercentage"] = discount
    return item


def _name_and_more(text: str) -> tuple[str, str]:
    """A line needs a name; what does not go into it is its description."""
    text = plain(text)
    name, _newline, more = text.partition("\n")
    if len(name) > NAME:
        more = text
    return shortened(name, NAME) or "-", shortened(more, TEXT)


def _comes_to_the_same(line: OutgoingLine, currency: str) -> bool:
    """They multiply by themselves, with four places: the line has to come to our net."""
    return (
        line.quantity == line.quantity.quantize(FOUR_PLACES, ROUND_HALF_UP)
        and line.unit_price == line.unit_price.quantize(FOUR_PLACES, ROUND_HALF_UP)
        and line.discount_percent == line.discount_percent.quantize(TWO_PLACES, ROUND_HALF_UP)
        and 0 <= line.discount_percent <= 100
        and line.quantity != 0
        and round_money(
            line.quantity * line.unit_price * (1 - line.discount_percent / 100), currency
        )
        == line.net
    )
