"""What a line pays: certain, likely or nobody knows. No database is asked."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.banking.matching import (
    BankLine,
    Book,
    BookedLine,
    KnownInvoice,
    KnownPayment,
    Match,
    match_line,
    match_lines,
)
from invoicing.domain.references import finnish_reference, rf_reference

DAY = date(2026, 11, 20)
LUMO, KAUPUNKI = 100, 200
NAMES = {LUMO: "Lumonranta Kiinteistöt Oy", KAUPUNKI: "Tampereen kaupunki"}
IBAN = "FI5810171000000122"


def reference_of(pk: int) -> str:
    return finnish_reference(f"26{pk:04d}")


def invoice(pk: int, amount: str = "100", **fields: Any) -> KnownInvoice:
    values: dict[str, Any] = {
        "number": f"2026-{pk:04d}",
        "customer": LUMO,
        "currency": "EUR",
        "issue_date": date(2026, 11, 1),
        "due_date": date(2026, 11, 1) + timedelta(days=pk),
        "reference": reference_of(pk),
    }
    return KnownInvoice(pk=pk, open_amount=Decimal(amount), **(values | fields))


def line(amount: str = "100", pk: int = 1, **fields: Any) -> BankLine:
    values: dict[str, Any] = {"day": DAY, "currency": "EUR", "account": "1910"}
    return BankLine(pk=pk, amount=Decimal(amount), **(values | fields))


def book(*invoices: KnownInvoice, **fields: Any) -> Book:
    fields.setdefault("names", NAMES)
    return Book(invoices={one.pk: one for one in invoices}, **fields)


def said(match: Match | None) -> tuple[str, bool, dict[int, str]] | None:
    if match is None:
        return None
    return match.reason, match.certain, {pk: f"{amount:f}" for pk, amount in match.shares}


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": reference_of(1)},
        {"reference": reference_of(1).zfill(20)},
        {"reference": rf_reference(reference_of(1))},
        {"reference": "RF" + rf_reference(reference_of(1))[2:4] + " " + reference_of(1)},
        {"text": f"Viite {reference_of(1)} kiitos"},
        {"text": rf_reference(reference_of(1))},
        {"reference": "MAKSU", "text": f"viitteellä {reference_of(1)}"},
    ],
)
def test_a_reference_with_its_amount_is_certain(fields: Any) -> None:
    assert said(match_line(line(**fields), book(invoice(1), invoice(2)))) == (
        "reference", True, {1: "100"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["2026-0001", "Rechnung 20260001", "RgNr. 2026/0001 vom 17.11.2026", "lasku 2026 0001"],
)
@pytest.mark.parametrize("name", ["", "Lumonranta Kiinteistot", "Ihan Muu Oy"])
def test_a_number_with_its_amount_is_certain_whoever_pays(text: str, name: str) -> None:
    found = match_line(line(text=text, name=name), book(invoice(1), invoice(2)))
    assert said(found) == ("number", True, {1: "100"})


def test_a_short_number_needs_the_payer() -> None:
    known = book(invoice(1, number="17", reference=""))
    assert said(match_line(line(text="Haus 17"), known)) == ("number", False, {1: "100"})
    certain = match_line(line(text="Haus 17", name=NAMES[LUMO]), known)
    assert said(certain) == ("number", True, {1: "100"})


def test_several_numbers_make_a_sum() -> None:
    known = book(invoice(1, "100"), invoice(2, "50.50"), invoice(3, "1"))
    found = match_line(line("150.50", text="2026-0001, 0002"), known)
    assert said(found) == ("numbers", True, {1: "100", 2: "50.50"})


def test_several_references_make_a_sum() -> None:
    known = book(invoice(1, "100"), invoice(2, "50.50"))
    text = f"{reference_of(1)} {reference_of(2)}"
    assert said(match_line(line("150.50", text=text), known)) == (
        "references", True, {1: "100", 2: "50.50"},
    )  # fmt: skip


def test_a_credit_note_named_beside_is_deducted_already() -> None:
    """Of 0001 40 are credited; the payer names both."""
    known = book(invoice(1, "60"), invoice(2, "30"), notes={"2026-0009": 1})
    found = match_line(line("90", text="2026-0001 2026-0002 ./. 2026-0009"), known)
    assert said(found) == ("numbers", True, {1: "60", 2: "30"})


def test_invoices_of_several_customers_are_offered() -> None:
    known = book(invoice(1, "100"), invoice(2, "50", customer=KAUPUNKI))
    found = match_line(line("150", text="2026-0001 2026-0002"), known)
    assert said(found) == ("numbers_several_customers", False, {1: "100", 2: "50"})
    assert match_line(line("149", text="2026-0001 2026-0002"), known) is None


@pytest.mark.parametrize(
    ("amount", "fields", "expected"),
    [
        ("40", {"reference": reference_of(1)}, ("reference_less", True, {1: "40"})),
        ("130", {"reference": reference_of(1)}, ("reference_more", False, {1: "100"})),
        ("40", {"text": "2026-0001"}, ("number_less", False, {1: "40"})),
        ("130", {"text": "2026-0001"}, ("number_more", False, {1: "100"})),
        ("120", {"text": "2026-0001 2026-0002"}, ("numbers_less", False, {1: "100", 2: "20"})),
        ("250", {"text": "2026-0001 2026-0002"},
         ("numbers_more", False, {1: "100", 2: "100"})),
    ],
)  # fmt: skip
def test_less_and_more(amount: str, fields: Any, expected: Any) -> None:
    assert said(match_line(line(amount, **fields), book(invoice(1), invoice(2)))) == expected


def test_the_banks_charges_explain_a_difference() -> None:
    found = match_line(line("95", reference=reference_of(1), charges=Decimal(5)), book(invoice(1)))
    assert found is not None
    assert (found.reason, found.certain, found.closes, found.amount) == (
        "charges", False, "bank_cost", Decimal(5),
    )  # fmt: skip


def test_credit_explains_a_difference() -> None:
    known = book(invoice(1), credit={(LUMO, "EUR"): Decimal(30)})
    ways: list[dict[str, Any]] = [{"text": "2026-0001"}, {"name": NAMES[LUMO]}]
    for fields in ways:
        found = match_line(line("70", **fields), known)
        assert found is not None
        assert (said(found), found.uses_credit) == (("with_credit", False, {1: "70"}), True)


def test_before_its_day_an_invoice_is_only_offered() -> None:
    known = book(invoice(1, issue_date=date(2026, 11, 25)))
    found = match_line(line(reference=reference_of(1)), known)
    assert said(found) == ("reference_early", False, {1: "100"})
    assert match_line(line(name=NAMES[LUMO]), known) is None


def test_another_currency_is_for_a_person() -> None:
    known = book(invoice(1, currency="SEK"))
    assert match_line(line(reference=reference_of(1)), known) is None
    assert match_line(line(name=NAMES[LUMO]), known) is None


def test_a_reference_of_two_invoices_is_none() -> None:
    known = book(invoice(1), invoice(2, reference=reference_of(1)))
    assert match_line(line(reference=reference_of(1)), known) is None


def test_a_name_with_an_amount_is_likely() -> None:
    known = book(invoice(1, "100"), invoice(2, "50"), invoice(3, "100", customer=KAUPUNKI))
    found = match_line(line("100", name="LUMONRANTA KIINTEISTOT"), known)
    assert said(found) == ("name_amount", False, {1: "100"})


def test_a_known_account_with_an_amount_is_certain_if_nothing_else_makes_it() -> None:
    ibans = {IBAN: frozenset({LUMO})}
    found = match_line(line(iban=IBAN), book(invoice(1), invoice(2, "30"), ibans=ibans))
    assert said(found) == ("iban_amount", True, {1: "100"})
    parts = book(invoice(1), invoice(2, "30"), invoice(3, "70"), ibans=ibans)
    assert said(match_line(line(iban=IBAN), parts)) == ("iban_amount", False, {1: "100"})


def test_an_account_of_two_customers_is_ambiguous() -> None:
    ibans = {IBAN: frozenset({LUMO, KAUPUNKI})}
    both = book(invoice(1), invoice(2, customer=KAUPUNKI), ibans=ibans)
    assert match_line(line(iban=IBAN), both) is None
    one = match_line(line(iban=IBAN), book(invoice(1), ibans=ibans))
    assert said(one) == ("iban_amount", False, {1: "100"})


def test_an_unknown_reference_takes_certainty_away() -> None:
    known = book(invoice(1), ibans={IBAN: frozenset({LUMO})})
    other = finnish_reference("99887")
    found = match_line(line(iban=IBAN, reference=other), known)
    assert said(found) == ("iban_amount", False, {1: "100"})


@pytest.mark.parametrize(
    "text",
    ["Rechnung 2026-0011", "RE 2026/0011", "20260011", "Lasku 2025 0012", "2026-0012 2026-0011"],
)
def test_a_number_like_ours_that_is_another_takes_certainty_away(text: str) -> None:
    known = book(invoice(12), ibans={IBAN: frozenset({LUMO})})
    found = match_line(line(iban=IBAN, text=text), known)
    assert found is not None
    assert (found.certain, found.shares) == (False, ((12, Decimal(100)),))


@pytest.mark.parametrize(
    "text",
    ["", "Kiitos", "20261117", "17112026", "Miete 2026-11", "vom 2026-11-17", IBAN, "Haus 17"],
)
def test_other_figures_in_a_text_are_none_of_our_numbers(text: str) -> None:
    known = book(invoice(12), ibans={IBAN: frozenset({LUMO})})
    assert said(match_line(line(iban=IBAN, text=text), known)) == (
        "iban_amount", True, {12: "100"},
    )  # fmt: skip


@pytest.mark.parametrize("text", ["2026-0011", "20260011", "RE-2026-0011", "re20260011"])
def test_letters_of_a_number_may_be_left_out(text: str) -> None:
    known = book(invoice(12, number="RE-2026-0012"), ibans={IBAN: frozenset({LUMO})})
    assert said(match_line(line(iban=IBAN, text=text), known)) == (
        "iban_amount", False, {12: "100"},
    )  # fmt: skip


@pytest.mark.parametrize("fields", [{"reference": reference_of(1)}, {"iban": IBAN}])
def test_a_line_that_another_file_brought_too_is_never_certain(fields: Any) -> None:
    known = book(invoice(1), ibans={IBAN: frozenset({LUMO})})
    found = match_line(line(is_twin=True, **fields), known)
    assert found is not None
    assert (found.certain, found.is_twin) == (False, True)


def test_the_same_amount_twice_is_never_certain() -> None:
    known = book(invoice(1), invoice(2), ibans={IBAN: frozenset({LUMO})})
    assert said(match_line(line(iban=IBAN), known)) == ("iban_several", False, {1: "100"})
    assert said(match_line(line(name=NAMES[LUMO]), known)) == (
        "name_several", False, {1: "100"},
    )  # fmt: skip


def test_the_sum_of_several_is_likely_and_only_where_there_is_one_way() -> None:
    known = book(invoice(1, "10"), invoice(2, "20"), invoice(3, "45"))
    found = match_line(line("30", name=NAMES[LUMO]), known)
    assert said(found) == ("name_sum", False, {1: "10", 2: "20"})
    unclear = book(invoice(1, "10"), invoice(2, "20"), invoice(3, "5"), invoice(4, "25"))
    assert match_line(line("30", name=NAMES[LUMO]), unclear) is None


def test_an_amount_alone_says_nothing() -> None:
    assert match_line(line(), book(invoice(1))) is None
    assert match_line(line(name="Ihan Muu Oy"), book(invoice(1))) is None


PAID = KnownPayment(
    pk=9, customer=LUMO, currency="EUR", amount=Decimal(100), day=DAY, account="1910",
    invoices=frozenset({1}),
)  # fmt: skip


def test_what_is_registered_already_is_not_booked_again() -> None:
    known = book(invoice(1, "0"), payments=[PAID])
    found = match_line(line(reference=reference_of(1)), known)
    assert found is not None
    assert (found.reason, found.certain, found.payment, found.shares) == (
        "registered", True, 9, (),
    )  # fmt: skip


@pytest.mark.parametrize(("days", "certain"), [(0, True), (3, True), (4, False), (10, False)])
def test_half_of_an_invoice_registered_by_hand_is_not_booked_again(
    days: int, certain: bool
) -> None:
    """The other half is still open, and as much: by its reference alone it would be paid."""
    known = book(invoice(1, "100"), payments=[PAID])
    found = match_line(line(reference=reference_of(1), day=DAY + timedelta(days=days)), known)
    assert found is not None
    assert (found.reason, found.certain, found.payment) == ("registered", certain, 9)
    both = [line(pk=n, reference=reference_of(1)) for n in (1, 2)]
    matched = match_lines(both, known)
    assert [said(matched[pk]) for pk in (1, 2)] == [
        ("registered", True, {}),
        ("reference", True, {1: "100"}),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Decimal(99)}, {"currency": "SEK"}, {"account": "1920"},
        {"day": DAY - timedelta(days=11)}, {"customer": KAUPUNKI},
    ],
)  # fmt: skip
def test_another_payment_is_not_this_one(changed: dict[str, Any]) -> None:
    fields = {name: getattr(PAID, name) for name in PAID.__slots__}
    known = book(invoice(1, "0"), payments=[KnownPayment(**fields | changed)])
    found = match_line(line(reference=reference_of(1)), known)
    assert said(found) == ("reference_paid", False, {})


def test_a_payment_for_another_invoice_is_not_the_named_ones() -> None:
    """The second line would be surplus otherwise, though it is the payment registered."""
    known = book(
        invoice(1, "0"), invoice(2, "0"), payments=[replace(PAID, invoices=frozenset({2}))]
    )
    lines = [line(pk=n, reference=reference_of(n), iban=IBAN) for n in (1, 2)]
    found = match_lines(lines, known)
    assert [(found[pk].reason, found[pk].certain, found[pk].payment) for pk in (1, 2)] == [
        ("reference_paid", False, None),
        ("registered", True, 9),
    ]


def test_a_payment_without_an_invoice_is_offered_for_the_named_one() -> None:
    known = book(invoice(1, "0"), payments=[replace(PAID, invoices=frozenset())])
    found = match_line(line(reference=reference_of(1)), known)
    assert found is not None
    assert (found.reason, found.certain, found.payment) == ("registered", False, 9)


def test_paid_twice_is_credit_to_be_looked_at() -> None:
    found = match_line(line(reference=reference_of(1)), book(invoice(1, "0")))
    assert found is not None
    assert (found.reason, found.certain, found.customer) == ("reference_paid", False, LUMO)


def test_a_registered_payment_found_by_its_payer() -> None:
    known = book(payments=[PAID], ibans={IBAN: frozenset({LUMO})})
    by_iban, by_name = line(iban=IBAN), line(name=NAMES[LUMO])
    for asked, certain in ((by_iban, True), (by_name, False)):
        found = match_line(asked, known)
        assert found is not None
        assert (found.reason, found.certain, found.payment) == ("registered", certain, 9)


def test_two_lines_do_not_pay_one_invoice() -> None:
    known = book(invoice(1))
    lines = [line(reference=reference_of(1), pk=n) for n in (1, 2)]
    found = match_lines(lines, known)
    assert [said(found[pk]) for pk in (1, 2)] == [
        ("reference", True, {1: "100"}),
        ("reference_paid", False, {}),
    ]


def test_what_is_certain_narrows_what_is_left() -> None:
    """By name two invoices would fit the first line; the second one takes one of them."""
    known = book(invoice(1), invoice(2))
    lines = [line(pk=1, name=NAMES[LUMO]), line(pk=2, reference=reference_of(1))]
    found = match_lines(lines, known)
    assert said(found[1]) == ("name_amount", False, {2: "100"})


def test_parts_of_one_invoice_in_one_file() -> None:
    lines = [
        line("60", pk=1, reference=reference_of(1)),
        line("40", pk=2, reference=reference_of(1)),
    ]
    found = match_lines(lines, book(invoice(1)))
    assert [said(found[pk]) for pk in (1, 2)] == [
        ("reference_less", True, {1: "60"}),
        ("reference", True, {1: "40"}),
    ]


BOOKED = BookedLine(
    payment=9, customer=LUMO, amount=Decimal(100), day=DAY - timedelta(days=3), iban=IBAN,
    reference="R", end_to_end_id="E",
)  # fmt: skip


@pytest.mark.parametrize("fields", [{"iban": IBAN}, {"reference": "R"}, {"end_to_end_id": "E"}])
def test_money_taken_back_is_offered_and_never_certain(fields: Any) -> None:
    known = book(booked=[BOOKED])
    found = match_line(line("-100", is_reversal=True, **fields), known)
    assert found is not None
    assert (found.reason, found.certain, found.payment, found.is_taking_back) == (
        "taken_back", False, 9, True,
    )  # fmt: skip
    assert match_line(line("-100", **fields), known) is None
    assert match_line(line("-99", is_reversal=True, **fields), known) is None
    assert match_line(line("-100", is_reversal=True, **fields), book(booked=[BOOKED] * 2)) is None


def test_a_refund_finds_its_line() -> None:
    refund = KnownPayment(
        pk=8, customer=LUMO, currency="EUR", amount=Decimal(-20), day=DAY, account="1910"
    )
    known = book(payments=[refund])
    by_name = match_line(line("-20", name=NAMES[LUMO]), known)
    assert by_name is not None
    assert (by_name.payment, by_name.certain) == (8, True)
    by_amount = match_line(line("-20", name="?"), known)
    assert by_amount is not None
    assert (by_amount.payment, by_amount.certain) == (8, False)
    assert match_line(line("-21"), known) is None


def test_money_that_went_out_is_nobodys_payment() -> None:
    assert match_line(line("-100", reference=reference_of(1)), book(invoice(1))) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 300), st.booleans(), st.booleans()),
        max_size=12,
    ),
    st.lists(st.integers(1, 200), min_size=1, max_size=6),
)
def test_nothing_is_paid_twice_whatever_comes(
    paid: list[tuple[int, int, bool, bool]], owed: list[int]
) -> None:
    known = book(*(invoice(n, str(amount)) for n, amount in enumerate(owed, start=1)))
    lines = [
        line(
            str(amount), pk=place,
            reference=reference_of(number) if has_reference else "",
            text="" if has_reference else f"2026-{number:04d}",
            name=NAMES[LUMO] if has_name else "",
        )
        for place, (number, amount, has_reference, has_name) in enumerate(paid)
    ]  # fmt: skip
    found = match_lines(lines, known)
    for number, amount in enumerate(owed, start=1):
        settled = sum(
            share for match in found.values() for pk, share in match.shares if pk == number
        )
        assert settled <= amount
    for pk, match in found.items():
        assert sum(share for _pk, share in match.shares) <= paid[pk][1]
        assert Match.from_json(match.as_json()).as_json() == match.as_json()
