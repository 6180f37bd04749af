"""The query string of the list of service orders: `?q=&standing=&technician=&customer=&...`"""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import (
    DateRangeFilter,
    SearchFilter,
    StandingFilter,
    UnfinishedFirst,
    ask_server,
)
from customers.models import Customer
from tenants.models import Membership
from timesheets.models import ServiceOrder, Standing
from timesheets.work_filters import IdFilter

_NOT_INVOICED = (
    Standing.NEW,
    Standing.SCHEDULED,
    Standing.IN_PROGRESS,
    Standing.DONE,
    Standing.DRAFTED,
)


class ServiceOrderFilter(UnfinishedFirst):
    """Rows come with `standing`."""

    q = SearchFilter("title", "description", "customer__name", "site_address", "contact_name")
    standing = StandingFilter(Standing, begins_with=("open", _("Not invoiced yet"), _NOT_INVOICED))
    technician = IdFilter(field_name="technician_id", label=_("Technician"))
    customer = IdFilter(field_name="customer_id", label=_("Customer"))
    planned = DateRangeFilter(field_name="planned_start_at", label=_("Planned"))

    class Meta:
        model = ServiceOrder
        fields = ["q", "standing", "technician", "customer", "planned"]

    def offer(self, people: list[Membership]) -> None:
        """Fill the selects: all technicians, of the customers the chosen one."""
        fields = self.form.fields
        fields["technician"].widget.choices = [
            ("", _("All")),
            *((person.pk, person.name) for person in people),
        ]
        if len(people) < 2:
            fields["technician"].widget = forms.HiddenInput()
        ask_server(
            fields["customer"],
            self.asked.get("customer", ""),
            Customer.objects.all(),
            url=reverse("timesheets:order_search", args=["customer"]),
        )
