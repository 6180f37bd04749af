"""Finvoice: its schema, its sign, its commas, and the part that payments are made from."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.profiles import FINVOICE
from invoicing.einvoices.writing import written
from tests.einvoices.samples import SAMPLES, content, line


def tree(sample: Content) -> Any:
    return etree.fromstring(written(sample, FINVOICE))


def texts(sample: Content, path: str) -> list[str]:
    return [element.text or "" for element in tree(sample).findall(path)]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "seller without account"])
def test_every_sample_is_right_by_schema_and_sums(name: str) -> None:
    sample = SAMPLES[name]
    assert content_findings(sample, FINVOICE) == []
    assert file_findings(written(sample, FINVOICE), FINVOICE) == []


def test_what_is_paid_is_said_to_the_bank() -> None:
    sample = SAMPLES["three rates"]
    epi = "EpiDetails/EpiPaymentInstructionDetails/"

    assert texts(sample, "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID") == [
        "FI2112345600000785"
    ]
    (reference,) = tree(sample).findall(f"{epi}EpiRemittanceInfoIdentifier")
    assert (reference.text, reference.get("IdentificationSchemeName")) == ("1234561", "SPY")
    assert texts(sample, f"{epi}EpiInstructedAmount") == ["873,70"]
    assert texts(sample, f"{epi}EpiDateOptionDate") == ["20261204"]
    # Version, account, euros and cents, zeros, reference, due date.
    parts = ["4", "2112345600000785", "00087370", "000", "00000000000001234561", "261204"]
    assert texts(sample, "VirtualBankBarcode") == ["".join(parts)]
    assert texts(sample, "InvoiceDetails/InvoiceTypeCode") == ["INV01"]
    rates = "InvoiceDetails/VatSpecificationDetails/"
    assert texts(sample, f"{rates}VatRatePercent") == ["25,5", "13,5", "10"]
    assert texts(sample, f"{rates}VatRateAmount") == ["169,07", "4,52", "0,33"]


OPERATORS = {
    "seller": replace(
        SAMPLES["one line"].seller, operator_address="003720774740", operator="NDEAFIHH"
    ),
    "buyer": replace(
        SAMPLES["one line"].buyer, operator_address="003712345671", operator="003721291126"
    ),
}


def test_it_says_from_whom_to_whom_and_by_which_operators() -> None:
    sample = content(**OPERATORS, made_at=datetime(2026, 11, 20, 9, 30, 1, tzinfo=UTC))

    assert file_findings(written(sample, FINVOICE), FINVOICE) == []
    details = "MessageTransmissionDetails/"
    assert [texts(sample, details + path) for path in (
        "MessageSenderDetails/FromIdentifier", "MessageSenderDetails/FromIntermediator",
        "MessageReceiverDetails/ToIdentifier", "MessageReceiverDetails/ToIntermediator",
        "MessageDetails/MessageIdentifier", "MessageDetails/MessageTimeStamp",
    )] == [
        ["003720774740"], ["NDEAFIHH"], ["003712345671"], ["003721291126"],
        ["003720774740-2026-0001"], ["2026-11-20T09:30:01+00:00"],
    ]  # fmt: skip
    assert texts(sample, "SellerOrganisationUnitNumber") == ["003720774740"]
    assert texts(sample, "BuyerOrganisationUnitNumber") == ["003712345671"]
    recipient = "SellerInformationDetails/InvoiceRecipientDetails/"
    assert texts(sample, f"{recipient}InvoiceRecipientAddress") == ["003720774740"]
    assert texts(sample, f"{recipient}InvoiceRecipientIntermediatorAddress") == ["NDEAFIHH"]


def test_without_an_operator_the_way_is_told_elsewhere() -> None:
    sample = content(seller=OPERATORS["seller"])
    assert texts(sample, "MessageTransmissionDetails") == []


def test_surcharges_and_discounts_on_the_whole() -> None:
    surcharged = SAMPLES["surcharge on a line"]
    charge = "InvoiceRow/RowChargeDetails/"
    assert [texts(surcharged, charge + name) for name in ("Percent", "Amount", "BaseAmount")] == [
        ["15"], ["15,00"], ["99,99"],
    ]  # fmt: skip
    assert texts(surcharged, "InvoiceRow/RowDiscountAmount") == []

    whole = SAMPLES["discount and surcharge on the whole"]
    details = "InvoiceDetails/"
    assert texts(whole, f"{details}RowsTotalVatExcludedAmount") == ["1000,00"]
    assert texts(whole, f"{details}DiscountsTotalVatExcludedAmount") == ["120,00"]
    assert texts(whole, f"{details}ChargesTotalVatExcludedAmount") == ["25,55"]
    assert texts(whole, f"{details}InvoiceTotalVatExcludedAmount") == ["905,55"]
    assert texts(whole, f"{details}DiscountDetails/Amount") == ["100,00", "20,00"]
    assert texts(whole, f"{details}ChargeDetails/Amount") == ["25,55"]
    back = SAMPLES["credit note of a discount on the whole"]
    assert texts(back, f"{details}DiscountDetails/Amount") == ["-50,00"]


def test_an_rf_reference_is_told_as_one() -> None:
    payment = replace(SAMPLES["one line"].payment, reference="RF341234561")

    (reference,) = tree(content(payment=payment)).findall(".//EpiRemittanceInfoIdentifier")

    assert (reference.text, reference.get("IdentificationSchemeName")) == ("RF341234561", "ISO")


def test_a_german_number_is_no_reference_of_the_bank() -> None:
    sample = SAMPLES["German standard rate"]
    assert texts(sample, ".//EpiRemittanceInfoIdentifier") == []
    assert texts(sample, "VirtualBankBarcode") == []


def test_a_credit_note_is_negative_and_its_price_is_not() -> None:
    sample = SAMPLES["credit note with a discount"]

    assert texts(sample, "InvoiceDetails/InvoiceTypeCode") == ["INV02"]
    assert texts(sample, "InvoiceDetails/InvoiceTypeCodeUN") == ["381"]
    assert texts(sample, "InvoiceDetails/OriginalInvoiceNumber") == ["2026-0001"]
    assert texts(sample, "InvoiceDetails/InvoiceTotalVatIncludedAmount") == ["-230,61"]
    assert texts(sample, "InvoiceRow/InvoicedQuantity") == ["-3"]
    assert texts(sample, "InvoiceRow/UnitPriceAmount") == ["70,00"]
    assert texts(sample, "InvoiceRow/RowDiscountAmount") == ["-26,25"]
    assert texts(sample, "InvoiceRow/RowVatExcludedAmount") == ["-183,75"]
    assert texts(sample, ".//EpiInstructedAmount") == ["-230,61"]
    assert texts(sample, ".//EpiRemittanceInfoIdentifier") == []
    assert texts(sample, "VirtualBankBarcode") == []


def test_more_decimals_than_there_is_room_for_are_the_price_of_ten() -> None:
    sample = SAMPLES["six places"]
    assert texts(sample, "InvoiceRow/UnitPriceAmount") == ["1,23456"]
    assert texts(sample, "InvoiceRow/UnitPriceBaseQuantity") == ["10"]


def test_long_names_and_texts_go_on_in_the_next_element() -> None:
    name = "Yhdistyneiden ohjelmistopalveluiden ja neuvonnan osuuskunta Pirkanmaalla Oy"
    buyer = replace(SAMPLES["one line"].buyer, name=name)
    sample = content(line(name="y" * 150), buyer=buyer, notes=("word " * 200,))

    assert texts(sample, "BuyerPartyDetails/BuyerOrganisationName") == [
        "Yhdistyneiden ohjelmistopalveluiden ja neuvonnan osuuskunta",
        "Pirkanmaalla Oy",
    ]
    assert texts(sample, "InvoiceRow/ArticleName") == ["y" * 100]
    assert texts(sample, "InvoiceRow/ArticleDescription") == ["y" * 50]
    assert [len(part) for part in texts(sample, ".//InvoiceFreeText")] == [509, 489]
    assert file_findings(written(sample, FINVOICE), FINVOICE) == []


WRONG = {
    "LK-F1": content(number="LASKU-2026-KUOPIO-00001"),
    "LK-F2": content(line("0.001", quantity="1234567.1234567")),
    "LK-F3": SAMPLES["seller without account"],
}


@pytest.mark.parametrize("rule", WRONG)
def test_what_identifies_is_not_cut(rule: str) -> None:
    sample = WRONG[rule]
    assert rule in [one.rule for one in content_findings(sample, FINVOICE)]
    assert [one.rule for one in file_findings(written(sample, FINVOICE), FINVOICE)][:1] == ["XSD"]
