"""From our plain data to Netvisor's XML and back. Asks nobody; sections 4, 6 and 7.

Everything the service would refuse is refused here first, in a sentence for the accountant.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import places, round_money
from integrations.outgoing import OutgoingInvoice, OutgoingLine, OutgoingParty
from integrations.ports import (
    OutgoingFile,
    Partner,
    PartnerDetails,
    ProductDetails,
    Rejected,
    RemoteProduct,
)
from integrations.problems import Problem
from integrations.systems.netvisor import assumptions as taken
from integrations.systems.netvisor.xml import Node, Tag, number, optional
from invoicing.domain.references import is_finnish_reference

HOME_COUNTRY = "FI"
EU = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
DRAFT, UNSENT, OPEN = "draft", "unsent", "open"
_CREDIT_OF = {
    "en": "Credit note for invoice",
    "fi": "Hyvitys laskuun",
    "sv": "Kreditering av faktura",
    "de": "Korrektur zu Rechnung",
}
UNITS = {
    "HUR": "h", "DAY": "pv", "C62": "kpl", "MON": "kk", "KMT": "km", "MIN": "min", "KGM": "kg",
    "LTR": "l", "MTR": "m",
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """The settings of a connection, read from what its form stored."""

    status: str = OPEN
    send_pdf: bool = True
    vat_codes: Mapping[str, str] = field(default_factory=lambda: dict(taken.VAT_CODES))
    product_group: str = taken.PRODUCT_GROUP
    credit_prefix: str = taken.CREDIT_PREFIX
    sends_accounts: bool = False

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> "Options":
        return cls(
            status=settings.get("status") or OPEN,
            send_pdf=settings.get("send_pdf", "yes") == "yes",
            vat_codes={
                name: settings.get(name) or usual for name, usual in taken.VAT_CODES.items()
            },
            product_group=settings.get("product_group") or taken.PRODUCT_GROUP,
            sends_accounts=settings.get("accounts", "") == "ours",
            credit_prefix=settings.get("credit_prefix") or taken.CREDIT_PREFIX,
        )


def number_there(invoice: OutgoingInvoice, options: Options) -> str:
    """Our number in digits; empty where Netvisor gives one, now or when a draft is finished."""
    if options.status == DRAFT or not invoice.number:
        return ""
    digits = re.sub(r"[^0-9]", "", invoice.number)
    if not digits:
        raise Rejected(
            _("Netvisor takes digits only as invoice numbers, and %(number)s has none. Put the year"
              " and the number into the series.")
            % {"number": invoice.number}
        )  # fmt: skip
    if invoice.is_credit_note and digits != invoice.number:
        # CN-2026-0007 and 2026-0007 would be the same.
        digits = options.credit_prefix + digits
    if len(digits) > taken.NUMBER:
        raise Rejected(
            _("Netvisor takes invoice numbers of at most %(most)s digits; shorten the series.")
            % {"most": taken.NUMBER}
        )
    return digits


def sign_of(invoice: OutgoingInvoice) -> int:
    return -1 if invoice.is_credit_note else 1


def invoice_tag(invoice: OutgoingInvoice, options: Options, pdf: OutgoingFile | None = None) -> Tag:
    """The message of salesinvoice.nv, in the order of its DTD."""
    _check(invoice)
    is_draft = options.status == DRAFT
    before, after = _free_texts(invoice)
    return Tag(
        "salesinvoice",
        (
            optional("salesinvoicenumber", number_there(invoice, options)),
            Tag("salesinvoicedate", invoice.issue_date.isoformat(), {"format": "ansi"}),
            Tag("salesinvoiceduedate", invoice.due_date.isoformat(), {"format": "ansi"}),
            optional(
                "salesinvoicedeliverydate",
                invoice.service_end.isoformat() if invoice.service_end else "",
                format="ansi",
            ),
            optional("salesinvoicereferencenumber", finnish_reference(invoice.reference)),
            Tag(
                "salesinvoiceamount",
                number(sign_of(invoice) * invoice.gross_total),
                {"iso4217currencycode": invoice.currency},
            ),
            Tag("invoicetype", "invoicedraft" if is_draft else "invoice"),
            Tag("salesinvoicestatus", "" if is_draft else options.status, {"type": "netvisor"}),
            optional("salesinvoicefreetextbeforelines", shortened(before, taken.FREE_TEXT)),
            optional("salesinvoicefreetextafterlines", shortened(after, taken.FREE_TEXT)),
            optional("salesinvoiceourreference", shortened(invoice.number, taken.REFERENCE_TEXT)),
            optional(
                "salesinvoiceyourreference", shortened(_their_words(invoice), taken.REFERENCE_TEXT)
            ),
            optional("salesinvoiceprivatecomment", invoice.marker),
            Tag("invoicingcustomeridentifier", invoice.remote_customer_id, {"type": "netvisor"}),
            *_buyer(invoice.buyer),
            *_delivery(invoice),
            Tag("invoicelines", _lines(invoice, options)),
            _attachments(pdf, options) if pdf else None,
        ),
    )


def _check(invoice: OutgoingInvoice) -> None:
    """What cannot be said in Netvisor's words."""
    if not invoice.remote_customer_id:
        raise Rejected(
            _("Netvisor needs a linked customer. Link it; then the invoice is sent by itself."),
            problem=Problem.NOT_LINKED,
        )
    if places(invoice.currency) > 2:
        raise Rejected(
            _("Netvisor keeps two places of an amount; %(currency)s has more.")
            % {"currency": invoice.currency}
        )
    items = [line for line in invoice.lines if not line.is_text]
    if not items:
        raise Rejected(_("The invoice has no lines with an amount."))
    if any(not line.remote_product_id for line in items):
        raise Rejected(
            _("A line has no product in Netvisor. Choose one on the page of products."),
            problem=Problem.NOT_MAPPED,
        )


