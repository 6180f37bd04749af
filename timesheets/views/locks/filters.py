"""The query string of the hours locks: a period, a state, a name."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import SearchInput
from core.forms import PeriodForm
from core.lists import sorted_as_asked
from core.periods import Period, month_of, periods_around, week_of
from timesheets.selectors.locks import STATE_ORDER, LockState, PersonRow


class LockForm(PeriodForm):
    field_order = ["q"]

    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=SearchInput)
    status = forms.ChoiceField(
        required=False, choices=[("", ""), *LockState.choices], widget=forms.HiddenInput
    )


class LockFilter:
    """The query as it was understood; `filter.form` is what the filter bar prints."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        usual = month_of(timezone.localdate()).before()
        self.form = LockForm(query, initial={"start": usual.start, "end": usual.end})
        self.is_valid = self.form.is_valid()
        cleaned = self.form.cleaned_data if self.is_valid else {}
        start: Any = cleaned.get("start")
        end: Any = cleaned.get("end")
        self.period = usual
        if start or end:
            # Half a range means the month of the day that is there.
            first = start or end.replace(day=1)
            self.period = Period(first, end or month_of(first).end)
        self.status: str = cleaned.get("status") or ""
        self.words: list[str] = (cleaned.get("q") or "").casefold().split()
        if self.is_valid:
            data = query.copy()
            data["start"] = self.period.start.isoformat()
            data["end"] = self.period.end.isoformat()
            self.form.data = data

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.status)

    def named(self, rows: Iterable[PersonRow]) -> list[PersonRow]:
        return [
            row for row in rows if all(word in row.member.name.casefold() for word in self.words)
        ]

    def periods_around(self) -> dict[str, Any]:
        return periods_around(self.query, self.period, presets(timezone.localdate()))

    def in_status(self, rows: Iterable[PersonRow]) -> list[PersonRow]:
        return [row for row in rows if not self.status or row.state == self.status]


def presets(today: date) -> list[tuple[str, Any, Period]]:
    month, week = month_of(today), week_of(today)
    return [
        ("last_month", _("Last month"), month.before()),
        ("this_month", _("This month"), month),
        ("last_week", _("Last week"), week.before()),
        ("this_week", _("This week"), week),
    ]


def _name(row: PersonRow) -> tuple[str, int]:
    return row.member.name.casefold(), row.member.pk


SORTS: dict[str, Callable[[PersonRow], Any]] = {
    "status": lambda row: STATE_ORDER[row.state],
    "name": _name,
    "hours": lambda row: row.minutes,
    "locked": lambda row: row.locked_minutes,
    "open": lambda row: row.open_minutes,
    "when": lambda row: row.last_lock.locked_at.timestamp() if row.last_lock else 0.0,
}
DEFAULT_SORT = "status"


def in_order(rows: Iterable[PersonRow], asked: str) -> list[PersonRow]:
    """By `?sort=`; otherwise who has to lock comes first, the most hours on top."""
    ordered = sorted(rows, key=lambda row: (-row.open_minutes, *_name(row)))
    return sorted_as_asked(ordered, asked, SORTS, default=DEFAULT_SORT)
