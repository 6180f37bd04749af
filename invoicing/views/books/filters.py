"""The query string of the journal."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import AmountRangeField, DayRangeFilter, SearchFilter, chosen_choices
from core.money import CURRENCIES
from customers.selectors import visible_customers
from invoicing.models import JournalEntry, Posting
from invoicing.selectors.books.journal import EntryKind, about_customer, about_documents, of_kind


class PostingAmountFilter(django_filters.RangeFilter):  # type: ignore[misc]
    """Entries with a posting of such an amount, debit or credit."""

    field_class = AmountRangeField

    def filter(self, qs: QuerySet[Any], value: slice | None) -> QuerySet[Any]:
        if not value:
            return qs
        low, high = value.start, value.stop
        debit, credit = Q(amount__gt=0), Q(amount__lt=0)
        if low is not None:
            debit, credit = debit & Q(amount__gte=low), credit & Q(amount__lte=-low)
        if high is not None:
            debit, credit = debit & Q(amount__lte=high), credit & Q(amount__gte=-high)
        return qs.filter(Exists(Posting.objects.filter(debit | credit, entry=OuterRef("pk"))))


class JournalFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("text", "number")
    date = DayRangeFilter(field_name="date", label=_("Date"))
    account = django_filters.CharFilter(label=_("Account"), method="with_account")
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=EntryKind.choices, empty_label=_("All"), method="in_kind"
    )
    document = django_filters.CharFilter(label=_("Document"), method="of_document")
    customer = django_filters.ModelChoiceFilter(
        queryset=lambda request: visible_customers(request.membership),
        label=_("Customer"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
        method="of_customer",
    )
    amount = PostingAmountFilter(label=_("Amount"))
    currency = django_filters.ChoiceFilter(
        label=_("Currency"), choices=CURRENCIES, empty_label=_("All")
    )

    class Meta:
        model = JournalEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = visible_customers(self.request.membership)
        choices = chosen_choices(self.data.get("customer", ""), seen, _("All"))
        self.form.fields["customer"].widget.choices = choices

    def with_account(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        on_it = Posting.objects.filter(entry=OuterRef("pk"), account=value.strip())
        return queryset.filter(Exists(on_it))

    def in_kind(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return of_kind(queryset, EntryKind(value))

    def of_document(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(about_documents(value.strip()))

    def of_customer(self, queryset: QuerySet[Any], _name: str, value: Any) -> QuerySet[Any]:
        return queryset.filter(about_customer(value.pk))
