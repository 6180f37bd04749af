"""From a cell's text to a value. Each raises BadValue with a sentence for the user.

The good answers are cached: a file of 100,000 rows has a few hundred different dates and times.
"""

import re
import unicodedata
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import durations
from core.durations import NumberMeans
from core.numbers import read_number


class DateOrder(StrEnum):
    """How 03/04/2026 is read."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class BadValue(Exception):
    def __init__(self, reason: Promise | str) -> None:
        super().__init__(reason)
        self.reason = reason


_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:,? .*)?")
_DATE_HINT = _("This is no date. Write it as 2026-09-15.")


def order_shown_by(text: str) -> DateOrder | None:
    """What this one date tells about the order of all; with dots the day is always first."""
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or (first > 12 >= second):
        return DateOrder.DAY_FIRST
    if second > 12 >= first:
        return DateOrder.MONTH_FIRST
    return None


def is_undecided(text: str) -> bool:
    """A date that exists in both orders and means two days; 05/05/2026 means one."""
    match = _YEAR_LAST.fullmatch(text)
    return (
        match is not None
        and match[2] != "."
        and int(match[1]) != int(match[3])
        and 1 <= int(match[1]) <= 12
        and 1 <= int(match[3]) <= 12
    )


@lru_cache(maxsize=20_000)
def read_date(text: str, order: DateOrder | None) -> date:
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif match := _YEAR_LAST.fullmatch(text):
        year, day, month = int(match[4]), int(match[1]), int(match[3])
        if order is DateOrder.MONTH_FIRST and match[2] != ".":
            day, month = month, day
        if len(match[4]) == 2:
            year += 2000
    else:
        raise BadValue(_DATE_HINT)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValue(_("This day does not exist.")) from None


_TIME = re.compile(
    r"(?:.*\d[T ])?(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:[.,]\d+)?)?"
    r"\s*(?:([AaPp])\.?\s?[Mm]\.?)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?"
)
_TIME_HINT = _("This is no time of day. Write it as 14:30.")


@lru_cache(maxsize=20_000)
def read_time(text: str) -> time:
    """A time of day; 24:00 is midnight."""
    match = _TIME.fullmatch(text)
    if match is None or (match[2] is None and match[4] is None):
        raise BadValue(_TIME_HINT)
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise BadValue(_TIME_HINT)
        hour = hour % 12 + (12 if half == "p" else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        raise BadValue(_TIME_HINT)
    return time(hour, minute, second)


@lru_cache(maxsize=20_000)
def read_minutes(text: str, number_means: NumberMeans = NumberMeans.HOURS) -> int:
    try:
        return durations.read_minutes(text, number_means)
    except durations.BadDuration as bad:
        raise BadValue(bad.reason) from None


def whole_minutes(seconds: Decimal) -> int:
    try:
        return durations.whole_minutes(seconds)
    except durations.BadDuration as bad:
        raise BadValue(bad.reason) from None


@lru_cache(maxsize=20_000)
def read_decimal(text: str) -> Decimal:
    try:
        return read_number(text)
    except ValueError:
        raise BadValue(_("This is no number.")) from None


MAX_RATE = Decimal(10) ** 8  # what twelve digits with four places hold
_RATE_SIGNS = re.compile(r"[€$£¥]|\b[A-Z]{3}\b|/\s?h\b")


@lru_cache(maxsize=5_000)
def read_rate(text: str) -> Decimal:
    """A price per hour, with or without its currency beside it."""
    rate = read_decimal(_RATE_SIGNS.sub("", text).strip())
    if rate < 0:
        raise BadValue(_("A rate cannot be negative."))
    if rate >= MAX_RATE:
        raise BadValue(_("This rate is too high."))
    if rate != rate.quantize(Decimal("0.0001")):
        raise BadValue(_("A rate has at most four decimal places."))
    return rate


_YES = frozenset(
    ["1", "yes", "y", "true", "ja", "j", "wahr", "kyllä", "k", "tosi", "x", "billable"]
)
_NO = frozenset(["0", "no", "n", "false", "nein", "falsch", "ei", "epätosi", "non-billable"])


@lru_cache(maxsize=1_000)
def read_yes_or_no(text: str) -> bool:
    folded = text.casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise BadValue(_("Write yes or no."))


_CURRENCY = re.compile(r"(?:.*[\s(-])?([A-Z]{3})\)?")
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP"}


@lru_cache(maxsize=1_000)
def read_currency(text: str) -> str:
    """EUR, or Harvest's `Euro - EUR`."""
    if text in _SYMBOLS:
        return _SYMBOLS[text]
    match = _CURRENCY.fullmatch(text) or _CURRENCY.fullmatch(text.upper())
    if match is None:
        raise BadValue(_("This is no currency. Write its three letters, such as EUR."))
    return match[1]


# A byte order mark, a space of no width, and what PostgreSQL cannot keep.
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\x00"))


@lru_cache(maxsize=50_000)
@lru_cache(maxsize=20_000)
def read_names(text: str) -> tuple[str, ...]:
    """Names with commas between them, each once."""
    found: dict[str, str] = {}
    for part in text.split(","):
        if name := clean(part):
            found.setdefault(fold(name), name)
    return tuple(found.values())


def clean(text: str) -> str:
    """One line of text: composed letters, single spaces, nothing invisible at its ends."""
    if text.isascii() and "  " not in text and text.isprintable():
        return text.strip()
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """What makes two names the same: case and spacing do not."""
    return clean(text).casefold()
