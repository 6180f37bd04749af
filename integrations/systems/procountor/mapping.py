"""From our plain data to Procountor's JSON and back. Asks nobody; section 4 of its contract.

Everything the service would refuse is refused here first, in a sentence for the accountant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import places, round_money
from integrations.outgoing import OutgoingInvoice, OutgoingLine, OutgoingParty
from integrations.ports import Partner, PartnerDetails, Rejected
from integrations.systems.procountor.codes import COUNTRIES, COUNTRY_CODES, LANGUAGES, UNITS
from integrations.systems.procountor.letters import plain, shortened

type Json = dict[str, Any]

CHANNEL_AUTO = "AUTO"
CHANNELS = {
    "ELECTRONIC_INVOICE": gettext_lazy("E-invoice"),
    "EMAIL": gettext_lazy("E-mail"),
    "MAIL": gettext_lazy("Post"),
    "NO_SENDING": gettext_lazy("Not at all; we send our own PDF"),
}
HOME_CURRENCY = "EUR"
HOME_COUNTRY = "FI"
DOMESTIC, OUTSIDE_EU, EU_GOODS, NO_VAT = "1", "3", "5", "12"
MOST_DAYS = 999
NAME, PRODUCT, COMMENT = 80, 100, 512
FOUR_PLACES = Decimal("0.0001")
_CREDIT_OF = {
    "en": "Credit note for invoice",
    "fi": "Hyvitys laskuun",
    "sv": "Kreditering av faktura",
    "de": "Korrektur zu Rechnung",
}


@dataclass(frozen=True)
class Options:
    """The settings of a connection, read from what its form stored."""

    channel: str = CHANNEL_AUTO
    until: str = "send"
    bank_account: str = ""
    vat_eu_services: str = ""
    vat_construction: str = ""
    vat_eu_goods: str = EU_GOODS
    vat_export: str = OUTSIDE_EU
    vat_outside_scope: str = NO_VAT
    currency_rates: Mapping[str, Decimal] | None = None
    send_pdf: bool = True

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> "Options":
        texts = {
            name: settings[name]
            for name in (
                "channel", "until", "bank_account", "vat_eu_services", "vat_construction",
                "vat_eu_goods", "vat_export", "vat_outside_scope",
            )
            if settings.get(name)
        }  # fmt: skip
        rates = read_rates(settings.get("currency_rates", ""))
        return cls(**texts, currency_rates=rates, send_pdf=settings.get("send_pdf", "yes") == "yes")


def read_rates(text: str) -> dict[str, Decimal]:
    """`SEK 11.24` on a line each: what one unit of our currency costs in the other."""
    rates = {}
    for line in text.splitlines():
        if line.strip():
            currency, rate = line.replace("=", " ").replace(":", " ").split()
            rates[currency.upper()] = Decimal(rate.replace(",", "."))
    return rates


def invoice_body(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `POST /invoices`; raises Rejected with what is missing."""
    invoice = with_choices(invoice)
    channel = channel_of(invoice, options)
    _check(invoice)
    body: Json = {
        "type": "SALES_INVOICE",
        "status": "UNFINISHED",
        "date": invoice.issue_date.isoformat(),
        "counterParty": _counter_party(invoice.buyer, channel),
        "billingAddress": _address(invoice.buyer),
        "deliveryAddress": _address(invoice.delivery),
        "paymentInfo": _payment(invoice, options),
        "extraInfo": {"accountingByRow": True, "unitPricesIncludeVat": False},
        "discountPercent": Decimal(0),
        "invoiceRows": _rows(invoice, options),
        "originalInvoiceNumber": our_key(invoice),
        "vatStatus": _most_used(invoice, options),
        "invoiceChannel": channel,
        "language": LANGUAGES.get(invoice.language, "ENGLISH"),
    }
    if invoice.remote_customer_id:
        body["partnerId"] = int(invoice.remote_customer_id)
    if invoice.late_interest_percent is not None:
        body["penaltyPercent"] = invoice.late_interest_percent.quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
    if invoice.service_start:
        body["deliveryStartDate"] = invoice.service_start.isoformat()
    if invoice.service_end:
        body["deliveryEndDate"] = invoice.service_end.isoformat()
    for name, text, length in (
        ("orderReference", _order_reference(invoice), 70),
        ("buyerReferenceIdentifier", invoice.buyer_reference, 70),
        ("additionalInformation", _information(invoice), 10_000),
    ):
        if text:
            body[name] = shortened(text, length)
    return body


