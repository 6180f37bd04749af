"""What an invoice of ours is in HQ's words, field by field."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.ports import Rejected
from integrations.problems import Problem
from integrations.systems.hq import mapping
from integrations.systems.hq.assumptions import DOCUMENT_TYPES, STATUS_TYPES, name_of
from integrations.systems.hq.client import Refused, _message, rows_of, to_json
from integrations.systems.hq.options import Options
from tests.integrations.outgoing import BUYER, line, outgoing, text_line

GERMAN = {"language": "de", "remote_customer_id": "77", "marker": "LASKURI-1-417"}


def invoice(**changes: Any) -> Any:
    return outgoing(**{**GERMAN, **changes})


def test_the_whole_body_of_v1() -> None:
    ours = invoice(
        issue_date=date(2026, 11, 2),
        due_date=date(2026, 11, 16),
        service_start=date(2026, 10, 1),
        service_end=date(2026, 10, 31),
        order_reference="PO 7",
    )
    assert mapping.v1_invoice(ours, Options(template=5, payment_condition=2)) == {
        "CompanyId": 77,
        "InvoiceDate": "2026-11-02T00:00:00Z",
        "DeliveryDate": "2026-10-31T00:00:00Z",
        "DueDate": "2026-11-16T00:00:00Z",
        "Currency": "EUR",
        "TaxOption": "VatApplicable",
        "ServiceOption": "Service",
        "Status": "Draft",
        "SyncId": "LASKURI-1-417",
        "Note": "2026-0017",
        "DocumentTemplateId": 5,
        "PaymentConditionId": 2,
        "CompanyPurchaseOrderNumber": "PO 7",
    }


def test_a_position_of_v1() -> None:
    ours = invoice(lines=(line(text="Konzeption <A&B>\nOktober", tax_percent=Decimal(19)),))
    (position,) = mapping.positions(ours)
    assert mapping.v1_position(position, 1, "de") == {
        "Type": "Freetext",
        "Text": "<p>Konzeption &lt;A&amp;B&gt;</p><p>Oktober</p>",
        "Amount": Decimal("2.5"),
        "Unit": "Std.",
        "Price": Decimal(100),
        "Tax": Decimal(19),
        "Discount": Decimal(0),
        "Order": 1,
    }


def test_the_whole_head_of_v2() -> None:
    ours = invoice(
        issue_date=date(2026, 11, 2),
        due_date=date(2026, 11, 16),
        service_start=date(2026, 10, 1),
        service_end=date(2026, 10, 31),
    )
    assert mapping.v2_head(ours, Options(template=5, payment_condition=2)) == {
        "documentType": "Invoice",
        "companyId": 77,
        "currency": "EUR",
        "date": "2026-11-02T00:00:00",
        "validUntilDate": "2026-11-16T00:00:00",
        "performancePeriodStartDate": "2026-10-01T00:00:00",
        "performancePeriodEndDate": "2026-10-31T00:00:00",
        "documentTemplateEntityId": 5,
        "paymentConditionId": 2,
    }


def test_without_days_of_service_v2_takes_the_day_of_the_invoice() -> None:
    head = mapping.v2_head(invoice(), Options(template=5))
    assert head["performancePeriodStartDate"] == head["performancePeriodEndDate"] == head["date"]


def test_v2_needs_a_template() -> None:
    with pytest.raises(Rejected, match="needs a document template"):
        mapping.v2_head(invoice(), Options())


@pytest.mark.parametrize(
    ("scale", "units", "expected"),
    [
        ("percent", {"HUR": 3}, {"tax": "19", "discountPercent": "10", "unitId1": 3}),
        ("fraction", {"HUR": 3}, {"tax": "0.19", "discountPercent": "0.1", "unitId1": 3}),
        ("", {"HUR": 3}, {"tax": "19", "discountPercent": "10", "unitId1": 3}),
    ],
)
def test_a_position_of_v2(scale: str, units: dict[str, int], expected: dict[str, Any]) -> None:
    ours = invoice(
        lines=(
            line(tax_percent=Decimal(19), discount_percent=Decimal(10), net=Decimal(225)),
        ),
        net_total=Decimal(225),
    )  # fmt: skip
    (position,) = mapping.positions(ours)
    body = mapping.v2_position(
        position, document=1963, table="5d0c", options=Options(tax_scale=scale, units=units),
        invoice=ours,
    )  # fmt: skip
    assert (body["documentEntityId"], body["documentTableId"]) == (1963, "5d0c")
    assert (body["text"], body["amount1"], body["price"]) == (
        "Konsultointi", Decimal("2.5"), Decimal(100),
    )  # fmt: skip
    assert body["tax"] == Decimal(expected["tax"])
    assert body["discountPercent"] == Decimal(expected["discountPercent"])
    assert body["unitId1"] == expected["unitId1"]
    assert (body["cost"], body["interval"]) == (0, "Once")


def test_a_unit_without_an_id_stands_in_the_text() -> None:
    ours = invoice()
    (position,) = mapping.positions(ours)
    body = mapping.v2_position(
        position, document=1, table="t", options=Options(), invoice=ours
    )  # fmt: skip
    assert body["text"] == "Konsultointi (2.5 Std.)"
    assert "unitId1" not in body


def test_texts_stand_with_the_line_they_precede_or_below_the_last() -> None:
    ours = invoice(lines=(text_line("Oktober"), line(), line(), text_line("Danke")))
    first, second = mapping.positions(ours)
    assert first.text == "Oktober\nKonsultointi"
    assert second.text == "Konsultointi\nDanke"


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": Decimal("0.333333"), "unit_price": Decimal(3), "net": Decimal(1)},
        {"quantity": Decimal(3), "unit_price": Decimal("33.333333"), "net": Decimal(100)},
        {"quantity": Decimal(1), "unit_price": Decimal("10.005"), "net": Decimal("10.00")},
    ],
)
def test_what_hq_would_reckon_otherwise_is_one_times_the_net(changes: dict[str, Any]) -> None:
    (position,) = mapping.positions(invoice(lines=(line(**changes),)))
    assert (position.quantity, position.price) == (Decimal(1), changes["net"])
    assert position.unit == ""
    assert "×" in position.text


@pytest.mark.parametrize(
    ("categories", "country", "option"),
    [
        (["S"], "DE", "VatApplicable"),
        (["S", "E"], "DE", "VatApplicable"),
        (["E"], "DE", "FreeOther"),
        (["Z"], "DE", "FreeOther"),
        (["AE"], "DE", "Inverse"),
        (["AE"], "AT", "FreeEuropeanUnionWithVatId"),
        (["AE"], "CH", "FreeThirdCountryTerritory"),
        (["K"], "AT", "IntraCommunityDelivery"),
        (["G"], "CH", "ExportDelivery"),
        (["O"], "CH", "FreeOther"),
    ],
)
def test_the_kind_of_tax(categories: list[str], country: str, option: str) -> None:
    from dataclasses import replace

    lines = tuple(
        line(tax_category=one, tax_percent=Decimal(19 if one == "S" else 0)) for one in categories
    )
    ours = invoice(lines=lines, buyer=replace(BUYER, country=country))
    ours = replace(ours, seller=replace(ours.seller, country="DE"))
    assert mapping.tax_option(ours) == option


def test_kinds_that_do_not_stand_on_one_document_are_told() -> None:
    ours = invoice(lines=(line(), line(tax_category="AE", tax_percent=Decimal(0))))
    with pytest.raises(Rejected, match="one kind of tax for a whole document"):
        mapping.tax_option(ours)
    with pytest.raises(Rejected, match="no kind of tax for “X”"):
        mapping.tax_option(invoice(lines=(line(tax_category="X"),)))


@pytest.mark.parametrize(
    ("changes", "sentence", "problem"),
    [
        ({"remote_customer_id": ""}, "Link Esimerkki Oy to a company", Problem.NOT_LINKED),
        ({"remote_customer_id": "x1"}, "which is no id of HQ", Problem.NOT_LINKED),
        ({"lines": (text_line("Nur Text"),)}, "no lines with an amount", Problem.REFUSED),
        ({"net_total": Decimal(251)}, "do not come to the invoice's net", Problem.REFUSED),
    ],
)
def test_what_cannot_be_said_is_refused(
    changes: dict[str, Any], sentence: str, problem: Problem
) -> None:
    with pytest.raises(Rejected, match=sentence) as refused:
        mapping.check(invoice(**changes))
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("text", "marker", "is_there"),
    [
        ("2026-0017\nLASKURI-1-41", "LASKURI-1-41", True),
        ("2026-0017\nLASKURI-1-417", "LASKURI-1-41", False),
        ("LASKURI-1-41 geprüft", "LASKURI-1-41", True),
        (None, "LASKURI-1-41", False),
        ("", "", False),
    ],
)
def test_the_mark_is_a_word_of_the_note(text: Any, marker: str, is_there: bool) -> None:
    assert mapping.has_mark(text, marker) is is_there


def test_a_head_is_known_again_whatever_way_days_and_kinds_are_written() -> None:
    body = mapping.v2_head(invoice(), Options(template=5))
    stored = {**body, "documentType": 1, "date": "2026-11-20T00:00:00Z", "note": None}
    assert mapping.same_head(stored, body)
    assert not mapping.same_head({**stored, "companyId": 78}, body)
    assert not mapping.same_head({**stored, "date": "2026-11-19T00:00:00"}, body)


@pytest.mark.parametrize(
    ("value", "name"),
    [(1, "Invoice"), ("Invoice", "Invoice"), (99, ""), (None, ""), (True, "True")],
)
def test_enumerations_are_read_as_name_or_place(value: Any, name: str) -> None:
    assert name_of(value, DOCUMENT_TYPES) == name


def test_the_places_of_the_enumerations_are_those_of_the_schema() -> None:
    assert DOCUMENT_TYPES.index("Cancellation") == 5
    assert (STATUS_TYPES.index("Draft"), STATUS_TYPES.index("Canceled")) == (0, 11)


@pytest.mark.parametrize(
    ("data", "text", "message"),
    [
        ({"message": "Feld fehlt"}, "", "Feld fehlt"),
        ({"error": {"message": "Nein"}}, "", "Nein"),
        ({"errors": {"Name": ["required", "short"]}}, "", "Name: required, short"),
        ({"title": " ", "detail": "Genau"}, "", "Genau"),
        (["Eins", {"message": "Zwei"}], "", "Eins; Zwei"),
        ("Nur Text", "", "Nur Text"),
        (None, "<html><h1>400 Bad&nbsp;Request</h1></html>", "400 Bad Request"),
        ({}, "{}", ""),
        (None, "", ""),
    ],
)
def test_errors_of_any_shape_give_words(data: Any, text: str, message: str) -> None:
    assert _message(data, text) == message
    assert Refused(400, message).sentence


@pytest.mark.parametrize("answer", [[{"id": 1}], {"value": [{"id": 1}]}, {"data": [{"id": 1}]}])
def test_lists_come_bare_or_in_an_envelope(answer: Any) -> None:
    assert rows_of(answer) == [{"id": 1}]


@pytest.mark.parametrize(
    ("value", "sum_"),
    [
        (136.81000000000003, "136.81"),
        (719.9999999999999, "720.00"),
        ("7", "7.00"),
        (0.1 + 0.2, "0.30"),
    ],
)
def test_sums_there_are_binary_fractions(value: Any, sum_: str) -> None:
    assert mapping.cents_of(value) == Decimal(sum_)
    assert mapping.cents_of(None) is None
    assert mapping.cents_of(float("nan")) is None


def test_numbers_go_out_without_loss() -> None:
    assert to_json({"a": Decimal("96.10"), "b": Decimal("7"), "c": "ä"}) == (
        '{"a": 96.1, "b": 7, "c": "ä"}'
    )
