"""The query string of the list of hours: `?start=&end=&person=&project=&customer=&task=...`"""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, Q, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput
from core.periods import Period, month_of
from customers.custom_forms import PREFIX
from customers.custom_lists import Columns, CustomFilters, CustomSearchFilter, all_columns
from customers.models import Customer, Project
from tenants.models import Membership
from timesheets.models import BillingState, Task, TimeEntry
from timesheets.selectors.grouping import Dimension

SEARCHED = (
    "description", "project__name", "project__number", "project__customer__name", "task__name",
    "member__name",
)  # fmt: skip
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
# What is billed or written off is done with and left out, unless it is asked for.
UNBILLED, ALL_STATES = "unbilled", "all"
STATES = [
    (UNBILLED, _("Not billed yet")),
    ("not_billable", _("Not billable")),
    ("open", _("Open")),
    ("unlocked", _("Open, not locked")),
    ("locked", _("Open, locked")),
    ("drafted", _("Drafted")),
    ("billed", _("Billed")),
    ("invoiced", _("Billed on an invoice")),
    ("elsewhere", _("Billed elsewhere")),
    ("written_off", _("Written off")),
    (ALL_STATES, _("All")),
]
MEANINGS = {
    UNBILLED: Q(billing_state__in=[BillingState.OPEN, BillingState.DRAFTED]),
    "not_billable": Q(billing_state=BillingState.OPEN, is_billable=False),
    "open": Q(billing_state=BillingState.OPEN, is_billable=True),
    "unlocked": Q(billing_state=BillingState.OPEN, is_billable=True, is_locked=False),
    "locked": Q(billing_state=BillingState.OPEN, is_billable=True, is_locked=True),
    "drafted": Q(billing_state=BillingState.DRAFTED),
    "billed": Q(billing_state=BillingState.BILLED),
    # The note tells them apart: hours on an invoice have none.
    "invoiced": Q(billing_state=BillingState.BILLED, billing_note=""),
    "elsewhere": Q(billing_state=BillingState.BILLED) & ~Q(billing_note=""),
    "written_off": Q(billing_state=BillingState.WRITTEN_OFF),
    ALL_STATES: Q(),
}