def our_key(invoice: OutgoingInvoice) -> str:
    """What it is found by there: our number, or its marker where Procountor gives the number."""
    return invoice.number or invoice.marker


def with_choices(invoice: OutgoingInvoice) -> OutgoingInvoice:
    """With the contact person and the e-mail address that were chosen for this document."""
    chosen = invoice.choices
    changes = {
        ours: chosen[name]
        for name, ours in (("contact", "contact_name"), ("email", "email"))
        if chosen.get(name)
    }
    if email := changes.get("email"):
        try:
            validate_email(email)
        except ValidationError:
            raise Rejected(
                _("“%(email)s” is no e-mail address. Choose another one for this document.")
                % {"email": email}
            ) from None
    return replace(invoice, buyer=replace(invoice.buyer, **changes)) if changes else invoice


def _order_reference(invoice: OutgoingInvoice) -> str:
    """There is no field for the credited invoice: it stands where people and receivers look."""
    parts = (invoice.corrected_number, invoice.order_reference)
    return " / ".join(part for part in parts if part)


def _information(invoice: OutgoingInvoice) -> str:
    if not invoice.is_credit_note:
        return invoice.comment
    words = _CREDIT_OF.get(invoice.language, _CREDIT_OF["en"])
    return f"{words} {invoice.corrected_number}\n{invoice.comment}".strip()


def channel_of(invoice: OutgoingInvoice, options: Options) -> str:
    """How Procountor hands the invoice over; automatic means the best way the customer has."""
    if (chosen := invoice.choices.get("channel", "")) in CHANNELS:
        return chosen
    if options.channel != CHANNEL_AUTO:
        return options.channel
    buyer = invoice.buyer
    has_address = bool(buyer.street and buyer.postal_code and buyer.city)
    has_operator = bool(buyer.einvoice_operator) or buyer.country != HOME_COUNTRY
    if buyer.einvoice_address and has_operator and has_address:
        return "ELECTRONIC_INVOICE"
    if buyer.email:
        return "EMAIL"
    return "MAIL" if has_address else "NO_SENDING"


def _check(invoice: OutgoingInvoice) -> None:
    """What cannot be said in Procountor's words."""
    if len(invoice.number) > 40:
        raise Rejected(
            _("Procountor takes invoice numbers of at most 40 characters; shorten the series.")
        )
    if not invoice.buyer.name.strip():
        raise Rejected(_("The invoice has no customer's name."))
    days = (invoice.due_date - invoice.issue_date).days
    if not 0 <= days <= MOST_DAYS:
        raise Rejected(_("Procountor takes due dates at most 999 days after the invoice date."))
    if not any(not line.is_text for line in invoice.lines):
        raise Rejected(_("The invoice has no lines with an amount."))


def _counter_party(buyer: OutgoingParty, channel: str) -> Json:
    party: Json = {"counterPartyAddress": _address(buyer)}
    for name, value in (
        ("contactPersonName", shortened(buyer.contact_name, 70)),
        ("identifier", buyer.business_id),
        ("taxCode", buyer.vat_id.replace(" ", "")),
        ("customerNumber", plain(buyer.customer_number)),
        ("email", buyer.email),
    ):
        if value:
            party[name] = value
    if channel == "EMAIL" and not buyer.email:
        raise Rejected(
            _("The customer has no e-mail address for invoices; Procountor cannot send it by mail.")
        )
    if channel in ("MAIL", "ELECTRONIC_INVOICE") and not (
        buyer.street and buyer.postal_code and buyer.city
    ):
        raise Rejected(_("The invoice lacks the customer's street, postal code or city."))
    if channel == "ELECTRONIC_INVOICE":
        if not buyer.einvoice_address:
            raise Rejected(_("The customer has no e-invoice address. Enter it on its page."))
        if not buyer.einvoice_operator and buyer.country == HOME_COUNTRY:
            raise Rejected(_("The customer has no e-invoice operator. Enter it on its page."))
        party["einvoiceAddress"] = {"address": buyer.einvoice_address} | (
            {"operator": buyer.einvoice_operator} if buyer.einvoice_operator else {}
        )
    return party


