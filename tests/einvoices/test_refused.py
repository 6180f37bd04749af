"""What must not pass, each with the reason it is refused for."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from invoicing.einvoices.checking import rules
from invoicing.einvoices.checking.findings import NotReadable, RulesNotAvailable
from invoicing.einvoices.checking.reading import MOST_BYTES, read_xml
from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Contact,
    Content,
    ElectronicAddress,
    TypeCode,
)
from invoicing.einvoices.profiles import FACTUR_X, PEPPOL, XRECHNUNG_CII, XRECHNUNG_UBL, Profile
from invoicing.einvoices.writing import written
from tests.einvoices.samples import SAMPLES, content, credit_note, line, off

ONE = SAMPLES["one line"]


def changed(sample: Content = ONE, **fields: Any) -> Content:
    return replace(sample, **fields)


def changed_line(sample: Content = ONE, **fields: Any) -> Content:
    return replace(sample, lines=(replace(sample.lines[0], **fields), *sample.lines[1:]))


def changed_group(sample: Content = ONE, **fields: Any) -> Content:
    return replace(sample, taxes=(replace(sample.taxes[0], **fields), *sample.taxes[1:]))


WRONG_BY_OUR_OWN: dict[str, tuple[Content, str]] = {
    "a cent more on a line": (changed_line(net=Decimal("100.01")), "LK-S1"),
    "a rate without its group": (
        changed(content(line(), line(rate="10")), taxes=ONE.taxes),
        "LK-S2",
    ),
    "a group of other lines": (changed_group(taxable=Decimal(99)), "LK-S3"),
    # The official rules let these two pass.
    "VAT wrong by a cent": (changed_group(tax=Decimal("25.51")), "LK-S4"),
    "VAT wrong by almost a euro": (changed_group(tax=Decimal("24.51")), "LK-S4"),
    "another net total": (changed(net_total=Decimal(101)), "LK-S5"),
    "another sum of VAT": (changed(tax_total=Decimal(26)), "LK-S5"),
    "another total": (changed(gross_total=Decimal("125.51")), "LK-S5"),
    "thousandths of a dinar": (
        content(line("12.345", currency="KWD", rate="10"), currency="KWD"),
        "LK-S6",
    ),
    "a discount that is not taken off": (
        changed_line(SAMPLES["discount on a line"], net=Decimal("99.99")),
        "LK-S1",
    ),
    "a seller without street": (
        changed(seller=replace(ONE.seller, address=Address("", "00100", "Helsinki", "FI"))),
        "LK-L1",
    ),
    "a seller whom nobody can tell": (
        changed(seller=replace(ONE.seller, vat_id="", business_id="")),
        "LK-L2",
    ),
    "a buyer without town": (
        changed(buyer=replace(ONE.buyer, address=Address("Katu 1", "33100", "", "FI"))),
        "LK-L3",
    ),
    "a credit note of nothing": (credit_note(preceding=None), "LK-L4"),
    "an export without the seller's VAT id": (
        changed(
            SAMPLES["Finnish export"],
            seller=replace(ONE.seller, vat_id="", tax_number="2077474-0"),
        ),
        "LK-L5",
    ),
    # The official rules are content with a register number.
    "reverse charge without the buyer's VAT id": (
        changed(
            SAMPLES["reverse charge to Germany"],
            buyer=replace(SAMPLES["reverse charge to Germany"].buyer, vat_id="", business_id="1"),
        ),
        "LK-L6",
    ),
    "goods without the buyer's VAT id": (
        changed(
            SAMPLES["goods to Germany"],
            buyer=replace(SAMPLES["goods to Germany"].buyer, vat_id=""),
        ),
        "LK-L6",
    ),
    "outside the scope beside a rate": (content(line(), line(category="O")), "LK-L7"),
    "exempt without a reason": (changed_group(SAMPLES["exempt"], reason=""), "LK-L8"),
    "nobody's order": (changed(buyer_reference=""), "PEPPOL-EN16931-R003"),
    "a discount of another percentage": (
        changed(
            SAMPLES["share off the whole"],
            adjustments=(off("7.51", percent="7.5", base="99.99"),),
        ),
        "LK-S7",
    ),
    "a discount that nobody took off": (changed(adjustments=(off("10"),)), "LK-S3"),
    "a surcharge the lines do not have": (
        changed_line(SAMPLES["surcharge on a line"], net=Decimal("99.99")),
        "LK-S1",
    ),
    "Peppol from a Finnish code with a wrong digit": (
        changed(
            seller=replace(ONE.seller, electronic_address=ElectronicAddress("0216", "003720774741"))
        ),
        "LK-P2",
    ),
    **{
        f"Peppol to {scheme} with a wrong digit": (
            changed(
                buyer=replace(ONE.buyer, electronic_address=ElectronicAddress(scheme, identifier))
            ),
            "LK-P3",
        )
        for scheme, identifier in (
            ("0007", "5560360794"),
            ("0088", "4012345000008"),
            ("0184", "13585629"),
            ("0192", "988077918"),
            ("0208", "0403019262"),
            ("0212", "12345672"),
        )
    },
    "Peppol of what the customer made out": (
        changed(type_code=TypeCode.SELF_BILLED_INVOICE),
        "PEPPOL-EN16931-P0100",
    ),
    "Peppol by e-mail": (SAMPLES["German standard rate"], "LK-P1"),
}


@pytest.mark.parametrize("name", WRONG_BY_OUR_OWN)
def test_our_own_checks_refuse(name: str) -> None:
    wrong, rule = WRONG_BY_OUR_OWN[name]
    assert rule in [one.rule for one in content_findings(wrong, PEPPOL)]


WRONG_BY_THE_RULES: dict[str, tuple[Content, Profile, str]] = {
    "a unit nobody knows": (changed_line(unit="hours"), FACTUR_X, "BR-CL-23"),
    "a currency nobody knows": (changed(currency="EUR", number=" "), FACTUR_X, "XSD"),
    "exempt without a reason": (
        changed_group(SAMPLES["exempt"], reason=""), FACTUR_X, "BR-E-10",
    ),
    "a rate of nought as a usual one": (
        changed_group(changed_line(percent=Decimal(0)), percent=Decimal(0), tax=Decimal(0)),
        FACTUR_X,
        "BR-S-05",
    ),
    "a sum that does not add up": (changed(gross_total=Decimal(130)), FACTUR_X, "BR-CO-15"),
    "VAT wrong by two euros": (changed_group(tax=Decimal("27.5")), FACTUR_X, "BR-CO-14"),
    "a negative price": (
        changed_line(price=Decimal(-100), quantity=Decimal(-1)), FACTUR_X, "BR-27",
    ),
    "goods without a country they went to": (
        changed(SAMPLES["goods to Germany"], delivery=ONE.delivery), FACTUR_X, "BR-IC-12",
    ),
    "an account of no bank": (
        changed(payment=replace(ONE.payment, iban="FI2112345600000786")),
        XRECHNUNG_CII,
        "BR-DE-19",
    ),
    "XRechnung without the buyer's reference": (
        changed(buyer_reference=""), XRECHNUNG_CII, "BR-DE-15",
    ),
    "XRechnung without a telephone": (
        changed(seller=replace(ONE.seller, contact=Contact("Kuusi", email="a@kuusi.example"))),
        XRECHNUNG_CII,
        "BR-DE-6",
    ),
    "XRechnung without anybody to ask": (
        changed(seller=replace(ONE.seller, contact=None)), XRECHNUNG_CII, "BR-DE-2",
    ),
    "XRechnung to nowhere": (
        changed(buyer=replace(ONE.buyer, electronic_address=None)),
        XRECHNUNG_CII,
        "PEPPOL-EN16931-R010",
    ),
    "XRechnung from nowhere": (
        changed(seller=replace(ONE.seller, electronic_address=None)),
        XRECHNUNG_CII,
        "PEPPOL-EN16931-R020",
    ),
    "XRechnung in UBL without the buyer's reference": (
        changed(buyer_reference=""), XRECHNUNG_UBL, "BR-DE-15",
    ),
    "Peppol to nowhere": (
        changed(buyer=replace(ONE.buyer, electronic_address=None)), PEPPOL, "PEPPOL-EN16931-R010",
    ),
    "Peppol from nowhere": (
        changed(seller=replace(ONE.seller, electronic_address=None)),
        PEPPOL,
        "PEPPOL-EN16931-R020",
    ),
    "Peppol with a discount of another percentage": (
        changed_line(
            SAMPLES["discount on a line"],
            adjustment=Adjustment(False, Decimal(9), Decimal(100), Decimal(15), "Discount"),
        ),
        PEPPOL,
        "PEPPOL-EN16931-R040",
    ),
    "a line of another amount": (changed_line(net=Decimal(99)), PEPPOL, "PEPPOL-EN16931-R120"),
    "XRechnung that says it is none": (
        ONE, replace(XRECHNUNG_CII, specification=FACTUR_X.specification), "BR-DE-21",
    ),
}  # fmt: skip


# What claims to be another kind is judged as what it should be.
JUDGED_AS = {replace(XRECHNUNG_CII, specification=FACTUR_X.specification): XRECHNUNG_CII}


@pytest.mark.parametrize("name", WRONG_BY_THE_RULES)
def test_schema_and_rules_refuse(name: str) -> None:
    wrong, profile, rule = WRONG_BY_THE_RULES[name]
    file = written(wrong, profile)
    assert rule in [one.rule for one in file_findings(file, JUDGED_AS.get(profile, profile))]


SEVERAL_ENTITIES = b"""<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY one "1"><!ENTITY two "&one;&one;">]><a>&two;</a>"""
FILE_ENTITY = b"""<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY file SYSTEM "file:///etc/hostname">]><a>&file;</a>"""


@pytest.mark.parametrize(
    "content",
    [b"", b"no xml", b"<a>", b"<a/><b/>", SEVERAL_ENTITIES, FILE_ENTITY,
     b"<!DOCTYPE a><a/>", b"<a>" + b" " * MOST_BYTES + b"</a>", b"<a>\xff</a>"],
)  # fmt: skip
def test_no_xml_and_xml_with_entities_is_not_read(content: bytes) -> None:
    with pytest.raises(NotReadable):
        read_xml(content)


def test_rules_that_were_not_asked_for_are_no_verdict() -> None:
    """Otherwise a wrong file of rules would look like a right invoice."""
    with pytest.raises(RulesNotAvailable):
        rules.rule_findings(read_xml(b"<a/>"), FACTUR_X)


def test_a_judge_that_died_is_replaced() -> None:
    element = read_xml(written(ONE, FACTUR_X))
    assert rules.rule_findings(element, FACTUR_X) == []
    first = rules._judges._judge
    assert first is not None
    first.kill()
    first.wait()

    assert rules.rule_findings(element, FACTUR_X) == []
    assert rules._judges._judge is not first


def test_a_judge_that_dies_over_a_file_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    element = read_xml(written(ONE, FACTUR_X))
    rules.rule_findings(element, FACTUR_X)
    monkeypatch.setattr(rules, "PATIENCE_SECONDS", 0)

    with pytest.raises(RulesNotAvailable):
        rules.rule_findings(element, FACTUR_X)

    monkeypatch.undo()
    assert rules.rule_findings(element, FACTUR_X) == []
