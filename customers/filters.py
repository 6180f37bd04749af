from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.places import COUNTRIES
from customers.custom_lists import Columns, CustomFilters, CustomSearchFilter
from customers.models import Customer, CustomerGroup, Project
from customers.selectors import visible_customers, visible_projects
from tenants.models import Membership

STATES = [("archived", _("Archived")), ("all", _("All"))]


class _RegisterFilter(CustomFilters, django_filters.FilterSet):  # type: ignore[misc]
    """Shows what is active unless asked for more."""

    def __init__(self, *args: Any, columns: Columns | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if columns is not None:
            self.add_custom_filters(columns)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.form.cleaned_data.get("state")
        if not state:
            queryset = queryset.filter(is_active=True)
        elif state == "archived":
            queryset = queryset.filter(is_active=False)
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered

    def filter_state(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Decided above, because the empty value filters, too."""
        return queryset


def _used_countries(request: Any) -> list[tuple[str, Any]]:
    used = set(Customer.objects.order_by().values_list("country", flat=True).distinct())
    return [(code, name) for code, name in COUNTRIES if code in used]


class CustomerFilter(_RegisterFilter):
    q = CustomSearchFilter("name", "number", "business_id", "vat_id", "city", "email")
    lacking = django_filters.ChoiceFilter(
        label=_("Lacking"),
        choices=[("address", _("Address")), ("email", _("E-mail for invoices"))],
        empty_label=_("Any"),
        method="filter_lacking",
    )
    group = django_filters.ModelChoiceFilter(
        label=_("Group"),
        queryset=lambda request: CustomerGroup.objects.all(),
        empty_label=_("All"),
        null_label=_("None"),
    )
    country = django_filters.ChoiceFilter(label=_("Country"), empty_label=_("All"))
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("Active"), method="filter_state"
    )

    class Meta:
        model = Customer
        fields = ["q", "group", "country", "lacking", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["country"].extra["choices"] = _used_countries(self.request)
        if not CustomerGroup.objects.exists():
            del self.filters["group"]

    def filter_lacking(
        self, queryset: QuerySet[Customer], _name: str, value: str
    ) -> QuerySet[Customer]:
        if value == "email":
            return queryset.filter(email="")
        return queryset.filter(Q(street="") | Q(postal_code="") | Q(city=""))


def _managers(request: Any) -> QuerySet[Membership]:
    seen = visible_projects(request.membership).order_by().values("manager_id")
    return Membership.objects.filter(tenant=request.tenant, pk__in=seen)


class ProjectFilter(_RegisterFilter):
    q = CustomSearchFilter("name", "number", "customer__name", "order_reference")
    customer = django_filters.ModelChoiceFilter(
        queryset=lambda request: visible_customers(request.membership),
        label=_("Customer"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox": True}),
    )
    manager = django_filters.ModelChoiceFilter(
        queryset=_managers, label=_("Project manager"), empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("Active"), method="filter_state"
    )

    class Meta:
        model = Project
        fields = ["q", "customer", "manager", "state"]
