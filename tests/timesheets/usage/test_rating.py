"""What usage costs beyond what is included, by literal amounts."""

from datetime import date
from decimal import Decimal
from typing import Any

from timesheets.domain.packages.due import Price
from timesheets.models import BillingPeriod
from timesheets.usage.rating import Allowance, UsageKey, rate_usage


def used(number: int, quantity: str, **told: Any) -> tuple[UsageKey, Decimal]:
    values: dict[str, Any] = {
        "day": date(2026, 10, number),
        "destination": "Finland",
        "unit": "MIN",
        "rate": Decimal("0.10"),
    }
    return UsageKey(**values | told), Decimal(quantity)


def included(quantity: str, beyond: str | None = "0.05", **told: Any) -> Allowance:
    price = Price(
        start=date(2020, 1, 1),
        end=None,
        unit_price=Decimal(0),
        usage_price=None if beyond is None else Decimal(beyond),
    )
    values: dict[str, Any] = {
        "destination": "",
        "period": BillingPeriod.MONTH,
        "included": Decimal(quantity),
        "prices": [price],
        "start": date(2026, 1, 1),
    }
    return Allowance(**values | told)


def charged(
    usage: list[tuple[UsageKey, Decimal]],
    *allowances: Allowance,
    before: dict[UsageKey, Decimal] | None = None,
) -> list[tuple[int, str, str]]:
    rating = rate_usage(dict(usage), allowances, charged=before or {})
    return [
        (one.key.day.day, f"{one.quantity.normalize():f}", str(one.unit_price))
        for one in rating.charges
    ]


def test_without_a_package_the_record_says_the_price() -> None:
    assert charged([used(1, "10"), used(2, "5")]) == [(1, "10", "0.10"), (2, "5", "0.10")]


def test_what_is_included_is_used_up_first_in_the_order_of_the_days() -> None:
    usage = [used(9, "40"), used(2, "70"), used(5, "20")]

    # 100 included: 70 on the 2nd, 20 on the 5th, 10 of the 40 on the 9th.
    assert charged(usage, included("100")) == [(9, "30", "0.05")]


def test_each_period_has_its_own() -> None:
    usage = [used(31, "100"), used(1, "110", day=date(2026, 11, 1))]

    assert charged(usage, included("100")) == [(1, "10", "0.05")]


def test_a_quarter_lasts_three_months() -> None:
    usage = [used(1, "80"), used(1, "80", day=date(2026, 12, 1))]

    assert charged(usage, included("100", period=BillingPeriod.QUARTER)) == [(1, "60", "0.05")]


def test_without_a_price_beyond_the_record_says_it() -> None:
    assert charged([used(1, "120")], included("100", beyond=None)) == [(1, "20", "0.10")]


def test_only_the_destination_that_is_named() -> None:
    usage = [used(1, "50"), used(1, "50", destination="Sweden")]

    assert charged(usage, included("100", destination="finland")) == [(1, "50", "0.10")]


def test_an_allowance_for_the_destination_comes_before_one_for_any() -> None:
    usage = [used(1, "30", destination="Sweden"), used(2, "30"), used(3, "30")]

    # Sweden takes 30 of any; Finland's own 40 are used before the 20 that are left of any.
    assert (
        charged(usage, included("50", "0.07"), included("40", "0.03", destination="Finland")) == []
    )
    assert charged(
        usage, included("35", "0.07"), included("10", "0.03", destination="Finland")
    ) == [(2, "15", "0.03"), (3, "30", "0.03")]


def test_part_of_a_month_includes_its_part() -> None:
    # 16 of 31 days of 62: 32.
    begun = included("62", start=date(2026, 10, 16))

    assert charged([used(20, "40")], begun) == [(20, "8", "0.05")]
    # Before it began there is nothing.
    assert charged([used(10, "40")], begun) == [(10, "40", "0.10")]


def test_what_is_on_a_document_stays_and_uses_up_nothing() -> None:
    first = used(9, "30")
    usage = [first, used(2, "90")]

    # 30 of the 9th are charged. What came late for the 2nd is within the 100 that are included.
    assert charged(usage, included("100"), before={first[0]: Decimal(30)}) == []
    assert charged([*usage, used(3, "25")], included("100"), before={first[0]: Decimal(30)}) == [
        (3, "15", "0.05")
    ]


def test_usage_that_nobody_has_a_price_for_is_told() -> None:
    rating = rate_usage(dict([used(1, "3", rate=None)]), [], charged={})

    assert rating.charges == []
    assert [(key.destination, quantity) for key, quantity in rating.unpriced] == [
        ("Finland", Decimal(3))
    ]


def test_what_costs_nothing_is_not_charged() -> None:
    assert charged([used(1, "3", rate=Decimal(0))]) == []
    assert charged([used(1, "130")], included("100", "0")) == []