def _address(party: OutgoingParty) -> Json:
    """With its country always: a blank one is copied on and refused later."""
    country = COUNTRIES.get(party.country)
    if country is None:
        raise Rejected(
            _("Procountor does not know the country “%(country)s”.") % {"country": party.country}
        )
    address = {
        "name": shortened(party.name, NAME),
        "street": shortened(party.street, 80),
        "zip": shortened(party.postal_code, 20),
        "city": shortened(party.city, 40),
        "country": country,
    }
    return {name: value for name, value in address.items() if value}


def _payment(invoice: OutgoingInvoice, options: Options) -> Json:
    account = options.bank_account or invoice.seller_iban
    if not account:
        raise Rejected(
            _("No bank account is known. Choose one in the connection or enter your IBAN.")
        )
    return {
        "paymentMethod": "BANK_TRANSFER",
        "currency": invoice.currency,
        "bankAccount": {"accountNumber": account.replace(" ", "")},
        "dueDate": invoice.due_date.isoformat(),
        "currencyRate": _rate(invoice.currency, options),
        # Empty, Procountor makes one; left out, the invoice would have none at all.
        "bankReferenceCode": invoice.reference,
    }


def _rate(currency: str, options: Options) -> Decimal:
    if currency == HOME_CURRENCY:
        return Decimal(1)
    rate = (options.currency_rates or {}).get(currency)
    if rate is None:
        raise Rejected(
            _("Procountor needs the rate of %(currency)s. Enter it in the connection.")
            % {"currency": currency}
        )
    return rate


def _rows(invoice: OutgoingInvoice, options: Options) -> list[Json]:
    """Text lines stand with the row they precede; what follows the last row stands below it."""
    rows: list[Json] = []
    texts: list[str] = []
    for line in invoice.lines:
        if line.is_text:
            texts.append(line.text)
            continue
        row = _row(line, invoice, options)
        if texts:
            row["headerText"] = shortened("\n".join(texts), COMMENT)
            texts = []
        rows.append(row)
    if texts and rows:
        rows[-1]["explanationText"] = shortened("\n".join(texts), COMMENT)
    return rows


def _row(line: OutgoingLine, invoice: OutgoingInvoice, options: Options) -> Json:
    unit = UNITS.get(line.unit)
    if unit is None:
        raise Rejected(_("Procountor has no unit for “%(unit)s”.") % {"unit": line.unit})
    name, _newline, more = plain(line.text).strip().partition("\n")
    # Without a name a row is refused.
    row: Json = {"product": shortened(name, PRODUCT) or "-"}
    comment = plain(line.text).strip() if len(name.strip()) > PRODUCT else more.strip()
    if _comes_to_the_same(line, invoice.currency):
        price = line.unit_price.quantize(FOUR_PLACES).normalize()
        amounts: Json = {"quantity": line.quantity, "unit": unit, "unitPrice": price,
                   "discountPercent": line.discount_percent}  # fmt: skip
    else:
        reckoning = f"{line.quantity.normalize():f} × {line.unit_price.normalize():f}"
        if line.discount_percent:
            reckoning += f" - {line.discount_percent.normalize():f} %"
        comment = f"{comment}\n{reckoning}".strip()
        amounts = {"quantity": Decimal(1), "unit": "NO_UNIT", "unitPrice": line.net,
                   "discountPercent": Decimal(0)}  # fmt: skip
    if invoice.is_credit_note:
        # A sales invoice with a negative sum: there is no other kind of document for it.
        amounts["quantity"] = -amounts["quantity"]
    row |= amounts
    row |= {"vatPercent": line.tax_percent, "vatStatus": vat_status(line, invoice, options)}
    if comment:
        row["comment"] = shortened(comment, COMMENT)
    return row


def _comes_to_the_same(line: OutgoingLine, currency: str) -> bool:
    """Procountor multiplies by itself, with four places: the row has to come to our net."""
    price = line.unit_price.quantize(FOUR_PLACES, ROUND_HALF_UP)
    net = line.quantity * price * (1 - line.discount_percent / 100)
    return (
        price == line.unit_price
        and line.quantity == line.quantity.quantize(FOUR_PLACES)
        and round_money(net, currency) == line.net
        and places(currency) == 2
    )


