"""The query string of the list of products: `?q=&tax_rate=&state=`"""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate, Unit
from core.filters import SearchInput

STATES = [("inactive", _("Not active")), ("all", _("All"))]


class ProductFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Shows what is active unless asked for more."""

    q = django_filters.CharFilter(label=_("Search"), method="filter_q", widget=SearchInput)
    unit = django_filters.ChoiceFilter(label=_("Unit"), choices=Unit.choices, empty_label=_("All"))
    tax_rate = django_filters.ModelChoiceFilter(
        label=_("VAT"),
        queryset=lambda request: TaxRate.objects.order_by("-is_default", "name", "pk"),
        empty_label=_("All"),
        null_label=_("As the work"),
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("Active"), method="filter_state"
    )

    class Meta:
        model = Product
        fields = ["q", "unit", "tax_rate", "state"]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.form.cleaned_data.get("state")
        if state != "all":
            queryset = queryset.filter(is_active=state != "inactive")
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered

    def filter_q(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.matching(value)  # type: ignore[attr-defined, no-any-return]

    def filter_state(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Decided above, because the empty value filters, too."""
        return rows
