"""Finvoice 3.0 of the Finnish banks, with the part that payments are made from (EPI).

Decimals have a comma, days no dashes, and a credit note is negative. What describes is cut or split
to the lengths the schema allows; what identifies is not, and is refused by the schema instead.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

from lxml import etree

from core.identifiers import is_ovt
from core.places import country_name
from invoicing.documents.barcodes import bank_bar_code
from invoicing.documents.words import Words, words_of
from invoicing.domain.references import is_finnish_reference, is_rf_reference
from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Content,
    DocumentAdjustment,
    Line,
    Party,
    TypeCode,
)
from invoicing.einvoices.profiles import Profile
from invoicing.einvoices.writing.elements import (
    Writer,
    file_of,
    written_amount,
    written_number,
)

STREET, NAME, EPI_NAME, ARTICLE, DESCRIPTION, VAT_TEXT, TERMS = 35, 70, 35, 100, 512, 70, 70
MESSAGE = 48
BANK_CODES = range(8, 12)
# More decimals of a price are said as that of ten.
PRICE_PLACES = 5


def finvoice_of(content: Content, _profile: Profile) -> bytes:
    """The file, in UTF-8."""
    finvoice = Writer(etree.Element("Finvoice", Version="3.0"), {})
    _transmission(finvoice, content)
    _party(finvoice, "Seller", content.seller, content)
    finvoice.text("SellerOrganisationUnitNumber", _ovt(content.seller))
    communication = content.seller.contact
    if communication is not None and (communication.phone or communication.email):
        details = finvoice.group("SellerCommunicationDetails")
        details.text("SellerPhoneNumberIdentifier", communication.phone)
        details.text("SellerEmailaddressIdentifier", communication.email)
    _information(finvoice, content)
    _party(finvoice, "Buyer", content.buyer, content)
    finvoice.text("BuyerOrganisationUnitNumber", _ovt(content.buyer))
    if content.buyer.contact is not None:
        finvoice.text("BuyerContactPersonName", content.buyer.contact.name[:NAME])
        if content.buyer.contact.email:
            details = finvoice.group("BuyerCommunicationDetails")
            details.text("BuyerEmailaddressIdentifier", content.buyer.contact.email)
    _delivery(finvoice, content)
    _invoice(finvoice, content)
    finvoice.text("VirtualBankBarcode", _bar_code(content))
    for line in content.lines:
        _row(finvoice, content, line)
    _epi(finvoice, content)
    return file_of(finvoice)


def _transmission(finvoice: Writer, content: Content) -> None:
    """From whom to whom by which operators; an operator asks for all of it or takes it from
    elsewhere."""
    seller, buyer = content.seller, content.buyer
    if not all((seller.operator_address, seller.operator, buyer.operator_address, buyer.operator)):
        return
    details = finvoice.group("MessageTransmissionDetails")
    sender = details.group("MessageSenderDetails")
    sender.text("FromIdentifier", seller.operator_address)
    sender.text("FromIntermediator", seller.operator)
    receiver = details.group("MessageReceiverDetails")
    receiver.text("ToIdentifier", buyer.operator_address)
    receiver.text("ToIntermediator", buyer.operator)
    message = details.group("MessageDetails")
    message.text("MessageIdentifier", f"{seller.operator_address}-{content.number}"[:MESSAGE])
    made_at = content.made_at or datetime.combine(content.issue_date, time(), UTC)
    message.text("MessageTimeStamp", made_at.isoformat(timespec="seconds"))


def _ovt(party: Party) -> str:
    """The code of the organisation, where the party is known by one."""
    address = party.electronic_address
    for known in (party.operator_address, address.identifier if address else ""):
        if is_ovt(known):
            return known
    return ""


def _party(finvoice: Writer, role: str, party: Party, content: Content) -> None:
    details = finvoice.group(f"{role}PartyDetails")
    details.text(f"{role}PartyIdentifier", party.business_id or party.identifier)
    for part in _split(party.name, NAME):
        details.text(f"{role}OrganisationName", part)
    details.text(f"{role}OrganisationTradingName", party.trading_name[:NAME])
    if not content.is_outside_scope:
        details.text(f"{role}OrganisationTaxCode", party.vat_id or party.tax_number)
    _address(details.group(f"{role}PostalAddressDetails"), role, party.address, content)


def _address(element: Writer, role: str, address: Address, content: Content) -> None:
    for part in _split(address.street, STREET)[:3]:
        element.text(f"{role}StreetName", part)
    element.text(f"{role}TownName", address.city)
    element.text(f"{role}PostCodeIdentifier", address.postal_code)
    element.text("CountryCode", address.country)
    name = country_name(address.country, words_of(content.language).locale)
    element.text("CountryName", name[:STREET])


def _information(finvoice: Writer, content: Content) -> None:
    """An account without its bank is not told here; the payment's part has it all the same."""
    payment, legal = content.payment, content.seller.legal_information
    operator, address = content.seller.operator, content.seller.operator_address
    # The element is made for banks' codes.
    is_told = bool(address) and len(operator) in BANK_CODES
    if not (legal or (payment.iban and payment.bic) or is_told):
        return
    information = finvoice.group("SellerInformationDetails")
    information.text("SellerAdditionalLegalInfo", legal[:DESCRIPTION])
    if payment.iban and payment.bic:
        account = information.group("SellerAccountDetails")
        account.text("SellerAccountID", payment.iban, IdentificationSchemeName="IBAN")
        account.text("SellerBic", payment.bic, IdentificationSchemeName="BIC")
    if is_told:
        recipient = information.group("InvoiceRecipientDetails")
        recipient.text("InvoiceRecipientAddress", address)
        recipient.text("InvoiceRecipientIntermediatorAddress", operator)


