"""Universal Business Language 2.1: the XML of Peppol, and the other one of XRechnung.

The order of the elements is that of the schema; invoices and credit notes differ in a few names.
"""

from base64 import b64encode
from decimal import Decimal

from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Content,
    Delivery,
    DocumentAdjustment,
    Line,
    Party,
    Payment,
    Period,
    TypeCode,
)
from invoicing.einvoices.profiles import PEPPOL, Profile
from invoicing.einvoices.writing.elements import Writer, file_of, root

_URN = "urn:oasis:names:specification:ubl:schema:xsd"
NAMESPACES = {
    "cac": f"{_URN}:CommonAggregateComponents-2",
    "cbc": f"{_URN}:CommonBasicComponents-2",
}
INVOICE, CREDIT_NOTE = f"{_URN}:Invoice-2", f"{_URN}:CreditNote-2"


def ubl_of(content: Content, profile: Profile) -> bytes:
    """The file, in UTF-8."""
    if content.is_credit_note:
        document = root("doc:CreditNote", {"doc": CREDIT_NOTE, **NAMESPACES})
    else:
        document = root("doc:Invoice", {"doc": INVOICE, **NAMESPACES})
    _head(document, content, profile)
    _references(document, content)
    _party(document.group("cac:AccountingSupplierParty"), content.seller, content)
    _party(document.group("cac:AccountingCustomerParty"), content.buyer, content)
    _delivery(document, content.delivery)
    _payment_means(document, content.payment)
    if content.payment_terms:
        document.group("cac:PaymentTerms").text("cbc:Note", content.payment_terms)
    for found in content.adjustments:
        _document_adjustment(document, found, content)
    _taxes(document, content)
    totals = document.group("cac:LegalMonetaryTotal")
    _amount(totals, "cbc:LineExtensionAmount", content.line_total, content)
    _amount(totals, "cbc:TaxExclusiveAmount", content.net_total, content)
    _amount(totals, "cbc:TaxInclusiveAmount", content.gross_total, content)
    if content.allowance_total:
        _amount(totals, "cbc:AllowanceTotalAmount", content.allowance_total, content)
    if content.charge_total:
        _amount(totals, "cbc:ChargeTotalAmount", content.charge_total, content)
    _amount(totals, "cbc:PayableAmount", content.gross_total, content)
    for line in content.lines:
        _line(document, content, line)
    return file_of(document)


def _head(document: Writer, content: Content, profile: Profile) -> None:
    document.text("cbc:CustomizationID", profile.specification)
    document.text("cbc:ProfileID", profile.process)
    document.text("cbc:ID", content.number)
    document.text("cbc:IssueDate", content.issue_date.isoformat())
    tax_point = content.tax_point.isoformat() if content.tax_point else ""
    if content.is_credit_note:
        document.text("cbc:TaxPointDate", tax_point)
        document.text("cbc:CreditNoteTypeCode", content.type_code)
    else:
        if content.due_date is not None:
            document.text("cbc:DueDate", content.due_date.isoformat())
        document.text("cbc:InvoiceTypeCode", _type_code(content, profile))
    # One at most, says Peppol.
    document.text("cbc:Note", "\n".join(content.notes))
    if not content.is_credit_note:
        document.text("cbc:TaxPointDate", tax_point)
    document.text("cbc:DocumentCurrencyCode", content.currency)
    document.text("cbc:BuyerReference", content.buyer_reference)


def _type_code(content: Content, profile: Profile) -> TypeCode:
    """Peppol has corrected invoices inside Germany alone (P0112); elsewhere what stands in an
    invoice's place is an invoice that names it."""
    are_german = {content.seller.address.country, content.buyer.address.country} == {"DE"}
    if content.type_code == TypeCode.CORRECTED_INVOICE and profile == PEPPOL and not are_german:
        return TypeCode.INVOICE
    return content.type_code


def _references(document: Writer, content: Content) -> None:
    _period(document, content.period)
    if content.order_reference:
        document.group("cac:OrderReference").text("cbc:ID", content.order_reference)
    if content.preceding is not None:
        preceding = document.group("cac:BillingReference").group("cac:InvoiceDocumentReference")
        preceding.text("cbc:ID", content.preceding.number)
        preceding.text("cbc:IssueDate", content.preceding.issue_date.isoformat())
    if content.contract_reference:
        contract = document.group("cac:ContractDocumentReference")
        contract.text("cbc:ID", content.contract_reference)
    for number, attachment in enumerate(content.attachments, start=1):
        reference = document.group("cac:AdditionalDocumentReference")
        reference.text("cbc:ID", str(number))
        reference.text("cbc:DocumentDescription", attachment.description)
        reference.group("cac:Attachment").text(
            "cbc:EmbeddedDocumentBinaryObject",
            b64encode(attachment.file).decode(),
            mimeCode=attachment.mime,
            filename=attachment.name,
        )
    if content.project_reference:
        _project(document, content)


def _project(document: Writer, content: Content) -> None:
    """Credit notes have no element of their own for it; 50 tells it apart."""
    if not content.is_credit_note:
        document.group("cac:ProjectReference").text("cbc:ID", content.project_reference)
        return
    reference = document.group("cac:AdditionalDocumentReference")
    reference.text("cbc:ID", content.project_reference)
    reference.text("cbc:DocumentTypeCode", "50")