class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """A reference by its id: the page carries the chosen one only, the combobox asks for others."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Select, min_value=1, max_value=2**62, **kwargs)


class EntryFilter(CustomFilters, django_filters.FilterSet):  # type: ignore[misc]
    q = CustomSearchFilter(*SEARCHED)
    start = django_filters.DateFilter(
        field_name="work_date", lookup_expr="gte", label=_("From"), widget=DateInput
    )
    end = django_filters.DateFilter(
        field_name="work_date", lookup_expr="lte", label=_("To"), widget=DateInput
    )
    person = IdFilter(field_name="member_id", label=_("Person"))
    customer = IdFilter(field_name="project__customer_id", label=_("Customer"))
    project = IdFilter(field_name="project_id", label=_("Project"))
    task = IdFilter(field_name="task_id", label=_("Task"))
    billable = django_filters.ChoiceFilter(
        label=_("Billable"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        empty_label=_("All"),
        method="filter_billable",
    )
    state = django_filters.ChoiceFilter(
        label=_("Billing"), choices=STATES, empty_label=None, method="filter_state"
    )

    class Meta:
        model = TimeEntry
        fields = ["q", "start", "end", "person", "customer", "project", "task", "billable", "state"]

    def __init__(
        self, data: QueryDict, *args: Any, columns: Columns | None = None, **kwargs: Any
    ) -> None:
        self.asked = data
        super().__init__(_completed(data), *args, **kwargs)
        # Whoever selects hours by the list's query string selects what the list shows.
        if columns is None and any(name == "q" or name.startswith(PREFIX) for name in data):
            columns = all_columns("hours", "time_entry")
        self.add_custom_filters(columns or Columns("hours", [], []))
        self.form.fields["start"].error_messages["invalid"] = _("This is no day of the calendar.")
        self.form.fields["end"].error_messages["invalid"] = _("This is no day of the calendar.")

    @property
    def is_narrowed(self) -> bool:
        """Whether something besides the period is asked for."""
        return any(
            value
            for name, value in self.asked.items()
            if name.startswith(PREFIX) or (name in self.filters and name not in ("start", "end"))
        )

    @property
    def whatever_the_state(self) -> QuerySet[Any]:
        """What is asked for without regard to billing: of what the shown hours are a part."""
        data = self.data.copy()
        data["state"] = ALL_STATES
        found: QuerySet[Any] = EntryFilter(
            data, queryset=self.queryset, columns=self.custom_columns
        ).qs
        return found

    @property
    def period(self) -> Period | None:
        values = self.form.cleaned_data
        start, end = values.get("start"), values.get("end")
        return Period(start, end) if start and end else None

    def is_valid(self) -> bool:
        if super().is_valid():
            start, end = (self.form.cleaned_data.get(name) for name in ("start", "end"))
            for name, day in (("start", start), ("end", end)):
                if day and not FIRST_DAY <= day <= LAST_DAY:
                    self.form.add_error(name, _("Give a year between 2000 and 2199."))
            if not self.form.errors and start and end and end < start:
                self.form.add_error("end", _("The period ends before it starts. Swap the days."))
        return not self.form.errors

    def filter_billable(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(is_billable=value == "yes")

    def filter_state(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(MEANINGS[value])

    def offer(self, people: list[Membership]) -> None:
        """Fill the selects: all people, of the registers the chosen ones."""
        fields = self.form.fields
        fields["person"].widget.choices = [
            ("", _("All")),
            *((person.pk, person.name) for person in people),
        ]
        fields["person"].widget.attrs["data-combobox"] = True
        if len(people) < 2:
            fields["person"].widget = forms.HiddenInput()
        chosen = self._chosen()
        for name in ("customer", "project", "task"):
            fields[name].widget.choices = [("", _("All")), *chosen.get(name, [])]
            url = reverse("timesheets:entry_search", args=[name])
            fields[name].widget.attrs["data-combobox-url"] = url

    def _chosen(self) -> dict[str, list[tuple[int, str]]]:
        """The names of what is asked for, in one question."""
        found: dict[str, list[tuple[int, str]]] = {}
        parts = []
        for name, model in (("customer", Customer), ("project", Project), ("task", Task)):
            pk = self.form.cleaned_data.get(name) if self.form.is_bound else None
            if pk:
                kind = Value(name, output_field=CharField())
                rows = model.objects.filter(pk=pk).order_by().annotate(kind=kind)
                parts.append(rows.values_list("kind", "pk", "name"))
        if parts:
            for kind, pk, label in parts[0].union(*parts[1:], all=True):
                found.setdefault(kind, []).append((pk, label))
        return found


class WorkReportFilter(EntryFilter):
    """The same hours whatever their state, which is what the report tells apart."""

    billable = None
    state = None
    group = django_filters.ChoiceFilter(
        label=_("By"),
        choices=[(one.value, one.label) for one in Dimension if one != Dimension.DAY],
        empty_label=None,
        method="leave",
    )

    class Meta:
        model = TimeEntry
        fields = ["group", "q", "start", "end", "person", "customer", "project", "task"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("group", Dimension.PROJECT.value)
        super().__init__(asked, *args, **kwargs)
        self.asked = data

    @property
    def dimension(self) -> Dimension:
        """What the hours are summed up by."""
        return Dimension(self.form.cleaned_data.get("group") or Dimension.PROJECT)

    def leave(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return rows


def _completed(data: QueryDict) -> QueryDict:
    """Without any day asked for, this month; without a state, what is not billed yet. Both are
    then written into the fields."""
    filled = data.copy()
    if not (data.get("start") or data.get("end")):
        month = month_of(timezone.localdate())
        filled["start"], filled["end"] = month.start.isoformat(), month.end.isoformat()
    if not data.get("state"):
        filled["state"] = UNBILLED
    return filled
