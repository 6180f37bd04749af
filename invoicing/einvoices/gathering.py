"""From a document's rows to what its e-invoice says. Nothing is computed again that is stored."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from core.money import ZERO, round_money
from invoicing.documents.figures import Figures
from invoicing.documents.printed import own_fields_of, seller_of, tax_text
from invoicing.documents.words import Words, words_of
from invoicing.domain.freezing import buyer_of
from invoicing.domain.printed_fields import PrintedField
from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Contact,
    Content,
    Delivery,
    DocumentAdjustment,
    ElectronicAddress,
    Line,
    Means,
    Party,
    Payment,
    Period,
    Reference,
    TaxGroup,
    TypeCode,
)
from invoicing.einvoices.participants import OVT, electronic_address
from invoicing.models import Invoice, InvoiceLine, InvoiceTax

# VATEX codes of the categories that have one of their own.
REASON_CODES = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
FINNISH_REGISTER = "0212"
# Stands where the number will be, which only posting gives.
NOT_NUMBERED = "0"


@dataclass(frozen=True)
class Rows:
    """What belongs to a document, where it is known already."""

    lines: Sequence[InvoiceLine]
    taxes: Sequence[InvoiceTax]
    seller: Mapping[str, str]
    own_fields: Sequence[PrintedField]


def content_of(invoice: Invoice, rows: Rows | None = None) -> Content:
    """Asks for lines and taxes, and of a draft for its company; the customer and what it corrects
    come with the invoice."""
    words = words_of(invoice.language)
    rows = rows or _rows_of(invoice)
    seller = rows.seller
    in_order = sorted(rows.taxes, key=lambda tax: (-tax.percent, tax.category))
    taxes = tuple(_tax_group(words, tax) for tax in in_order)
    ordinary = [row for row in rows.lines if not row.for_document]
    lines, texts_at_the_end = _lines(words, invoice.currency, ordinary)
    buyer, delivery = buyer_of(invoice), _delivery(invoice, taxes)
    return Content(
        type_code=_type_code(invoice),
        number=invoice.number or NOT_NUMBERED,
        issue_date=invoice.issue_date,
        currency=invoice.currency,
        language=invoice.language,
        seller=_seller(seller),
        buyer=_buyer(invoice, buyer),
        delivery=delivery,
        payment=_payment(invoice, seller),
        lines=lines,
        taxes=taxes,
        net_total=invoice.net_total,
        tax_total=invoice.tax_total,
        gross_total=invoice.gross_total,
        due_date=None if invoice.is_credit_note else invoice.due_date,
        payment_terms="" if invoice.is_credit_note else _terms(invoice, seller, words),
        period=_period(invoice),
        buyer_reference=invoice.buyer_reference,
        order_reference=invoice.order_reference,
        contract_reference=invoice.contract_reference,
        project_reference=buyer["project_number"],
        tax_point=invoice.tax_point if invoice.tax_point != delivery.day else None,
        preceding=_preceding(invoice),
        notes=tuple(_notes(invoice, words, rows.own_fields, texts_at_the_end)),
        adjustments=tuple(_document_adjustments(rows.lines)),
        made_at=invoice.posted_at,
    )


def _type_code(invoice: Invoice) -> TypeCode:
    if invoice.is_credit_note:
        return TypeCode.CREDIT_NOTE
    if invoice.is_self_billed:
        return TypeCode.SELF_BILLED_INVOICE
    return TypeCode.CORRECTED_INVOICE if invoice.replaces_id else TypeCode.INVOICE


def _rows_of(invoice: Invoice) -> Rows:
    return Rows(
        lines=list(invoice.lines.order_by("position", "pk")),
        taxes=list(invoice.taxes.all()),
        seller=seller_of(invoice),
        own_fields=own_fields_of(invoice),
    )


def _seller(seller: Mapping[str, str]) -> Party:
    name = seller["legal_name"] or seller["name"]
    business_id, vat_id = seller["business_id"], seller["vat_id"]
    register = _register(business_id, seller["country"])
    return Party(
        name=name,
        trading_name=seller["name"] if seller["name"] != name else "",
        # Somebody without a VAT id has to be told by a number all the same (BR-CO-26).
        identifier="" if vat_id or register else business_id,
        business_id=business_id if vat_id or register else "",
        register=register,
        vat_id=vat_id,
        tax_number="" if vat_id else business_id,
        address=Address(seller["street"], seller["postal_code"], seller["city"], seller["country"]),
        legal_information=one_line(seller["document_footer"]),
        contact=Contact(name=seller["name"], phone=seller["phone"], email=seller["email"]),
        electronic_address=_own_address(seller),
        operator_address=seller.get("einvoice_address") or _ovt(business_id, seller["country"]),
        operator=seller.get("einvoice_operator", ""),
    )


def _own_address(seller: Mapping[str, str]) -> ElectronicAddress | None:
    """The one it chose; else its OVT code in Finland, and elsewhere what is known of it, the VAT
    id before the e-mail."""
    ovt = _ovt(seller["business_id"], seller["country"])
    # Copies made before there was a choice have none.
    for known in (seller.get("einvoice_address"), ovt, seller["vat_id"]):
        if known and (found := electronic_address(known)):
            return found
    return electronic_address(seller["email"])


def _ovt(business_id: str, country: str) -> str:
    if _register(business_id, country) != FINNISH_REGISTER:
        return ""
    return f"0037{ytunnus.compact(business_id)}"


def _register(business_id: str, country: str) -> str:
    if country != "FI" or not business_id:
        return ""
    try:
        ytunnus.validate(business_id)
    except ValidationError:
        return ""
    return FINNISH_REGISTER


def _buyer(invoice: Invoice, copy: Mapping[str, str]) -> Party:
    email = invoice.contact_email or copy["email"]
    known = copy["einvoice_address"] or _ovt(invoice.buyer_business_id, invoice.billing_country)
    return Party(
        name=invoice.billing_name,
        identifier=copy["number"],
        business_id=invoice.buyer_business_id,
        register=_register(invoice.buyer_business_id, invoice.billing_country),
        vat_id=invoice.buyer_vat_id,
        address=_address(invoice, "billing"),
        contact=Contact(name=invoice.contact_name, email=invoice.contact_email)
        if invoice.contact_name or invoice.contact_email
        else None,
        electronic_address=electronic_address(known) or electronic_address(email),
        operator_address=known.removeprefix(f"{OVT}:"),
        operator=copy["einvoice_operator"],
    )


def _address(invoice: Invoice, which: str) -> Address:
    street, postal_code, city, country = (
        getattr(invoice, f"{which}_{name}") for name in ("street", "postal_code", "city", "country")
    )
    return Address(street, postal_code, city, country)


def _delivery(invoice: Invoice, taxes: Iterable[TaxGroup]) -> Delivery:
    day = invoice.service_end_date or invoice.service_start_date or invoice.tax_point
    if invoice.delivery_street:
        address = _address(invoice, "delivery")
        if not address.country:
            address = Address(
                address.street, address.postal_code, address.city, invoice.billing_country
            )
        return Delivery(day, name=invoice.delivery_name, address=address)
    # The rules for goods want to be told the country, also where it is the buyer's (BR-IC-12).
    is_of_goods = any(group.category == "K" for group in taxes)
    return Delivery(day, address=_address(invoice, "billing") if is_of_goods else None)


def _period(invoice: Invoice) -> Period | None:
    first = invoice.service_start_date or invoice.service_end_date
    last = invoice.service_end_date or first
    return Period(first, last) if first and last and first != last else None


def _payment(invoice: Invoice, seller: Mapping[str, str]) -> Payment:
    return Payment(
        _means(invoice, seller),
        reference=invoice.payment_reference or invoice.number or "",
        iban=seller["iban"],
        bic=seller["bic"],
        account_name=seller["legal_name"] or seller["name"],
    )


def _means(invoice: Invoice, seller: Mapping[str, str]) -> Means:
    if invoice.is_credit_note:
        return Means.CLEARING
    if not seller["iban"]:
        return Means.NOT_TOLD
    return Means.SEPA_CREDIT_TRANSFER if invoice.currency == "EUR" else Means.CREDIT_TRANSFER


def _terms(invoice: Invoice, seller: Mapping[str, str], words: Words) -> str:
    days = (invoice.due_date - invoice.issue_date).days
    terms = [words.days_net.format(days) if days else words.at_once]
    # Copies made before there was interest have none.
    if interest := seller.get("late_interest_percent"):
        percent = Figures(words, invoice.currency).percent(Decimal(interest))
        terms.append(words.late_interest.format(percent))
    return ". ".join(terms)


def _preceding(invoice: Invoice) -> Reference | None:
    corrected = invoice.corrects or invoice.replaces
    if corrected is None:
        return None
    return Reference(corrected.number or "", corrected.issue_date)


def _notes(
    invoice: Invoice,
    words: Words,
    own_fields: Iterable[PrintedField],
    texts_at_the_end: Iterable[str],
) -> Iterable[str]:
    if invoice.is_credit_note and invoice.reason:
        yield f"{words.reason}: {invoice.reason}"
    if comment := invoice.comment.strip():
        yield comment
    for label, text in own_fields:
        yield f"{label}: {text}"
    yield from texts_at_the_end


def _lines(
    words: Words, currency: str, rows: Sequence[InvoiceLine]
) -> tuple[tuple[Line, ...], list[str]]:
    """A line of mere text becomes the note of the item below it; those below none are returned."""
    lines: list[Line] = []
    texts: list[str] = []
    for row in rows:
        if row.kind == InvoiceLine.Kind.TEXT:
            texts.append(row.text)
            continue
        lines.append(_line(words, currency, row, number=len(lines) + 1, note="\n".join(texts)))
        texts = []
    return tuple(lines), texts


def _line(words: Words, currency: str, row: InvoiceLine, *, number: int, note: str) -> Line:
    name, _break, description = row.text.strip().partition("\n")
    first, last = row.start_date or row.end_date, row.end_date or row.start_date
    # Prices are not negative (BR-27): what is taken back is so many of it less.
    sign = -1 if row.unit_price < 0 else 1
    return Line(
        number=number,
        name=name.strip(),
        description=description.strip(),
        note=note,
        quantity=row.quantity * sign,
        unit=row.unit,
        price=row.unit_price * sign,
        net=row.net,
        category=row.tax_category,
        percent=row.tax_percent,
        period=Period(first, last) if first and last else None,
        adjustment=_adjustment(words, currency, row) if row.discount_percent else None,
    )


def _adjustment(words: Words, currency: str, row: InvoiceLine) -> Adjustment | None:
    """The discount or surcharge as an amount. What is taken off something negative is put on."""
    whole = round_money(row.quantity * row.unit_price, currency)
    if whole == row.net:
        return None
    return Adjustment(
        is_charge=row.net > whole,
        percent=abs(row.discount_percent),
        base=abs(whole),
        amount=abs(whole - row.net),
        reason=words.discount if row.discount_percent > 0 else words.surcharge,
    )


def _document_adjustments(rows: Sequence[InvoiceLine]) -> Iterable[DocumentAdjustment]:
    base: dict[int | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        if not row.for_document:
            base[row.tax_rate_id] += row.net
    for row in rows:
        if row.for_document and row.net:
            yield DocumentAdjustment(
                is_charge=row.net > ZERO,
                percent=abs(row.document_percent or ZERO),
                base=abs(base[row.tax_rate_id]) if row.document_percent else ZERO,
                amount=abs(row.net),
                reason=row.text,
                category=row.tax_category,
                tax_percent=row.tax_percent,
            )


def _tax_group(words: Words, tax: InvoiceTax) -> TaxGroup:
    is_untaxed = tax.category not in ("S", "Z")
    return TaxGroup(
        category=tax.category,
        percent=tax.percent,
        taxable=tax.taxable,
        tax=tax.tax,
        reason=" ".join(tax_text(words, tax)) if is_untaxed else "",
        reason_code=REASON_CODES.get(tax.category, ""),
    )


def one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " · ", text.strip())
