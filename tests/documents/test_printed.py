"""What stands on the paper, in each language and for each kind of sale."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from core.places import DocumentLanguage
from invoicing.documents.columns import columns_of
from invoicing.documents.designs.settings import DesignSettings
from invoicing.documents.figures import Figures, clock, whole_minutes
from invoicing.documents.heads import business_id_label, in_groups
from invoicing.documents.lines import Line
from invoicing.documents.printed import printed_invoice, printed_reference
from invoicing.documents.words import WORDS, words_of
from invoicing.domain.references import is_finnish_reference, is_rf_reference
from invoicing.models import Invoice, InvoiceLine, Unit
from tenants.models import Tenant
from tests.documents.making import (
    codes,
    draft,
    html_of,
    pages,
    pdf_bytes,
    posted,
    posted_credit_note,
    rate_of,
    words,
)
from tests.factories import CustomerFactory

LANGUAGES = [
    ("en", "Invoice", "20 Nov 2026", "1,234.50", "25.5%", "€1,549.30", "To pay", "VAT by rate"),
    ("fi", "Lasku", "20.11.2026", "1 234,50", "25,5 %", "1 549,30 €", "Maksettava",
     "ALV-erittely"),
    ("sv", "Faktura", "2026-11-20", "1 234,50", "25,5 %", "1 549,30 €", "Att betala",
     "Momsspecifikation"),
    ("de", "Rechnung", "20.11.2026", "1.234,50", "25,5 %", "1.549,30 €", "Zu zahlen",
     "Umsatzsteuer nach Sätzen"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "expected"), [(case[0], case[1:]) for case in LANGUAGES])
def test_each_language_has_its_words_dates_and_amounts(
    seller: Tenant, language: str, expected: tuple[str, ...]
) -> None:
    invoice = posted({"unit_price": Decimal("1234.50")}, language=language)

    (page,) = pages(pdf_bytes(invoice))

    missing = [word for word in (*expected, "2026-0001") if word not in words(page)]
    assert missing == []


def test_no_word_of_one_language_was_left_in_another() -> None:
    same = {"Rabatt", "Netto", "Brutto", "Datum", "Nummer", "Person", "Export", "Y-tunnus",
            "Projekt"}  # fmt: skip
    for name, english in vars(words_of("en")).items():
        texts = [vars(catalogue)[name] for catalogue in WORDS.values()]
        if isinstance(english, str) and name not in ("locale", "date_pattern"):
            assert {text for text in texts if texts.count(text) > 1} <= same, name


def test_every_language_unit_and_category_has_words() -> None:
    from catalog.models import TaxRate

    assert set(WORDS) == set(DocumentLanguage.values)
    for catalogue in WORDS.values():
        assert set(catalogue.units) == set(Unit.values)
        assert set(catalogue.tax_names) == set(TaxRate.Category.values)
        assert all(name for code, name in catalogue.tax_names.items() if code != "S")


@pytest.mark.parametrize(
    ("language", "wording"),
    [
        ("en", "Reverse charge"),
        ("fi", "Käännetty verovelvollisuus"),
        ("sv", "Omvänd betalningsskyldighet"),
        ("de", "Steuerschuldnerschaft des Leistungsempfängers"),
    ],
)
def test_reverse_charge_is_said_as_the_law_wants_it(
    seller: Tenant, language: str, wording: str
) -> None:
    rate = rate_of("AE", "Art. 196 Dir. 2006/112/EC")
    invoice = posted(
        {"tax_rate": rate}, language=language, buyer_vat_id="DE136695976", billing_country="DE"
    )

    text = words(pages(pdf_bytes(invoice)))

    assert wording in text
    assert "Art. 196 Dir. 2006/112/EC" in text
    assert "DE136695976" in text
    assert "FI20774740" in text


@pytest.mark.parametrize(
    ("category", "language", "wording"),
    [
        ("K", "en", "VAT-exempt intra-Community supply."),
        ("K", "fi", "Veroton yhteisömyynti."),
        ("G", "sv", "Momsfri export ut ur Europeiska unionen."),
        ("G", "de", "Steuerfreie Ausfuhr aus der Europäischen Union."),
        ("O", "fi", "Ei kuulu arvonlisäverotuksen soveltamisalaan."),
        ("O", "en", "Outside the scope of VAT."),
    ],
)
def test_each_untaxed_supply_is_named_in_the_language_of_the_document(
    seller: Tenant, category: str, language: str, wording: str
) -> None:
    rate = rate_of(category, "As agreed")
    printed = printed_invoice(draft({"tax_rate": rate}, language=language))
    assert printed.tax_texts == (wording, "As agreed")


@pytest.mark.parametrize(
    ("reason", "language", "texts"),
    [
        ("Kleinunternehmer (§ 19 UStG)", "de", []),
        ("Kein Ausweis der USt. nach § 19 Abs. 1 UStG", "fi",
         ["Arvonlisäveroa ei peritä: pienyritys (Saksan UStG 19 §)."]),
        ("Kleinunternehmer", "en",
         ["No VAT is charged: small business under § 19 of the German VAT Act."]),
        ("Vähäinen liiketoiminta, AVL 3 §", "fi", []),
        ("Vähäinen liiketoiminta, AVL 3 §", "sv",
         ["Moms debiteras inte: verksamhet i liten skala (3 § i finska mervärdesskattelagen)."]),
        ("AVL 3 §", "de",
         ["Keine Umsatzsteuer: Kleinunternehmen nach § 3 des finnischen"
          " Mehrwertsteuergesetzes."]),
        ("AVL 34 §", "de", []),
    ],
)  # fmt: skip
def test_small_businesses_say_why_in_the_language_of_the_document(
    seller: Tenant, reason: str, language: str, texts: list[str]
) -> None:
    printed = printed_invoice(draft({"tax_rate": rate_of("E", reason)}, language=language))
    assert [words(text) for text in printed.tax_texts] == [*texts, reason]


@pytest.mark.parametrize(
    ("categories", "told"), [("E", False), ("O", False), ("EO", False), ("ES", True), ("AE", True)]
)
def test_who_charges_no_vat_tells_neither_rate_nor_amount(
    german_seller: Tenant, categories: str, told: bool
) -> None:
    kinds = ["AE"] if categories == "AE" else list(categories)
    rates = [rate_of(kind, "" if kind == "S" else "As agreed") for kind in kinds if kind != "S"]
    rates += [rate_of("S", percent="19", tax_account="1776")] if "S" in kinds else []
    invoice = posted(
        *({"tax_rate": rate} for rate in rates), language="de", buyer_vat_id="FI20774740"
    )

    printed, text = printed_invoice(invoice), words(pages(pdf_bytes(invoice)))

    assert ("tax" in [column.key for column in printed.columns]) is told
    for word in ("Umsatzsteuer nach Sätzen", "Nettobetrag", "%"):
        assert (word in text.replace("Verzugszinsen: 10,5 %", "")) is told
    assert "As agreed" in text
    assert printed.gross_total in text.replace(" ", "\N{NO-BREAK SPACE}")


def test_our_own_reason_is_not_said_twice(german_seller: Tenant) -> None:
    rate = rate_of("AE", "Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)")
    invoice = posted({"tax_rate": rate}, language="de", buyer_vat_id="FI20774740")
    assert tuple(map(words, printed_invoice(invoice).tax_texts)) == (
        "Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)",
    )


def test_rates_of_nought_are_told_apart_by_name(seller: Tenant) -> None:
    invoice = posted(
        {"tax_rate": rate_of("Z")},
        {"tax_rate": rate_of("E", "Exempt, section 34")},
        {},
        language="en",
    )
    rows = [(row.rate, row.name, row.taxable) for row in printed_invoice(invoice).taxes]
    assert rows == [
        ("25.5%", "", "100.00"),
        ("0%", "exempt", "100.00"),
        ("0%", "zero rate", "100.00"),
    ]
    assert printed_invoice(invoice).tax_texts == ("Exempt, section 34",)


def test_each_rate_has_its_row_of_stored_amounts(seller: Tenant) -> None:
    invoice = posted(
        {"quantity": Decimal("7.5"), "unit_price": Decimal("88.40")},
        {
            "quantity": Decimal(3),
            "unit_price": Decimal("11.15"),
            "tax_rate": rate_of("S", percent="13.5"),
        },
        {"unit_price": Decimal("3.33"), "tax_rate": rate_of("S", percent="10")},
        language="fi",
    )  # fmt: skip
    printed = printed_invoice(invoice)
    assert [(row.taxable, row.tax, row.gross) for row in printed.taxes] == [
        ("663,00", "169,07", "832,07"),
        ("33,45", "4,52", "37,97"),
        ("3,33", "0,33", "3,66"),
    ]
    assert (printed.net_total, printed.tax_total) == ("699,78", "173,92")
    assert words(printed.gross_total) == "873,70 €"


def test_a_finnish_invoice_carries_both_codes_and_a_scanner_reads_them(seller: Tenant) -> None:
    invoice = posted({"unit_price": Decimal("696.175")}, due_date=date(2026, 12, 5))
    assert invoice.payment_reference == "2600013"

    content = pdf_bytes(invoice)

    read = codes(content)
    assert read["Code128"] == "421123456000007850008737100000000000000002600013261205"
    assert read["QRCode"].split("\n")[5:] == [
        "Acme Oy", "FI2112345600000785", "EUR873.71", "", "2600013", "",
        "ReqdExctnDt/2026-12-05",
    ]  # fmt: skip
    text = words(pages(content))
    assert read["Code128"] in text
    assert "FI21 1234 5600 0007 85" in text
    assert "26 00013" in text


def test_a_german_invoice_has_the_giro_code_only(german_seller: Tenant) -> None:
    invoice = posted({}, language="de", tax_point=date(2026, 11, 1))

    read = codes(pdf_bytes(invoice))

    assert list(read) == ["QRCode"]
    assert read["QRCode"].split("\n")[-1] == "2026-0001"
    text = words(pages(pdf_bytes(invoice)))
    assert "Verwendungszweck 2026-0001" in text
    assert "Leistungsdatum 01.11.2026" in text


@pytest.mark.parametrize("make", [partial(posted, currency="SEK"), posted_credit_note])
def test_other_currencies_and_credit_notes_have_no_payment_codes(
    seller: Tenant, make: Callable[..., Invoice]
) -> None:
    assert codes(pdf_bytes(make({}))) == {}


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Credit note"), ("fi", "Hyvityslasku"), ("sv", "Kreditfaktura"),
     ("de", "Rechnungskorrektur")],
)  # fmt: skip
def test_a_credit_note_asks_for_no_payment(seller: Tenant, language: str, title: str) -> None:
    printed = printed_invoice(posted_credit_note({}, language=language))
    assert printed.title == title
    assert printed.payment is None
    assert printed.gross_label == words_of(language).to_credit
    assert words_of(language).due_date not in dict(printed.facts)
    assert dict(printed.facts)[words_of(language).reason] == "Wrong hours"
    assert dict(printed.facts)[words_of(language).for_invoice].startswith("2026-0001")


def test_an_invoice_over_nothing_asks_for_no_payment(seller: Tenant) -> None:
    printed = printed_invoice(posted({"unit_price": Decimal(0)}))
    assert printed.payment is None


def test_a_company_without_an_account_still_gets_its_invoice(seller: Tenant) -> None:
    seller.iban = seller.bic = ""
    seller.save()
    content = pdf_bytes(posted({}))
    assert codes(content) == {}
    assert "IBAN" not in words(pages(content))


def test_what_was_copied_at_posting_is_printed_and_not_what_is_true_today(seller: Tenant) -> None:
    invoice = posted({})
    seller.legal_name, seller.iban = "Renamed Oy", "FI7944052020036082"
    seller.save()
    text = words(pages(pdf_bytes(invoice)))
    assert "Acme Oy" in text
    assert "Renamed" not in text


def test_the_supply_is_dated_even_when_it_is_the_day_of_the_invoice(seller: Tenant) -> None:
    same = printed_invoice(posted({}, language="en"))
    period = printed_invoice(
        posted(
            {}, language="en", service_start_date=date(2026, 10, 1),
            service_end_date=date(2026, 10, 31),
        )
    )  # fmt: skip
    assert dict(same.facts)["Date of supply"] == "20 Nov 2026"
    assert dict(period.facts)["Period of supply"] == "1 Oct 2026 – 31 Oct 2026"


def test_the_buyers_country_is_named_where_it_is_another(seller: Tenant) -> None:
    at_home = printed_invoice(posted({}, language="fi"))
    abroad = printed_invoice(posted({}, language="fi", billing_country="DE"))
    assert at_home.address == ("Asiakas Oy", "Asiakastie 2", "33100 Tampere")
    assert abroad.address[-1] == "SAKSA"


def test_a_delivery_address_is_printed_only_when_it_is_another(seller: Tenant) -> None:
    place = {"street": "Satamakatu 4", "postal_code": "15110", "city": "Lahti", "country": "FI"}
    other = posted({}, **{f"delivery_{name}": value for name, value in place.items()})
    same = posted(
        {}, delivery_name="Asiakas Oy", delivery_street="Asiakastie 2",
        delivery_postal_code="33100", delivery_city="Tampere", delivery_country="FI",
    )  # fmt: skip
    assert printed_invoice(other).delivery == ("Satamakatu 4", "15110 Lahti")
    assert printed_invoice(same).delivery == ()


def test_hours_read_as_minutes_where_decimals_would_have_no_end(seller: Tenant) -> None:
    hour = {"unit": Unit.HOUR, "unit_price": Decimal(100)}
    long = printed_invoice(
        posted({**hour, "quantity": Decimal("6.333333")}, {**hour, "quantity": Decimal("2.5")})
    )
    short = printed_invoice(posted({**hour, "quantity": Decimal("2.5")}, language="fi"))
    odd = printed_invoice(
        posted({**hour, "quantity": Decimal("0.123456")}, {**hour, "quantity": Decimal("6.333333")},
               language="fi")
    )  # fmt: skip
    assert [line.quantity for line in long.lines] == ["6:20", "2:30"]
    assert [line.quantity for line in short.lines] == ["2,50"]
    assert [line.quantity for line in odd.lines] == ["0,123456", "6,333333"]


def test_the_column_of_discounts_is_there_when_there_are_any(seller: Tenant) -> None:
    with_one = html_of(posted({"discount_percent": Decimal("12.5")}, language="fi"))
    assert "12,5" in with_one
    assert "Alennus" in with_one
    assert "Alennus" not in html_of(posted({}, language="fi"))


def test_figures_of_any_usual_length_stay_on_one_line(seller: Tenant) -> None:
    prices = [Decimal("101851.84"), Decimal("1000000.88"), Decimal("44444444.44"), Decimal("0.1")]
    invoice = posted(
        *[{"unit_price": price, "quantity": Decimal("1.5"), "unit": Unit.HOUR} for price in prices],
        language="de",
    )
    (page,) = pages(pdf_bytes(invoice))
    for figure in ("101.851,84", "1.000.000,88", "44.444.444,44", "66.666.666,66", "1,50 Std."):
        assert figure in page.replace("\xa0", " ")


def test_numbers_of_many_lines_stay_on_one_line() -> None:
    for last, width in ((999, 8), (1000, 9), (99_999, 11)):
        lines = [Line(is_text=False, position=number, text="x") for number in (1, last)]
        assert columns_of(lines, DesignSettings(), words_of("en"))[0].head == f"position w{width}"


@pytest.mark.parametrize(
    ("kind", "country", "reference"),
    [
        ("", "FI", "2600013"),
        ("", "DE", ""),
        ("national", "DE", "2600013"),
        ("rf", "FI", "RF082600013"),
        ("rf", "DE", "RF082600013"),
        ("none", "FI", ""),
    ],
)
def test_references_are_of_the_kind_that_the_company_chose(
    seller: Tenant, kind: str, country: str, reference: str
) -> None:
    seller.payment_references, seller.country = kind, country
    seller.save()
    invoice = posted({})
    assert invoice.payment_reference == reference
    assert not reference or is_rf_reference(reference) or is_finnish_reference(reference)


def test_an_rf_reference_is_in_both_codes(seller: Tenant) -> None:
    seller.payment_references = "rf"
    seller.save()
    content = pdf_bytes(posted({}, due_date=date(2026, 12, 5)))
    read = codes(content)
    assert read["Code128"] == "521123456000007850001255008000000000000002600013261205"
    assert read["QRCode"].split("\n")[9] == "RF082600013"
    assert "RF08 2600 013" in words(pages(content))


def test_free_text_stands_between_the_lines(seller: Tenant) -> None:
    invoice = posted({}, {"kind": InvoiceLine.Kind.TEXT, "text": "With thanks"}, {})
    lines = printed_invoice(invoice).lines
    assert [(line.is_text, line.text) for line in lines] == [
        (False, "Consulting"), (True, "With thanks"), (False, "Consulting"),
    ]  # fmt: skip


def test_amounts_have_the_places_of_their_currency(seller: Tenant) -> None:
    yen = printed_invoice(posted({"unit_price": Decimal(1200)}, currency="JPY", language="en"))
    dinar = printed_invoice(
        posted({"unit_price": Decimal("1.2345")}, currency="KWD", language="en")
    )
    assert (yen.net_total, yen.lines[0].unit_price) == ("1,200", "1,200")
    assert (dinar.net_total, dinar.lines[0].unit_price) == ("1.235", "1.2345")  # rounded half up


def test_a_draft_has_its_mark_no_number_and_no_codes(seller: Tenant) -> None:
    content = pdf_bytes(draft({}, language="de"))
    text = words(pages(content))
    assert "Entwurf" in text
    assert "wird beim Buchen vergeben" in text
    assert codes(content) == {}


def test_late_interest_stands_on_invoices_only(seller: Tenant) -> None:
    seller.late_interest_percent, seller.document_footer = Decimal("10.50"), "Kiitos!"
    seller.save()
    assert printed_invoice(posted({}, language="fi")).closing.replace("\xa0", " ") == (
        "Viivästyskorko 10,5 %. Kiitos!"
    )
    credit = posted_credit_note({})
    assert printed_invoice(credit).closing == "Kiitos!"


def test_the_customers_own_references_are_repeated(seller: Tenant) -> None:
    invoice = posted(
        {}, customer=CustomerFactory(number="K-17"), order_reference="PO 7", buyer_reference="B 9",
        contract_reference="V-12", contact_name="Anna Ostaja", comment="Kiitos\ntilauksesta",
    )  # fmt: skip
    text = words(pages(pdf_bytes(invoice)))
    for expected in ("K-17", "PO 7", "B 9", "V-12", "Anna Ostaja", "Kiitos tilauksesta"):
        assert expected in text


@pytest.mark.parametrize(
    ("reference", "printed"),
    [("1232", "1232"), ("12345", "12345"), ("2600013", "26 00013"),
     ("868516259619897", "86851 62596 19897"), ("RF09868516259619897", "RF09 8685 1625 9619 897")],
)  # fmt: skip
def test_references_are_grouped_for_reading(reference: str, printed: str) -> None:
    assert printed_reference(reference) == printed


def test_an_iban_is_grouped_by_four() -> None:
    assert in_groups("FI2112345600000785", 4) == "FI21 1234 5600 0007 85"


def test_minutes_come_back_from_stored_hours() -> None:
    assert whole_minutes(Decimal("6.333333")) == 380
    assert whole_minutes(Decimal("6.333334")) == 380
    assert whole_minutes(Decimal("0.123456")) is None
    assert [clock(95), clock(-95), clock(0)] == ["1:35", "−1:35", "0:00"]


def test_percentages_keep_their_places() -> None:
    figures = Figures(words_of("sv"), "EUR")
    assert figures.percent(Decimal("25.50")).replace("\xa0", " ") == "25,5 %"
    assert figures.percent(Decimal("0")).replace("\xa0", " ") == "0 %"
    assert figures.percent(Decimal("8.25")).replace("\xa0", " ") == "8,25 %"


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Self-billed invoice"), ("fi", "Itselaskutus"), ("sv", "Självfakturering"),
     ("de", "Gutschrift")],
)  # fmt: skip
def test_what_the_customer_made_out_says_so(seller: Tenant, language: str, title: str) -> None:
    """Article 226 (10a) of the directive; § 14 (4) no. 10 UStG, AVL 209 e §."""
    printed = printed_invoice(posted({}, language=language, is_self_billed=True))
    assert printed.title == title


def test_a_german_company_tells_its_tax_number_or_that_of_the_register() -> None:
    german = words_of("de")
    assert business_id_label(german, "DE", "181/815/08155") == "Steuernummer"
    assert business_id_label(german, "DE", "HRB 21874 KI") == "Registernummer"
    assert business_id_label(german, "FI", "2077474-0") == "Y-tunnus"


def test_where_e_invoices_are_taken_stands_at_the_foot(seller: Tenant) -> None:
    seller.einvoice_address, seller.einvoice_operator = "003720774740", "BAWCFI22"
    seller.save()
    footer = printed_invoice(draft({}, language="fi")).head.footer
    lines = [line for column in footer for line in column]
    assert "Verkkolaskut 003720774740 / BAWCFI22" in lines
