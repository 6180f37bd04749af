"""Bar codes and QR codes against the published examples of the banks."""

from datetime import date
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from invoicing.documents.barcodes import bank_bar_code, check_value, code128_bars
from invoicing.documents.payment_codes import epc_payload, qr_path
from invoicing.domain.references import finnish_reference


@pytest.mark.parametrize(
    ("base", "reference"),
    [("123", "1232"), ("100", "1009"), ("123456", "1234561"), ("2021023", "20210236")],
)
def test_finnish_references_end_in_their_check_digit(base: str, reference: str) -> None:
    assert finnish_reference(base) == reference


PUBLISHED = [
    (
        "FI79 4405 2020 0360 82", "4883.15", "86851 62596 19897", date(2010, 6, 12),
        "479440520200360820048831500000000868516259619897100612",
    ),
    (
        "FI58 1017 1000 0001 22", "482.99", "55958 22432 94671", date(2012, 1, 31),
        "458101710000001220004829900000000559582243294671120131",
    ),
    (
        "FI16 8000 1400 0502 67", "935.85", "78 77767 96566 28687", None,
        "416800014000502670009358500000078777679656628687000000",
    ),
    (
        "FI79 4405 2020 0360 82", "4883.15", "RF09 8685 1625 9619 897", date(2010, 6, 12),
        "579440520200360820048831509000000868516259619897100612",
    ),
    (
        "FI92 3939 0001 0033 91", "0.02", "RF95 1357 914", date(2099, 12, 24),
        "592393900010033910000000295000000000000001357914991224",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("iban", "amount", "reference", "due", "digits"), PUBLISHED)
def test_the_bank_bar_code_is_that_of_the_published_guide(
    iban: str, amount: str, reference: str, due: date | None, digits: str
) -> None:
    made = bank_bar_code(iban=iban, amount=Decimal(amount), reference=reference, due_date=due)
    assert made == digits


def test_check_values_are_those_of_the_published_guide() -> None:
    assert [check_value(example[-1]) for example in PUBLISHED[:2]] == [40, 55]


@pytest.mark.parametrize(
    ("iban", "amount", "reference"),
    [
        ("DE89 3704 0044 0532 0130 00", "10", "1232"),
        ("FI79 4405 2020 0360 83", "10", "1232"),
        ("FI79 4405 2020 0360 82", "1000000", "1232"),
        ("FI79 4405 2020 0360 82", "0", "1232"),
        ("FI79 4405 2020 0360 82", "10", ""),
        ("FI79 4405 2020 0360 82", "10", "12A4561"),
        ("FI79 4405 2020 0360 82", "10", "123456789012345678901"),
        ("FI79 4405 2020 0360 82", "10", "RF18539007547035"),
        ("FI79 4405 2020 0360 82", "10", "RF18 G72U UR"),
    ],
)
def test_what_the_standard_cannot_carry_gets_no_bar_code(
    iban: str, amount: str, reference: str
) -> None:
    made = bank_bar_code(
        iban=iban, amount=Decimal(amount), reference=reference, due_date=date(2026, 12, 4)
    )
    assert made == ""


@pytest.mark.parametrize("digits", [example[-1] for example in PUBLISHED])
def test_a_scanner_reads_the_bars_back(digits: str) -> None:
    assert scanned(digits) == digits


def test_a_scanner_reads_every_pair_of_digits() -> None:
    for start in range(0, 100, 20):
        digits = "".join(f"{pair:02}" for pair in range(start, start + 20))
        assert scanned(digits) == digits


def scanned(digits: str) -> str:
    bars, width = code128_bars(digits)
    picture = Image.new("L", ((width + 20) * 3, 120), 255)
    draw = ImageDraw.Draw(picture)
    for left, wide in bars:
        draw.rectangle(((left + 10) * 3, 10, (left + wide + 10) * 3 - 1, 110), fill=0)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.format.name == "Code128"
    return found.text


def payload(**fields: object) -> str:
    values = {
        "name": "Esimerkki Koodaus Oy",
        "iban": "FI21 1234 5600 0007 85",
        "bic": "",
        "amount": Decimal("873.70"),
        "reference": "1232",
        "text": "2026-0001",
        "due_date": date(2026, 12, 5),
    } | fields
    return epc_payload(**values)  # type: ignore[arg-type]


def test_the_finnish_sample_has_a_reference_and_the_due_date() -> None:
    assert payload() == (
        "BCD\n002\n1\nSCT\n\nEsimerkki Koodaus Oy\nFI2112345600000785\nEUR873.70\n\n1232\n\n"
        "ReqdExctnDt/2026-12-05"
    )


def test_without_a_reference_the_number_is_the_text_and_empty_lines_are_left_out() -> None:
    made = payload(
        iban="DE89370400440532013000", bic="COBADEFFXXX", reference="", due_date=None,
        amount=Decimal("1234.5"), name="Nordlicht GmbH",
    )  # fmt: skip
    assert made == (
        "BCD\n002\n1\nSCT\nCOBADEFFXXX\nNordlicht GmbH\nDE89370400440532013000\nEUR1234.50\n\n\n"
        "2026-0001"
    )


def test_a_line_feed_in_a_name_shifts_no_field() -> None:
    lines = payload(name="Evil\r\nDE89370400440532013000\x0bOy").split("\n")
    assert lines[5] == "Evil DE89370400440532013000 Oy"
    assert lines[6] == "FI2112345600000785"


@pytest.mark.parametrize(
    "fields",
    [{"amount": Decimal(0)}, {"amount": Decimal("1000000000")}, {"iban": "FI2112345600000786"}],
)
def test_what_epc_cannot_carry_gets_no_code(fields: dict[str, object]) -> None:
    assert payload(**fields) == ""


def test_the_longest_fields_still_fit_the_code() -> None:
    text = payload(name="Ä" * 90, reference="", text="ö" * 200, due_date=None)
    assert text == "" or len(text.encode()) <= 331
    assert payload(name="Ä" * 90, reference="RF18539007547034").split("\n")[5] == "Ä" * 70


def test_the_path_of_the_code_draws_what_it_says() -> None:
    path, side = qr_path(payload())
    picture = Image.new("L", ((side + 8) * 5, (side + 8) * 5), 255)
    draw = ImageDraw.Draw(picture)
    for stroke in path.split("M")[1:]:
        start, _, wide = stroke.partition("h")
        left, top = (float(part) for part in start.split())
        x, y = (left + 4) * 5, (top - 0.5 + 4) * 5
        draw.rectangle((x, y, x + int(wide) * 5 - 1, y + 4), fill=0)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == payload()
