"""Billing periods: ranges of days, both included."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

# Until this day of a month people invoice the month before.
LAST_DAY_FOR_THE_MONTH_BEFORE = 15
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    start: date
    end: date

    def __str__(self) -> str:
        """Name it as people do: "October 2026", "Q4 2026", "2026", or by its days."""
        if self == month_of(self.start):
            return date_format(self.start, "F Y")
        if self == quarter_of(self.start):
            return f"Q{(self.start.month + 2) // 3} {self.start.year}"
        if self == year_of(self.start):
            return str(self.start.year)
        days = [date_format(day, "SHORT_DATE_FORMAT") for day in (self.start, self.end)]
        return days[0] if self.start == self.end else " – ".join(days)

    @property
    def query(self) -> str:
        return f"start={self.start.isoformat()}&end={self.end.isoformat()}"

    @property
    def months(self) -> int:
        """How many whole months it is; 0 where it begins or ends within one."""
        if self.start.day > 1 or self.end != month_of(self.end).end:
            return 0
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    def before(self) -> "Period":
        """As many months, or as many days, up to the day before."""
        last = self.start - DAY
        if self.months:
            return Period(_months_later(self.start, -self.months), last)
        return Period(last - (self.end - self.start), last)

    def after(self) -> "Period":
        first = self.end + DAY
        if self.months:
            return Period(first, _months_later(first, self.months) - DAY)
        return Period(first, first + (self.end - self.start))


def _months_later(first: date, months: int) -> date:
    """Of the first day of a month."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def month_of(day: date) -> Period:
    last = monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


def quarter_of(day: date) -> Period:
    first = (day.month - 1) // 3 * 3 + 1
    return Period(
        day.replace(month=first, day=1), month_of(day.replace(month=first + 2, day=1)).end
    )


def year_of(day: date, first_month: int = 1) -> Period:
    """The year that begins with this month, as a financial year may."""
    first = date(day.year - (day.month < first_month), first_month, 1)
    return Period(first, _months_later(first, 12) - DAY)


def week_of(day: date) -> Period:
    """From Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6))


_WRITTEN = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?|-W(?P<week>\d{1,2})|-Q(?P<quarter>[1-4]))?"
)


def parse_period(text: str) -> Period:
    """`2026-10`, `2026-W41`, `2026-Q4`, `2026`, `2026-10-05`, or two of them with `..` between.

    Raises ValueError for anything else.
    """
    first, dots, last = text.strip().partition("..")
    start = _written(first)
    if not dots:
        return start
    end = _written(last)
    if end.end < start.start:
        raise ValueError(f"{text} ends before it starts")
    return Period(start.start, end.end)


def _written(text: str) -> Period:
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no period")
    year = int(match["year"])
    if match["week"]:
        return week_of(date.fromisocalendar(year, int(match["week"]), 1))
    if match["quarter"]:
        return quarter_of(date(year, int(match["quarter"]) * 3, 1))
    if match["day"]:
        day = date(year, int(match["month"]), int(match["day"]))
        return Period(day, day)
    if match["month"]:
        return month_of(date(year, int(match["month"]), 1))
    return year_of(date(year, 1, 1))


def usual_period(today: date) -> Period:
    """What people invoice on this day: early in a month the one before, later the present one."""
    this = month_of(today)
    return this.before() if today.day <= LAST_DAY_FOR_THE_MONTH_BEFORE else this


def presets(today: date) -> list[tuple[str, Any, Period]]:
    month, quarter = month_of(today), quarter_of(today)
    return [
        ("this_month", _("This month"), month),
        ("last_month", _("Last month"), month.before()),
        ("this_quarter", _("This quarter"), quarter),
        ("last_quarter", _("Last quarter"), quarter.before()),
    ]


def periods_around(
    asked: QueryDict, period: Period | None, offered: Iterable[tuple[str, Any, Period]]
) -> dict[str, Any]:
    """What `components/period_bar.html` shows: the period with its neighbours, and those that are
    offered, each as the query string `asked` with the other days."""
    return {
        "period": period,
        "before": with_period(asked, period.before()) if period else "",
        "after": with_period(asked, period.after()) if period else "",
        "presets": [
            {"label": label, "query": with_period(asked, one), "is_current": one == period}
            for _key, label, one in offered
        ],
    }


def with_period(asked: QueryDict, period: Period) -> str:
    """The query string with other days, from its first page."""
    query = asked.copy()
    for name in ("page", "period"):
        query.pop(name, None)
    query["start"], query["end"] = period.start.isoformat(), period.end.isoformat()
    return query.urlencode()
