"""Each sample in each kind: by schema and official rules, and as another program reads it."""

from datetime import date
from typing import Any

import facturx
import pytest

from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.content import TypeCode
from invoicing.einvoices.profiles import (
    FACTUR_X,
    PEPPOL,
    XRECHNUNG_CII,
    XRECHNUNG_UBL,
    Profile,
    Syntax,
)
from invoicing.einvoices.writing import written
from tests.einvoices.figures import figures, figures_of, parties_of, party
from tests.einvoices.samples import SAMPLES, content

PROFILES = [FACTUR_X, XRECHNUNG_CII, XRECHNUNG_UBL, PEPPOL]
# What is worth saying of samples that may be sent all the same.
KNOWN = {
    **{("seller without account", profile): {"LK-L9"} for profile in PROFILES},
    **{
        (name, PEPPOL): {"LK-P1"}
        for name, sample in SAMPLES.items()
        if sample.buyer.electronic_address and sample.buyer.electronic_address.scheme == "EM"
    },
}


def read(file: bytes) -> dict[str, Any]:
    """As factur-x understands it; it also looks at the schema."""
    found: dict[str, Any] = facturx.parse_ubl_cii_xml(file)
    return found


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_right_by_schema_rules_and_sums(name: str, profile: Profile) -> None:
    sample = SAMPLES[name]

    assert {one.rule for one in content_findings(sample, profile)} == KNOWN.get(
        (name, profile), set()
    )
    # Said of the address before there is a file, and of the file by Peppol's own rule.
    by_address = {"PEPPOL-EN16931-CL008"} if "LK-P1" in KNOWN.get((name, profile), ()) else set()
    assert {one.rule for one in file_findings(written(sample, profile), profile)} == by_address


@pytest.mark.parametrize("profile", [FACTUR_X, PEPPOL], ids=lambda profile: profile.name)
@pytest.mark.parametrize("name", SAMPLES)
def test_another_program_reads_the_same_figures(name: str, profile: Profile) -> None:
    sample = SAMPLES[name]

    file = written(sample, profile)
    said = read(file)

    assert said["BT-24"] == profile.specification
    expected_figures = figures(sample)
    if profile == PEPPOL and name == "corrected invoice":
        expected_figures["BT-3"] = "380"
    assert figures_of(said) == expected_figures
    expected = [party(sample.seller, sample), party(sample.buyer, sample)]
    if profile.syntax == Syntax.UBL and (number := expected[0].pop("tax_identifier", "")):
        # It looks for the French scheme; Peppol's is TAX.
        assert f"<cbc:CompanyID>{number}</cbc:CompanyID>".encode() in file
    assert [parties_of(said, "BG-4"), parties_of(said, "BG-7")] == expected


def test_a_credit_note_names_what_it_corrects_and_asks_for_no_payment() -> None:
    said = read(written(SAMPLES["credit note"], FACTUR_X))

    assert (said["BT-3"], said["BT-81"]) == ("381", "97")
    assert said["BG-3"] == [{"BT-25": "2026-0001", "BT-26": date(2026, 11, 1)}]
    assert said["BG-1"] == [{"BT-22": "Reason: Wrong hours"}]
    assert not {"BT-9", "BT-84"} & set(said)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_outside_the_scope_nobody_tells_a_vat_id(profile: Profile) -> None:
    file = written(SAMPLES["outside the scope"], profile)

    assert b"FI20774740" not in file
    assert read(file)["BG-23"][0]["BT-121"] == "VATEX-EU-O"


SELF_BILLED = content(type_code=TypeCode.SELF_BILLED_INVOICE)


@pytest.mark.parametrize("profile", PROFILES[:3], ids=lambda profile: profile.name)
def test_what_the_customer_made_out_says_so(profile: Profile) -> None:
    """XRechnung would rather have another kind, and takes it."""
    file = written(SELF_BILLED, profile)

    assert [one.severity for one in file_findings(file, profile)] in ([], ["warning"])
    assert read(file)["BT-3"] == "389"


def test_peppol_has_corrected_invoices_inside_germany_alone() -> None:
    abroad = read(written(SAMPLES["corrected invoice"], PEPPOL))
    inside = read(written(SAMPLES["German corrected invoice"], PEPPOL))

    assert (abroad["BT-3"], inside["BT-3"]) == ("380", "384")
    assert abroad["BG-3"] == [{"BT-25": "2026-0001", "BT-26": date(2026, 11, 20)}]


def test_the_same_content_gives_the_same_bytes() -> None:
    sample = SAMPLES["three rates"]

    for profile in PROFILES:
        assert written(sample, profile) == written(sample, profile)


def test_ubl_has_a_document_of_its_own_for_credit_notes() -> None:
    file = written(SAMPLES["credit note"], PEPPOL)

    assert b"<CreditNote xmlns=" in file
    assert b"<cbc:CreditedQuantity unitCode" in file
    assert b"DueDate" not in file
