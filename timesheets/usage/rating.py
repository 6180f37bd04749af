"""What usage costs beyond what packages include, without the database.

Included usage is used up first, period by period, in the order of the days; on one day by
destination, unit and rate. Of usage of a destination the allowance for exactly that destination
comes before one for any; where several are alike, the subscription that began first. What is
beyond costs the price beyond of the first of them on that day, or, where it has none or there is no
allowance, what the record itself says.

What is on a document stays charged, and uses up nothing that is included.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from core.money import ZERO
from timesheets.domain.packages.due import Price, Span, share_before, whole_period
from timesheets.models.packages import BillingPeriod

STEP = Decimal("0.000001")


class UsageKey(NamedTuple):
    """Usage that is charged together: of a day, a destination, a unit and a rate."""

    day: date
    destination: str
    unit: str
    rate: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a subscription includes of a destination in each period; empty is any destination."""

    destination: str
    period: BillingPeriod
    included: Decimal
    prices: Sequence[Price] = ()
    own_price: Decimal | None = None
    start: date
    end: date | None = None
    text: str = ""
    tax_rate_id: int | None = None
    account: str = ""

    def covers(self, key: UsageKey) -> bool:
        return (
            self.start <= key.day
            and (self.end is None or key.day <= self.end)
            and self.destination.casefold() in ("", key.destination.casefold())
        )

    def included_in(self, whole: Span) -> Decimal:
        """A part of a period includes its part, by the rule of fees: months by their days."""
        first = max(self.start, whole.start)
        share = share_after(self.end, whole) - share_before(first, whole)
        if share == 1:
            return self.included
        exact = Decimal(share.numerator) * self.included / Decimal(share.denominator)
        return exact.quantize(STEP, ROUND_HALF_UP)

    def price_on(self, day: date) -> Decimal | None:
        if self.own_price is not None:
            return self.own_price
        for price in self.prices:
            if price.start <= day and (price.end is None or day <= price.end):
                return price.usage_price
        return None


@dataclass(frozen=True)
class Rated:
    """`quantity` of the usage is charged at `unit_price`; `by` is the package's part in it."""

    key: UsageKey
    quantity: Decimal
    unit_price: Decimal
    by: Allowance | None


@dataclass(frozen=True)
class Rating:
    """`unpriced` is usage that neither record nor package has a price for."""

    charges: list[Rated]
    unpriced: list[tuple[UsageKey, Decimal]]
    included: Decimal


def rate_usage(
    usage: Mapping[UsageKey, Decimal],
    allowances: Iterable[Allowance],
    *,
    charged: Mapping[UsageKey, Decimal],
) -> Rating:
    """`usage` has all of the periods it is about; `charged` is what of it stays as it is."""
    ordered = sorted(allowances, key=lambda one: (not one.destination, one.start))
    left: dict[tuple[int, date], Decimal] = {}
    charges: list[Rated] = []
    unpriced: list[tuple[UsageKey, Decimal]] = []
    included = ZERO
    for key in sorted(usage, key=_place):
        rest = usage[key] - charged.get(key, ZERO)
        covering = [(place, one) for place, one in enumerate(ordered) if one.covers(key)]
        for place, allowance in covering:
            whole = whole_period(allowance.period, key.day)
            pool = (place, whole.start)
            if pool not in left:
                left[pool] = allowance.included_in(whole)
            used = max(min(rest, left[pool]), ZERO)
            left[pool] -= used
            included += used
            rest -= used
        if rest <= 0:
            continue
        by = covering[0][1] if covering else None
        price = by.price_on(key.day) if by else None
        if price is None:
            price = key.rate
        if price is None:
            unpriced.append((key, rest))
        elif price:
            charges.append(Rated(key, rest, price, by))
    return Rating(charges, unpriced, included)


def share_after(end: date | None, whole: Span) -> Fraction:
    """How much of the period lies up to the day, all of it where it goes on."""
    if end is None or end >= whole.end:
        return Fraction(1)
    return share_before(date.fromordinal(end.toordinal() + 1), whole)


def _place(key: UsageKey) -> tuple[date, str, str, Decimal]:
    return (key.day, key.destination, key.unit, Decimal(-1) if key.rate is None else key.rate)
