"""Peppol's rules that XRechnung did not take over, each broken once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from invoicing.einvoices.checking.findings import Severity
from invoicing.einvoices.checking.peppol import peppol_file_findings
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.checking.verdict import file_findings
from invoicing.einvoices.content import Content, ElectronicAddress, Period, TypeCode
from invoicing.einvoices.profiles import PEPPOL
from invoicing.einvoices.writing import written
from tests.einvoices.samples import SAMPLES
from tests.einvoices.test_refused import changed, changed_line

_GERMAN = SAMPLES["reverse charge to Germany"]
ONE = changed(
    _GERMAN,
    buyer=replace(_GERMAN.buyer, electronic_address=ElectronicAddress("9930", "DE136695976")),
)
NOTE = b"<cbc:Note>one</cbc:Note>"
type Change = Callable[[bytes], bytes]


def broken(file: bytes) -> list[str]:
    return [one.rule for one in peppol_file_findings(read_xml(file))]


def of(content: Content) -> bytes:
    return written(content, PEPPOL)


def instead(old: bytes, new: bytes, count: int = 1) -> Change:
    def change(file: bytes) -> bytes:
        assert old in file, old
        return file.replace(old, new, count)

    return change


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_here_keeps_them(name: str) -> None:
    content = SAMPLES[name]
    wanted = (
        {"PEPPOL-EN16931-P0100"} if content.type_code == TypeCode.SELF_BILLED_INVOICE else set()
    )
    # Peppol delivers from and to no e-mail address; before posting it is said as well (LK-P1).
    addresses = [content.seller.electronic_address, content.buyer.electronic_address]
    if any(one is not None and one.scheme == "EM" for one in addresses):
        wanted.add("PEPPOL-EN16931-CL008")
    assert set(broken(of(content))) == wanted


SPECIFICATION = b"urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>"
PROCESS = b"billing:01:1.0</cbc:ProfileID>"
TYPE = b"<cbc:InvoiceTypeCode>380<"
LINE = b"<cac:Item>"
OBJECT = (
    b"<cac:DocumentReference><cbc:ID>1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>"
    b"</cac:DocumentReference>"
)
FILE = (
    b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
    b'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/zip" filename="a.zip">UEs='
    b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
)
WRONG: dict[str, Change] = {
    "R002": instead(b"<cbc:DocumentCurrencyCode", NOTE + NOTE + b"<cbc:DocumentCurrencyCode"),
    "R004": instead(SPECIFICATION, b"urn:fdc:elsewhere:1.0</cbc:CustomizationID>"),
    "R007": instead(PROCESS, b"billing:1.0</cbc:ProfileID>"),
    "R051": instead(b'PayableAmount currencyID="EUR"', b'PayableAmount currencyID="SEK"'),
    "R100": instead(LINE, OBJECT + OBJECT + LINE),
    "CL001": instead(b"<cac:AccountingSupplierParty>", FILE + b"<cac:AccountingSupplierParty>"),
    "CL006": instead(
        b"<cac:OrderReference>",
        b"<cac:InvoicePeriod><cbc:DescriptionCode>7</cbc:DescriptionCode></cac:InvoicePeriod>"
        b"<cac:OrderReference>",
    ),
    "CL008": instead(b'EndpointID schemeID="0', b'EndpointID schemeID="EM'),
    "F001": instead(b"</cbc:IssueDate>", b"Z</cbc:IssueDate>"),
    "P0100": instead(TYPE, b"<cbc:InvoiceTypeCode>389<"),
    "P0112": instead(TYPE, b"<cbc:InvoiceTypeCode>384<"),
    "P0107": instead(b"<cbc:ID>AE</cbc:ID>", b"<cbc:ID>E</cbc:ID>", -1),
}


@pytest.mark.parametrize("rule", WRONG)
def test_a_file_that_breaks_one_is_refused(rule: str) -> None:
    file = of(changed(ONE, order_reference="PO-1"))
    assert broken(file) == []
    assert broken(WRONG[rule](file)) == [f"PEPPOL-EN16931-{rule}"]


@pytest.mark.parametrize(
    ("code", "category", "rule"),
    [
        ("VATEX-EU-G", "G", "P0104"),
        ("VATEX-EU-O", "O", "P0105"),
        ("VATEX-EU-IC", "K", "P0106"),
        ("VATEX-EU-D", "E", "P0108"),
        ("VATEX-EU-F", "E", "P0109"),
        ("VATEX-EU-I", "E", "P0110"),
        ("vatex-eu-j", "E", "P0111"),
    ],
)
def test_a_reason_belongs_to_its_category(code: str, category: str, rule: str) -> None:
    file = of(ONE).replace(b"VATEX-EU-AE", code.encode())
    assert broken(file) == [f"PEPPOL-EN16931-{rule}"]
    assert broken(file.replace(b"<cbc:ID>AE<", f"<cbc:ID>{category}<".encode())) == []


@pytest.mark.parametrize(
    ("scheme", "right", "wrong", "rule"),
    [
        ("0088", "4012345000009", "4012345000008", "R040"),
        ("0192", "988077917", "988077918", "R041"),
        ("0208", "0403019261", "0403019262", "R043"),
        ("0007", "5560360793", "5560360794", "R049"),
    ],
)
def test_organisation_numbers_are_checked(scheme: str, right: str, wrong: str, rule: str) -> None:
    def named(number: str) -> bytes:
        told = f'<cbc:CompanyID schemeID="{scheme}">{number}</cbc:CompanyID></cac:PartyLegalEntity>'
        head, mark, tail = of(ONE).rpartition(b"</cac:PartyLegalEntity>")
        assert mark
        return head + told.encode() + tail

    assert broken(named(right)) == []
    assert broken(named(wrong)) == [f"PEPPOL-COMMON-{rule}"]


def test_credit_notes_have_types_and_one_project() -> None:
    note = of(changed(SAMPLES["credit note"], project_reference="P-1"))
    assert broken(note) == []
    other = instead(b"CreditNoteTypeCode>381<", b"CreditNoteTypeCode>380<")(note)
    assert broken(other) == ["PEPPOL-EN16931-P0101"]
    project = note[note.index(b"<cac:AdditionalDocumentReference>") :]
    project = project[: project.index(b"</cac:AdditionalDocumentReference>") + 34]
    assert broken(note.replace(project, project + project)) == ["PEPPOL-EN16931-R080"]


def test_german_companies_have_corrected_invoices_among_themselves() -> None:
    file = of(ONE).replace(TYPE, b"<cbc:InvoiceTypeCode>384<")
    at_home = file.replace(b"IdentificationCode>FI<", b"IdentificationCode>DE<")
    assert broken(at_home) == []


def test_what_xrechnung_only_warns_of_is_an_error_in_peppol() -> None:
    """R110: a line's days lie within those of the document."""
    outside = changed_line(
        changed(ONE, period=Period(date(2026, 10, 1), date(2026, 10, 31))),
        period=Period(date(2026, 9, 30), date(2026, 10, 2)),
    )
    found = file_findings(of(outside), PEPPOL)
    assert [(one.rule, one.severity) for one in found] == [("PEPPOL-EN16931-R110", Severity.ERROR)]
