"""The e-invoice of a posted document: written, checked, and put into its PDF where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from invoicing.documents.archival import Enclosed
from invoicing.einvoices.attaching import WorkReport, with_report, work_report_of
from invoicing.einvoices.checking.findings import Finding, Severity
from invoicing.einvoices.checking.verdict import all_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.formats import PROFILES, format_of
from invoicing.einvoices.gathering import content_of
from invoicing.einvoices.writing import written
from invoicing.models import Invoice
from tenants.einvoices import EInvoiceFormat
from tenants.models import Tenant

# What programs look for inside a PDF.
FILE_IN_PDF = "factur-x.xml"
_DESCRIPTION = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about=""
  xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
  xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
  xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>%s</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>""" % b"".join(
    b"""<rdf:li rdf:parseType="Resource">
<pdfaProperty:name>%s</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType>
<pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>%s</pdfaProperty:description>
</rdf:li>"""
    % (name, description)
    for name, description in (
        (b"DocumentFileName", b"The name of the embedded XML document"),
        (b"DocumentType", b"The type of the hybrid document in capital letters"),
        (b"Version", b"The version of the XML schema"),
        (b"ConformanceLevel", b"The conformance level of the embedded XML"),
    )
)


@dataclass(frozen=True)
class Wanted:
    """What a document's e-invoice is to be, read from its rows."""

    format: EInvoiceFormat
    content: Content
    posted_at: datetime
    report: WorkReport | None = None


@dataclass(frozen=True)
class Made:
    """The file, or why there is none."""

    wanted: Wanted
    file: bytes
    faults: tuple[str, ...] = ()

    @property
    def enclosed(self) -> Sequence[Enclosed]:
        """In German law the XML is the invoice as well, hence not mere data of it."""
        if not self.file or self.wanted.format != EInvoiceFormat.FACTUR_X:
            return ()
        at = self.wanted.posted_at
        return (Enclosed(FILE_IN_PDF, self.file, "Factur-X / ZUGFeRD", "Alternative", at),)

    @property
    def descriptions(self) -> Sequence[bytes]:
        return (_DESCRIPTION,) if self.enclosed else ()


def wanted_of(invoice: Invoice, tenant: Tenant) -> Wanted | None:
    """None where the customer gets the PDF alone."""
    found = format_of(invoice, tenant)
    if found not in PROFILES:
        return None
    assert invoice.posted_at is not None
    report = work_report_of(invoice, PROFILES[found])
    return Wanted(found, content_of(invoice), invoice.posted_at, report)


def make(wanted: Wanted) -> Made:
    """What is not right is not handed out as an e-invoice; the PDF then goes alone."""
    profile = PROFILES[wanted.format]
    content = with_report(wanted.content, wanted.report)
    file = written(content, profile)
    findings = all_findings(content, file, profile)
    faults = tuple(dict.fromkeys(one.rule for one in _errors(findings)))
    return Made(wanted, b"" if faults else file, faults)


def _errors(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity == Severity.ERROR]
