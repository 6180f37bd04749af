"""What is due for a subscription: whole periods, parts, changing prices, by literal amounts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timesheets.domain.packages.due import (
    Fee,
    Price,
    Span,
    Terms,
    amount_of,
    check_prices,
    fees_due,
    whole_period,
)
from timesheets.models import BillingPeriod, DueAt
from timesheets.package_errors import PriceGap, PriceOverlap, PricesMissing


def term(price: str = "30", **told: Any) -> Terms:
    usual: dict[str, Any] = {
        "key": 1,
        "name": "Licence",
        "period": BillingPeriod.MONTH,
        "due_at": DueAt.START,
        "quantity": Decimal(1),
        "prices": [Price(start=date(2020, 1, 1), end=None, unit_price=Decimal(price))],
    }
    return Terms(**usual | told)


def due(
    terms: Terms,
    start: date,
    end: date | None = None,
    *,
    until: date = date(2026, 12, 31),
    currency: str = "EUR",
    billed: list[Span] | None = None,
) -> list[Fee]:
    taken = [(terms.key, span) for span in billed or []]
    return fees_due(
        [terms], start=start, end=end, until=until, currency=currency, billed=taken
    ).fees


def told(fees: list[Fee]) -> list[tuple[str, str, str]]:
    return [(f"{fee.start}", f"{fee.end}", str(fee.net)) for fee in fees]


def test_a_month_is_its_price() -> None:
    fees = due(term("29.90"), date(2026, 10, 1), date(2026, 11, 30))

    assert told(fees) == [
        ("2026-10-01", "2026-10-31", "29.90"),
        ("2026-11-01", "2026-11-30", "29.90"),
    ]
    assert [(fee.quantity, fee.unit_price, fee.due_date) for fee in fees] == [
        (Decimal(1), Decimal("29.90"), date(2026, 10, 1)),
        (Decimal(1), Decimal("29.90"), date(2026, 11, 1)),
    ]


@pytest.mark.parametrize(
    ("start", "end", "amount"),
    [
        # 17 of 31 days: 30 × 17 / 31 = 16.4516...; what remains of the month after 14 days.
        (date(2026, 10, 15), date(2026, 10, 31), "16.45"),
        (date(2026, 10, 1), date(2026, 10, 14), "13.55"),
        # February has 28 days, in a leap year 29.
        (date(2026, 2, 15), date(2026, 2, 28), "15.00"),
        (date(2028, 2, 15), date(2028, 2, 29), "15.52"),
        (date(2028, 2, 1), date(2028, 2, 14), "14.48"),
        (date(2026, 4, 30), date(2026, 4, 30), "1.00"),
    ],
)
def test_a_part_of_a_month_counts_by_its_days(start: date, end: date, amount: str) -> None:
    assert told(due(term(), start, end, until=date(2028, 12, 31))) == [
        (str(start), str(end), amount)
    ]


def test_the_quantity_stays_and_the_price_becomes_that_of_the_part() -> None:
    [fee] = due(term("10", quantity=Decimal(3)), date(2026, 2, 15), date(2026, 2, 28))

    assert (fee.quantity, fee.unit_price, fee.net) == (Decimal(3), Decimal(5), Decimal("15.00"))


def test_where_no_price_gives_the_amount_it_is_one_of_it() -> None:
    [fee] = due(term("0.000007", quantity=Decimal(999_999)), date(2026, 2, 15), date(2026, 2, 28))

    assert (fee.quantity, fee.unit_price, fee.net) == (Decimal(1), Decimal("3.50"), Decimal("3.50"))


def test_quarters_are_those_of_the_calendar_and_their_months_count_alike() -> None:
    quarterly = term("300", period=BillingPeriod.QUARTER)

    fees = due(quarterly, date(2026, 2, 15), date(2026, 8, 31))

    assert told(fees) == [
        # 14 of 28 days of February, and March: one and a half months of three.
        ("2026-02-15", "2026-03-31", "150.00"),
        ("2026-04-01", "2026-06-30", "300.00"),
        # July and August: two months of three.
        ("2026-07-01", "2026-08-31", "200.00"),
    ]


def test_a_year_has_twelve_months_that_count_alike() -> None:
    yearly = term("1200", period=BillingPeriod.YEAR)

    fees = due(yearly, date(2027, 2, 15), date(2028, 2, 14), until=date(2028, 12, 31))

    assert told(fees) == [
        # Half of February and ten months: 10.5 of 12.
        ("2027-02-15", "2027-12-31", "1050.00"),
        # January, and 14 of the 29 days of a leap year's February: 1 14/29 of 12.
        ("2028-01-01", "2028-02-14", "148.28"),
    ]


def test_at_the_end_of_the_period_is_due_on_its_last_day_that_counts() -> None:
    at_the_end = term(period=BillingPeriod.QUARTER, due_at=DueAt.END)

    assert due(at_the_end, date(2026, 7, 1), until=date(2026, 9, 29)) == []
    [whole] = due(at_the_end, date(2026, 7, 1), until=date(2026, 9, 30))
    assert whole.due_date == date(2026, 9, 30)
    [part] = due(at_the_end, date(2026, 7, 1), date(2026, 8, 10), until=date(2026, 9, 30))
    assert (part.due_date, part.net) == (date(2026, 8, 10), Decimal("13.23"))


def test_once_is_charged_on_the_first_day_alone() -> None:
    once = term("99", period=BillingPeriod.ONCE)

    [fee] = due(once, date(2026, 3, 17))
    assert (fee.start, fee.due_date, fee.net) == (
        date(2026, 3, 17),
        date(2026, 3, 17),
        Decimal("99.00"),
    )
    assert due(once, date(2026, 3, 17), billed=[Span(date(2026, 3, 1), date(2026, 3, 1))]) == []
    assert due(once, date(2027, 1, 1)) == []


def test_a_price_that_changes_within_a_month_divides_it() -> None:
    changing = term(
        prices=[
            Price(start=date(2026, 1, 1), end=date(2026, 10, 15), unit_price=Decimal(31)),
            Price(start=date(2026, 10, 16), end=None, unit_price=Decimal(62)),
        ]
    )

    fees = due(changing, date(2026, 10, 1), date(2026, 10, 31))

    assert told(fees) == [
        ("2026-10-01", "2026-10-15", "15.00"),
        ("2026-10-16", "2026-10-31", "32.00"),
    ]


def test_an_own_price_counts_on_every_day() -> None:
    own = term(prices=[], own_price=Decimal("12.50"))

    assert told(due(own, date(2026, 12, 1))) == [("2026-12-01", "2026-12-31", "12.50")]


def test_days_without_a_price_are_told_and_the_others_charged() -> None:
    ending = term(
        prices=[Price(start=date(2026, 1, 1), end=date(2026, 11, 15), unit_price=Decimal(30))]
    )

    found = fees_due(
        [ending],
        start=date(2026, 11, 1),
        end=None,
        until=date(2026, 12, 31),
        currency="EUR",
    )

    assert told(found.fees) == [("2026-11-01", "2026-11-15", "15.00")]
    assert found.unpriced == [
        (1, Span(date(2026, 11, 16), date(2026, 11, 30))),
        (1, Span(date(2026, 12, 1), date(2026, 12, 31))),
    ]


def test_what_is_billed_is_not_due_again() -> None:
    fees = due(
        term(),
        date(2026, 10, 1),
        date(2026, 11, 30),
        billed=[Span(date(2026, 10, 1), date(2026, 10, 14))],
    )

    # The first half was 13.55: together they are 30.00.
    assert told(fees) == [
        ("2026-10-15", "2026-10-31", "16.45"),
        ("2026-11-01", "2026-11-30", "30.00"),
    ]


def test_yen_have_no_places() -> None:
    [fee] = due(term("1000"), date(2026, 10, 15), date(2026, 10, 31), currency="JPY")

    assert fee.net == Decimal(548)


def test_nothing_is_charged_for_nothing() -> None:
    assert due(term("0"), date(2026, 10, 1)) == []
    assert due(term(quantity=Decimal(0)), date(2026, 10, 1)) == []


@given(
    price=st.decimals("0.01", "99999.99", places=2),
    kind=st.sampled_from([BillingPeriod.MONTH, BillingPeriod.QUARTER, BillingPeriod.YEAR]),
    day=st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    cuts=st.sets(st.integers(0, 365), max_size=5),
)
def test_the_parts_of_a_period_add_up_to_its_price(
    price: Decimal, kind: BillingPeriod, day: date, cuts: set[int]
) -> None:
    whole = whole_period(kind, day)
    first, last = whole.start.toordinal(), whole.end.toordinal()
    ends = sorted({first + cut for cut in cuts if first + cut < last} | {last})
    parts, start = [], first
    for end in ends:
        parts.append(Span(date.fromordinal(start), date.fromordinal(end)))
        start = end + 1

    assert sum(amount_of(price, part, whole, "EUR") for part in parts) == price


def priced(*days: tuple[date, date | None]) -> list[Price]:
    return [Price(start=start, end=end, unit_price=Decimal(1)) for start, end in days]


def test_prices_leave_no_gap() -> None:
    check_prices("Licence", priced((date(2026, 2, 1), None), (date(2026, 1, 1), date(2026, 1, 31))))
    with pytest.raises(PriceGap) as gap:
        check_prices(
            "Licence", priced((date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 3, 1), None))
        )
    assert str(gap.value) == (
        "“Licence” would have no price from 2026-02-01 to 2026-02-28. Let one price end the day"
        " before the next begins."
    )
    with pytest.raises(PriceOverlap):
        check_prices("Licence", priced((date(2026, 1, 1), None), (date(2026, 3, 1), None)))
    with pytest.raises(PricesMissing):
        check_prices("Licence", [])