def _delivery(finvoice: Writer, content: Content) -> None:
    delivery = content.delivery
    if delivery.address is not None:
        party = finvoice.group("DeliveryPartyDetails")
        for part in _split(delivery.name or content.buyer.name, STREET):
            party.text("DeliveryOrganisationName", part)
        address = party.group("DeliveryPostalAddressDetails")
        _address(address, "Delivery", delivery.address, content)
    details = finvoice.group("DeliveryDetails")
    if content.period is None:
        _day(details, "DeliveryDate", delivery.day)
    else:
        period = details.group("DeliveryPeriodDetails")
        _day(period, "StartDate", content.period.start)
        _day(period, "EndDate", content.period.end)


def _invoice(finvoice: Writer, content: Content) -> None:
    words = words_of(content.language)
    details = finvoice.group("InvoiceDetails")
    code, name = ("INV02" if content.is_credit_note else "INV01"), _kind(words, content)
    details.text("InvoiceTypeCode", code, CodeListAgencyIdentifier="SPY")
    details.text("InvoiceTypeCodeUN", content.type_code)
    details.text("InvoiceTypeText", name)
    details.text("OriginCode", "Original")
    details.text("InvoiceNumber", content.number)
    _day(details, "InvoiceDate", content.issue_date)
    if content.preceding is not None:
        details.text("OriginalInvoiceNumber", content.preceding.number)
        _day(details, "OriginalInvoiceDate", content.preceding.issue_date)
    details.text("SellersBuyerIdentifier", content.buyer.identifier)
    details.text("OrderIdentifier", content.order_reference)
    details.text("AgreementIdentifier", content.contract_reference)
    details.text("BuyerReferenceIdentifier", content.buyer_reference)
    details.text("ProjectReferenceIdentifier", content.project_reference)
    _totals(details, content)
    for group in content.taxes:
        vat = details.group("VatSpecificationDetails")
        _amount(vat, "VatBaseAmount", group.taxable, content)
        vat.text("VatRatePercent", _with_comma(written_number(group.percent)))
        vat.text("VatCode", group.category)
        _amount(vat, "VatRateAmount", group.tax, content)
        for part in _split(group.reason, VAT_TEXT)[:3]:
            vat.text("VatFreeText", part)
        vat.text("VatExemptionReasonCode", group.reason_code)
    for note in content.notes:
        for part in _split(note, DESCRIPTION):
            details.text("InvoiceFreeText", part)
    if content.due_date is not None:
        terms = details.group("PaymentTermsDetails")
        for part in _split(content.payment_terms, TERMS)[:2]:
            terms.text("PaymentTermsFreeText", part)
        _day(terms, "InvoiceDueDate", content.due_date)
    for found in sorted(content.adjustments, key=lambda one: one.is_charge):
        _document_adjustment(details, found, content)