def finnish_reference(reference: str) -> str:
    """The digits of it, also out of an RF reference; nothing where it is no Finnish one."""
    digits = re.sub(r"^RF\d\d", "", reference.upper()).lstrip("0")
    return digits if is_finnish_reference(digits) else ""


def _free_texts(invoice: OutgoingInvoice) -> tuple[str, str]:
    if not invoice.is_credit_note:
        return "", invoice.comment
    words = _CREDIT_OF.get(invoice.language, _CREDIT_OF["en"])
    return f"{words} {invoice.corrected_number}".strip(), invoice.comment


def _their_words(invoice: OutgoingInvoice) -> str:
    return " / ".join(text for text in (invoice.buyer_reference, invoice.order_reference) if text)


def _buyer(buyer: OutgoingParty) -> tuple[Tag | None, ...]:
    """A whole address or none: with a part of it Netvisor fills in nothing of its own."""
    if not (buyer.name and buyer.street and buyer.postal_code and buyer.city and buyer.country):
        return ()
    return (
        Tag("invoicingcustomername", shortened(buyer.name, 250)),
        Tag("invoicingcustomeraddressline", shortened(buyer.street, taken.STREET)),
        Tag("invoicingcustomerpostnumber", buyer.postal_code),
        Tag("invoicingcustomertown", buyer.city),
        Tag("invoicingcustomercountrycode", buyer.country, {"type": "ISO-3166"}),
    )


def _delivery(invoice: OutgoingInvoice) -> tuple[Tag | None, ...]:
    there = invoice.delivery
    if there == invoice.buyer or not (there.street and there.city):
        return ()
    return (
        Tag("deliveryaddressname", shortened(there.name, 250)),
        Tag("deliveryaddressline", shortened(there.street, taken.STREET)),
        optional("deliveryaddresspostnumber", there.postal_code),
        Tag("deliveryaddresstown", there.city),
        optional("deliveryaddresscountrycode", there.country, type="ISO-3166"),
    )


def _lines(invoice: OutgoingInvoice, options: Options) -> tuple[Tag, ...]:
    taxes = iter(taxes_of_lines(invoice))
    return tuple(
        Tag(
            "invoiceline",
            (
                Tag(
                    "salesinvoicecommentline",
                    (Tag("comment", shortened(line.text, taken.COMMENT)),),
                )
                if line.is_text
                else _line(line, next(taxes), invoice, options),
            ),
        )
        for line in invoice.lines
        if line.text.strip() or not line.is_text
    )


