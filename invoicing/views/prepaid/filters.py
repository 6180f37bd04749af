"""The query string of the list of prepaid hours."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter, chosen_choices
from customers.models import Customer
from invoicing.models import PrepaidHours, PrepaidState
from timesheets.work_filters import IdFilter

USABLE, LOW, ALL = "usable", "low", "all"
_USABLE = (PrepaidState.DRAFT, PrepaidState.LATER, PrepaidState.VALID)


class PrepaidFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Rows come with `state` and `is_low`."""

    q = SearchFilter("customer__name", "project__name", "line__text", "line__invoice__number")
    standing = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[
            (USABLE, _("Not used up")),
            (LOW, _("Running out")),
            *PrepaidState.choices,
            (ALL, _("All")),
        ],
        empty_label=None,
        method="filter_standing",
    )
    customer = IdFilter(field_name="customer_id", label=_("Customer"))

    class Meta:
        model = PrepaidHours
        fields = ["q", "standing", "customer"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        filled = data.copy()
        if not data.get("standing"):
            filled["standing"] = USABLE
        super().__init__(filled, *args, **kwargs)
        field = self.form.fields["customer"]
        field.widget.choices = chosen_choices(
            data.get("customer", ""), Customer.objects.all(), _("All")
        )
        field.widget.attrs["data-combobox-url"] = reverse("customers:customer_search")

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.asked.items() if name not in ("sort", "page"))

    def filter_standing(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if value == ALL:
            return rows
        if value == USABLE:
            return rows.filter(state__in=[one.value for one in _USABLE])
        return rows.filter(is_low=True) if value == LOW else rows.filter(state=value)
