"""The query string of the list of quotations."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import AmountRangeFilter, DayRangeFilter, SearchFilter, chosen_choices
from customers.models import Customer, Project
from invoicing.models import Quotation, QuotationState
from timesheets.work_filters import IdFilter

OPEN, ALL = "open", "all"
NOT_DECIDED = (QuotationState.DRAFT, QuotationState.SENT, QuotationState.EXPIRED)


class QuotationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Rows come with `state`."""

    q = SearchFilter("number", "title", "customer__name", "introduction")
    standing = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[(OPEN, _("Not decided yet")), *QuotationState.choices, (ALL, _("All"))],
        empty_label=None,
        method="filter_standing",
    )
    customer = IdFilter(field_name="customer_id", label=_("Customer"))
    project = IdFilter(field_name="project_id", label=_("Project"))
    issued = DayRangeFilter(field_name="issue_date", label=_("Date"))
    net = AmountRangeFilter(field_name="net_total", label=_("Net"))

    class Meta:
        model = Quotation
        fields = ["q", "standing", "customer", "project", "issued", "net"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        filled = data.copy()
        if not data.get("standing"):
            filled["standing"] = OPEN
        super().__init__(filled, *args, **kwargs)
        for name, records in (("customer", Customer.objects), ("project", Project.objects)):
            widget = self.form.fields[name].widget
            widget.choices = chosen_choices(data.get(name, ""), records.all(), _("All"))
            widget.attrs["data-combobox-url"] = reverse(f"customers:{name}_search")

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.asked.items() if name not in ("sort", "page"))

    def filter_standing(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if value == ALL:
            return rows
        if value == OPEN:
            return rows.filter(state__in=[one.value for one in NOT_DECIDED])
        return rows.filter(state=value)
