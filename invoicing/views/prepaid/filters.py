"""The query string of the list of prepaid hours."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter, StandingFilter, UnfinishedFirst, ask_server
from customers.models import Customer
from invoicing.models import PrepaidHours, PrepaidState
from timesheets.work_filters import IdFilter

LOW = "low"
_USABLE = (PrepaidState.DRAFT, PrepaidState.LATER, PrepaidState.VALID)


class PrepaidStandingFilter(StandingFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(is_low=True) if value == LOW else super().filter(qs, value)


class PrepaidFilter(UnfinishedFirst):
    """Rows come with `state` and `is_low`."""

    q = SearchFilter("customer__name", "project__name", "line__text", "line__invoice__number")
    standing = PrepaidStandingFilter(
        PrepaidState,
        field_name="state",
        begins_with=("usable", _("Not used up"), _USABLE),
        also=[(LOW, _("Running out"))],
    )
    customer = IdFilter(field_name="customer_id", label=_("Customer"))

    class Meta:
        model = PrepaidHours
        fields = ["q", "standing", "customer"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        ask_server(
            self.form.fields["customer"],
            data.get("customer", ""),
            Customer.objects.all(),
            url=reverse("customers:customer_search"),
        )
