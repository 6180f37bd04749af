"""Each sample in CII: schema, official rules, and the figures as another program reads them."""

from datetime import date
from typing import Any

import facturx
import pytest

from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.profiles import FACTUR_X
from invoicing.einvoices.writing.cii import cii_of
from tests.einvoices.figures import figures, figures_of, parties_of, party
from tests.einvoices.samples import SAMPLES


def read(file: bytes) -> dict[str, Any]:
    """As factur-x understands it; it also looks at the schema."""
    found: dict[str, Any] = facturx.parse_ubl_cii_xml(file)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_right_by_schema_rules_and_sums(name: str) -> None:
    sample = SAMPLES[name]

    assert [one.rule for one in content_findings(sample)] == (
        ["LK-L9"] if name == "seller without account" else []
    )
    assert file_findings(cii_of(sample, FACTUR_X), FACTUR_X) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_another_program_reads_the_same_figures(name: str) -> None:
    sample = SAMPLES[name]

    said = read(cii_of(sample, FACTUR_X))

    assert said["BT-24"] == "urn:cen.eu:en16931:2017"
    assert figures_of(said) == figures(sample)
    assert [parties_of(said, "BG-4"), parties_of(said, "BG-7")] == [
        party(sample.seller, sample),
        party(sample.buyer, sample),
    ]


def test_a_credit_note_names_what_it_corrects_and_asks_for_no_payment() -> None:
    said = read(cii_of(SAMPLES["credit note"], FACTUR_X))

    assert (said["BT-3"], said["BT-81"]) == ("381", "97")
    assert said["BG-3"] == [{"BT-25": "2026-0001", "BT-26": date(2026, 11, 1)}]
    assert said["BG-1"] == [{"BT-22": "Reason: Wrong hours"}]
    assert not {"BT-9", "BT-84"} & set(said)


def test_outside_the_scope_nobody_tells_a_vat_id() -> None:
    file = cii_of(SAMPLES["outside the scope"], FACTUR_X)

    assert b"FI20774740" not in file
    assert b"RateApplicablePercent" not in file
    assert read(file)["BG-23"][0]["BT-121"] == "VATEX-EU-O"


def test_the_same_content_gives_the_same_bytes() -> None:
    sample = SAMPLES["three rates"]

    assert cii_of(sample, FACTUR_X) == cii_of(sample, FACTUR_X)
