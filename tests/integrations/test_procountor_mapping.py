"""From our plain data to Procountor's JSON: section 4 of its contract, without any server."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.ports import PartnerDetails, Rejected
from integrations.systems.procountor.codes import COUNTRIES, COUNTRY_CODES
from integrations.systems.procountor.letters import plain, shortened
from integrations.systems.procountor.mapping import (
    Options,
    invoice_body,
    partner_body,
    partner_of,
    read_rates,
)
from integrations.wire import to_json
from tests.integrations.outgoing import BUYER, line, outgoing, text_line


def body(options: Options | None = None, **changes: Any) -> dict[str, Any]:
    return invoice_body(outgoing(**changes), options or Options())


def only_row(**changes: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = body(lines=(line(**changes),))["invoiceRows"]
    assert len(rows) == 1
    return rows[0]


def test_a_plain_invoice() -> None:
    address = {
        "name": "Esimerkki Oy", "street": "Testikatu 1", "zip": "53100", "city": "Lappeenranta",
        "country": "FINLAND",
    }  # fmt: skip
    assert body(remote_customer_id="70011", late_interest_percent=Decimal("11.5")) == {
        "type": "SALES_INVOICE",
        "status": "UNFINISHED",
        "partnerId": 70011,
        "date": "2026-11-20",
        "counterParty": {
            "counterPartyAddress": address,
            "contactPersonName": "Anna Ostaja",
            "identifier": "1967543-8",
            "taxCode": "FI19675438",
            "customerNumber": "C-1001",
            "email": "laskut@esimerkki.example",
        },
        "billingAddress": address,
        "deliveryAddress": address,
        "paymentInfo": {
            "paymentMethod": "BANK_TRANSFER",
            "currency": "EUR",
            "bankAccount": {"accountNumber": "FI2112345600000785"},
            "dueDate": "2026-12-04",
            "currencyRate": 1,
            "bankReferenceCode": "202600017",
        },
        "extraInfo": {"accountingByRow": True, "unitPricesIncludeVat": False},
        "discountPercent": 0,
        "penaltyPercent": Decimal("11.5"),
        "originalInvoiceNumber": "2026-0017",
        "vatStatus": 1,
        "invoiceChannel": "EMAIL",
        "language": "FINNISH",
        "invoiceRows": [
            {
                "product": "Konsultointi", "quantity": Decimal("2.5"), "unit": "HOUR",
                "unitPrice": Decimal(100), "discountPercent": 0, "vatPercent": Decimal("25.5"),
                "vatStatus": 1,
            }
        ],
    }  # fmt: skip


def test_without_a_reference_procountor_is_asked_to_make_one() -> None:
    """The key has to be there: left out, the invoice would have no reference at all."""
    assert body(reference="")["paymentInfo"]["bankReferenceCode"] == ""


def test_without_a_link_no_partner_is_named() -> None:
    assert "partnerId" not in body()


def test_the_service_period_and_references_go_along() -> None:
    sent = body(
        service_start=date(2026, 10, 1),
        service_end=date(2026, 10, 31),
        order_reference="PO 77",
        buyer_reference="KP 4210",
        comment="Kiitos!",
    )
    assert (sent["deliveryStartDate"], sent["deliveryEndDate"]) == ("2026-10-01", "2026-10-31")
    assert sent["orderReference"] == "PO 77"
    assert sent["buyerReferenceIdentifier"] == "KP 4210"
    assert sent["additionalInformation"] == "Kiitos!"


def test_empty_fields_are_left_out() -> None:
    sent = body(buyer=replace(BUYER, contact_name="", vat_id=""))
    assert "contactPersonName" not in sent["counterParty"]
    assert "taxCode" not in sent["counterParty"]
    assert not {"deliveryStartDate", "orderReference", "penaltyPercent"} & sent.keys()


@pytest.mark.parametrize(
    ("language", "word"),
    [("fi", "FINNISH"), ("sv", "SWEDISH"), ("en", "ENGLISH"), ("de", "ENGLISH")],
)
def test_languages_procountor_lacks_become_english(language: str, word: str) -> None:
    assert body(language=language)["language"] == word


@pytest.mark.parametrize(
    ("unit", "word"),
    [("HUR", "HOUR"), ("DAY", "DAY"), ("C62", "PIECE"), ("MON", "MONTH"), ("KMT", "KILOMETER")],
)
def test_units(unit: str, word: str) -> None:
    assert only_row(unit=unit)["unit"] == word


def test_an_unknown_unit_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Rejected, match="no unit for “XZZ”"):
        only_row(unit="XZZ")


# Delivery.


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ({}, "EMAIL"),
        ({"einvoice_address": "003719675438", "einvoice_operator": "E204503"},
         "ELECTRONIC_INVOICE"),
        ({"einvoice_address": "003719675438"}, "EMAIL"),
        ({"einvoice_address": "DE123", "country": "DE", "business_id": ""}, "ELECTRONIC_INVOICE"),
        ({"email": ""}, "MAIL"),
        ({"email": "", "street": ""}, "NO_SENDING"),
    ],
)  # fmt: skip
def test_the_best_way_the_customer_has(changes: dict[str, str], channel: str) -> None:
    assert body(buyer=replace(BUYER, **changes))["invoiceChannel"] == channel


def test_an_einvoice_names_address_and_operator() -> None:
    buyer = replace(BUYER, einvoice_address="003719675438", einvoice_operator="E204503")
    assert body(buyer=buyer)["counterParty"]["einvoiceAddress"] == {
        "address": "003719675438",
        "operator": "E204503",
    }


def test_we_may_send_ourselves() -> None:
    assert body(Options(channel="NO_SENDING"))["invoiceChannel"] == "NO_SENDING"


def test_mail_needs_an_address() -> None:
    with pytest.raises(Rejected, match="no e-mail address"):
        body(Options(channel="EMAIL"), buyer=replace(BUYER, email=""))


def test_another_place_of_delivery() -> None:
    delivery = replace(BUYER, name="Varasto", street="Satamatie 5", country="SE")
    sent = body(delivery=delivery)
    assert sent["deliveryAddress"]["name"] == "Varasto"
    assert sent["deliveryAddress"]["country"] == "SWEDEN"
    assert sent["billingAddress"]["country"] == "FINLAND"


def test_a_country_procountor_lacks() -> None:
    with pytest.raises(Rejected, match="country “QQ”"):
        body(buyer=replace(BUYER, country="QQ"))


@pytest.mark.parametrize("code", ["GB", "US", "CZ", "RU", "KR", "TW", "CI", "VA", "XK", "ES", "SH"])
def test_irregular_countries_there_and_back(code: str) -> None:
    assert COUNTRY_CODES[COUNTRIES[code]] == code


# Money.


def test_the_connection_may_choose_the_account() -> None:
    sent = body(Options(bank_account="FI3715903000000776"))
    assert sent["paymentInfo"]["bankAccount"] == {"accountNumber": "FI3715903000000776"}


def test_without_any_account() -> None:
    with pytest.raises(Rejected, match="No bank account"):
        body(seller_iban="")


def test_another_currency_needs_its_rate() -> None:
    with pytest.raises(Rejected, match="rate of SEK"):
        body(currency="SEK")

    rates = Options.read({"currency_rates": "SEK 11.24\nUSD=1,08"})
    assert body(rates, currency="SEK")["paymentInfo"]["currencyRate"] == Decimal("11.24")
    assert read_rates("SEK 11.24\nUSD=1,08")["USD"] == Decimal("1.08")


def test_a_due_date_beyond_what_procountor_takes() -> None:
    with pytest.raises(Rejected, match="999 days"):
        body(due_date=date(2029, 11, 20))


def test_a_number_that_is_too_long() -> None:
    with pytest.raises(Rejected, match="40 characters"):
        body(number="9" * 41)


# Rows.


def test_a_discount_goes_along() -> None:
    row = only_row(discount_percent=Decimal(10), net=Decimal(225))
    assert (row["discountPercent"], row["unitPrice"]) == (Decimal(10), Decimal(100))


@pytest.mark.parametrize(
    "changes",
    [
        # Six places of price: Procountor keeps four.
        {"quantity": Decimal(3), "unit_price": Decimal("33.333333"), "net": Decimal("100.00")},
        # Twenty minutes of an hour.
        {"quantity": Decimal("0.333333"), "unit_price": Decimal(100), "net": Decimal("33.33")},
        # A net that was rounded otherwise.
        {"quantity": Decimal(1), "unit_price": Decimal("10.005"), "net": Decimal("10.00")},
    ],
)
def test_what_would_be_reckoned_otherwise_goes_as_its_net(changes: dict[str, Any]) -> None:
    row = only_row(**changes)
    assert row["quantity"] * row["unitPrice"] == changes["net"]
    assert row["unit"] == "NO_UNIT"
    assert f"{changes['quantity'].normalize():f} × " in row["comment"]


def test_four_places_of_price_are_kept() -> None:
    row = only_row(quantity=Decimal(4), unit_price=Decimal("0.1255"), net=Decimal("0.50"))
    assert row["unitPrice"] == Decimal("0.1255")
    assert row["unit"] == "HOUR"


@pytest.mark.parametrize(("quantity", "net"), [("2.5", "250"), ("0.333333", "33.33")])
def test_a_credit_note_has_negative_quantities(quantity: str, net: str) -> None:
    lines = (line(quantity=Decimal(quantity), net=Decimal(net)),)
    sent = body(is_credit_note=True, corrected_number="2026-0001", lines=lines)
    (row,) = sent["invoiceRows"]
    assert row["quantity"] < 0 < row["unitPrice"]
    assert row["quantity"] * row["unitPrice"] == -Decimal(net)


def test_a_credit_note_names_its_invoice_where_people_look() -> None:
    sent = body(
        is_credit_note=True, corrected_number="2026-0001", language="fi",
        order_reference="PO 7", comment="Pahoittelut",
    )  # fmt: skip
    assert sent["type"] == "SALES_INVOICE"
    assert sent["orderReference"] == "2026-0001 / PO 7"
    assert sent["additionalInformation"] == "Hyvitys laskuun 2026-0001\nPahoittelut"


def test_a_negative_line_of_an_invoice_stays_negative() -> None:
    row = only_row(quantity=Decimal("-2.5"), net=Decimal("-250"))
    assert (row["quantity"], row["unitPrice"]) == (Decimal("-2.5"), Decimal(100))


def test_a_long_text_is_shortened_and_stands_whole_below() -> None:
    text = "Asiakaspalvelun kehittäminen ja koulutus " * 6
    row = only_row(text=text)
    assert len(row["product"]) <= 100
    assert row["product"].endswith("…")
    assert row["comment"] == text.strip()


def test_the_first_line_is_the_name_and_the_others_the_comment() -> None:
    row = only_row(text="Konsultointi\nlokakuu\nTampere")
    assert (row["product"], row["comment"]) == ("Konsultointi", "lokakuu\nTampere")


def test_text_lines_stand_with_their_neighbours() -> None:
    rows = body(lines=(text_line("Lokakuu"), line(), line(text="Matkat"), text_line("Kiitos")))[
        "invoiceRows"
    ]
    assert [row["product"] for row in rows] == ["Konsultointi", "Matkat"]
    assert rows[0]["headerText"] == "Lokakuu"
    assert rows[1]["explanationText"] == "Kiitos"


def test_an_invoice_of_text_alone() -> None:
    with pytest.raises(Rejected, match="no lines with an amount"):
        body(lines=(text_line("Lokakuu"),))


# VAT.

CHOSEN = Options(vat_eu_services="31", vat_construction="32")


@pytest.mark.parametrize(
    ("category", "country", "status"),
    [
        ("S", "FI", 1), ("Z", "FI", 1), ("E", "FI", 1), ("AE", "SE", 31), ("AE", "FI", 32),
        ("K", "SE", 5), ("G", "US", 3), ("O", "FI", 12),
    ],
)  # fmt: skip
def test_vat_statuses(category: str, country: str, status: int) -> None:
    percent = Decimal("25.5") if category == "S" else Decimal(0)
    row = line(tax_category=category, tax_percent=percent)
    sent = body(CHOSEN, lines=(row,), buyer=replace(BUYER, country=country))
    assert sent["vatStatus"] == sent["invoiceRows"][0]["vatStatus"] == status


@pytest.mark.parametrize(
    ("country", "sentence"), [("SE", "services to other EU"), ("FI", "reverse charge at home")]
)
def test_a_vat_status_nobody_chose(country: str, sentence: str) -> None:
    row = line(tax_category="AE", tax_percent=Decimal(0))
    with pytest.raises(Rejected, match=sentence):
        body(lines=(row,), buyer=replace(BUYER, country=country))


def test_the_header_has_the_status_of_the_largest_part() -> None:
    small = line(tax_category="O", tax_percent=Decimal(0), net=Decimal(10))
    sent = body(lines=(small, line(), small))
    assert sent["vatStatus"] == 1
    assert [row["vatStatus"] for row in sent["invoiceRows"]] == [12, 1, 12]


# Letters.


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Åbo Äijä Öljy €", "Åbo Äijä Öljy €"),
        ("Łódź Śląsk", "Lódz Slask"),
        ("non\u2011breaking\u202fspace", "non-breaking space"),
        ("a → b", "a -> b"),
        ("字", "?"),
        ("e\u0301", "é"),
        ("zero\x00byte", "zero?byte"),
        ("first\r\nsecond", "first\nsecond"),
    ],
)
def test_letters_beyond_windows_1252_are_replaced(text: str, sent: str) -> None:
    assert plain(text) == sent
    plain(text).encode("cp1252")


def test_shortening_cuts_at_a_word_and_keeps_to_the_length() -> None:
    assert shortened("Helsingin seudun liikenne", 20) == "Helsingin seudun…"
    assert shortened("x" * 30, 20) == "x" * 19 + "…"
    assert shortened("short", 20) == "short"


def test_numbers_in_json_are_numbers() -> None:
    text = to_json({"a": Decimal("25.5"), "b": Decimal("100.000"), "c": Decimal("0.1255")})
    assert text == '{"a": 25.5, "b": 100, "c": 0.1255}'


# Partners.


def details(**changes: Any) -> PartnerDetails:
    return PartnerDetails(
        **{
            "name": "Esimerkki Oy", "number": "C-1001", "business_id": "1967543-8",
            "street": "Testikatu 1", "postal_code": "53100", "city": "Lappeenranta",
            "country": "FI", "email": "laskut@esimerkki.example", "language": "fi",
            "payment_term_days": 14, **changes,
        }
    )  # fmt: skip


def test_a_new_partner() -> None:
    assert partner_body(details()) == {
        "name": "Esimerkki Oy",
        "type": "CUSTOMER",
        "address": {
            "name": "Esimerkki Oy", "street": "Testikatu 1", "zip": "53100",
            "city": "Lappeenranta", "country": "FINLAND",
        },
        "invoicingInfo": {
            "customerNumber": "C-1001", "identifier": "1967543-8", "identifierType": "FI",
            "invoiceChannel": "EMAIL", "email": "laskut@esimerkki.example", "language": "FINNISH",
        },
        "paymentInfo": {"paymentMethod": "BANK_TRANSFER", "paymentTermDays": "14"},
    }  # fmt: skip


def test_a_partner_abroad_is_known_by_its_vat_id() -> None:
    invoicing = partner_body(details(country="DE", vat_id="DE906205504"))["invoicingInfo"]
    assert (invoicing["identifier"], invoicing["identifierType"]) == ("DE906205504", "YHD")


def test_a_partner_with_holes_can_be_read() -> None:
    partner = partner_of({"id": 7, "name": "Jokin", "paymentInfo": {"paymentTermDays": "x"}})
    assert (partner.id, partner.name, partner.email) == ("7", "Jokin", "")
    assert partner.payment_term_days is None
    assert partner.is_active
