"""References, numbers in texts, names, and sums: what payers write and banks make of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.banking.names import SIMILAR, NameIndex, similarity
from invoicing.domain.banking.sums import parts_that_make
from invoicing.domain.banking.texts import NumberIndex
from invoicing.domain.references import (
    finnish_reference,
    is_finnish_reference,
    is_rf_reference,
    plain_reference,
    rf_reference,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("13", ""),
        ("1232", "1232"),
        ("1233", ""),
        ("12345 67891 23456 78910", ""),
        ("1234561", "1234561"),
        ("00000000000001234561", "1234561"),
        ("12 34561", "1234561"),
        ("1234562", ""),
        ("RF18539007547034", "539007547034"),
        ("RF18 5390 0754 7034", "539007547034"),
        ("rf18539007547034", "539007547034"),
        ("RF19539007547034", ""),
        ("RF712348231", "2348231"),
        ("RF45G72UUR", "G72UUR"),
        ("RF", ""),
        ("RF18", ""),
        ("", ""),
        ("0", ""),
        ("0000", ""),
        ("viite 1232", ""),
        ("１２３２", ""),
        ("12-32", ""),
        ("1232.", ""),
    ],
)  # fmt: skip
def test_what_a_reference_is(text: str, plain: str) -> None:
    assert plain_reference(text) == plain


@given(st.integers(min_value=100, max_value=10**19 - 1))
def test_every_finnish_reference_is_one_in_every_form(number: int) -> None:
    reference = finnish_reference(str(number))
    grouped = " ".join(reference[::-1][n : n + 5][::-1] for n in range(0, len(reference), 5)[::-1])
    forms = [reference, reference.zfill(20), grouped, rf_reference(reference)]
    assert [plain_reference(form) for form in forms] == [reference] * 4
    assert is_rf_reference(rf_reference(reference))


@given(st.integers(min_value=100, max_value=10**18), st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: int, place: int, more: int) -> None:
    reference = finnish_reference(str(number))
    place %= len(reference)
    wrong = reference[:place] + str((int(reference[place]) + more) % 10) + reference[place + 1 :]
    assert not is_finnish_reference(wrong) or wrong[0] == "0"


NUMBERS = NumberIndex(
    [
        ("2026-0001", 1), ("2026-0002", 2), ("2026-0012", 12), ("2026-0112", 112),
        ("RE-2026-0003", 3), ("RE/2026/00044", 44), ("17", 17), ("INV4711", 4711),
        ("900123", 900), ("2026-11-30", 1130),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "strong", "weak"),
    [
        ("2026-0001", [1], []),
        ("20260001", [1], []),
        ("2026 0001", [1], []),
        ("2026/0001", [1], []),
        ("2026–0001", [1], []),
        ("2026.0001", [1], []),
        ("Rechnung Nr. 2026-0001", [1], []),
        ("Rechnungsnr.2026-0001", [1], []),
        ("RgNr2026-0001", [1], []),
        ("Re.Nr.2026-0001/Kd.Nr.10012", [1], []),
        ("lasku 2026-0001, kiitos!", [1], []),
        ("(2026-0001)", [1], []),
        ("INVOICE#2026-0001", [1], []),
        ("2026-0001 ja 2026-0002", [1, 2], []),
        ("2026-0001,2026-0002;2026-0012", [1, 2, 12], []),
        ("2026-0001/2026-0002", [1, 2], []),
        ("20260001 20260002", [1, 2], []),
        ("2026-0001/0002", [1, 2], []),
        ("2026-0001, 0002 und 0012", [1, 2, 12], []),
        ("2026-0001 + 0002", [1, 2], []),
        ("2026-0001, 0099", [1], []),
        ("2026-0001 2", [1], []),
        ("RE-2026-0003", [3], []),
        ("RE2026-0003", [3], []),
        ("re 2026 0003", [3], []),
        ("RE20260003", [3], []),
        ("2026-0003", [3], []),
        ("2026-00044", [44], []),
        ("RE/2026/00044", [44], []),
        ("RE 2026 44", [], [44]),
        ("2026-12", [], [12]),
        ("2026-1", [], [1]),
        ("INV4711", [], [4711]),
        ("INV 4711", [], [4711]),
        ("4711", [], [4711]),
        ("900123", [900], []),
        ("900 123", [900], []),
        ("17", [], [17]),
        ("17.11.2026", [], []),
        ("17/11/2026", [], []),
        ("Miete 17.11.", [], [17]),
        ("2026-11-30", [1130], []),
        ("2026-11-20", [], []),
        ("120260001", [], []),
        ("202600011", [], []),
        ("2026-00010", [], []),
        ("12026-0001", [], []),
        ("FI58 1017 1000 0001 22", [], []),
        ("DE89 3704 0044 0532 0130 00", [], []),
        ("IBAN FI2112345600000785 2026-0001", [1], []),
        ("", [], []),
        ("Vielen Dank", [], []),
        ("SVWZ+2026-0002 EREF+NOTPROVIDED", [2], []),
        ("2026\n0001", [1], []),
        ("２０２６-0001", [1], []),
    ],
)  # fmt: skip
def test_numbers_in_a_text(text: str, strong: list[int], weak: list[int]) -> None:
    found = NUMBERS.mentions(text)
    assert [one.key for one in found if one.is_strong] == strong
    assert [one.key for one in found if not one.is_strong] == weak


def test_a_reference_within_a_text() -> None:
    references = NumberIndex([("2600013", 1), ("539007547034", 2)])
    for text in ("viite 2600013", "26 00013", "RF18 5390 0754 7034", "RF18539007547034",
                 "0002600013 kiitos"):  # fmt: skip
        assert [one.key for one in references.mentions(text)] == [2 if "RF" in text else 1]
    assert references.mentions("RF19539007547034") == []


def test_a_number_that_two_invoices_could_mean_is_none() -> None:
    twice = NumberIndex([("2026-0001", 1), ("20260-001", 2), ("A-55555", 3), ("B-55555", 4)])
    assert twice.mentions("20260001") == []
    assert [one.key for one in twice.mentions("B55555")] == [4]
    assert twice.mentions("55555") == []


SAME = [
    ("Lumonranta Kiinteistöt Oy", "LUMONRANTA KIINTEISTOT OY"),
    ("Lumonranta Kiinteistöt Oy", "Lumonranta Kiinteistot"),
    ("Müller & Söhne GmbH", "MUELLER UND SOEHNE GMBH"),
    ("Müller & Söhne GmbH", "Muller Sohne"),
    ("Straßenbau Groß KG", "STRASSENBAU GROSS KG"),
    ("Matti Meikäläinen", "MEIKÄLÄINEN MATTI"),
    ("Acme Oy", "Acme Ab"),
    ("A.C.M.E. Oy", "ACME OY"),
    ("Norddeutsche Maschinenbau Verwaltungs GmbH", "NORDDEUTSCHE MASCHINENBAU VERW"),
    ("Sinivuori Oy", "Sinivouri Oy"),
    ("Tampereen Kaupunki, Sivistyspalvelut", "Tampereen kaupunki"),
    ("Bäckerei Yıldız e.K.", "BAECKEREI YILDIZ EK"),
    ("O'Brien Consulting Ltd", "OBRIEN CONSULTING LTD"),
    ("As. Oy Kuusikko 1", "ASUNTO OY KUUSIKKO 1"),
]
OTHERS = [
    ("As Oy Kuusikko 1", "AS OY KUUSIKKO 2"),
    ("Acme Oy", "Acne Studios"),
    ("Satama Oy", "Satakunta Oy"),
    ("Virtanen Oy", "Virta Oy"),
    ("Nord GmbH", "Nordlicht GmbH"),
    ("Meier GmbH", "Schmidt GmbH"),
    ("Oy Ab", "GmbH"),
    ("", "Acme"),
    ("Acme", ""),
    ("Matti Meikäläinen", "Maija Meikäläinen"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_names_that_are_the_same(first: str, second: str) -> None:
    assert similarity(first, second) >= SIMILAR
    assert similarity(second, first) >= SIMILAR


@pytest.mark.parametrize(("first", "second"), OTHERS)
def test_names_that_are_not(first: str, second: str) -> None:
    assert similarity(first, second) < SIMILAR
    assert similarity(second, first) < SIMILAR


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_names_can_be_compared(first: str, second: str) -> None:
    assert 0 <= similarity(first, second) <= 1
    assert similarity(first, second) == similarity(second, first)


def test_the_most_similar_first() -> None:
    index = NameIndex({1: "Satama Logistiikka Oy", 2: "Satama Logistiikka Suomi Oy", 3: "Muu Oy"})
    assert index.like("SATAMA LOGISTIIKKA OY") == [1, 2]
    assert index.like("Tuntematon") == []


def amounts(*values: str) -> list[tuple[int, Decimal]]:
    return [(place, Decimal(value)) for place, value in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("wanted", "values", "expected"),
    [
        ("30", ["10", "20"], [(1, 2)]),
        ("30", ["10", "20", "30"], [(1, 2), (3,)]),
        ("10", ["10", "10"], [(1,), (2,)]),
        ("20", ["10", "10"], [(1, 2)]),
        ("20", ["10"], []),
        ("5", [], []),
        ("0", ["10"], []),
        ("0.30", ["0.10", "0.20"], [(1, 2)]),
        ("60", ["10", "20", "30"], [(1, 2, 3)]),
        ("7", ["1", "2", "4"], [(1, 2, 3)]),
    ],
)
def test_sums(wanted: str, values: list[str], expected: list[tuple[int, ...]]) -> None:
    assert sorted(parts_that_make(Decimal(wanted), amounts(*values)) or []) == expected


def test_no_amount_is_counted_twice() -> None:
    assert parts_that_make(Decimal(20), amounts("10")) == []
    assert parts_that_make(Decimal(40), amounts("10", "20")) == []


def test_too_many_ways_are_no_answer() -> None:
    many = amounts(*(str(2**place) for place in range(20)))
    assert parts_that_make(Decimal(2**20), many) is None
