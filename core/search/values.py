"""What stands behind `key:` where it is more than a text: numbers, days, patterns.

Each reader raises ValueError with a sentence for the user.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from core.numbers import read_number
from core.search.folding import fold

_COMPARISON = re.compile(r"(>=|<=|>|<|=|≥|≤)(.*)", re.DOTALL)
_SAME = {"≥": ">=", "≤": "<="}
_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}|\*))?(?:-([0-9]{1,2}|\*))?")
_POINTS = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
# More has no column, and none is written.
LARGEST = Decimal(10) ** 15


@dataclass(frozen=True)
class Span:
    """Numbers from `low` to `high`; None is open. A bound that is `over` or `under` is left out."""

    low: Decimal | None = None
    high: Decimal | None = None
    is_over: bool = False
    is_under: bool = False


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included; None is open."""

    first: date | None = None
    last: date | None = None


def read_numbers(text: str) -> Span:
    """`1000`, `>1000`, `<=99,50`, `100..200`, `..200`, `100..`"""
    operator, rest = _compared(text)
    if operator == ">":
        return Span(low=_number(rest), is_over=True)
    if operator == ">=":
        return Span(low=_number(rest))
    if operator == "<":
        return Span(high=_number(rest), is_under=True)
    if operator == "<=":
        return Span(high=_number(rest))
    if not operator and ".." in rest:
        low, high = (_number(part) if part else None for part in _ends(rest))
        if low is not None and high is not None and high < low:
            raise ValueError(_("The second number is smaller than the first. Swap the two."))
        return Span(low=low, high=high)
    exact = _number(rest)
    return Span(low=exact, high=exact)


def read_days(text: str) -> Period:
    """`2026`, `2026-01`, `2026-01-15`, `15.1.2026`, `>2026-01`, `2026-01..2026-03`"""
    operator, rest = _compared(text)
    if not operator and ".." in rest:
        before, after = _ends(rest)
        first = _period(before).first if before else None
        last = _period(after).last if after else None
        if first is not None and last is not None and last < first:
            raise ValueError(_("The last day lies before the first. Swap the two."))
        return Period(first, last)
    period = _period(rest)
    assert period.first is not None
    assert period.last is not None
    try:
        if operator == ">":
            return Period(first=period.last + timedelta(1))
        if operator == "<":
            return Period(last=period.first - timedelta(1))
    except OverflowError as beyond:
        raise ValueError(_no_day(rest)) from beyond
    if operator == ">=":
        return Period(first=period.first)
    if operator == "<=":
        return Period(last=period.last)
    return period


def read_pattern(text: str) -> list[str] | None:
    """The folded pieces between the stars, or None when there is no star to be filled in.

    `2026-*` is ["2026-", ""]: it begins so. Without stars a text is found anywhere inside.
    """
    if "*" not in text:
        return None
    pieces = [fold(piece) for piece in text.split("*")]
    # Two stars side by side are one.
    return [pieces[0], *(piece for piece in pieces[1:-1] if piece), pieces[-1]]


def _compared(text: str) -> tuple[str, str]:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return "", text
    operator, rest = found.groups()
    return _SAME.get(operator, operator), rest


def _ends(text: str) -> tuple[str, str]:
    before, _dots, after = text.partition("..")
    if not before and not after:
        raise ValueError(_("Write a first or a last value beside the two dots, or both."))
    return before, after


def _number(text: str) -> Decimal:
    try:
        number = read_number(text)
    except ValueError as wrong:
        raise ValueError(
            _("“%(text)s” is no number. Write 1000, >1000, <99.50 or 100..200.") % {"text": text}
        ) from wrong
    if abs(number) >= LARGEST:
        raise ValueError(_("“%(text)s” is larger than any amount here.") % {"text": text})
    return number


def _period(text: str) -> Period:
    if points := _POINTS.fullmatch(text):
        day, month, year = (int(part) for part in points.groups())
    elif iso := _ISO.fullmatch(text):
        year, month, day = (0 if part in (None, "*") else int(part) or -1 for part in iso.groups())
        if day and not month:
            raise ValueError(_no_day(text))
    else:
        raise ValueError(_no_day(text))
    try:
        if not month:
            return Period(date(year, 1, 1), date(year, 12, 31))
        if not day:
            return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        return Period(date(year, month, day), date(year, month, day))
    except ValueError as wrong:
        raise ValueError(_no_day(text)) from wrong


def _no_day(text: str) -> str:
    return _("“%(text)s” is no date. Write 2026, 2026-01, 2026-01-15 or 2026-01..2026-03.") % {
        "text": text
    }
