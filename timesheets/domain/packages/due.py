"""What is due for a subscription, without the database.

Periods are those of the calendar. A part of a month counts by its days: days used / days of that
month; a quarter has three months that count alike, a year twelve. The amount of the days `a` to `b`
of a period is

    round(quantity × price × share up to b) - round(quantity × price × share before a)

so that the parts of a period, however it is cut, add up to the price of the whole to the cent.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from core.money import places, round_money
from timesheets.models.packages import BillingPeriod, DueAt
from timesheets.package_errors import PriceGap, PriceOverlap, PricesMissing

MONTHS = {BillingPeriod.MONTH: 1, BillingPeriod.QUARTER: 3, BillingPeriod.YEAR: 12}
PRICE_STEP = Decimal("0.000001")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start} - {self.end}"


@dataclass(frozen=True, kw_only=True)
class Price:
    """`end` of None goes on."""

    start: date
    end: date | None
    unit_price: Decimal
    usage_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What one component of a subscription is charged by; its own price covers every day."""

    key: Any
    name: str
    period: BillingPeriod
    due_at: DueAt
    quantity: Decimal
    prices: Sequence[Price]
    own_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Fee:
    """An amount that is due: `quantity` × `unit_price` is `net` to the currency's smallest unit."""

    key: Any
    start: date
    end: date
    due_date: date
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    is_once: bool = False


@dataclass(frozen=True)
class Due:
    """`unpriced` are days on which a component has no price, by its key."""

    fees: list[Fee]
    unpriced: list[tuple[Any, Span]]


def fees_due(
    terms: Iterable[Terms],
    *,
    start: date,
    end: date | None,
    until: date,
    currency: str,
    billed: Iterable[tuple[Any, Span]] = (),
) -> Due:
    """What is due on or before `until` of a subscription from `start` to `end`.

    `billed` are days that have been charged for: they are left out, and what remains of their
    period is its whole price less theirs.
    """
    taken: dict[Any, list[Span]] = {}
    for key, span in billed:
        taken.setdefault(key, []).append(span)
    reckoning = _Reckoning(currency)
    for term in terms:
        spans = sorted(taken.get(term.key, []), key=lambda span: span.start)
        if term.period == BillingPeriod.ONCE:
            if not spans and start <= until:
                reckoning.once(term, start)
            continue
        ends = [span.end for span in spans]
        for period in periods(term.period, start, end, until, term.due_at):
            near = spans[bisect_left(ends, period.used.start) :]
            for part in _without(period.used, near):
                reckoning.part(term, part, period)
    reckoning.fees.sort(key=lambda fee: (fee.due_date, fee.start))
    return Due(reckoning.fees, reckoning.unpriced)


@dataclass(frozen=True)
class _Period:
    whole: Span
    used: Span
    due_date: date | None  # None: each part at its own start


def periods(
    kind: BillingPeriod, start: date, end: date | None, until: date, due_at: DueAt
) -> Iterable[_Period]:
    """The calendar's periods that the subscription has days of and that are due by `until`."""
    whole = whole_period(kind, start)
    while end is None or whole.start <= end:
        used = Span(max(whole.start, start), min(whole.end, end or whole.end))
        due = used.start if due_at == DueAt.START else used.end
        if due > until:
            return
        yield _Period(whole, used, None if due_at == DueAt.START else due)
        whole = whole_period(kind, whole.end + _DAY)


def whole_period(kind: BillingPeriod, day: date) -> Span:
    """The month, quarter or year of the calendar this day lies in."""
    months = MONTHS[kind]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    return Span(date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1]))


def share_before(day: date, whole: Span) -> Fraction:
    """How much of the period lies before the day, its months counting alike."""
    months = (whole.end.year - whole.start.year) * 12 + whole.end.month - whole.start.month + 1
    passed = (day.year - whole.start.year) * 12 + day.month - whole.start.month
    return (passed + Fraction(day.day - 1, monthrange(day.year, day.month)[1])) / months


