"""UN/CEFACT Cross Industry Invoice: the XML of Factur-X, ZUGFeRD and XRechnung.

The order of the elements is that of the schema (D16B, SCRDM).
"""

from base64 import b64encode
from datetime import date

from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Content,
    Delivery,
    DocumentAdjustment,
    ElectronicAddress,
    Line,
    Party,
    Period,
)
from invoicing.einvoices.profiles import Profile
from invoicing.einvoices.writing.elements import Writer, file_of, root

_URN = "urn:un:unece:uncefact:data:standard"
NAMESPACES = {
    "rsm": f"{_URN}:CrossIndustryInvoice:100",
    "ram": f"{_URN}:ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_URN}:QualifiedDataType:100",
    "udt": f"{_URN}:UnqualifiedDataType:100",
}


def cii_of(content: Content, profile: Profile) -> bytes:
    """The file, in UTF-8."""
    invoice = root("rsm:CrossIndustryInvoice", NAMESPACES)
    context = invoice.group("rsm:ExchangedDocumentContext")
    if profile.process:
        process = context.group("ram:BusinessProcessSpecifiedDocumentContextParameter")
        process.text("ram:ID", profile.process)
    guideline = context.group("ram:GuidelineSpecifiedDocumentContextParameter")
    guideline.text("ram:ID", profile.specification)

    document = invoice.group("rsm:ExchangedDocument")
    document.text("ram:ID", content.number)
    document.text("ram:TypeCode", content.type_code)
    _day(document, "ram:IssueDateTime", content.issue_date)
    for note in content.notes:
        document.group("ram:IncludedNote").text("ram:Content", note)

    transaction = invoice.group("rsm:SupplyChainTradeTransaction")
    for line in content.lines:
        _line(transaction, content, line)
    _agreement(transaction, content)
    _delivery(transaction, content.delivery)
    _settlement(transaction, content)
    return file_of(invoice)


def _line(transaction: Writer, content: Content, line: Line) -> None:
    item = transaction.group("ram:IncludedSupplyChainTradeLineItem")
    document = item.group("ram:AssociatedDocumentLineDocument")
    document.text("ram:LineID", str(line.number))
    if line.note:
        document.group("ram:IncludedNote").text("ram:Content", line.note)
    product = item.group("ram:SpecifiedTradeProduct")
    product.text("ram:Name", line.name)
    product.text("ram:Description", line.description)
    price = item.group("ram:SpecifiedLineTradeAgreement").group("ram:NetPriceProductTradePrice")
    price.number("ram:ChargeAmount", line.price)
    delivery = item.group("ram:SpecifiedLineTradeDelivery")
    delivery.number("ram:BilledQuantity", line.quantity, unitCode=line.unit)
    settlement = item.group("ram:SpecifiedLineTradeSettlement")
    tax = settlement.group("ram:ApplicableTradeTax")
    tax.text("ram:TypeCode", "VAT")
    tax.text("ram:CategoryCode", line.category)
    # What is outside the scope of VAT has no rate, not even one of nought (BR-O-05).
    if line.category != "O":
        tax.number("ram:RateApplicablePercent", line.percent)
    _period(settlement, line.period)
    if line.adjustment is not None:
        _adjustment(settlement, line.adjustment, content.currency)
    summation = settlement.group("ram:SpecifiedTradeSettlementLineMonetarySummation")
    summation.amount("ram:LineTotalAmount", line.net, content.currency)


def _adjustment(settlement: Writer, found: Adjustment, currency: str) -> Writer:
    adjustment = settlement.group("ram:SpecifiedTradeAllowanceCharge")
    indicator = adjustment.group("ram:ChargeIndicator")
    indicator.text("udt:Indicator", "true" if found.is_charge else "false")
    if found.percent:
        adjustment.number("ram:CalculationPercent", found.percent)
        adjustment.amount("ram:BasisAmount", found.base, currency)
    adjustment.amount("ram:ActualAmount", found.amount, currency)
    adjustment.text("ram:Reason", found.reason)
    return adjustment


