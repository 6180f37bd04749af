"""What the query strings of the lists of hours and of charges have in common."""

from datetime import date
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import CharField, Model, Q, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput
from core.periods import Period
from customers.models import Customer, Project
from tenants.models import Membership
from timesheets.models import BillingState

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
# Only hours have locks.
LOCK_STATES = ("unlocked", "locked")
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


class _DayFilter(django_filters.DateFilter):  # type: ignore[misc]
    def __init__(self, **kwargs: Any) -> None:
        sentences = {"invalid": _("This is no day of the calendar.")}
        super().__init__(widget=DateInput, error_messages=sentences, **kwargs)


class WorkFilter(django_filters.FilterSet):  # type: ignore[misc]
    REGISTERS: ClassVar[dict[str, type[Model]]] = {"customer": Customer, "project": Project}
    SEARCH: ClassVar[str]  # the address that answers the comboboxes

    start = _DayFilter(label=_("From"), method="filter_start")
    end = _DayFilter(label=_("To"), method="filter_end")
    person = IdFilter(field_name="member_id", label=_("Person"))
    customer = IdFilter(label=_("Customer"), method="filter_customer")
    project = IdFilter(field_name="project_id", label=_("Project"))
    # Asked for by the page of a service order; it has no field in the bar.
    order = django_filters.NumberFilter(
        field_name="service_order_id", widget=forms.HiddenInput, min_value=1, max_value=2**62
    )
    billable = django_filters.ChoiceFilter(
        label=_("Billable"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        empty_label=_("All"),
        method="filter_billable",
    )
    state = django_filters.ChoiceFilter(
        label=_("Billing"), choices=STATES, empty_label=None, method="filter_state"
    )

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        super().__init__(self.completed(data), *args, **kwargs)

    @staticmethod
    def completed(data: QueryDict) -> QueryDict:
        """Without a state, what is not billed yet; that is then written into the field."""
        filled = data.copy()
        if not data.get("state"):
            filled["state"] = UNBILLED
        return filled

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

    def filter_start(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        return rows.filter(**{f"{rows.model.DAY}__gte": day})

    def filter_end(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        return rows.filter(**{f"{rows.model.DAY}__lte": day})

    def filter_customer(self, rows: QuerySet[Any], _name: str, pk: int) -> QuerySet[Any]:
        return rows.filter(**{f"{rows.model.CUSTOMER}_id": pk})

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
        self.take_names(chosen)
        for name in self.REGISTERS:
            fields[name].widget.choices = [("", _("All")), *chosen.get(name, [])]
            fields[name].widget.attrs["data-combobox-url"] = reverse(self.SEARCH, args=[name])

    def take_names(self, found: dict[str, list[tuple[int, str]]]) -> None:
        """For further fields, whose names were asked for by `rows_to_name`."""

    def rows_to_name(self) -> dict[str, QuerySet[Any]]:
        """By field: what the page names, because it is asked for."""
        return {
            name: model._default_manager.filter(pk=pk).order_by()
            for name, model in self.REGISTERS.items()
            if self.form.is_bound and (pk := self.form.cleaned_data.get(name))
        }

    def _chosen(self) -> dict[str, list[tuple[int, str]]]:
        """The names, in one question."""
        found: dict[str, list[tuple[int, str]]] = {}
        parts = [
            rows.annotate(kind=Value(name, output_field=CharField())).values_list(
                "kind", "pk", "name"
            )
            for name, rows in self.rows_to_name().items()
        ]
        if parts:
            for kind, pk, label in parts[0].union(*parts[1:], all=True):
                found.setdefault(kind, []).append((pk, label))
        return found
