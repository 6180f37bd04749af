"""CSV files of German and Finnish banks, of sevDesk's kind, and of none."""

from decimal import Decimal
from io import BytesIO

import pytest

from core.csv_files import FileHasBrokenText, FileIsEmpty, FileIsNoText, FileRefused
from core.numbers import DecimalMarks
from invoicing import bank_errors as errors
from invoicing.domain.banking.columns import Column
from invoicing.domain.banking.entries import Entry
from invoicing.domain.banking.tables import (
    Layout,
    TableReader,
    guessed_layout,
    is_complete,
    missing,
    open_table,
    read_amount,
)
from timesheets.imports.values import DateOrder

SPARKASSE = """"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"DE02120300000000202051";"20.11.26";"20.11.26";"GUTSCHR. UEBERWEISUNG";"Rechnung RE-2026-0001 vielen Dank";"";"";"NOTPROVIDED";"";"";"";"Müller & Söhne GmbH";"DE89370400440532013000";"COBADEFFXXX";"1.190,00";"EUR";"Umsatz gebucht"
"DE02120300000000202051";"21.11.26";"";"GUTSCHR. UEBERWEISUNG";"Vorgemerkt";"";"";"";"";"";"";"Jemand";"DE89370400440532013000";"";"5,00";"EUR";"Umsatz vorgemerkt"
"DE02120300000000202051";"19.11.26";"19.11.26";"FOLGELASTSCHRIFT";"Strom";"X";"Y";"E2E";"";"";"";"Stadtwerke";"DE12500105170648489890";"";"-89,90";"EUR";"Umsatz gebucht"
"""  # noqa: E501
DKB = """"Girokonto";"DE02120300000000202051"
"Kontostand vom 20.11.2026:";"12.345,67 €"
""
"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"
"20.11.26";"20.11.26";"Gebucht";"Kunde AG";"Nordlicht GmbH";"RE-2026-0002";"Eingang";"DE89370400440532013000";"100";"";"";""
"19.11.26";"19.11.26";"Gebucht";"Nordlicht GmbH";"Vermieter";"Miete";"Ausgang";"DE12500105170648489890";"-1.200,5";"";"";""
"""  # noqa: E501
SEVDESK = """Datum;Wertstellung;Name;Verwendungszweck;Betrag;Währung
2026-11-20;2026-11-20;Kunde AG;RE-2026-0002;100.00;EUR
2026-11-19;2026-11-19;Vermieter;Miete;-1200.50;EUR
"""
NORDEA = """Kirjauspäivä;Määrä;Maksaja;Maksunsaaja;Nimi;Otsikko;Viitenumero;Saldo;Valuutta
2026/11/20;125,50;Asiakas Oy;Acme Oy;Asiakas Oy;Asiakas Oy;00000000002600013;1125,50;EUR
2026/11/19;-1 200,00;Acme Oy;Vuokra Oy;Vuokra Oy;Vuokra Oy;;1000,00;EUR
"""
OP = """"Kirjauspäivä";"Arvopäivä";"Määrä EUROA";"Laji";"Selitys";"Saaja/Maksaja";"Saajan tilinumero";"Saajan pankin BIC";"Viite";"Viesti";"Arkistointitunnus"
2026-11-20;2026-11-20;125,50;588;VIITESIIRTO;ASIAKAS OY;FI5810171000000122;NDEAFIHH;ref= 2600013;;20261120/593619/1
2026-11-19;2026-11-19;-12,00;730;PALVELUMAKSU;OP;;;;KK 11;20261119/593619/2
"""  # noqa: E501
SOLL_HABEN = """Datum,Text,Soll,Haben
20.11.2026,Zahlung RE-2026-0001,,"1,190.00"
19.11.2026,Miete,"1,200.50",
"""
DIRECTED = """Buchungstag;Name;Verwendungszweck;Umsatz;S/H
20.11.2026;Kunde;RE-1;100,00;H
20.11.2026;Vermieter;Miete;50,00;S
"""


def entries(text: str | bytes, encoding: str = "utf-8") -> list[Entry]:
    content = text if isinstance(text, bytes) else text.encode(encoding)
    table = open_table(BytesIO(content))
    layout = guessed_layout(table)
    assert is_complete(layout), missing(layout) or layout
    return [entry for _account, entry in TableReader(
        table=table, layout=layout, currency="EUR"
    ).entries()]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_sparkasse(encoding: str) -> None:
    first, second = entries(SPARKASSE, encoding)
    assert (first.amount, first.name, first.iban, first.text, first.end_to_end_id) == (
        Decimal("1190.00"), "Müller & Söhne GmbH", "DE89370400440532013000",
        "Rechnung RE-2026-0001 vielen Dank", "",
    )  # fmt: skip
    assert (second.amount, second.end_to_end_id, str(second.booking_date)) == (
        Decimal("-89.90"), "E2E", "2026-11-19",
    )  # fmt: skip