def _party(role: Writer, party: Party, content: Content) -> None:
    element = role.group("cac:Party")
    if party.electronic_address is not None:
        address = party.electronic_address
        element.text("cbc:EndpointID", address.identifier, schemeID=address.scheme)
    if party.identifier:
        element.group("cac:PartyIdentification").text("cbc:ID", party.identifier)
    if party.trading_name:
        element.group("cac:PartyName").text("cbc:Name", party.trading_name)
    _address(element.group("cac:PostalAddress"), party.address)
    if not content.is_outside_scope:
        _registration(element, "VAT", party.vat_id)
        _registration(element, "TAX", party.tax_number)
    entity = element.group("cac:PartyLegalEntity")
    entity.text("cbc:RegistrationName", party.name)
    scheme = {"schemeID": party.register} if party.register else {}
    entity.text("cbc:CompanyID", party.business_id, **scheme)
    entity.text("cbc:CompanyLegalForm", party.legal_information)
    if party.contact is not None:
        contact = element.group("cac:Contact")
        contact.text("cbc:Name", party.contact.name)
        contact.text("cbc:Telephone", party.contact.phone)
        contact.text("cbc:ElectronicMail", party.contact.email)


def _address(element: Writer, address: Address) -> None:
    element.text("cbc:StreetName", address.street)
    element.text("cbc:CityName", address.city)
    element.text("cbc:PostalZone", address.postal_code)
    element.group("cac:Country").text("cbc:IdentificationCode", address.country)


def _registration(party: Writer, scheme: str, number: str) -> None:
    if number:
        element = party.group("cac:PartyTaxScheme")
        element.text("cbc:CompanyID", number)
        element.group("cac:TaxScheme").text("cbc:ID", scheme)


def _delivery(document: Writer, delivery: Delivery) -> None:
    element = document.group("cac:Delivery")
    element.text("cbc:ActualDeliveryDate", delivery.day.isoformat())
    if delivery.address is not None:
        location = element.group("cac:DeliveryLocation")
        _address(location.group("cac:Address"), delivery.address)
    if delivery.name:
        party = element.group("cac:DeliveryParty")
        party.group("cac:PartyName").text("cbc:Name", delivery.name)


def _payment_means(document: Writer, payment: Payment) -> None:
    means = document.group("cac:PaymentMeans")
    means.text("cbc:PaymentMeansCode", payment.means)
    means.text("cbc:PaymentID", payment.reference)
    if payment.is_transfer:
        account = means.group("cac:PayeeFinancialAccount")
        account.text("cbc:ID", payment.iban)
        account.text("cbc:Name", payment.account_name)
        if payment.bic:
            branch = account.group("cac:FinancialInstitutionBranch")
            branch.text("cbc:ID", payment.bic)


def _adjustment(parent: Writer, found: Adjustment, content: Content) -> Writer:
    adjustment = parent.group("cac:AllowanceCharge")
    adjustment.text("cbc:ChargeIndicator", "true" if found.is_charge else "false")
    adjustment.text("cbc:AllowanceChargeReason", found.reason)
    if found.percent:
        adjustment.number("cbc:MultiplierFactorNumeric", found.percent)
    _amount(adjustment, "cbc:Amount", found.amount, content)
    if found.percent:
        _amount(adjustment, "cbc:BaseAmount", found.base, content)
    return adjustment


def _document_adjustment(document: Writer, found: DocumentAdjustment, content: Content) -> None:
    category = _adjustment(document, found, content).group("cac:TaxCategory")
    category.text("cbc:ID", found.category)
    if found.category != "O":
        category.number("cbc:Percent", found.tax_percent)
    category.group("cac:TaxScheme").text("cbc:ID", "VAT")


def _taxes(document: Writer, content: Content) -> None:
    total = document.group("cac:TaxTotal")
    _amount(total, "cbc:TaxAmount", content.tax_total, content)
    for group in content.taxes:
        subtotal = total.group("cac:TaxSubtotal")
        _amount(subtotal, "cbc:TaxableAmount", group.taxable, content)
        _amount(subtotal, "cbc:TaxAmount", group.tax, content)
        category = subtotal.group("cac:TaxCategory")
        category.text("cbc:ID", group.category)
        # Of nought where there is none: XRechnung wants one here (BR-DE-14).
        category.number("cbc:Percent", group.percent)
        category.text("cbc:TaxExemptionReasonCode", group.reason_code)
        category.text("cbc:TaxExemptionReason", group.reason)
        category.group("cac:TaxScheme").text("cbc:ID", "VAT")


def _line(document: Writer, content: Content, line: Line) -> None:
    kind, quantity = ("InvoiceLine", "InvoicedQuantity")
    if content.is_credit_note:
        kind, quantity = ("CreditNoteLine", "CreditedQuantity")
    element = document.group(f"cac:{kind}")
    element.text("cbc:ID", str(line.number))
    element.text("cbc:Note", line.note)
    element.number(f"cbc:{quantity}", line.quantity, unitCode=line.unit)
    _amount(element, "cbc:LineExtensionAmount", line.net, content)
    _period(element, line.period)
    if line.adjustment is not None:
        _adjustment(element, line.adjustment, content)
    item = element.group("cac:Item")
    item.text("cbc:Description", line.description)
    item.text("cbc:Name", line.name)
    category = item.group("cac:ClassifiedTaxCategory")
    category.text("cbc:ID", line.category)
    # What is outside the scope of VAT has no rate, not even one of nought (BR-O-05).
    if line.category != "O":
        category.number("cbc:Percent", line.percent)
    category.group("cac:TaxScheme").text("cbc:ID", "VAT")
    price = element.group("cac:Price")
    price.number("cbc:PriceAmount", line.price, currencyID=content.currency)


def _period(parent: Writer, period: Period | None) -> None:
    if period is not None:
        element = parent.group("cac:InvoicePeriod")
        element.text("cbc:StartDate", period.start.isoformat())
        element.text("cbc:EndDate", period.end.isoformat())


def _amount(parent: Writer, name: str, amount: Decimal, content: Content) -> None:
    parent.amount(name, amount, content.currency, currencyID=content.currency)
