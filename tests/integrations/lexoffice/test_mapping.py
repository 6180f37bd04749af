"""From our plain data to the JSON of Lexware Office, without any server."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.outgoing import OutgoingParty
from integrations.ports import Rejected
from integrations.problems import Problem
from integrations.systems.lexoffice.client import filter_text
from integrations.systems.lexoffice.letters import has_marker
from integrations.systems.lexoffice.mapping import Options, day, document_body
from integrations.systems.lexoffice.vouchers import voucher_body
from tests.integrations.outgoing import line as finnish_line
from tests.integrations.outgoing import outgoing, text_line

BUYER = OutgoingParty(
    name="Hafenblick Verlag GmbH", street="Kaistraße 7", postal_code="24103", city="Kiel",
    country="DE", contact_name="Imke Petersen",
)  # fmt: skip


def line(**changes: Any) -> Any:
    return finnish_line(**{"tax_percent": Decimal(19), **changes})


def german(**changes: Any) -> Any:
    return outgoing(
        **{
            "buyer": BUYER,
            "language": "de",
            "lines": (line(),),
            "tax_total": Decimal("47.50"),
            "gross_total": Decimal("297.50"),
            "marker": "LASKURI-1-17",
            "remote_customer_id": "c-1",
            **changes,
        }
    )


def body(options: Options | None = None, **changes: Any) -> dict[str, Any]:
    return document_body(german(**changes), options or Options())


def buyer_in(country: str) -> OutgoingParty:
    return OutgoingParty(name="Kunde", country=country)


def free(category: str) -> Any:
    return line(tax_percent=Decimal(0), tax_category=category)


def test_a_plain_invoice() -> None:
    assert body(
        service_start=date(2026, 10, 1),
        service_end=date(2026, 10, 31),
        order_reference="B-12",
        buyer_reference="KST 4",
        comment="Danke!",
    ) == {
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "address": {
            "contactId": "c-1", "name": "Hafenblick Verlag GmbH", "supplement": "Imke Petersen",
            "street": "Kaistraße 7", "zip": "24103", "city": "Kiel", "countryCode": "DE",
        },
        "lineItems": [
            {
                "type": "custom", "name": "Konsultointi", "quantity": Decimal("2.5"),
                "unitName": "Stunde",
                "unitPrice": {
                    "currency": "EUR", "netAmount": Decimal(100), "taxRatePercentage": Decimal(19),
                },
            }
        ],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "language": "de",
        "shippingConditions": {
            "shippingType": "serviceperiod",
            "shippingDate": "2026-10-01T00:00:00.000+02:00",
            "shippingEndDate": "2026-10-31T00:00:00.000+01:00",
        },
        "paymentConditions": {
            "paymentTermLabel": "Zahlbar innerhalb von 14 Tagen", "paymentTermDuration": 14,
        },
        "introduction": "Unsere Nummer: 2026-0017\nIhre Bestellung: B-12\nIhr Zeichen: KST 4",
        "remark": "Danke!\n\nRef LASKURI-1-17",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("on", "written"),
    [
        (date(2026, 3, 28), "2026-03-28T00:00:00.000+01:00"),
        (date(2026, 3, 30), "2026-03-30T00:00:00.000+02:00"),
        (date(2026, 10, 26), "2026-10-26T00:00:00.000+01:00"),
    ],
)
def test_days_are_local_midnights_with_milliseconds(on: date, written: str) -> None:
    assert day(on) == written


@pytest.mark.parametrize(
    ("category", "country", "kind"),
    [
        ("S", "DE", "net"),
        ("Z", "DE", "net"),
        ("E", "DE", "vatfree"),
        ("O", "DE", "vatfree"),
        ("O", "CH", "thirdPartyCountryService"),
        ("AE", "DE", "constructionService13b"),
        ("AE", "AT", "externalService13b"),
        ("AE", "CH", "thirdPartyCountryService"),
        ("K", "FI", "intraCommunitySupply"),
        ("G", "US", "thirdPartyCountryService"),
    ],
)
def test_the_kind_of_vat(category: str, country: str, kind: str) -> None:
    sent = body(buyer=buyer_in(country), lines=(free(category),))
    assert sent["taxConditions"] == {"taxType": kind}


def test_goods_outside_the_eu_are_a_setting() -> None:
    sent = body(
        Options(goods_outside_eu=True),
        buyer=buyer_in("US"),
        lines=(free("G"),),
        service_end=date(2026, 11, 1),
    )
    assert sent["taxConditions"]["taxType"] == "thirdPartyCountryDelivery"
    assert sent["shippingConditions"]["shippingType"] == "delivery"


def test_several_kinds_are_refused() -> None:
    with pytest.raises(Rejected, match="one kind of VAT for each document"):
        body(lines=(line(), free("AE")))


@pytest.mark.parametrize("category", ["AE", "K", "G"])
def test_kinds_that_need_a_contact(category: str) -> None:
    with pytest.raises(Rejected, match="need a linked customer") as refused:
        body(remote_customer_id="", buyer=buyer_in("AT"), lines=(free(category),))
    assert refused.value.problem == Problem.NOT_LINKED


def test_an_organisation_without_vat_takes_only_what_has_none() -> None:
    lists = {"organisation": [["tax_type", "net"], ["small_business", "yes"]]}
    options = Options.read({}, lists)
    assert body(options, lines=(free("S"),))["taxConditions"]["taxType"] == "vatfree"
    with pytest.raises(Rejected, match="charges no VAT"):
        body(options)


@pytest.mark.parametrize(
    ("on", "rate", "is_legal"),
    [
        (date(2026, 11, 1), "19", True),
        (date(2026, 11, 1), "7", True),
        (date(2026, 11, 1), "16", False),
        (date(2026, 11, 1), "25.5", False),
        (date(2020, 12, 31), "16", True),
        (date(2020, 12, 31), "19", False),
    ],
)
def test_rates_are_those_of_the_end_of_the_service(on: date, rate: str, is_legal: bool) -> None:
    changes: dict[str, Any] = {"service_end": on, "lines": (line(tax_percent=Decimal(rate)),)}
    if is_legal:
        assert body(**changes)
    else:
        with pytest.raises(Rejected, match="knows no VAT of"):
            body(**changes)


def test_only_euros() -> None:
    with pytest.raises(Rejected, match="in euros only, and this one is in SEK"):
        body(currency="SEK")


def test_at_most_three_hundred_lines() -> None:
    assert len(body(lines=(line(),) * 300)["lineItems"]) == 300
    with pytest.raises(Rejected, match="at most 300 lines, and this invoice has 301"):
        body(lines=(line(),) * 301)


def test_a_service_without_days_claims_none_and_one_day_is_a_day() -> None:
    assert body()["shippingConditions"] == {"shippingType": "none"}
    one = body(service_start=date(2026, 11, 3), service_end=date(2026, 11, 3))
    assert one["shippingConditions"] == {
        "shippingType": "service", "shippingDate": "2026-11-03T00:00:00.000+01:00",
    }  # fmt: skip


def test_four_places_go_as_they_are_and_five_as_one_sum() -> None:
    four = body(lines=(line(quantity=Decimal(3), unit_price=Decimal("0.3333"), net=Decimal(1)),))
    assert four["lineItems"][0]["unitPrice"]["netAmount"] == Decimal("0.3333")
    five = body(lines=(line(quantity=Decimal(3), unit_price=Decimal("0.33333"), net=Decimal(1)),))
    (item,) = five["lineItems"]
    assert (item["quantity"], item["unitPrice"]["netAmount"]) == (1, 1)
    assert item["description"] == "3 × 0.33333"


def test_a_line_that_comes_to_another_sum_there_goes_as_its_sum() -> None:
    (item,) = body(lines=(line(net=Decimal("249.99")),))["lineItems"]
    assert item["unitPrice"]["netAmount"] == Decimal("249.99")


def test_negative_quantities_become_negative_prices() -> None:
    less = line(quantity=Decimal(-1), unit_price=Decimal(50), net=Decimal(-50))
    item = body(lines=(line(), less))["lineItems"][1]
    assert (item["quantity"], item["unitPrice"]["netAmount"]) == (1, -50)


def test_long_texts_go_into_the_description() -> None:
    (item,) = body(lines=(line(text="Wort " * 100 + "\nEnde\x07"),))["lineItems"]
    assert len(item["name"]) <= 255
    assert item["description"].endswith("Ende")


def test_text_lines_and_empty_names() -> None:
    items = body(lines=(text_line("Projekt\nLeuchtturm"), line(text=" ")))["lineItems"]
    assert items[0] == {"type": "text", "name": "Projekt", "description": "Leuchtturm"}
    assert items[1]["name"] == "-"


def test_the_marker_survives_a_long_comment() -> None:
    sent = body(comment="Wort " * 1000)
    assert len(sent["remark"]) <= 2000
    assert has_marker(sent["remark"], "LASKURI-1-17")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ref LASKURI-1-17", True),
        ("Ref LASKURI-1-170", False),
        ("Ref XLASKURI-1-17", False),
        ("(LASKURI-1-17)", True),
        ("", False),
    ],
)
def test_a_marker_is_a_word(text: str, found: bool) -> None:
    assert has_marker(text, "LASKURI-1-17") is found
    assert not has_marker(text, "")


def test_a_credit_note_has_neither_terms_nor_shipping_nor_discounts() -> None:
    sent = body(
        is_credit_note=True,
        corrected_number="2026-0001",
        corrected_remote_number="RE1001",
        lines=(line(discount_percent=Decimal(10), net=Decimal(225)),),
    )
    assert not {"shippingConditions", "paymentConditions"} & sent.keys()
    (item,) = sent["lineItems"]
    assert "discountPercentage" not in item
    assert (item["quantity"], item["unitPrice"]["netAmount"]) == (1, 225)
    assert item["description"] == "2.5 × 100 - 10 %"
    assert sent["introduction"].startswith("Korrektur zu Rechnung RE1001\n")


def test_without_a_number_of_ours_none_is_mentioned() -> None:
    assert "introduction" not in body(number="")
    with pytest.raises(Rejected, match="has our number, and this document has none"):
        voucher_body(german(number=""), Options(categories={"net": "c"}))


def test_their_terms_and_layout() -> None:
    sent = body(Options(payment_terms="theirs", print_layout="p-1"))
    assert "paymentConditions" not in sent
    assert sent["printLayoutId"] == "p-1"


@pytest.mark.parametrize(("language", "sent"), [("de", "de"), ("fi", "en"), ("en", "en")])
def test_languages(language: str, sent: str) -> None:
    assert body(language=language)["language"] == sent


def test_a_voucher_has_sums_by_rate() -> None:
    sent = voucher_body(
        german(
            lines=(line(), line(net=Decimal("10.05"), tax_percent=Decimal(7)), text_line("x")),
            net_total=Decimal("260.05"),
            tax_total=Decimal("48.20"),
            gross_total=Decimal("308.25"),
            service_end=date(2026, 10, 31),
        ),
        Options(categories={"net": "c-1"}),
    )
    assert sent == {
        "type": "salesinvoice",
        "voucherNumber": "2026-0017",
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "dueDate": "2026-12-04T00:00:00.000+01:00",
        "shippingDate": "2026-10-31T00:00:00.000+01:00",
        "totalGrossAmount": Decimal("308.25"),
        "totalTaxAmount": Decimal("48.20"),
        "taxType": "net",
        "remark": "Ref LASKURI-1-17",
        "voucherItems": [
            {
                "amount": Decimal(250), "taxAmount": Decimal("47.50"),
                "taxRatePercent": Decimal(19), "categoryId": "c-1",
            },
            {
                "amount": Decimal("10.05"), "taxAmount": Decimal("0.70"),
                "taxRatePercent": Decimal(7), "categoryId": "c-1",
            },
        ],
        "version": 0,
        "contactId": "c-1",
        "useCollectiveContact": False,
    }  # fmt: skip


def test_a_voucher_says_what_is_missing() -> None:
    with pytest.raises(Rejected, match="Choose in the connection how"):
        voucher_body(german(), Options())
    with pytest.raises(Rejected, match="not those of its lines"):
        voucher_body(german(tax_total=Decimal("47.51")), Options(categories={"net": "c"}))


def test_three_hundred_and_one_lines_fit_into_a_voucher() -> None:
    many = german(
        lines=(line(),) * 301,
        net_total=Decimal(75250),
        tax_total=Decimal("14297.50"),
        gross_total=Decimal("89547.50"),
    )
    assert len(voucher_body(many, Options(categories={"net": "c"}))["voucherItems"]) == 1


@pytest.mark.parametrize(
    ("text", "sent"),
    [("a&b", "a&amp;b"), ("<x>", "&lt;x&gt;"), ("100%_", "100\\%\\_"), ("a\\b", "a\\\\b")],
)
def test_filters_are_escaped(text: str, sent: str) -> None:
    assert filter_text(text) == sent