def _line(line: OutgoingLine, tax: Decimal, invoice: OutgoingInvoice, options: Options) -> Tag:
    text = line.text.strip()
    name, _newline, more = text.partition("\n")
    if len(name.strip()) > taken.NAME:
        more = text
    quantity, price, discount = line.quantity, line.unit_price, line.discount_percent
    if discount < 0:
        # There are no surcharges; the sums below are what counts.
        quantity, price, discount = Decimal(1), line.net, Decimal(0)
    if price < 0:
        quantity, price = -quantity, -price
    sign = sign_of(invoice)
    return Tag(
        "salesinvoiceproductline",
        (
            Tag("productidentifier", line.remote_product_id, {"type": "netvisor"}),
            Tag("productname", shortened(name, taken.NAME) or "-"),
            Tag("productunitprice", number(price), {"type": "net"}),
            Tag(
                "productvatpercentage",
                percent(line.tax_percent),
                {"vatcode": vat_code(line, invoice, options)},
            ),
            Tag("salesinvoiceproductlinequantity", number(sign * quantity)),
            Tag("salesinvoiceproductlinediscountpercentage", number(discount))
            if discount
            else None,
            optional("salesinvoiceproductlinefreetext", shortened(more, taken.FREE_TEXT)),
            # Both, so that Netvisor does not reckon: its rounding is per line, ours per rate.
            Tag("salesinvoiceproductlinevatsum", number(sign * tax)),
            Tag("salesinvoiceproductlinesum", number(sign * (line.net + tax))),
            optional("accountingaccountsuggestion", _account(line.account))
            if options.sends_accounts
            else None,
        ),
    )


def _account(account: str) -> str:
    return account if account.isdecimal() else ""


def taxes_of_lines(invoice: OutgoingInvoice) -> list[Decimal]:
    """Each item's share of the tax, so that together they are the document's to the cent.

    Tax is rounded once per rate; what that leaves over goes to the line it accrued on.
    """
    items = [line for line in invoice.lines if not line.is_text]
    running: dict[tuple[str, Decimal], Decimal] = {}
    shares = []
    for line in items:
        key = (line.tax_category, line.tax_percent)
        before = running.get(key, Decimal(0))
        running[key] = before + line.net * line.tax_percent / 100
        shares.append(
            round_money(running[key], invoice.currency) - round_money(before, invoice.currency)
        )
    rest = invoice.tax_total - sum(shares, Decimal(0))
    if rest:
        taxed = [at for at, line in enumerate(items) if line.tax_percent]
        if not taxed or abs(rest) > Decimal("0.01") * len(items):
            raise Rejected(
                _("The tax of the lines is not the tax of the invoice; tell your administrator.")
            )
        shares[max(taxed, key=lambda at: abs(items[at].net))] += rest
    return shares


def percent(value: Decimal) -> str:
    value = value.normalize()
    return f"{value:f}".replace(".", ",")


def vat_code(line: OutgoingLine, invoice: OutgoingInvoice, options: Options) -> str:
    """By the line's kind of tax and the customer's country; any tax at all is domestic."""
    if line.tax_percent:
        return taken.DOMESTIC
    country = invoice.buyer.country
    if line.tax_category == "AE":
        name = (
            "vat_construction"
            if country in ("", HOME_COUNTRY)
            else "vat_eu_services"
            if country in EU
            else "vat_export"
        )
    else:
        name = {
            "E": "vat_exempt", "K": "vat_eu_goods", "G": "vat_export", "O": "vat_outside_scope",
        }.get(line.tax_category, "vat_zero")  # fmt: skip
    return options.vat_codes[name]


def _attachments(pdf: OutgoingFile, options: Options) -> Tag:
    return Tag(
        "salesinvoiceattachments",
        (
            Tag(
                "salesinvoiceattachment",
                (
                    Tag("mimetype", "application/pdf"),
                    Tag("attachmentdescription", shortened(pdf.name, taken.DESCRIPTION)),
                    Tag("filename", shortened(pdf.name, taken.FILE_NAME)),
                    Tag("documentdata", b64encode(pdf.content).decode(), {"type": "pdf"}),
                    # Netvisor sends it along where it sends the invoice.
                    Tag("printbydefault", "1" if options.status != OPEN else "0"),
                ),
            ),
        ),
    )


