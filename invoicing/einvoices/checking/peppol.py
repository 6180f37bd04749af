"""The rules of Peppol BIS Billing 3.0 that XRechnung did not take over, read off the file itself.

Their numbers are Peppol's. Those of single countries are left out, as are the ones that EN 16931
or the schema decides already (CL002, CL003, CL007).
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.identifiers import fits_scheme
from invoicing.einvoices.checking.findings import Finding

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_NAMESPACES = {"cac": _CAC, "cbc": _CBC}
_SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROCESS = re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:\d{2}:1\.0")
_ONE_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_INVOICES = {
    "71", "80", "82", "84", "102", "218", "219", "331", "380", "382", "383", "386", "388", "393",
    "395", "553", "575", "623", "780", "817", "870", "875", "876", "877",
}  # fmt: skip
# Inside Germany alone.
_GERMAN_INVOICES = {"326", "384"}
_CREDIT_NOTES = {"381", "396", "81", "83", "532"}
_FILES = {
    "application/pdf", "image/png", "image/jpeg", "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
}  # fmt: skip
_PERIODS = {"3", "35", "432"}
# Which category a reason belongs to, and the number of the rule that says so.
_REASONS = {
    "VATEX-EU-G": ("G", "P0104"), "VATEX-EU-O": ("O", "P0105"), "VATEX-EU-IC": ("K", "P0106"),
    "VATEX-EU-AE": ("AE", "P0107"), "VATEX-EU-D": ("E", "P0108"), "VATEX-EU-F": ("E", "P0109"),
    "VATEX-EU-I": ("E", "P0110"), "VATEX-EU-J": ("E", "P0111"),
}  # fmt: skip
_NUMBERED = {"0088": "R040", "0192": "R041", "0184": "R042", "0208": "R043", "0007": "R049",
             "0151": "R050"}  # fmt: skip
_DATES = ("IssueDate", "DueDate", "TaxPointDate", "StartDate", "EndDate", "ActualDeliveryDate")
_AMOUNTS = (
    "Amount", "BaseAmount", "PriceAmount", "TaxableAmount", "LineExtensionAmount",
    "TaxExclusiveAmount", "TaxInclusiveAmount", "AllowanceTotalAmount", "ChargeTotalAmount",
    "PrepaidAmount", "PayableRoundingAmount", "PayableAmount",
)  # fmt: skip
_SENTENCES = {
    "R002": _("Peppol takes one note for the whole document; there are several."),
    "R004": _("It does not say of itself that it is Peppol BIS Billing 3.0."),
    "R007": _("The process is none of Peppol's."),
    "R051": _("An amount is in another currency than the document."),
    "R080": _("A credit note names more than one project."),
    "R100": _("A line is about more than one object."),
    "CL001": _("A file inside is of a kind that Peppol does not take."),
    "CL006": _("Peppol does not know what the period stands for."),
    "CL008": _("Peppol does not know the kind of an e-invoice address: it delivers to no e-mail."),
    "F001": _("A date is not written as YYYY-MM-DD."),
    "P0100": _("Peppol does not take this type of invoice."),
    "P0101": _("Peppol does not take this type of credit note."),
    "P0112": _("Peppol has corrected and partial invoices inside Germany alone."),
    "reason": _("The reason why no VAT is charged belongs to another category of VAT."),
    "number": _("The number of an organisation is wrong: a digit, or its length."),
}

type _Texts = Callable[[str], list[str]]


def peppol_file_findings(element: Any) -> list[Finding]:
    """Each rule once, in the order of its number."""

    def found(path: str) -> list[Any]:
        return list(element.xpath(path, namespaces=_NAMESPACES))

    def texts(path: str) -> list[str]:
        return [" ".join((one.text or "").split()) for one in found(path)]

    broken = dict.fromkeys(
        [*_document(found, texts), *_codes(found, texts), *_identifiers(found), *_types(texts)]
    )
    return [_finding(rule) for rule in sorted(broken)]


def _finding(rule: str) -> Finding:
    if rule.startswith("COMMON"):
        return Finding(f"PEPPOL-{rule}", str(_SENTENCES["number"]))
    sentence = _SENTENCES.get(rule) or _SENTENCES["reason"]
    return Finding(f"PEPPOL-EN16931-{rule}", str(sentence))


def _document(found: Callable[[str], list[Any]], texts: _Texts) -> Iterator[str]:
    if len(found("cbc:Note")) > 1:
        yield "R002"
    if not all(one.startswith(_SPECIFICATION) for one in texts("cbc:CustomizationID")[:1] or [""]):
        yield "R004"
    process = (texts("cbc:ProfileID") or [""])[0]
    if process and not _PROCESS.fullmatch(process):
        yield "R007"
    currency = (texts("cbc:DocumentCurrencyCode") or [""])[0]
    amounts = [one for name in _AMOUNTS for one in found(f"//cbc:{name}")]
    amounts += found("cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount")
    if any(one.get("currencyID") != currency for one in amounts):
        yield "R051"
    if texts("cac:AdditionalDocumentReference/cbc:DocumentTypeCode").count("50") > 1:
        yield "R080"
    lines = found("cac:InvoiceLine | cac:CreditNoteLine")
    if any(len(line.findall(f"{{{_CAC}}}DocumentReference")) > 1 for line in lines):
        yield "R100"


def _codes(found: Callable[[str], list[Any]], texts: _Texts) -> Iterator[str]:
    files = found("//cbc:EmbeddedDocumentBinaryObject[@mimeCode]")
    if any(one.get("mimeCode") not in _FILES for one in files):
        yield "CL001"
    if not set(texts("//cac:InvoicePeriod/cbc:DescriptionCode")) <= _PERIODS:
        yield "CL006"
    # Which schemes there are changes twice a year; they have four digits.
    schemes = [one.get("schemeID") for one in found("//cbc:EndpointID[@schemeID]")]
    if not all(re.fullmatch(r"\d{4}", scheme) for scheme in schemes):
        yield "CL008"
    days = [day for name in _DATES for day in texts(f"//cbc:{name}")]
    if not all(map(_is_date, days)):
        yield "F001"
    for category in found("//cac:TaxCategory[cbc:TaxExemptionReasonCode]"):
        code = category.findtext(f"{{{_CBC}}}TaxExemptionReasonCode", "").strip().upper()
        wanted, rule = _REASONS.get(code, ("", ""))
        if wanted and category.findtext(f"{{{_CBC}}}ID", "").strip() != wanted:
            yield rule


def _identifiers(found: Callable[[str], list[Any]]) -> Iterator[str]:
    """Those of e-invoice addresses are looked at with all others of their kind (LK-P2, LK-P3)."""
    for one in found("//cac:PartyIdentification/cbc:ID[@schemeID] | //cbc:CompanyID[@schemeID]"):
        scheme, identifier = one.get("schemeID"), " ".join((one.text or "").split())
        if scheme in _NUMBERED and not fits_scheme(scheme, identifier):
            yield f"COMMON-{_NUMBERED[scheme]}"


def _types(texts: _Texts) -> Iterator[str]:
    """Of the process of invoices and credit notes that the seller sends."""
    if (texts("cbc:ProfileID") or [""])[0] != _ONE_PROCESS:
        return
    countries = {
        *texts("//cac:AccountingSupplierParty//cac:Country/cbc:IdentificationCode"),
        *texts("//cac:AccountingCustomerParty//cac:Country/cbc:IdentificationCode"),
    }
    for code in texts("cbc:InvoiceTypeCode"):
        if code in _GERMAN_INVOICES:
            if countries != {"DE"}:
                yield "P0112"
        elif code not in _INVOICES:
            yield "P0100"
    if not set(texts("cbc:CreditNoteTypeCode")) <= _CREDIT_NOTES:
        yield "P0101"


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