def _kind(words: Words, content: Content) -> str:
    if content.is_credit_note:
        return words.credit_note
    is_self_billed = content.type_code == TypeCode.SELF_BILLED_INVOICE
    return words.self_billed if is_self_billed else words.invoice


def _totals(details: Writer, content: Content) -> None:
    _amount(details, "RowsTotalVatExcludedAmount", content.line_total, content)
    if content.allowance_total:
        _amount(details, "DiscountsTotalVatExcludedAmount", content.allowance_total, content)
    if content.charge_total:
        _amount(details, "ChargesTotalVatExcludedAmount", content.charge_total, content)
    _amount(details, "InvoiceTotalVatExcludedAmount", content.net_total, content)
    _amount(details, "InvoiceTotalVatAmount", content.tax_total, content)
    _amount(details, "InvoiceTotalVatIncludedAmount", content.gross_total, content)


def _document_adjustment(details: Writer, found: DocumentAdjustment, content: Content) -> None:
    kind, words = ("Charge", "ReasonText") if found.is_charge else ("Discount", "FreeText")
    adjustment = details.group(f"{kind}Details")
    adjustment.text(words, found.reason[:NAME])
    if found.percent:
        adjustment.text("Percent", _with_comma(written_number(found.percent)))
    _amount(adjustment, "Amount", found.amount, content)
    if found.percent:
        _amount(adjustment, "BaseAmount", found.base, content)
    adjustment.text("VatCategoryCode", found.category)
    adjustment.text("VatRatePercent", _with_comma(written_number(found.tax_percent)))


def _row(finvoice: Writer, content: Content, line: Line) -> None:
    row = finvoice.group("InvoiceRow")
    row.text("ArticleName", line.name[:ARTICLE])
    row.text("ArticleDescription", _description(line))
    quantity = -line.quantity if content.is_credit_note else line.quantity
    unit = words_of(content.language).units.get(line.unit, line.unit)
    row.text(
        "InvoicedQuantity",
        _with_comma(written_number(quantity)),
        QuantityUnitCode=unit,
        QuantityUnitCodeUN=line.unit,
    )
    if line.period is not None:
        _day(row, "StartDate", line.period.start)
        _day(row, "EndDate", line.period.end)
    _price(row, content, line.price)
    row.text("RowPositionIdentifier", str(line.number))
    for part in _split(line.note, DESCRIPTION):
        row.text("RowFreeText", part)
    if line.adjustment is not None:
        _line_adjustment(row, line, line.adjustment, content)
    row.text("RowVatRatePercent", _with_comma(written_number(line.percent)))
    row.text("RowVatCode", line.category)
    _amount(row, "RowVatExcludedAmount", line.net, content)


def _line_adjustment(row: Writer, line: Line, found: Adjustment, content: Content) -> None:
    """Of what is returned both are negative."""
    sign = -1 if line.quantity < 0 else 1
    percent = _with_comma(written_number(found.percent))
    if line.is_surcharged:
        charge = row.group("RowChargeDetails")
        charge.text("ReasonText", found.reason[:NAME])
        charge.text("Percent", percent)
        _amount(charge, "Amount", found.amount * sign, content)
        _amount(charge, "BaseAmount", found.base * sign, content)
        return
    row.text("RowDiscountPercent", percent)
    _amount(row, "RowDiscountAmount", found.amount * sign, content)
    _amount(row, "RowDiscountBaseAmount", found.base * sign, content)
    row.text("RowDiscountTypeText", found.reason[:STREET])


