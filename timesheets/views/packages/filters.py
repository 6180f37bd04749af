"""The query strings of the lists of packages and subscriptions."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from core.filters import SearchFilter, ask_server
from customers.models import Customer
from timesheets.models import Package, Subscription


class PackageFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("name", "number", "components__name")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("all", gettext_lazy("All"))],
        empty_label=gettext_lazy("Offered"),
        method="filter_state",
    )

    class Meta:
        model = Package
        fields = ["q", "state"]

    @property
    def qs(self) -> QuerySet[Any]:
        found: QuerySet[Any] = super().qs
        asks_all = self.form.is_valid() and self.form.cleaned_data.get("state") == "all"
        return found if asks_all else found.filter(is_active=True)

    def filter_state(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return queryset


RUNNING, COMING, ENDED = "running", "coming", "ended"


def state_is(state: str, today: date) -> Q:
    if state == COMING:
        return Q(start_date__gt=today)
    if state == ENDED:
        return Q(end_date__lt=today)
    return Q(start_date__lte=today) & (Q(end_date=None) | Q(end_date__gte=today))


class SubscriptionFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("customer__name", "customer__number", "package__name", "note")
    customer = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Customer"), queryset=lambda _request: Customer.objects.all()
    )
    package = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Package"),
        queryset=lambda _request: Package.objects.order_by("name", "pk"),
        empty_label=gettext_lazy("All"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            (RUNNING, gettext_lazy("Running")),
            (COMING, gettext_lazy("Coming")),
            (ENDED, gettext_lazy("Ended")),
        ],
        empty_label=gettext_lazy("All"),
        method="filter_state",
    )

    class Meta:
        model = Subscription
        fields = ["q", "customer", "package", "state"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        ask_server(
            self.form.fields["customer"],
            self.data.get("customer", "") if self.data else "",
            Customer.objects.all(),
            url=reverse("customers:customer_search"),
        )

    def filter_state(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(state_is(value, self.today))