def test_what_stands_before_the_names_of_columns() -> None:
    first, second = entries(DKB)
    assert (first.amount, first.name, second.amount) == (
        Decimal(100), "Kunde AG", Decimal("-1200.5"),
    )  # fmt: skip
    assert "DE02120300000000202051" in open_table(BytesIO(DKB.encode())).preamble


def test_sevdesk() -> None:
    first, second = entries(SEVDESK)
    assert (first.amount, second.amount, first.text) == (
        Decimal("100.00"), Decimal("-1200.50"), "RE-2026-0002",
    )  # fmt: skip


def test_nordea() -> None:
    first, second = entries(NORDEA)
    assert (first.amount, first.reference, first.name, second.amount) == (
        Decimal("125.50"), "00000000002600013", "Asiakas Oy", Decimal("-1200.00"),
    )  # fmt: skip


def test_op() -> None:
    first, second = entries(OP)
    assert (first.reference, first.bank_reference, first.iban) == (
        "ref= 2600013", "20261120/593619/1", "FI5810171000000122",
    )  # fmt: skip
    assert (second.amount, second.text) == (Decimal("-12.00"), "KK 11")


def test_two_columns_for_in_and_out() -> None:
    assert [one.amount for one in entries(SOLL_HABEN)] == [Decimal("1190.00"), Decimal("-1200.50")]


def test_a_column_for_the_direction() -> None:
    assert [one.amount for one in entries(DIRECTED)] == [Decimal(100), Decimal(-50)]


def test_the_same_columns_are_known_again_whatever_stands_between_them() -> None:
    one = open_table(BytesIO(SEVDESK.encode()))
    other = open_table(BytesIO(SEVDESK.replace(";", ",").upper().encode("utf-16")))
    third = open_table(BytesIO(SEVDESK.replace("Name", "Partner").encode()))
    assert one.fingerprint == other.fingerprint != third.fingerprint


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.234,56", "12"], ","), (["1,234.56"], "."), (["12,5", "1.000"], ","),
        (["12.50", "1,000"], "."), (["1.000"], ""), (["1.000", "2.500"], ""), (["12"], ","),
        (["1.234.567"], ","), (["1,234,567"], "."), (["12,50", "12.50"], ""), ([], ","),
        (["-12,50 EUR"], ","), (["1 234,50"], ","), (["1'234.50"], "."), (["0,123"], ""),
    ],
)  # fmt: skip
def test_which_sign_divides(texts: list[str], mark: str) -> None:
    assert DecimalMarks(texts).mark == mark


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1.234,56", ",", "1234.56"), ("1234,56", ",", "1234.56"), ("-12,00", ",", "-12.00"),
        ("12,00-", ",", "-12.00"), ("+12,00", ",", "12.00"), ("(12.00)", ".", "-12.00"),
        ("−12,00", ",", "-12.00"), ("1 234,56 €", ",", "1234.56"), ("EUR 12.5", ".", "12.5"),
        ("1\u00a0234,00", ",", "1234.00"), ("0", ",", "0"), ("12", ".", "12"),
        ("1.000", ",", "1000"), ("1.000", ".", "1.000"), ("12,", ",", "12"),
    ],
)  # fmt: skip
def test_amounts(text: str, mark: str, amount: str) -> None:
    assert read_amount(text, mark) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "1E5",
        "12 EUR 5",
        "",
        "abc",
        "1.23,45",
        "12,34,56",
        "1,2345",
        "--",
        "1.0000,00",
        "9" * 30,
        ",50",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        read_amount(text, ",")


def test_days_that_could_be_either_are_asked_about() -> None:
    text = "Date,Amount\n03/04/2026,1.00\n"
    layout = guessed_layout(open_table(BytesIO(text.encode())))
    assert layout.date_order is None
    assert not is_complete(layout)
    clear = guessed_layout(open_table(BytesIO((text + "13/04/2026,2.00\n").encode())))
    assert clear.date_order is DateOrder.DAY_FIRST