def vat_status(line: OutgoingLine, invoice: OutgoingInvoice, options: Options) -> int:
    """Which numbers a company has is its own affair; the connection says which to take."""
    is_abroad = invoice.buyer.country != HOME_COUNTRY
    chosen = {
        "S": DOMESTIC,
        "Z": DOMESTIC,
        "E": DOMESTIC,
        "AE": options.vat_eu_services if is_abroad else options.vat_construction,
        "K": options.vat_eu_goods,
        "G": options.vat_export,
        "O": options.vat_outside_scope,
    }.get(line.tax_category, "")
    if not chosen:
        raise Rejected(
            _("Choose in the connection which VAT status services to other EU countries have.")
            if is_abroad
            else _("Choose in the connection which VAT status reverse charge at home has.")
        )
    return int(chosen)


def _most_used(invoice: OutgoingInvoice, options: Options) -> int:
    """The header's VAT status: that of the largest part. Every row names its own."""
    sums: dict[int, Decimal] = {}
    for line in invoice.lines:
        if not line.is_text:
            status = vat_status(line, invoice, options)
            sums[status] = sums.get(status, Decimal(0)) + abs(line.net)
    return max(sums, key=lambda status: sums[status])


# Partners.


def partner_of(data: Json) -> Partner:
    address = data.get("address") or {}
    invoicing = data.get("invoicingInfo") or {}
    payment = data.get("paymentInfo") or {}
    days = str(payment.get("paymentTermDays") or "")
    country = str(address.get("country") or "")
    identifier = str(invoicing.get("identifier") or "")
    is_vat_id = identifier[:2].isalpha()
    return Partner(
        id=str(data["id"]),
        name=str(data.get("name") or ""),
        number=str(invoicing.get("customerNumber") or ""),
        business_id="" if is_vat_id else identifier,
        vat_id=identifier if is_vat_id else "",
        street=str(address.get("street") or ""),
        postal_code=str(address.get("zip") or ""),
        city=str(address.get("city") or ""),
        country=COUNTRY_CODES.get(country, country),
        email=str(invoicing.get("email") or ""),
        payment_term_days=int(days) if days.isdecimal() else None,
        is_active=(data.get("registryInfo") or {}).get("active") is not False,
    )


def partner_body(details: PartnerDetails) -> Json:
    country = COUNTRIES.get(details.country)
    if country is None:
        raise Rejected(
            _("Procountor does not know the country “%(country)s”.") % {"country": details.country}
        )
    name = shortened(details.name, NAME)
    invoicing: Json = {
        "customerNumber": plain(details.number),
        "language": LANGUAGES.get(details.language, "ENGLISH"),
        "invoiceChannel": _channel_of_partner(details),
    }
    identifier = details.business_id if details.country == HOME_COUNTRY else details.vat_id
    if identifier:
        invoicing["identifier"] = identifier
        invoicing["identifierType"] = "FI" if details.country == HOME_COUNTRY else "YHD"
    if details.email:
        invoicing["email"] = details.email
    if details.einvoice_address:
        invoicing["einvoiceAddress"] = details.einvoice_address
        if details.einvoice_operator:
            invoicing["einvoiceOperator"] = details.einvoice_operator
    payment: Json = {"paymentMethod": "BANK_TRANSFER"}
    if details.currency:
        payment["currency"] = details.currency
    if details.payment_term_days is not None:
        payment["paymentTermDays"] = str(details.payment_term_days)
    address = {
        "name": name,
        "street": shortened(details.street, 80),
        "zip": shortened(details.postal_code, 20),
        "city": shortened(details.city, 40),
        "country": country,
    }
    return {
        "name": name,
        "type": "CUSTOMER",
        "address": {key: value for key, value in address.items() if value},
        "invoicingInfo": invoicing,
        "paymentInfo": payment,
    }


def _channel_of_partner(details: PartnerDetails) -> str:
    if details.einvoice_address:
        return "ELECTRONIC_INVOICE"
    return "EMAIL" if details.email else "MAIL"
