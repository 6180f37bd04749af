"""All that is checked of an e-invoice, in one place."""

from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.checking.law import law_findings
from invoicing.einvoices.checking.network import peppol_findings
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.checking.rules import rule_findings
from invoicing.einvoices.checking.schemas import schema_findings
from invoicing.einvoices.checking.sums import sum_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.profiles import PEPPOL, Profile


def content_findings(content: Content, profile: Profile) -> list[Finding]:
    """What can be told without a file: sums, law, and what the network wants."""
    of_network = peppol_findings(content) if profile == PEPPOL else []
    return [*sum_findings(content), *law_findings(content), *of_network]


def file_findings(file: bytes, profile: Profile) -> list[Finding]:
    """Schema and official rules. What the schema refuses the rules would not understand."""
    element = read_xml(file)
    return schema_findings(element, profile.syntax) or rule_findings(element, profile)