def test_amounts_that_could_be_either_are_asked_about() -> None:
    layout = guessed_layout(open_table(BytesIO(b"Date;Amount\n2026-11-20;1.000\n")))
    assert layout.decimal_mark == ""
    assert not is_complete(layout)


def test_what_no_column_holds_is_named() -> None:
    def of(text: str) -> str:
        return missing(guessed_layout(open_table(BytesIO(text.encode()))))

    assert of("Foo;Bar\nx;y\n") == "Date of booking"
    assert of("Datum;Bar\nx;y\n") == "Amount"
    assert of("Datum;Soll\nx;y\n") == "Amount"
    assert of("Datum;Betrag\nx;y\n") == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", FileIsEmpty),
        (b"   \n", FileIsEmpty),
        (b"PK\x03\x04rest", FileIsNoText),
        (b"%PDF-1.7", FileIsNoText),
        (b"a\x00b", FileIsNoText),
        (b"Datum;Betrag\n\x81\x8d;1\n", FileHasBrokenText),
        (b"12;13\n14;15\n", errors.HeaderNotFound),
        (b"only one column\n", errors.HeaderNotFound),
    ],
)
def test_files_that_are_none(content: bytes, expected: type[FileRefused]) -> None:
    with pytest.raises(expected):
        open_table(BytesIO(content))


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        ("31.11.2026;Kunde;RE;100,00;EUR", "Datum", "31.11.2026"),
        ("gestern;Kunde;RE;100,00;EUR", "Datum", "gestern"),
        ("20.11.2026;Kunde;RE;viel;EUR", "Betrag", "viel"),
        ("20.11.2026;Kunde;RE;1.2.3;EUR", "Betrag", "1.2.3"),
        ("20.11.2026;Kunde;RE;1E5;EUR", "Betrag", "1E5"),
        ("20.11.2026;Kunde;RE;12,345;EUR", "Betrag", "12,345"),
        ("20.11.2026;Kunde;RE;12,340;EUR", "Betrag", "12,340"),
        ("20.11.2026;Kunde;RE;999999999999999999;EUR", "Betrag", "999999999999999999"),
        ("00010101;Kunde;RE;100,00;EUR", "Datum", "00010101"),
        ("99991120;Kunde;RE;100,00;EUR", "Datum", "99991120"),
        ("20.11.2026;Kunde;RE;100,00;XXX", "Währung", "XXX"),
        ('20.11.2026;"Kun"de";RE;100,00;EUR', "—", "20.11.2026"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(row: str, column: str, text: str) -> None:
    good = "20.11.2026;Kunde;RE-1;100,00;EUR"
    content = f"Datum;Name;Verwendungszweck;Betrag;Währung\n{good}\n{row}\n".encode()
    table = open_table(BytesIO(content))
    layout = Layout(
        columns=guessed_layout(table).columns, date_order=DateOrder.DAY_FIRST, decimal_mark=","
    )
    with pytest.raises(errors.CellUnreadable) as refused:
        list(TableReader(table=table, layout=layout, currency="EUR").entries())
    assert (refused.value.params["line"], refused.value.params["column"]) == (3, column)
    assert text in str(refused.value)


def test_rows_of_sums_are_left_out() -> None:
    text = SEVDESK + "Summe;;;;;\n;;Endsaldo;;-1100.50;EUR\n"
    assert len(entries(text)) == 2


def test_only_a_column_for_it_says_that_a_row_is_announced() -> None:
    rows = [
        "20.11.2026;pending;Vorgemerkt;1,00;Gebucht\n",
        "20.11.2026;Kunde;RE-1;2,00;Vorgemerkt\n",
        "20.11.2026;Kunde;RE-2;3,00;\n",
    ]
    text = "Datum;Name;Verwendungszweck;Betrag;Status\n" + "".join(rows)
    table = open_table(BytesIO(text.encode()))
    reader = TableReader(table=table, layout=guessed_layout(table), currency="EUR")
    found = [entry for _account, entry in reader.entries()]
    assert [(one.name, one.amount) for one in found] == [
        ("pending", Decimal(1)),
        ("Kunde", Decimal(3)),
    ]
    assert reader.skipped == 1


def test_several_columns_make_up_the_text() -> None:
    text = "Datum;Verwendungszweck;Beschreibung;Betrag\n20.11.2026;RE-1;danke;1,00\n"
    (found,) = entries(text)
    assert found.text == "RE-1 danke"
    table = open_table(BytesIO(text.encode()))
    assert guessed_layout(table).columns[Column.TEXT] == [1, 2]
