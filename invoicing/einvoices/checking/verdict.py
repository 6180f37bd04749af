"""All that is checked of an e-invoice, in one place."""

from invoicing.einvoices.checking.findings import Finding, Severity
from invoicing.einvoices.checking.law import law_findings
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.checking.rules import rule_findings
from invoicing.einvoices.checking.schemas import schema_findings
from invoicing.einvoices.checking.sums import sum_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.profiles import Profile


def content_findings(content: Content) -> list[Finding]:
    """What can be told without a file: sums and law."""
    return [*sum_findings(content), *law_findings(content)]


def file_findings(file: bytes, profile: Profile) -> list[Finding]:
    """Schema and official rules. What the schema refuses the rules would not understand."""
    element = read_xml(file)
    return schema_findings(element, profile.syntax) or rule_findings(element, profile)


def errors_of(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity == Severity.ERROR]
