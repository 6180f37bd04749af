"""Late interest, day by day: amounts that somebody checked with a pocket calculator."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicing.domain.reminding.defaults import RATES
from invoicing.domain.reminding.interest import Stretch, interest_of, rate_on, stretches

FI, DE = RATES["FI"], RATES["DE"]


def day(text: str) -> date:
    return date.fromisoformat(text)


def late(principal: str, due: str, until: str, points: str, **more: Any) -> list[Stretch]:
    return stretches(
        Decimal(principal),
        due_date=day(due),
        until=day(until),
        rates=more.pop("rates", FI),
        points=Decimal(points),
        **more,
    )


@pytest.mark.parametrize(
    ("principal", "due", "until", "points", "expected"),
    [
        # 30 days at 2.5 + 7: 1000 x 0.095 x 30 / 365
        ("1000", "2026-01-31", "2026-03-02", "7", "7.81"),
        # The same for a business, at 2.5 + 8
        ("1000", "2026-01-31", "2026-03-02", "8", "8.63"),
        # All of a leap year at 4.5 + 8 is the year's interest
        ("1000", "2023-12-31", "2024-12-31", "8", "125.00"),
        # All of an ordinary year at 2.5 + 8, as well
        ("1000", "2025-12-31", "2026-12-31", "8", "105.00"),
        # Ten days at 11.5 and ten at 10.5: the rate changed on 1 July
        ("1000", "2025-06-20", "2025-07-10", "8", "6.03"),
        # Ten days of a leap year at 12.5, 10/366, and ten of the next at 11.5, 10/365
        ("1000", "2024-12-21", "2025-01-10", "8", "6.57"),
        # The day after the due date is the first one
        ("3650", "2026-03-01", "2026-03-02", "7", "0.95"),
        ("1000", "2026-03-01", "2026-03-01", "7", "0"),
        ("1000", "2026-03-01", "2026-02-01", "7", "0"),
    ],
)
def test_finland(principal: str, due: str, until: str, points: str, expected: str) -> None:
    assert interest_of(late(principal, due, until, points), "EUR") == Decimal(expected)


@pytest.mark.parametrize(
    ("due", "until", "points", "expected"),
    [
        # 184 days at -0.88 + 9 and -0.88 + 5
        ("2022-06-30", "2022-12-31", "9", "409.34"),
        ("2022-06-30", "2022-12-31", "5", "207.69"),
        # 31 days at 3.12 + 9 of 2023, 31 at 3.62 + 9 of leap year 2024
        ("2023-11-30", "2024-01-31", "9", "209.83"),
    ],
)
def test_germany(due: str, until: str, points: str, expected: str) -> None:
    assert interest_of(late("10000", due, until, points, rates=DE), "EUR") == Decimal(expected)


def test_what_is_paid_costs_nothing_from_the_next_day_on() -> None:
    found = late("1000", "2026-03-01", "2026-03-21", "8", paid=[(day("2026-03-11"), Decimal(600))])
    assert found == [
        Stretch(day("2026-03-02"), day("2026-03-11"), Decimal(1000), Decimal("10.5")),
        Stretch(day("2026-03-12"), day("2026-03-21"), Decimal(400), Decimal("10.5")),
    ]
    assert [stretch.days for stretch in found] == [10, 10]
    # (1000 + 400) x 0.105 x 10 / 365
    assert interest_of(found, "EUR") == Decimal("4.03")


def test_what_was_paid_in_time_costs_nothing() -> None:
    paid = [(day("2026-02-20"), Decimal(600)), (day("2026-03-01"), Decimal(400))]
    assert late("1000", "2026-03-01", "2026-03-21", "8", paid=paid) == []


def test_two_half_years_at_one_rate_are_one_stretch() -> None:
    (only,) = late("1000", "2025-12-01", "2026-02-01", "7")
    assert (only.start, only.end, only.days) == (day("2025-12-02"), day("2026-02-01"), 62)


def test_rounded_once_and_half_up() -> None:
    """One day at 10 % of 18.25 is exactly half a cent."""
    found = late("18.25", "2026-03-01", "2026-03-02", "0", rates=[(day("2020-01-01"), Decimal(10))])
    assert interest_of(found, "EUR") == Decimal("0.01")
    assert interest_of(found * 2, "EUR") == Decimal("0.01")
    assert interest_of(found, "JPY") == 0


def test_a_rate_below_nought_takes_nothing_away() -> None:
    assert late("1000", "2022-03-01", "2022-03-21", "0.5", rates=DE) == []


def test_the_rate_of_a_day() -> None:
    assert rate_on(FI, day("2023-06-30")) == Decimal("2.5")
    assert rate_on(FI, day("2023-07-01")) == Decimal(4)
    # Before all that is known, and after.
    assert rate_on(FI, day("1999-01-01")) == 0
    assert rate_on(FI, day("2099-01-01")) == Decimal("2.5")
    assert rate_on([], day("2026-01-01")) == 0