def shortened(text: str, length: int) -> str:
    """At most so many letters, cut at a word where that loses little."""
    text = text.strip()
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > length * 2 // 3 else cut).rstrip(" ,;:-") + "…"


# Customers.


def partner_of_row(row: Node) -> Partner:
    """A row of customerlist.nv."""
    return Partner(
        id=row["netvisorkey"],
        name=row["name"],
        number=row["code"],
        business_id=row["organisationidentifier"],
    )


def partner_of(customer: Node, remote_id: str) -> Partner:
    """The answer of getcustomer.nv."""
    base, contact = (
        customer.child("customerbaseinformation"),
        customer.child("customercontactdetails"),
    )
    return Partner(
        id=base["netvisorkey"] or remote_id,
        name=base["name"],
        number=base["internalidentifier"],
        business_id=base["externalidentifier"],
        street=base["streetaddress"],
        postal_code=base["postnumber"],
        city=base["city"],
        country=base["country"],
        email=base["emailinvoicingaddress"] or base["email"],
        contact_name=contact["contactperson"] or contact["contactname"],
        is_active=base["isactive"] not in ("0", "false"),
    )


def customer_tag(details: PartnerDetails) -> Tag:
    """A customer to be added; its number is our own."""
    is_at_home = details.country in ("", HOME_COUNTRY)
    identifier = details.business_id if is_at_home else details.vat_id or details.business_id
    finvoice = (
        optional("finvoiceaddress", details.einvoice_address),
        optional("finvoiceroutercode", details.einvoice_operator),
    )
    return Tag(
        "customer",
        (
            Tag(
                "customerbaseinformation",
                (
                    optional("internalidentifier", details.number),
                    optional("externalidentifier", identifier),
                    Tag("name", shortened(details.name, 250)),
                    optional("streetaddress", shortened(details.street, taken.STREET)),
                    optional("city", details.city),
                    optional("postnumber", details.postal_code),
                    optional("country", details.country, type="ISO-3166"),
                    optional("email", details.email),
                    Tag("isactive", "1"),
                    optional("emailinvoicingaddress", details.email),
                ),
            ),
            Tag("customerfinvoicedetails", finvoice) if all(finvoice) else None,
            Tag("customercontactdetails", (Tag("contactperson", details.contact_name),))
            if details.contact_name
            else None,
        ),
    )


def changes_tag(email: str, contact_name: str) -> Tag:
    """Only what changes: the rest stays as it is there."""
    return Tag(
        "customer",
        (
            Tag("customerbaseinformation", (Tag("emailinvoicingaddress", email),))
            if email
            else None,
            Tag("customercontactdetails", (Tag("contactperson", contact_name),))
            if contact_name
            else None,
        ),
    )


# Products.


def product_of_row(row: Node) -> RemoteProduct:
    return RemoteProduct(
        id=row["netvisorkey"],
        name=row["name"],
        number=row["productcode"],
        price=row.amount("unitprice"),
    )


def product_tag(details: ProductDetails, options: Options) -> Tag:
    account = _account(details.account)
    bookkeeping = (
        Tag("defaultvatpercentage", percent(details.tax_percent))
        if details.tax_percent is not None
        else None,
        optional("defaultdomesticaccountnumber", account),
    )
    return Tag(
        "product",
        (
            Tag(
                "productbaseinformation",
                (
                    optional("productcode", details.number),
                    Tag("productgroup", options.product_group),
                    Tag("name", shortened(details.name, taken.NAME)),
                    Tag("unitprice", number(details.price or Decimal(0)), {"type": "net"}),
                    optional("unit", UNITS.get(details.unit, "")),
                    Tag("isactive", "1"),
                    Tag("issalesproduct", "1"),
                ),
            ),
            Tag("productbookkeepingdetails", bookkeeping) if any(bookkeeping) else None,
        ),
    )
