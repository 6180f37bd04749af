"""Everything a sales invoice has to keep to, and the sums that follow from it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.systems.procountor.sandbox import checks, codes
from integrations.systems.procountor.sandbox.checks import Fields
from integrations.systems.procountor.sandbox.company import (
    DELIVERY_TERMS,
    DOMESTIC,
    INVOICE_TEMPLATES,
    VAT_PERCENTAGES,
    sales_statuses,
)
from integrations.systems.procountor.sandbox.context import Context

# What the service fills in itself; harmless in a body, as when an invoice is read and put back.
OUTPUT_FIELDS = (
    "id", "status", "invoiceNumber", "ledgerReceiptId", "attachments", "invoiceSumInfo",
    "version", "created", "creatorId",
)  # fmt: skip


@dataclass
class Row:
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    vat_percent: Decimal


@dataclass
class CheckedInvoice:
    """The parts that are calculated with, once nothing is wrong with them."""

    date: date | None
    rows: list[Row]
    prices_include_vat: bool
    discount: Decimal
    currency: str
    rate: Decimal


def check_invoice(context: Context, fields: Fields) -> CheckedInvoice:
    fields.ignore(OUTPUT_FIELDS)
    kind = fields.choice("type", codes.INVOICE_TYPES, required=True)
    if kind not in (None, "SALES_INVOICE"):
        fields.refuse("type", "this sandbox keeps sales invoices only")
    _check_links(context, fields)
    day = fields.day("date", required=True)
    if day and context.company.is_closed(day):
        fields.findings.add_general("CLOSED_FISCAL_PERIOD")
    _check_texts(fields)
    channel = fields.choice("invoiceChannel", codes.CHANNELS, required=True)
    fields.choice("language", codes.LANGUAGES, required=True)
    _check_parties(fields, channel)
    currency, rate = _check_payment(context, fields, day, channel)
    extra = fields.object("extraInfo", required=True)
    prices_include_vat = False
    if extra:
        extra.boolean("accountingByRow", required=True)
        prices_include_vat = bool(extra.boolean("unitPricesIncludeVat", required=True))
        extra.finish()
    discount = fields.number("discountPercent", required=True, low=0, high=100, scale=4)
    rows = _check_rows(context, fields, _check_vat_status(fields, required=True))
    fields.finish()
    return CheckedInvoice(
        day, rows, prices_include_vat, discount or Decimal(0), currency or "", rate or Decimal(1)
    )


def _check_links(context: Context, fields: Fields) -> None:
    partner = fields.integer("partnerId")
    if partner is not None and context.store.get("partner", context.slug, partner) is None:
        fields.refuse("partnerId", f"business partner {partner} does not exist")
    template = fields.integer("invoiceTemplateId")
    if template is not None and template not in [entry["id"] for entry in INVOICE_TEMPLATES]:
        fields.refuse("invoiceTemplateId", f"invoice template {template} does not exist")
    if fields.integer("factoringContractId") is not None:
        fields.refuse("factoringContractId", "the company has no factoring contract")
    if fields.choice("vatCountry", codes.COUNTRIES) is not None:
        fields.refuse("vatCountry", "the company does not use foreign VAT")
    terms = fields.object("deliveryTermsInfo")
    if terms:
        terms.choice("name", DELIVERY_TERMS)
        terms.text("municipality")
        terms.finish()


def _check_texts(fields: Fields) -> None:
    limits = {
        "orderReference": 70, "originalInvoiceNumber": 40, "deliveryInstructions": 255,
        "additionalInformation": 10_000, "notes": 10_000, "buyerReferenceIdentifier": 70,
        "sellerReferenceIdentifier": 70, "orderNumber": None, "agreementNumber": None,
        "accountingCode": None, "deliverySite": None, "tenderReference": None,
        "factoringText": None,
    }  # fmt: skip
    for name, high in limits.items():
        fields.text(name, high)
    fields.choice("deliveryMethod", codes.DELIVERY_METHODS)
    fields.number("penaltyPercent", low=0, high=100, scale=2)
    _check_period(fields, "deliveryStartDate", "deliveryEndDate")


def _check_period(fields: Fields, start: str, end: str) -> None:
    first, last = fields.day(start), fields.day(end)
    if first and last and last < first:
        fields.refuse(end, f"must not be earlier than {start}")


def _check_address(address: Fields, *, name_required: bool = False) -> None:
    address.text("name", 80, required=name_required)
    for name, high in {
        "specifier": 80, "street": 80, "zip": 20, "city": 40, "subdivision": 35,
    }.items():  # fmt: skip
        address.text(name, high)
    if address.data.get("country") == "":
        address.refuse("country", "must not be blank")
        address.ignore(["country"])
    else:
        address.choice("country", codes.COUNTRIES)
    address.finish()


def _check_parties(fields: Fields, channel: str | None) -> None:
    party = fields.object("counterParty", required=True)
    address = party.object("counterPartyAddress", required=True) if party else None
    billing, delivery = fields.object("billingAddress"), fields.object("deliveryAddress")
    if address:
        _check_address(address, name_required=True)
        if delivery is None and address.data.get("country") == "":
            # It is copied, and an integrator's invoices failed on it.
            fields.findings.add("deliveryAddress.country", "must not be blank")
    if billing:
        _check_address(billing)
    if delivery:
        _check_address(delivery)
    if party:
        _check_party(party, channel)
    if address:
        _check_postal(channel, address, address if billing is None else billing)


def _check_party(party: Fields, channel: str | None) -> None:
    address = party.data.get("counterPartyAddress")
    country = address.get("country") if isinstance(address, dict) else None
    party.text("contactPersonName", 70)
    party.text("customerNumber")
    party.ignore(["bankAccount"])
    identifier, tax_code = party.text("identifier"), party.text("taxCode")
    is_known = checks.is_business_id(identifier or "") or checks.is_personal_id(identifier or "")
    if identifier and country == "FINLAND" and not is_known:
        party.refuse("identifier", "ERROR_BRN_CODE")
    if tax_code and not checks.is_tax_code(tax_code):
        party.refuse("taxCode", "ERROR_BRN_CODE")
    email = party.email("email", required=channel == "EMAIL")
    copies = party.value("bccAddresses") or []
    if not isinstance(copies, list) or len(copies) > 4:
        party.refuse("bccAddresses", "size must be between 0 and 4")
    else:
        for index, copy in enumerate(copies):
            _check_copy(party, f"bccAddresses[{index}]", copy, email)
    electronic = party.object("einvoiceAddress")
    is_electronic = channel == "ELECTRONIC_INVOICE"
    if electronic:
        electronic.text("address", required=is_electronic)
        electronic.text("operator", required=is_electronic and country == "FINLAND")
        electronic.text("ediId")
        electronic.finish()
    elif is_electronic:
        party.refuse("einvoiceAddress", "must not be null")
    party.finish()


def _check_copy(party: Fields, name: str, copy: Any, email: str | None) -> None:
    if not isinstance(copy, str) or len(copy) > 256 or not checks.EMAIL.fullmatch(copy):
        party.refuse(name, "must be a well-formed email address")
    elif copy == email:
        party.refuse(name, "must differ from email")


def _check_postal(channel: str | None, address: Fields, billing: Fields) -> None:
    def lacks(fields: Fields, name: str) -> bool:
        return not str(fields.data.get(name) or "").strip()

    for name in ("street", "zip", "city"):
        if channel == "MAIL" and lacks(billing, name) and lacks(address, name):
            billing.refuse(name, f"must not be blank when the invoice channel is {channel}")
        if channel == "ELECTRONIC_INVOICE":
            for fields in {id(address): address, id(billing): billing}.values():
                if lacks(fields, name):
                    fields.refuse(name, f"must not be blank when the invoice channel is {channel}")


def _check_payment(
    context: Context, fields: Fields, day: date | None, channel: str | None
) -> tuple[str | None, Decimal | None]:
    payment = fields.object("paymentInfo", required=True)
    if payment is None:
        return None, None
    method = payment.choice("paymentMethod", codes.PAYMENT_METHODS, required=True)
    currency = payment.choice("currency", codes.CURRENCIES, required=True)
    rate = payment.number("currencyRate", required=True, low=0, high=1_000_000)
    if rate is not None and currency == context.company.currency and rate != 1:
        payment.refuse("currencyRate", f"must be 1 for {currency}")
    elif rate == 0:
        payment.refuse("currencyRate", "must be greater than 0")
    _check_account(context, payment, method)
    _check_due(payment, day)
    _check_discounts(payment)
    payment.text("clearingCode", 50)
    _check_reference(payment, is_needed=channel == "ELECTRONIC_INVOICE")
    payment.finish()
    return currency, rate


def _check_account(context: Context, payment: Fields, method: str | None) -> None:
    account = payment.object("bankAccount", required=method not in (None, "CASH"))
    if account is None:
        return
    number = account.text("accountNumber", required=method != "CASH")
    if number and not context.company.owns(number):
        account.refuse("accountNumber", f"{number} is not an active bank account of the company")
    account.ignore(["bic"])
    account.finish()


def _check_due(payment: Fields, day: date | None) -> None:
    due = payment.day("dueDate", required=True)
    payment.day("newDueDate")
    if due and day and due < day:
        payment.findings.add_general("DUE_DATE_BEFORE_BILL_DATE")
    if due and day and due > day + timedelta(days=999):
        payment.refuse("dueDate", "must be at most 999 days after the invoice date")


def _check_discounts(payment: Fields) -> None:
    payment.number("paymentTermPercentage", low=0, high=100)
    discount = payment.object("cashDiscount")
    if discount is None:
        return
    discount.choice("cashDiscountsTermType", ["FROM_INV_DATE"])
    for option in discount.objects("optionList", high=3):
        option.number("numberOfDays", required=True, low=0, high=999, scale=0)
        percent = option.number("discountPercentage", required=True, low=0, high=100, scale=2)
        if percent is not None and percent > Decimal("99.99"):
            option.refuse("discountPercentage", "must be less than or equal to 99.99")
        option.finish()
    discount.finish()


def _check_reference(payment: Fields, *, is_needed: bool) -> None:
    kind = payment.choice("bankReferenceCodeType", ["FI", "RF"])
    reference = payment.text("bankReferenceCode")
    if reference is None and is_needed:
        payment.refuse("bankReferenceCode", "must not be null for an electronic invoice")
    if not reference:
        return
    accepted = (kind != "RF" and checks.is_finnish_reference(reference)) or (
        kind != "FI" and checks.is_rf_reference(reference)
    )
    if not accepted:
        payment.refuse("bankReferenceCode", f"{reference} is not a valid reference")


def _check_vat_status(fields: Fields, *, required: bool = False) -> int | None:
    status = fields.integer("vatStatus", required=required)
    if status is not None and status not in sales_statuses():
        fields.refuse("vatStatus", f"VAT status {status} is not in use for sales")
        return None
    return status


def _check_rows(context: Context, fields: Fields, general_status: int | None) -> list[Row]:
    rows = []
    for row in fields.objects("invoiceRows", low=1):
        row.ignore(["id"])
        row.text("product", 100, required=True)
        row.text("productCode")
        for name in ("comment", "headerText", "explanationText"):
            row.text(name, 512)
        product = row.integer("productId")
        if product is not None and context.store.get("product", context.slug, product) is None:
            row.refuse("productId", f"product {product} does not exist")
        row.choice("unit", codes.UNITS, required=True)
        _check_period(row, "startDate", "endDate")
        numbers = (
            row.number("quantity", required=True),
            row.number("unitPrice", required=True),
            row.number("discountPercent", required=True, low=0, high=100, scale=4),
            _check_vat_percent(row, general_status),
        )
        row.finish()
        if None not in numbers:
            rows.append(Row(*(number or Decimal(0) for number in numbers)))
    return rows


def _check_vat_percent(row: Fields, general_status: int | None) -> Decimal | None:
    percent = row.number("vatPercent", required=True, low=0, high=100)
    own_status = _check_vat_status(row)
    status = general_status if row.data.get("vatStatus") is None else own_status
    if percent is None:
        return None
    if percent not in VAT_PERCENTAGES:
        row.refuse("vatPercent", f"{percent} % is not enabled in the company")
        return None
    if status not in (None, DOMESTIC) and percent != 0:
        row.refuse("vatStatus", "ERROR_VATSTATUS_VATPERC")
    return percent
