"""Interest on late payment: day by day, each in its own year, rounded once at the end.

A day costs 1/365 of the year's interest, 1/366 in a leap year. The first day is the one after the
due date, the last one that of the payment, or of the reminder. Fractions keep it exact.
"""

from bisect import bisect_right
from calendar import isleap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from core.money import ZERO, round_money

DAY = timedelta(days=1)
type Rates = Sequence[tuple[date, Decimal]]  # valid from, percent; the first day first


@dataclass(frozen=True)
class Stretch:
    """Days, both included, in which neither the principal nor the rate changed."""

    start: date
    end: date
    principal: Decimal
    percent: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def exact(self) -> Fraction:
        """Before rounding."""
        year = sum(
            (
                Fraction(days, 366 if isleap(number) else 365)
                for number, days in _days_of_years(self.start, self.end)
            ),
            Fraction(0),
        )
        return Fraction(self.principal) * Fraction(self.percent) / 100 * year


def stretches(
    principal: Decimal,
    *,
    due_date: date,
    until: date,
    rates: Rates,
    points: Decimal,
    paid: Iterable[tuple[date, Decimal]] = (),
) -> list[Stretch]:
    """What was owed at which rate from the due date on; `paid` lowers it from the day after on."""
    falls: dict[date, Decimal] = {}
    for day, amount in paid:
        after = max(day, due_date) + DAY
        falls[after] = falls.get(after, ZERO) + amount
    changes = {*falls, *(day for day, _percent in rates)}
    days = sorted({due_date + DAY, *(day for day in changes if due_date + DAY < day <= until)})
    found, owed = [], principal
    for place, start in enumerate(days):
        owed -= falls.get(start, ZERO)
        end = days[place + 1] - DAY if place + 1 < len(days) else until
        percent = max(rate_on(rates, start) + points, ZERO)
        if start <= end and owed > 0 and percent > 0:
            found.append(Stretch(start, end, owed, percent))
    return _joined(found)


def rate_on(rates: Rates, day: date) -> Decimal:
    """The rate of that day; before the first one that is known, the first."""
    place = bisect_right([since for since, _percent in rates], day)
    return rates[max(place - 1, 0)][1] if rates else ZERO


def interest_of(found: Iterable[Stretch], currency: str) -> Decimal:
    exact = sum((stretch.exact for stretch in found), Fraction(0))
    # Far more places than any currency has, so that rounding it once is rounding the fraction.
    many = Decimal(exact.numerator) / Decimal(exact.denominator)
    return round_money(many, currency)


def _joined(found: list[Stretch]) -> list[Stretch]:
    """Two half years at the same rate are one."""
    joined: list[Stretch] = []
    for stretch in found:
        last = joined[-1] if joined else None
        if (
            last
            and last.end + DAY == stretch.start
            and (last.principal, last.percent) == (stretch.principal, stretch.percent)
        ):
            joined[-1] = Stretch(last.start, stretch.end, last.principal, last.percent)
        else:
            joined.append(stretch)
    return joined


def _days_of_years(start: date, end: date) -> Iterable[tuple[int, int]]:
    for number in range(start.year, end.year + 1):
        first, last = max(start, date(number, 1, 1)), min(end, date(number, 12, 31))
        yield number, (last - first).days + 1
