"""Durations as people type them and as programs export them, in whole minutes.

`static/js/durations.js` reads the same forms, for sums that follow while typing; a test compares
the two.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.numbers import read_number

MINUTES_OF_A_DAY = 24 * 60
LONGEST_TEXT = 40


class BadDuration(ValueError):
    """`reason` is a sentence for whoever typed it."""

    def __init__(self, reason: Promise | str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoTimeAtAll(BadDuration):
    """Nought: refused in a file, and in a form or grid what empties a field."""

    def __init__(self) -> None:
        super().__init__(_("The duration is nought."))


class NumberMeans(StrEnum):
    """What a duration without colon or unit counts."""

    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"


_SECONDS = {
    NumberMeans.HOURS: Decimal(3600),
    NumberMeans.MINUTES: Decimal(60),
    NumberMeans.SECONDS: Decimal(1),
}
_CLOCK = re.compile(r"([-−]?)(\d{0,5}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?")
# After "1h" two digits are minutes without saying so; English, Finnish and German words.
_UNITS = re.compile(
    r"([-−]?)(?:(\d*[.,]?\d+)\s*(?:hours?|hrs?|h|stunden?|std|tuntia?|t)(?![a-z])\.?)?\s*"
    r"(?:(\d+)\s*(?:minuuttia?|minuten|minutes?|min|m)(?![a-z])\.?|(?<=[a-z. ])([0-5]?\d)(?!\d))?"
    r"\s*(?:(\d+)\s*(?:seconds?|sec|sek|s)(?![a-z])\.?)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def read_minutes(text: str, number_means: NumberMeans = NumberMeans.HOURS) -> int:
    """1:30, 1.5, 1,5, 90m, 1h30, 1h 30m, 0:05, and 8 for eight hours; half a minute upwards."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise _unclear()
    if match := _CLOCK.fullmatch(text):
        if int(match[3]) > 59 or int(match[4] or 0) > 59:
            raise BadDuration(_("After a colon stand 0 to 59. Write it as 1:30 or 1.5."))
        seconds = Decimal(int(match[2] or 0) * 3600 + int(match[3]) * 60 + int(match[4] or 0))
        negative = bool(match[1])
    elif (match := _UNITS.fullmatch(text)) and any(match.group(2, 3, 5)):
        hours = Decimal((match[2] or "0").replace(",", "."))
        minutes = int(match[3] or match[4] or 0)
        seconds = hours * 3600 + minutes * 60 + int(match[5] or 0)
        negative = bool(match[1])
    else:
        try:
            number = read_number(text)
        except ValueError:
            raise _unclear() from None
        negative, seconds = number < 0, abs(number) * _SECONDS[number_means]
        if number_means is NumberMeans.HOURS and 24 < number == int(number) <= MINUTES_OF_A_DAY:
            raise BadDuration(
                _("%(number)d would be hours, and a day has 24. For minutes write %(number)dm.")
                % {"number": number}
            )
    return whole_minutes(-seconds if negative else seconds)


def whole_minutes(seconds: Decimal) -> int:
    """Never nought for time that was worked."""
    if seconds < 0:
        raise BadDuration(_("The duration is negative."))
    if seconds == 0:
        raise NoTimeAtAll
    if seconds > MINUTES_OF_A_DAY * 60:
        raise BadDuration(_("An entry cannot be longer than 24 hours."))
    return max(1, int((seconds / 60).quantize(Decimal(1), ROUND_HALF_UP)))


def _unclear() -> BadDuration:
    return BadDuration(_("This is no duration. Write it as 1:30 or 1.5."))
