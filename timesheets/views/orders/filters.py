"""The query string of the list of service orders: `?q=&standing=&technician=&customer=&...`"""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import DateRangeFilter, SearchFilter
from customers.models import Customer
from tenants.models import Membership
from timesheets.models import ServiceOrder, Standing
from timesheets.work_filters import IdFilter

# What is not finished, which is what the list begins with.
OPEN = "open"
ALL = "all"
NOT_FINISHED = (
    Standing.NEW,
    Standing.SCHEDULED,
    Standing.IN_PROGRESS,
    Standing.DONE,
    Standing.DRAFTED,
)


class ServiceOrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Rows come with `standing`."""

    q = SearchFilter("title", "description", "customer__name", "site_address", "contact_name")
    standing = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[(OPEN, _("Not invoiced yet")), *Standing.choices, (ALL, _("All"))],
        empty_label=None,
        method="filter_standing",
    )
    technician = IdFilter(field_name="technician_id", label=_("Technician"))
    customer = IdFilter(field_name="customer_id", label=_("Customer"))
    planned = DateRangeFilter(field_name="planned_start_at", label=_("Planned"))

    class Meta:
        model = ServiceOrder
        fields = ["q", "standing", "technician", "customer", "planned"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        filled = data.copy()
        if not data.get("standing"):
            filled["standing"] = OPEN
        super().__init__(filled, *args, **kwargs)

    @property
    def is_narrowed(self) -> bool:
        names = {*self.filters, "planned_after", "planned_before"}
        return any(value for name, value in self.asked.items() if name in names)

    def filter_standing(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if value == ALL:
            return rows
        if value == OPEN:
            return rows.filter(standing__in=[one.value for one in NOT_FINISHED])
        return rows.filter(standing=value)

    def offer(self, people: list[Membership]) -> None:
        """Fill the selects: all technicians, of the customers the chosen one."""
        fields = self.form.fields
        fields["technician"].widget.choices = [
            ("", _("All")),
            *((person.pk, person.name) for person in people),
        ]
        if len(people) < 2:
            fields["technician"].widget = forms.HiddenInput()
        chosen = self.form.cleaned_data.get("customer") if self.form.is_bound else None
        found = Customer.objects.filter(pk=chosen).values_list("pk", "name") if chosen else ()
        fields["customer"].widget.choices = [("", _("All")), *found]
        url = reverse("timesheets:order_search", args=["customer"])
        fields["customer"].widget.attrs["data-combobox-url"] = url
