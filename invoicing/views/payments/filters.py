"""The query string of the list of payments."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet, TextChoices
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import AmountRangeFilter, DayRangeFilter, SearchFilter, chosen_choices
from core.money import CURRENCIES, ZERO
from customers.selectors import visible_customers
from invoicing.models import Payment

SEARCHED = ("customer__name", "customer__number", "reference", "text")


class PaymentState(TextChoices):
    """Follows from a payment's amounts; `state_of` says it of one."""

    ALLOCATED = "allocated", _("Allocated")
    CREDIT = "credit", _("Credit left")
    REFUND = "refund", _("Paid back")
    REVERSED = "reversed", _("Reversed")
    REVERSAL = "reversal", _("Reversal")


# The first of these that holds is the state of a payment; where none does, credit is left of it.
MARKS: tuple[tuple[PaymentState, str, Any], ...] = (
    (PaymentState.REVERSED, "is_reversed", True),
    (PaymentState.REVERSAL, "kind", Payment.Kind.REVERSAL),
    (PaymentState.REFUND, "kind", Payment.Kind.REFUND),
    (PaymentState.ALLOCATED, "left_amount", ZERO),
)


def state_of(payment: Any) -> PaymentState:
    """Of a payment with what is left of it."""
    held = (state for state, field, value in MARKS if getattr(payment, field) == value)
    return next(held, PaymentState.CREDIT)


def in_state(payments: QuerySet[Any], wanted: PaymentState) -> QuerySet[Any]:
    for state, field, value in MARKS:
        if state == wanted:
            return payments.filter(**{field: value})
        payments = payments.exclude(**{field: value})
    return payments


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter(*SEARCHED)
    date = DayRangeFilter(field_name="payment_date", label=_("Date"))
    customer = django_filters.ModelChoiceFilter(
        queryset=lambda request: visible_customers(request.membership),
        label=_("Customer"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=PaymentState.choices, empty_label=_("All"), method="in_state"
    )
    method = django_filters.ChoiceFilter(
        label=_("Method"), choices=Payment.Method.choices, empty_label=_("All")
    )
    amount = AmountRangeFilter(field_name="amount", label=_("Amount"))
    currency = django_filters.ChoiceFilter(
        label=_("Currency"), choices=CURRENCIES, empty_label=_("All")
    )

    class Meta:
        model = Payment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = visible_customers(self.request.membership)
        choices = chosen_choices(self.data.get("customer", ""), seen, _("All"))
        self.form.fields["customer"].widget.choices = choices

    def in_state(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return in_state(queryset, PaymentState(value))
