"""The query string of the list of charges: `?start=&end=&kind=&customer=&project=&person=...`"""

from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter
from core.forms import DateInput
from customers.models import Customer, Project
from tenants.models import Membership
from timesheets.entry_filters import ALL_STATES, FIRST_DAY, LAST_DAY, MEANINGS, UNBILLED, IdFilter
from timesheets.models import Charge, ChargeKind

STATES = [
    (UNBILLED, _("Not billed yet")),
    ("not_billable", _("Not billable")),
    ("open", _("Open")),
    ("drafted", _("Drafted")),
    ("billed", _("Billed")),
    ("invoiced", _("Billed on an invoice")),
    ("elsewhere", _("Billed elsewhere")),
    ("written_off", _("Written off")),
    (ALL_STATES, _("All")),
]


class ChargeFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("text", "destination", "note", "customer__name", "project__name")
    start = django_filters.DateFilter(
        field_name="charge_date", lookup_expr="gte", label=_("From"), widget=DateInput
    )
    end = django_filters.DateFilter(
        field_name="charge_date", lookup_expr="lte", label=_("To"), widget=DateInput
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=ChargeKind.choices, empty_label=_("All")
    )
    customer = IdFilter(field_name="customer_id", label=_("Customer"))
    project = IdFilter(field_name="project_id", label=_("Project"))
    person = IdFilter(field_name="member_id", label=_("Person"))
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
        model = Charge
        fields = ["q", "start", "end", "kind", "customer", "project", "person", "billable", "state"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        filled = data.copy()
        # What is billed or written off is done with and left out, unless it is asked for.
        if not data.get("state"):
            filled["state"] = UNBILLED
        super().__init__(filled, *args, **kwargs)
        for name in ("start", "end"):
            self.form.fields[name].error_messages["invalid"] = _("This is no day of the calendar.")

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.asked.items() if name in self.filters)

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
        for name in ("customer", "project"):
            fields[name].widget.choices = [("", _("All")), *chosen.get(name, [])]
            url = reverse("timesheets:charge_search", args=[name])
            fields[name].widget.attrs["data-combobox-url"] = url

    def _chosen(self) -> dict[str, list[tuple[int, str]]]:
        """The names of what is asked for, in one question."""
        found: dict[str, list[tuple[int, str]]] = {}
        parts = []
        for name, model in (("customer", Customer), ("project", Project)):
            pk = self.form.cleaned_data.get(name) if self.form.is_bound else None
            if pk:
                kind = Value(name, output_field=CharField())
                rows = model.objects.filter(pk=pk).order_by().annotate(kind=kind)
                parts.append(rows.values_list("kind", "pk", "name"))
        if parts:
            for kind, pk, label in parts[0].union(*parts[1:], all=True):
                found.setdefault(kind, []).append((pk, label))
        return found
