"""All that is checked of an e-invoice, in one place."""

import logging

from invoicing.einvoices.checking.findings import Finding, RulesNotAvailable
from invoicing.einvoices.checking.law import law_findings
from invoicing.einvoices.checking.network import finvoice_findings, peppol_findings
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.checking.rules import rule_findings
from invoicing.einvoices.checking.schemas import schema_findings
from invoicing.einvoices.checking.sums import sum_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.profiles import FINVOICE, PEPPOL, Profile

logger = logging.getLogger(__name__)


def _nothing(_content: Content) -> list[Finding]:
    return []


_OF_NETWORKS = {PEPPOL: peppol_findings, FINVOICE: finvoice_findings}


def all_findings(content: Content, file: bytes, profile: Profile) -> list[Finding]:
    """Of an e-invoice of ours. Where the rules cannot be applied nobody waits for them: they are
    applied before it is posted and again when its file is made."""
    return [*content_findings(content, profile), *(judged(content, file, profile) or ())]


def judged(content: Content, file: bytes, profile: Profile) -> list[Finding] | None:
    """As `file_findings`; without a verdict None, which is logged."""
    try:
        return file_findings(file, profile)
    except RulesNotAvailable:
        logger.exception("No verdict over the e-invoice of %s", content.number)
        return None


def content_findings(content: Content, profile: Profile) -> list[Finding]:
    """What can be told without a file: sums, law, and what the network wants."""
    of_network = _OF_NETWORKS.get(profile, _nothing)
    return [*sum_findings(content), *law_findings(content), *of_network(content)]


def file_findings(file: bytes, profile: Profile) -> list[Finding]:
    """Schema and official rules. What the schema refuses the rules would not understand."""
    element = read_xml(file)
    by_schema = schema_findings(element, profile)
    # Finvoice has no official rules besides its schema.
    if by_schema or profile == FINVOICE:
        return by_schema
    return rule_findings(element, profile)