def _description(line: Line) -> str:
    """What does not fit into the name begins the description."""
    whole = "\n".join(part for part in (line.name[ARTICLE:], line.description) if part)
    return whole[:DESCRIPTION]


def _price(row: Writer, content: Content, price: Decimal) -> None:
    """Positive on credit notes as well: their quantity is negative."""
    base = 1
    if price != round(price, PRICE_PLACES):
        base = 10
    text = written_number(price * base)
    whole, _point, decimals = text.partition(".")
    row.text(
        "UnitPriceAmount",
        f"{whole},{decimals.ljust(2, '0')}",
        AmountCurrencyIdentifier=content.currency,
    )
    if base > 1:
        row.text("UnitPriceBaseQuantity", str(base))


def _epi(finvoice: Writer, content: Content) -> None:
    payment = content.payment
    epi = finvoice.group("EpiDetails")
    identification = epi.group("EpiIdentificationDetails")
    _day(identification, "EpiDate", content.issue_date)
    # Must be there; numbers may have signs it does not take.
    identification.group("EpiReference")
    parties = epi.group("EpiPartyDetails")
    bank = parties.group("EpiBfiPartyDetails")
    bank.text("EpiBfiIdentifier", payment.bic, IdentificationSchemeName="BIC")
    beneficiary = parties.group("EpiBeneficiaryPartyDetails")
    beneficiary.text("EpiNameAddressDetails", content.seller.name[:EPI_NAME])
    beneficiary.text("EpiAccountID", payment.iban, IdentificationSchemeName="IBAN")
    instruction = epi.group("EpiPaymentInstructionDetails")
    if not content.is_credit_note and _is_bank_reference(payment.reference):
        scheme = "ISO" if payment.reference.startswith("RF") else "SPY"
        instruction.text(
            "EpiRemittanceInfoIdentifier", payment.reference, IdentificationSchemeName=scheme
        )
    amount = f"{_signed(content.gross_total, content):.2f}"
    instruction.text(
        "EpiInstructedAmount", _with_comma(amount), AmountCurrencyIdentifier=content.currency
    )
    instruction.text("EpiCharge", "SLEV", ChargeOption="SLEV")
    _day(instruction, "EpiDateOptionDate", content.due_date or content.issue_date)


def _is_bank_reference(text: str) -> bool:
    return is_finnish_reference(text) or is_rf_reference(text)


def _bar_code(content: Content) -> str:
    if content.is_credit_note or content.currency != "EUR":
        return ""
    return bank_bar_code(
        iban=content.payment.iban,
        amount=content.gross_total,
        reference=content.payment.reference,
        due_date=content.due_date,
    )


def _amount(parent: Writer, name: str, amount: Decimal, content: Content) -> None:
    text = _with_comma(written_amount(_signed(amount, content), content.currency))
    parent.text(name, text, AmountCurrencyIdentifier=content.currency)


def _signed(amount: Decimal, content: Content) -> Decimal:
    return -amount if content.is_credit_note and amount else amount


def _with_comma(number: str) -> str:
    return number.replace(".", ",")


def _day(parent: Writer, name: str, day: date) -> None:
    parent.text(name, f"{day:%Y%m%d}", Format="CCYYMMDD")


def _split(text: str, most: int) -> list[str]:
    return list(_parts(" ".join(text.split()), most))


def _parts(text: str, most: int) -> Iterator[str]:
    """Broken between words where there is one to break at."""
    while len(text) > most:
        end = text.rfind(" ", 1, most + 1)
        end = end if end > most // 2 else most
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text
