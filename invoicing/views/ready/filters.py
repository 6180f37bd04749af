"""The query string of "ready to invoice": period, grouping, state and the narrowing of rows."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import SearchInput
from core.forms import PeriodForm
from core.lists import sorted_as_asked
from core.periods import Period, presets, usual_period
from customers.models import Customer
from invoicing.selectors.ready import (
    OPEN_STATES,
    STATE_ORDER,
    Grouping,
    Person,
    ReadyRow,
    RowState,
)

# What `?status=` may say beside the states themselves; empty is what can be invoiced.
ALL = "all"


class ReadyForm(PeriodForm):
    years = (1990, 2200)
    longest_days = 3 * 366
    too_long = _("Choose at most three years at a time.")
    field_order = ["q"]

    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=SearchInput)
    group = forms.ChoiceField(
        label=_("One row per"),
        required=False,
        choices=[("", _("Project")), ("customer", _("Customer"))],
    )
    customer = forms.IntegerField(
        label=_("Customer"),
        required=False,
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    manager = forms.IntegerField(label=_("Project manager"), required=False, widget=forms.Select())
    status = forms.ChoiceField(
        required=False,
        choices=[("", ""), (ALL, ""), *RowState.choices],
        widget=forms.HiddenInput,
    )
    period = forms.ChoiceField(
        required=False,
        choices=lambda: [("", ""), *((key, key) for key, *_rest in presets(date(2000, 1, 1)))],
        widget=forms.HiddenInput,
    )


class ReadyFilter:
    """The query as it was understood; `filter.form` is what the filter bar prints."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        usual = usual_period(timezone.localdate())
        self.form = ReadyForm(query, initial={"start": usual.start, "end": usual.end})
        self.is_valid = self.form.is_valid()
        cleaned = self.form.cleaned_data if self.is_valid else {}
        self.period = self._period(cleaned)
        self.grouping: Grouping = "customer" if cleaned.get("group") else "project"
        self.status: str = cleaned.get("status") or ""
        self.customer_id: int | None = cleaned.get("customer")
        self.manager_id: int | None = cleaned.get("manager")
        self.words: list[str] = (cleaned.get("q") or "").casefold().split()

    @property
    def narrows(self) -> bool:
        """Whether fewer rows are asked for than the period has to be invoiced."""
        return bool(self.words or self.customer_id or self.manager_id or self.status)

    def offer(self, managers: Iterable[Person]) -> None:
        """Fill the selects, and the date fields with the days that are meant."""
        bar = self.form.fields
        bar["manager"].widget.choices = [
            ("", _("All")),
            *((manager.id, manager.name) for manager in managers),
        ]
        choices: list[tuple[Any, Any]] = [("", _("All"))]
        if self.customer_id:
            chosen = Customer.objects.filter(pk=self.customer_id).values_list("pk", "name")
            choices += chosen
        bar["customer"].widget.choices = choices
        if self.is_valid:
            data = self.query.copy()
            data["start"] = self.period.start.isoformat()
            data["end"] = self.period.end.isoformat()
            data["period"] = ""
            self.form.data = data

    def narrow(self, rows: Iterable[ReadyRow]) -> list[ReadyRow]:
        """By everything but the state, which the tabs count."""
        return [row for row in rows if self._fits(row)]

    def in_status(self, rows: Iterable[ReadyRow]) -> list[ReadyRow]:
        if self.status == ALL:
            return list(rows)
        if not self.status:
            return [row for row in rows if row.state in OPEN_STATES]
        return [row for row in rows if row.state == self.status]

    def _fits(self, row: ReadyRow) -> bool:
        if self.customer_id and row.customer.pk != self.customer_id:
            return False
        if self.manager_id and self.manager_id not in {manager.pk for manager in row.managers}:
            return False
        if not self.words:
            return True
        text = "\n".join(
            [
                row.customer.name,
                row.customer.number,
                *(f"{project.name} {project.number}" for project in row.projects),
                *(manager.name for manager in row.managers),
                *row.people,
                *(line.text for line in row.charges),
            ]
        ).casefold()
        return all(word in text for word in self.words)

    def _period(self, cleaned: dict[str, Any]) -> Period:
        today = timezone.localdate()
        start: Any = cleaned.get("start")
        end: Any = cleaned.get("end")
        if start or end:
            # Half a range: from its first day until today, or of the last day's own month.
            first = start or end.replace(day=1)
            return Period(first, end or max(today, first))
        for key, _label, period in presets(today):
            if key == cleaned.get("period"):
                return period
        return usual_period(today)


def _names(row: ReadyRow) -> tuple[str, str, int]:
    project = row.project
    if project is None:
        return row.customer.name.casefold(), "", 0
    return row.customer.name.casefold(), project.name.casefold(), project.pk


SORTS: dict[str, Callable[[ReadyRow], Any]] = {
    "customer": _names,
    "project": lambda row: (len(row.projects), *_names(row)[1:]),
    "status": lambda row: (STATE_ORDER[row.state], len(row.unlocked_people)),
    "hours": lambda row: row.minutes,
    "net": lambda row: row.net,
    "gross": lambda row: Decimal(-1) if row.gross is None else row.gross,
    "manager": lambda row: [manager.name.casefold() for manager in row.managers] or ["\uffff"],
}
DEFAULT_SORT = "customer"


def in_order(rows: Iterable[ReadyRow], asked: str) -> list[ReadyRow]:
    """By `?sort=`; what is equal stays in the order of customers and projects."""
    ordered = sorted(rows, key=lambda row: (*_names(row), STATE_ORDER[row.state]))
    return sorted_as_asked(ordered, asked, SORTS, default=DEFAULT_SORT)
