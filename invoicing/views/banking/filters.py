"""The query string of the lines of bank statements."""

import django_filters
from django.utils.translation import gettext_lazy as _

from core.filters import AmountRangeFilter, DayRangeFilter, SearchFilter
from invoicing.models import BankAccount, BankLine

SEARCHED = ("name", "reference", "text", "iban", "note")


class BankLineFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter(*SEARCHED)
    date = DayRangeFilter(field_name="booking_date", label=_("Date"))
    amount = AmountRangeFilter(field_name="amount", label=_("Amount"))
    account = django_filters.ModelChoiceFilter(
        queryset=lambda _request: BankAccount.objects.all(),
        label=_("Account"),
        empty_label=_("All"),
    )

    class Meta:
        model = BankLine
        fields: list[str] = []