def _document_adjustment(settlement: Writer, found: DocumentAdjustment, currency: str) -> None:
    tax = _adjustment(settlement, found, currency).group("ram:CategoryTradeTax")
    tax.text("ram:TypeCode", "VAT")
    tax.text("ram:CategoryCode", found.category)
    if found.category != "O":
        tax.number("ram:RateApplicablePercent", found.tax_percent)


def _agreement(transaction: Writer, content: Content) -> None:
    agreement = transaction.group("ram:ApplicableHeaderTradeAgreement")
    agreement.text("ram:BuyerReference", content.buyer_reference)
    with_vat_ids = not content.is_outside_scope
    _party(agreement, "ram:SellerTradeParty", content.seller, with_vat_id=with_vat_ids)
    _party(agreement, "ram:BuyerTradeParty", content.buyer, with_vat_id=with_vat_ids)
    if content.order_reference:
        order = agreement.group("ram:BuyerOrderReferencedDocument")
        order.text("ram:IssuerAssignedID", content.order_reference)
    if content.contract_reference:
        contract = agreement.group("ram:ContractReferencedDocument")
        contract.text("ram:IssuerAssignedID", content.contract_reference)
    for number, attachment in enumerate(content.attachments, start=1):
        document = agreement.group("ram:AdditionalReferencedDocument")
        document.text("ram:IssuerAssignedID", str(number))
        # A document that explains.
        document.text("ram:TypeCode", "916")
        document.text("ram:Name", attachment.description)
        document.text(
            "ram:AttachmentBinaryObject",
            b64encode(attachment.file).decode(),
            mimeCode=attachment.mime,
            filename=attachment.name,
        )
    if content.project_reference:
        project = agreement.group("ram:SpecifiedProcuringProject")
        project.text("ram:ID", content.project_reference)
        project.text("ram:Name", "Project reference")


def _party(agreement: Writer, name: str, party: Party, *, with_vat_id: bool) -> None:
    element = agreement.group(name)
    element.text("ram:ID", party.identifier)
    element.text("ram:Name", party.name)
    element.text("ram:Description", party.legal_information)
    if party.business_id or party.trading_name:
        organisation = element.group("ram:SpecifiedLegalOrganization")
        scheme = {"schemeID": party.register} if party.register else {}
        organisation.text("ram:ID", party.business_id, **scheme)
        organisation.text("ram:TradingBusinessName", party.trading_name)
    if party.contact is not None:
        contact = element.group("ram:DefinedTradeContact")
        contact.text("ram:PersonName", party.contact.name)
        if party.contact.phone:
            phone = contact.group("ram:TelephoneUniversalCommunication")
            phone.text("ram:CompleteNumber", party.contact.phone)
        if party.contact.email:
            email = contact.group("ram:EmailURIUniversalCommunication")
            email.text("ram:URIID", party.contact.email)
    _address(element, party.address)
    _electronic_address(element, party.electronic_address)
    if with_vat_id:
        _registration(element, "VA", party.vat_id)
        _registration(element, "FC", party.tax_number)


def _address(party: Writer, address: Address) -> None:
    element = party.group("ram:PostalTradeAddress")
    element.text("ram:PostcodeCode", address.postal_code)
    element.text("ram:LineOne", address.street)
    element.text("ram:CityName", address.city)
    element.text("ram:CountryID", address.country)


def _electronic_address(party: Writer, address: ElectronicAddress | None) -> None:
    if address is not None:
        element = party.group("ram:URIUniversalCommunication")
        element.text("ram:URIID", address.identifier, schemeID=address.scheme)


def _registration(party: Writer, scheme: str, number: str) -> None:
    if number:
        element = party.group("ram:SpecifiedTaxRegistration")
        element.text("ram:ID", number, schemeID=scheme)


