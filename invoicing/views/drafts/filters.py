"""The query string of the list of drafts."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import DayRangeFilter, SearchFilter, chosen_choices
from customers.custom_lists import Columns, CustomFilters
from customers.selectors import visible_customers
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.draft_list import DraftState, in_state, poster_of

SEARCHED = (
    "number", "billing_name", "customer__name", "customer__number", "payment_reference",
    "order_reference", "buyer_reference", "contact_name", "comment",
)  # fmt: skip


class DocumentSearch(SearchFilter):
    """Every word has to occur in the document itself or in one of its lines."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        for word in value.split() if value else []:
            line = InvoiceLine.objects.filter(invoice=OuterRef("pk"), text__icontains=word)
            found = Q(Exists(line))
            for field in self.fields:
                found |= Q(**{f"{field}__icontains": word})
            qs = qs.filter(found)
        return qs


class DocumentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What documents are searched by."""

    q = DocumentSearch(*SEARCHED)
    date = DayRangeFilter(field_name="issue_date", label=_("Invoice date"))
    customer = django_filters.ModelChoiceFilter(
        queryset=lambda request: visible_customers(request.membership),
        label=_("Customer"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )

    class Meta:
        model = Invoice
        fields = ["q", "date", "customer"]

    @property
    def form(self) -> Any:
        """The combobox asks the server for customers; the page carries the chosen one only."""
        is_new = not hasattr(self, "_form")
        form = super().form
        if is_new:
            form.fields["customer"].widget.choices = self._chosen_customer()
        return form

    def _chosen_customer(self) -> list[tuple[Any, Any]]:
        seen = visible_customers(self.request.membership)
        return chosen_choices(self.data.get("customer", ""), seen, _("All"))


class DraftFilter(CustomFilters, DocumentFilter):
    by = django_filters.ChoiceFilter(
        label=_("Made by"),
        choices=[("me", _("Me"))],
        empty_label=_("Everybody"),
        method="filter_by",
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=DraftState.choices,
        empty_label=_("All"),
        method="filter_state",
    )

    class Meta(DocumentFilter.Meta):
        fields = ["q", "date", "customer", "by", "state"]

    def __init__(self, *args: Any, columns: Columns, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_custom_filters(columns)

    def filter_by(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return queryset.filter(created_by=self.request.user)

    def filter_state(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return in_state(
            queryset,
            DraftState(value),
            self.request.tenant,
            by=poster_of(self.request.membership, self.request.user),
        )