def amount_of(price: Decimal, part: Span, whole: Span, currency: str) -> Decimal:
    """What the days of `part` cost of a price for the whole period."""

    def up_to(day: date) -> Decimal:
        share = share_before(day, whole)
        exact = Fraction(price) * share
        return _rounded(exact, currency)

    return up_to(part.end + _DAY) - up_to(part.start)


def _rounded(exact: Fraction, currency: str) -> Decimal:
    """Half away from zero, of a fraction that no decimal may express."""
    step = 10 ** places(currency)
    scaled = (exact * step * 2 + 1) / 2  # prices are not negative
    return Decimal(scaled.__floor__()).scaleb(-places(currency))


def check_prices(name: str, prices: Sequence[Price]) -> None:
    """Each day from the first to the last has one price; raises PriceGap otherwise."""
    ordered = sorted(prices, key=lambda price: price.start)
    if not ordered:
        raise PricesMissing(component=name)
    for earlier, later in pairwise(ordered):
        if earlier.end is None or earlier.end >= later.start:
            raise PriceOverlap(component=name, day=later.start)
        if earlier.end + _DAY != later.start:
            raise PriceGap(component=name, start=earlier.end + _DAY, end=later.start - _DAY)


def uncovered(prices: Sequence[Price], span: Span) -> list[Span]:
    """The days of the span on which there is no price."""
    ordered = sorted(prices, key=lambda price: price.start)
    return _without(span, [Span(price.start, price.end or span.end) for price in ordered])


def _without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """`taken` are in order."""
    left, day = [], span.start
    for one in taken:
        if one.start > span.end:
            break
        if one.end < day:
            continue
        if one.start > day:
            left.append(Span(day, one.start - _DAY))
        day = max(day, one.end + _DAY)
    if day <= span.end:
        left.append(Span(day, span.end))
    return left


def _price_of(term: Terms, day: date) -> Decimal | None:
    if term.own_price is not None:
        return term.own_price
    for price in term.prices:
        if price.start <= day and (price.end is None or day <= price.end):
            return price.unit_price
    return None


class _Reckoning:
    """The fees found so far, and the days without a price."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.fees: list[Fee] = []
        self.unpriced: list[tuple[Any, Span]] = []

    def once(self, term: Terms, day: date) -> None:
        price = _price_of(term, day)
        if price is None:
            self.unpriced.append((term.key, Span(day, day)))
            return
        self._add(term, Span(day, day), day, term.quantity, price, is_once=True)

    def part(self, term: Terms, part: Span, period: _Period) -> None:
        """A fee for each price that counts during the part."""
        if not term.quantity:
            return
        if term.own_price is not None:
            pieces = [(part, term.own_price)]
        else:
            pieces = [
                (
                    Span(max(part.start, price.start), min(part.end, price.end or part.end)),
                    price.unit_price,
                )
                for price in sorted(term.prices, key=lambda price: price.start)
                if price.start <= part.end and (price.end is None or price.end >= part.start)
            ]
            self.unpriced += [(term.key, span) for span in uncovered(term.prices, part)]
        for span, price in pieces:
            net = amount_of(term.quantity * price, span, period.whole, self.currency)
            quantity, unit_price = term.quantity, price
            if span != period.whole:
                quantity, unit_price = _as_quantity(term.quantity, net, self.currency)
            self._add(term, span, period.due_date or span.start, quantity, unit_price)

    def _add(
        self,
        term: Terms,
        span: Span,
        due_date: date,
        quantity: Decimal,
        unit_price: Decimal,
        *,
        is_once: bool = False,
    ) -> None:
        net = round_money(quantity * unit_price, self.currency)
        if net:
            fee = Fee(
                key=term.key,
                start=span.start,
                end=span.end,
                due_date=due_date,
                quantity=quantity,
                unit_price=unit_price,
                net=net,
                is_once=is_once,
            )
            self.fees.append(fee)


def _as_quantity(quantity: Decimal, net: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """The quantity stays what was agreed on and the price becomes that of the part; where no price
    of six places gives the amount, it is one of the amount."""
    part_price = (net / quantity).quantize(PRICE_STEP, ROUND_HALF_UP)
    if round_money(quantity * part_price, currency) == net:
        return quantity, part_price
    return Decimal(1), net
