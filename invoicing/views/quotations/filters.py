"""The query string of the list of quotations."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import (
    AmountRangeFilter,
    DayRangeFilter,
    SearchFilter,
    StandingFilter,
    UnfinishedFirst,
    ask_server,
)
from customers.models import Customer, Project
from invoicing.models import Quotation, QuotationState
from timesheets.work_filters import IdFilter

_NOT_DECIDED = (QuotationState.DRAFT, QuotationState.SENT, QuotationState.EXPIRED)


class QuotationFilter(UnfinishedFirst):
    """Rows come with `state`."""

    q = SearchFilter("number", "title", "customer__name", "introduction")
    standing = StandingFilter(
        QuotationState,
        field_name="state",
        begins_with=("open", _("Not decided yet"), _NOT_DECIDED),
    )
    customer = IdFilter(field_name="customer_id", label=_("Customer"))
    project = IdFilter(field_name="project_id", label=_("Project"))
    issued = DayRangeFilter(field_name="issue_date", label=_("Date"))
    net = AmountRangeFilter(field_name="net_total", label=_("Net"))

    class Meta:
        model = Quotation
        fields = ["q", "standing", "customer", "project", "issued", "net"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        for name, records in (("customer", Customer.objects), ("project", Project.objects)):
            ask_server(
                self.form.fields[name],
                data.get(name, ""),
                records.all(),
                url=reverse(f"customers:{name}_search"),
            )
