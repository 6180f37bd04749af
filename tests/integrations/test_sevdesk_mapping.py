"""From our plain data to sevDesk's JSON: sections 5 to 7 of its contract, without any server."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.outgoing import OutgoingInvoice, OutgoingParty
from integrations.ports import PartnerDetails, Rejected
from integrations.systems.sevdesk.client import to_json
from integrations.systems.sevdesk.letters import email_of
from integrations.systems.sevdesk.mapping import (
    Options,
    Register,
    check,
    contact_person,
    credit_note_body,
    decimal_of,
    invoice_body,
    positions,
    sum_of,
)
from integrations.systems.sevdesk.partners import contact_body, partner_of
from integrations.systems.sevdesk.payments import day_of
from integrations.systems.sevdesk.taxes import Tax, tax_of
from tests.integrations.outgoing import line, outgoing, text_line

BUYER = OutgoingParty(
    name="Förde GmbH",
    street="Kaistr. 7",
    postal_code="24103",
    city="Kiel",
    country="DE",
    vat_id="DE954013705",
    email="rechnung@foerde.example",
    contact_name="Heike Petersen",
    customer_number="1001",
)
REGISTER = Register(
    version="2.0",
    company="Nordlicht",
    users={"5501": "Jens Hoffmann", "5502": "Katrin Petersen"},
    unities={"UNITY_PIECE": "1", "UNITY_EMPTY": "7", "UNITY_HOUR": "9", "UNITY_DAYS": "11"},
    unity_names={"1": "Stück", "9": "Std", "11": "Tage", "7": "-"},
)
OLD = replace(REGISTER, version="1.0")


def german(**changes: Any) -> OutgoingInvoice:
    return outgoing(
        **{
            "language": "de",
            "buyer": BUYER,
            "remote_customer_id": "880011",
            "marker": "LASKURI-1-17",
            "lines": (item(),),
            "net_total": Decimal(250),
            "tax_total": Decimal("47.5"),
            "gross_total": Decimal("297.5"),
            **changes,
        }
    )


def item(**changes: Any) -> Any:
    return line(**{"text": "Wartung", "tax_percent": Decimal(19), **changes})


def abroad(country: str, **changes: Any) -> OutgoingParty:
    return replace(BUYER, country=country, **changes)


def tax(
    invoice: OutgoingInvoice,
    options: Options | None = None,
    *,
    version: str = "2.0",
    is_small: bool = False,
) -> Tax:
    return tax_of(invoice, options or Options(), version=version, is_small=is_small)


def body(
    options: Options | None = None, register: Register = REGISTER, **changes: Any
) -> dict[str, Any]:
    invoice = german(**changes)
    options = options or Options()
    found = tax(invoice, options, version=register.version, is_small=register.is_small)
    return invoice_body(invoice, options, register, found, "1")


def rows(*lines: Any, options: Options | None = None, **changes: Any) -> list[dict[str, Any]]:
    return positions(german(lines=lines, **changes), options or Options(), REGISTER)


def row(**changes: Any) -> dict[str, Any]:
    (only,) = rows(item(**changes))
    return only


def test_a_plain_invoice() -> None:
    sent = body()
    assert list(sent) == [
        "invoice", "invoicePosSave", "invoicePosDelete", "discountSave", "discountDelete",
        "takeDefaultAddress",
    ]  # fmt: skip
    assert sent["invoice"] == {
        "objectName": "Invoice",
        "mapAll": True,
        "id": None,
        "invoiceType": "RE",
        "status": "100",
        "invoiceNumber": "2026-0017",
        "invoiceDate": "20.11.2026",
        "deliveryDate": "20.11.2026",
        "timeToPay": 14,
        "discount": 0,
        "header": "Rechnung 2026-0017",
        "contact": {"id": 880011, "objectName": "Contact"},
        "contactPerson": {"id": 5501, "objectName": "SevUser"},
        "addressCountry": {"id": 1, "objectName": "StaticCountry"},
        "address": "Förde GmbH\nKaistr. 7\n24103 Kiel",
        "currency": "EUR",
        "showNet": True,
        "taxRate": 0,
        "taxText": "Umsatzsteuer 19%",
        "smallSettlement": False,
        "headText": "",
        "footText": "",
        "customerInternalNote": "LASKURI-1-17",
        "taxRule": {"id": "1", "objectName": "TaxRule"},
    }
    assert sent["invoicePosSave"] == [
        {
            "name": "Wartung", "text": "", "quantity": Decimal("2.5"), "price": Decimal(100),
            "discount": None, "taxRate": Decimal(19), "unity": {"id": 9, "objectName": "Unity"},
            "objectName": "InvoicePos", "mapAll": True, "positionNumber": 0,
        }
    ]  # fmt: skip


def test_the_rule_s_id_is_a_text_and_numbers_are_numbers() -> None:
    text = to_json(body())
    assert '"taxRule": {"id": "1", "objectName": "TaxRule"}' in text
    assert '"quantity": 2.5, "price": 100, "discount": null, "taxRate": 19' in text


def test_where_sevdesk_gives_the_number_none_is_sent() -> None:
    sent = body(number="")["invoice"]
    assert sent["invoiceNumber"] is None
    assert sent["header"] == "Rechnung"


# Days.


def test_a_service_period_is_a_day_and_a_moment_in_berlin() -> None:
    sent = body(service_start=date(2026, 10, 1), service_end=date(2026, 10, 31))["invoice"]
    assert sent["deliveryDate"] == "01.10.2026"
    assert datetime.fromtimestamp(sent["deliveryDateUntil"], UTC) == datetime(
        2026, 10, 30, 23, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("start", "end", "first", "has_until"),
    [
        (None, None, "20.11.2026", False),
        (date(2026, 11, 1), date(2026, 11, 1), "01.11.2026", False),
        (None, date(2026, 11, 9), "09.11.2026", False),
        (date(2026, 12, 1), date(2026, 12, 31), "20.11.2026", True),
    ],
)
def test_the_delivery_never_follows_the_invoice(
    start: date | None, end: date | None, first: str, has_until: bool
) -> None:
    sent = body(service_start=start, service_end=end)["invoice"]
    assert sent["deliveryDate"] == first
    assert ("deliveryDateUntil" in sent) == has_until


def test_a_period_that_had_to_be_changed_is_printed() -> None:
    sent = body(service_start=date(2026, 12, 1), service_end=date(2026, 12, 31))["invoice"]
    assert sent["headText"] == "Leistungszeitraum: 01.12.2026 – 31.12.2026"


def test_days_come_back_as_those_of_berlin() -> None:
    assert day_of("2026-11-02T00:00:00+01:00") == date(2026, 11, 2)
    assert day_of("2026-11-01T23:00:00+00:00") == date(2026, 11, 2)
    assert day_of("2026-07-01T22:00:00+00:00") == date(2026, 7, 2)
    assert day_of(None) is None
    assert day_of("soon") is None


def test_a_due_date_before_the_invoice_is_refused() -> None:
    with pytest.raises(Rejected, match="due date lies before"):
        body(due_date=date(2026, 11, 19))


# Texts.


def test_references_and_comment_are_printed_and_escaped() -> None:
    sent = body(order_reference="PO <7>", buyer_reference="04011000", comment="Danke &\nbis bald")
    assert sent["invoice"]["headText"] == (
        "Ihre Bestellung: PO &lt;7&gt;<br>Ihre Referenz: 04011000<br>Danke &amp;<br>bis bald"
    )
    assert sent["invoice"]["customerInternalNote"] == "LASKURI-1-17"


def test_an_address_abroad_names_its_country() -> None:
    sent = body(buyer=abroad("FR"), language="en")["invoice"]
    assert sent["address"].endswith("24103 Kiel\nFrance")
    assert sent["header"] == "Invoice 2026-0017"


def test_text_lines_stand_with_the_position_they_precede() -> None:
    first, second = rows(
        text_line("Oktober"), item(), text_line("Block C"), item(text="Anfahrt\nim Transporter"),
        text_line("Ende"),
    )  # fmt: skip
    assert (first["name"], first["text"]) == ("Wartung", "Oktober")
    assert (second["name"], second["text"]) == ("Anfahrt", "Block C\nim Transporter\nEnde")
    assert (first["positionNumber"], second["positionNumber"]) == (0, 1)


def test_a_long_name_is_cut_and_stands_whole_in_the_text() -> None:
    text = "x" * 150 + " " + "y" * 100
    sent = row(text=text)
    assert len(sent["name"]) == 200
    assert sent["name"].endswith("y…")
    assert sent["text"] == text


def test_an_invoice_of_text_alone_is_refused() -> None:
    with pytest.raises(Rejected, match="no lines with an amount"):
        check(german(lines=(text_line("nothing"),)))


def test_a_customer_without_a_name_is_refused() -> None:
    with pytest.raises(Rejected, match="no customer's name"):
        check(german(buyer=replace(BUYER, name=" ")))


# Quantities, prices and discounts.


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "net"),
    [
        ("2.5", "100", "0", "250"),
        ("7.25", "68.50", "0", "496.63"),
        ("0.3333", "96", "0", "32"),
        ("1", "0.0049", "0", "0"),
        ("3", "0.3333", "0", "1"),
        ("1", "99.99", "10", "89.99"),
        ("12", "49.90", "2.5", "583.83"),
        ("4", "25", "100", "0"),
        ("1", "-50", "0", "-50"),
        ("-2", "80", "0", "-160"),
        ("1000000", "0.0001", "0", "100"),
    ],
)
def test_what_comes_to_the_same_goes_as_it_is(
    quantity: str, price: str, discount: str, net: str
) -> None:
    sent = row(
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        net=Decimal(net),
    )
    assert (sent["quantity"], sent["price"]) == (Decimal(quantity), Decimal(price))
    assert sent["discount"] == (Decimal(discount) or None)
    assert sent["unity"]["id"] == 9
    assert sent["text"] == ""


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "net", "reckoning"),
    [
        # 6 h 20 min: six decimals might be cut to two, and 6.33 h come to something else.
        ("6.333333", "96", "0", "608", "6.333333 h × 96"),
        ("1.5", "33.33335", "0", "50", "1.5 h × 33.33335"),
        # A surcharge is a discount below nought, which is refused there.
        ("2", "100", "-10", "220", "2 h × 100 + 10 %"),
        # Rounded otherwise by us: their product would be another one.
        ("1", "10", "0", "10.01", "1 h × 10"),
        ("3.33333", "12", "5", "38", "3.33333 h × 12 - 5 %"),
    ],
)
def test_what_would_come_to_something_else_goes_as_one_amount(
    quantity: str, price: str, discount: str, net: str, reckoning: str
) -> None:
    sent = row(
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        net=Decimal(net),
    )
    assert (sent["quantity"], sent["price"], sent["discount"]) == (1, Decimal(net), None)
    assert sent["text"] == reckoning
    assert sent["unity"]["id"] == 7


def test_more_digits_than_a_json_number_holds_go_as_one_amount() -> None:
    sent = row(quantity=Decimal("123456789012.3456"), unit_price=Decimal(0), net=Decimal(0))
    assert sent["quantity"] == 1


def test_positions_are_summed_as_sevdesk_does() -> None:
    sent = rows(
        item(quantity=Decimal("0.335"), unit_price=Decimal(10), net=Decimal("3.35")),
        item(quantity=Decimal("7.25"), unit_price=Decimal("68.50"), net=Decimal("496.63")),
        item(
            quantity=Decimal(1), unit_price=Decimal("99.99"), discount_percent=Decimal(10),
            net=Decimal("89.99"),
        ),
    )  # fmt: skip
    assert sum_of(sent) == Decimal("589.97")


@pytest.mark.parametrize(
    ("there", "number"),
    [("119", 119), ("119.00", 119), (119.5, "119.5"), ("0", 0), (None, 0), ("", 0), ("abc", 0)],
)
def test_amounts_come_as_texts_of_any_length(there: Any, number: Any) -> None:
    assert decimal_of(there) == Decimal(number)


def test_a_currency_with_three_decimals_is_refused() -> None:
    with pytest.raises(Rejected, match="KWD has more"):
        body(currency="KWD")


# Units.


@pytest.mark.parametrize(("unit", "unity"), [("HUR", 9), ("DAY", 11), ("C62", 1)])
def test_units_are_those_of_the_company(unit: str, unity: int) -> None:
    assert row(unit=unit)["unity"] == {"id": unity, "objectName": "Unity"}


def test_a_unit_that_is_not_there_stands_in_the_text() -> None:
    sent = row(unit="KMT")
    assert sent["unity"]["id"] == 1
    assert sent["text"] == "(km)"


def test_another_unit_can_be_chosen_for_the_connection_and_the_document() -> None:
    lines = (item(unit="KMT"),)
    options = Options(unity="11")
    (sent,) = rows(*lines, options=options)
    assert sent["unity"]["id"] == 11
    (sent,) = rows(*lines, options=options, choices={"unity": "7"})
    assert sent["unity"]["id"] == 7


def test_a_chosen_unit_that_is_gone_falls_back_to_pieces() -> None:
    (sent,) = rows(item(unit="KMT"), options=Options(unity="404"))
    assert sent["unity"]["id"] == 1


def test_a_company_without_pieces_is_told() -> None:
    bare = replace(REGISTER, unities={"UNITY_DAYS": "11"})
    with pytest.raises(Rejected, match="lacks a unit"):
        positions(german(), Options(), bare)


# Contact persons.


def test_the_contact_person_is_chosen_for_the_document_or_the_connection() -> None:
    chosen = Options(contact_person="5502")
    assert contact_person(german(), Options(), REGISTER) == "5501"
    assert contact_person(german(), chosen, REGISTER) == "5502"
    assert contact_person(german(choices={"contact_person": "5501"}), chosen, REGISTER) == "5501"


def test_a_contact_person_that_is_gone_is_told() -> None:
    with pytest.raises(Rejected, match="contact person does not exist in sevDesk any more"):
        contact_person(german(), Options(contact_person="1"), REGISTER)
    with pytest.raises(Rejected, match="names no user"):
        contact_person(german(), Options(), replace(REGISTER, users={}))


# Taxes.


@pytest.mark.parametrize(
    ("category", "percent", "country", "rule"),
    [
        ("S", "19", "DE", "1"),
        ("S", "7", "DE", "1"),
        ("Z", "0", "DE", "1"),
        # Taxed at home although the customer is elsewhere.
        ("S", "19", "FR", "1"),
        ("S", "19", "CH", "1"),
        ("E", "0", "DE", "4"),
        ("AE", "0", "DE", "5"),
        ("AE", "0", "FR", "21"),
        ("AE", "0", "AT", "21"),
        ("AE", "0", "CH", "17"),
        ("K", "0", "FR", "3"),
        ("G", "0", "US", "17"),
        ("O", "0", "DE", "17"),
        ("O", "0", "CH", "17"),
    ],
)
def test_rules_of_the_new_bookkeeping(category: str, percent: str, country: str, rule: str) -> None:
    lines = (item(tax_category=category, tax_percent=Decimal(percent)),)
    found = tax(german(lines=lines, buyer=abroad(country)))
    assert found.rule == rule
    assert found.fields("2.0") == {"taxRule": {"id": rule, "objectName": "TaxRule"}}


@pytest.mark.parametrize(
    ("category", "country", "type_"),
    [
        ("S", "DE", "default"),
        ("Z", "DE", "default"),
        ("K", "FR", "eu"),
        ("AE", "FR", "eu"),
        ("G", "US", "noteu"),
        ("O", "CH", "noteu"),
    ],
)
def test_types_of_the_old_bookkeeping(category: str, country: str, type_: str) -> None:
    percent = Decimal(19 if category == "S" else 0)
    lines = (item(tax_category=category, tax_percent=percent),)
    found = tax(german(lines=lines, buyer=abroad(country)), version="1.0")
    assert found.fields("1.0") == {"taxType": type_}


@pytest.mark.parametrize(("category", "name"), [("AE", "tax_set_home"), ("E", "tax_set_exempt")])
def test_what_the_old_bookkeeping_has_no_word_for_needs_a_tax_set(category: str, name: str) -> None:
    invoice = german(lines=(item(tax_category=category, tax_percent=Decimal(0)),))
    with pytest.raises(Rejected, match="Enter the tax set in the connection"):
        tax(invoice, version="1.0").fields("1.0")
    chosen = tax(invoice, Options.read({name: "801"}), version="1.0")
    assert chosen.fields("1.0") == {
        "taxType": "custom", "taxSet": {"id": 801, "objectName": "TaxSet"},
    }  # fmt: skip
    assert "taxSet" not in chosen.fields("2.0")


def test_a_small_business_is_known_from_sevdesk_or_from_the_connection() -> None:
    exempt = german(lines=(item(tax_category="E", tax_percent=Decimal(0)),))
    assert tax(exempt, is_small=True).rule == "11"
    assert tax(exempt, Options(exempt="11")).rule == "11"
    assert tax(exempt, Options(exempt="4"), is_small=True).rule == "4"
    assert tax(exempt, Options(exempt="11"), version="1.0").fields("1.0") == {"taxType": "ss"}


def test_a_small_business_says_so_on_the_document() -> None:
    lines = (item(tax_category="E", tax_percent=Decimal(0)),)
    sent = body(register=replace(REGISTER, is_small=True), lines=lines)["invoice"]
    assert sent["smallSettlement"] is True
    assert sent["taxText"] == "Kein Ausweis von Umsatzsteuer (§ 19 UStG)"


def test_goods_outside_the_eu_are_exports_where_the_connection_says_so() -> None:
    invoice = german(lines=(item(tax_category="G", tax_percent=Decimal(0)),), buyer=abroad("US"))
    assert tax(invoice, Options(third_country="2")).rule == "2"


def test_another_country_s_vat_needs_the_one_stop_shop() -> None:
    invoice = german(lines=(item(tax_percent=Decimal(20)),), buyer=abroad("FR"))
    with pytest.raises(Rejected, match="which One Stop Shop rule"):
        tax(invoice)
    options = Options(oss="20")
    sent = invoice_body(invoice, options, REGISTER, tax(invoice, options), "7")["invoice"]
    assert sent["taxRule"]["id"] == "20"
    assert sent["deliveryAddressCountry"] == "fr"
    assert sent["taxText"] == "Umsatzsteuer (One Stop Shop) 20%"


@pytest.mark.parametrize("percent", ["16", "25.5", "5", "19.5"])
def test_a_rate_that_sevdesk_does_not_know_is_refused_in_words(percent: str) -> None:
    invoice = german(lines=(item(tax_percent=Decimal(percent)),))
    with pytest.raises(Rejected, match=f"knows no VAT of {percent} %.*it takes 0, 7, 19 %"):
        tax(invoice)
    assert tax(invoice, version="1.0").fields("1.0") == {"taxType": "default"}


def test_domestic_rates_stand_together_in_one_document() -> None:
    lines = (
        item(),
        item(tax_percent=Decimal(7)),
        item(tax_category="Z", tax_percent=Decimal(0)),
    )
    sent = body(lines=lines)
    assert sent["invoice"]["taxRule"]["id"] == "1"
    assert sent["invoice"]["taxText"] == "Umsatzsteuer"
    assert [row["taxRate"] for row in sent["invoicePosSave"]] == [19, 7, 0]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("AE", "§ 13b UStG"),
        ("E", "§ 4 UStG"),
        ("K", "innergemeinschaftliche Lieferung"),
        ("O", "Nicht im Inland steuerbare Leistung"),
    ],
)
def test_mixed_rules_are_refused_with_what_to_do(other: str, words: str) -> None:
    lines = (item(), item(tax_category=other, tax_percent=Decimal(0)))
    with pytest.raises(Rejected, match="Credit it and invoice them apart") as refused:
        tax(german(lines=lines))
    assert words in refused.value.sentence
    assert "Umsatzsteuer" in refused.value.sentence


def test_a_category_that_is_unknown_is_refused() -> None:
    with pytest.raises(Rejected, match="no tax rule for the VAT category “L”"):
        tax(german(lines=(item(tax_category="L"),)))


@pytest.mark.parametrize(
    ("category", "language", "text"),
    [
        ("AE", "de", "Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)"),
        ("AE", "en", "Reverse charge (§ 13b UStG)"),
        ("AE", "fi", "Reverse charge (§ 13b UStG)"),
    ],
)
def test_what_is_printed_beside_the_tax(category: str, language: str, text: str) -> None:
    lines = (item(tax_category=category, tax_percent=Decimal(0)),)
    assert body(lines=lines, language=language)["invoice"]["taxText"] == text


# Credit notes.


def credited(**changes: Any) -> dict[str, Any]:
    invoice = german(
        **{
            "number": "2026-0018",
            "is_credit_note": True,
            "corrected_number": "2026-0017",
            "corrected_remote_id": "7700123",
            "corrected_remote_number": "2026-0017",
            **changes,
        }
    )
    return credit_note_body(invoice, Options(), REGISTER, tax(invoice), "1")


def test_a_credit_note_reduces_the_invoice_that_is_there() -> None:
    sent = credited(service_start=date(2026, 10, 1), service_end=date(2026, 10, 31))
    note = sent["creditNote"]
    assert note["bookingCategory"] == "UNDERACHIEVEMENT"
    assert note["refSrcInvoice"] == {"id": 7700123, "objectName": "Invoice"}
    assert note["creditNoteNumber"] == "2026-0018"
    assert note["header"] == "Gutschrift 2026-0018 zu Rechnung 2026-0017"
    assert note["deliveryDate"] == "01.10.2026"
    assert "deliveryDateUntil" in note
    assert note["taxRule"]["id"] == "1"
    assert "timeToPay" not in note
    (row_,) = sent["creditNotePosSave"]
    assert (row_["objectName"], row_["quantity"], row_["price"]) == (
        "CreditNotePos", Decimal("2.5"), Decimal(100),
    )  # fmt: skip


def test_a_credit_note_always_has_a_delivery_date() -> None:
    assert credited()["creditNote"]["deliveryDate"] == "20.11.2026"


def test_a_credit_note_in_english() -> None:
    header = credited(language="en")["creditNote"]["header"]
    assert header == "Credit note 2026-0018 for invoice 2026-0017"


def test_a_credit_note_is_not_added_to_a_draft() -> None:
    with pytest.raises(Rejected, match="cannot be added to a draft"):
        credited(append_to="5")


# E-mails, partners.


def test_an_e_mail_has_the_connection_s_words_or_the_usual_ones() -> None:
    sent = email_of(german(), Options())
    assert sent["toEmail"] == "rechnung@foerde.example"
    assert sent["subject"] == "Rechnung 2026-0017 von Acme Oy"
    assert sent["text"].startswith("Guten Tag,<br><br>anbei")
    own = Options(email_subject="Nr. {number} {x}", email_text="Für {contact} <b>\nGruß {seller}")
    sent = email_of(german(), own)
    assert sent["subject"] == "Nr. 2026-0017 {x}"
    assert sent["text"] == "Für Heike Petersen &lt;b&gt;<br>Gruß Acme Oy"


def test_a_contact_with_an_organisation_s_or_a_person_s_name() -> None:
    there = {"id": "880011", "name": "Förde GmbH", "customerNumber": "1001",
             "vatNumber": "DE954013705", "defaultTimeToPay": "14"}  # fmt: skip
    partner = partner_of(there, address={"city": "Kiel", "country": {"id": "1"}}, email="a@b.de")
    assert (partner.id, partner.name, partner.vat_id) == ("880011", "Förde GmbH", "DE954013705")
    assert (partner.city, partner.country, partner.email) == ("Kiel", "DE", "a@b.de")
    assert partner.payment_term_days == 14
    person = partner_of({"id": 5, "name": None, "surename": "Maike", "familyname": "Bruhn"})
    assert (person.name, person.payment_term_days) == ("Maike Bruhn", None)


def test_a_new_contact_is_an_active_customer() -> None:
    details = PartnerDetails(
        name="Neu GmbH", number="1099", vat_id="DE954013705", payment_term_days=0
    )
    assert contact_body(details) == {
        "name": "Neu GmbH",
        "category": {"id": 3, "objectName": "Category"},
        "status": 1000,
        "customerNumber": "1099",
        "vatNumber": "DE954013705",
        "defaultTimeToPay": 0,
    }