def _delivery(transaction: Writer, delivery: Delivery) -> None:
    element = transaction.group("ram:ApplicableHeaderTradeDelivery")
    if delivery.address is not None:
        party = element.group("ram:ShipToTradeParty")
        party.text("ram:Name", delivery.name)
        _address(party, delivery.address)
    event = element.group("ram:ActualDeliverySupplyChainEvent")
    _day(event, "ram:OccurrenceDateTime", delivery.day)


def _settlement(transaction: Writer, content: Content) -> None:
    currency = content.currency
    settlement = transaction.group("ram:ApplicableHeaderTradeSettlement")
    settlement.text("ram:PaymentReference", content.payment.reference)
    settlement.text("ram:InvoiceCurrencyCode", currency)
    _means(settlement, content)
    for group in content.taxes:
        tax = settlement.group("ram:ApplicableTradeTax")
        tax.amount("ram:CalculatedAmount", group.tax, currency)
        tax.text("ram:TypeCode", "VAT")
        tax.text("ram:ExemptionReason", group.reason)
        tax.amount("ram:BasisAmount", group.taxable, currency)
        tax.text("ram:CategoryCode", group.category)
        tax.text("ram:ExemptionReasonCode", group.reason_code)
        if content.tax_point is not None:
            day = tax.group("ram:TaxPointDate")
            day.text("udt:DateString", f"{content.tax_point:%Y%m%d}", format="102")
        # Of nought where there is none: XRechnung wants one here (BR-DE-14).
        tax.number("ram:RateApplicablePercent", group.percent)
    _period(settlement, content.period)
    for found in content.adjustments:
        _document_adjustment(settlement, found, currency)
    if content.due_date is not None or content.payment_terms:
        terms = settlement.group("ram:SpecifiedTradePaymentTerms")
        terms.text("ram:Description", content.payment_terms)
        if content.due_date is not None:
            _day(terms, "ram:DueDateDateTime", content.due_date)
    summation = settlement.group("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    summation.amount("ram:LineTotalAmount", content.line_total, currency)
    if content.charge_total:
        summation.amount("ram:ChargeTotalAmount", content.charge_total, currency)
    if content.allowance_total:
        summation.amount("ram:AllowanceTotalAmount", content.allowance_total, currency)
    summation.amount("ram:TaxBasisTotalAmount", content.net_total, currency)
    summation.amount("ram:TaxTotalAmount", content.tax_total, currency, currencyID=currency)
    summation.amount("ram:GrandTotalAmount", content.gross_total, currency)
    summation.amount("ram:DuePayableAmount", content.gross_total, currency)
    if content.preceding is not None:
        preceding = settlement.group("ram:InvoiceReferencedDocument")
        preceding.text("ram:IssuerAssignedID", content.preceding.number)
        formatted = preceding.group("ram:FormattedIssueDateTime")
        formatted.text("qdt:DateTimeString", f"{content.preceding.issue_date:%Y%m%d}", format="102")


def _means(settlement: Writer, content: Content) -> None:
    payment = content.payment
    means = settlement.group("ram:SpecifiedTradeSettlementPaymentMeans")
    means.text("ram:TypeCode", payment.means)
    if payment.is_transfer:
        account = means.group("ram:PayeePartyCreditorFinancialAccount")
        account.text("ram:IBANID", payment.iban)
        account.text("ram:AccountName", payment.account_name)
        if payment.bic:
            institution = means.group("ram:PayeeSpecifiedCreditorFinancialInstitution")
            institution.text("ram:BICID", payment.bic)


def _period(parent: Writer, period: Period | None) -> None:
    if period is not None:
        element = parent.group("ram:BillingSpecifiedPeriod")
        _day(element, "ram:StartDateTime", period.start)
        _day(element, "ram:EndDateTime", period.end)


def _day(parent: Writer, name: str, day: date) -> None:
    parent.group(name).text("udt:DateTimeString", f"{day:%Y%m%d}", format="102")
