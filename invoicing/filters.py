"""The query string of the invoice archive."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import DayRangeFilter, SearchFilter
from customers.models import Customer
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.archive import ArchiveStatus

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


class InvoiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = DocumentSearch(*SEARCHED)
    date = DayRangeFilter(field_name="issue_date", label=_("Invoice date"))
    customer = django_filters.ModelChoiceFilter(
        queryset=lambda request: Customer.objects.all(),
        label=_("Customer"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=ArchiveStatus.choices,
        empty_label=_("All"),
        method="filter_status",
    )

    class Meta:
        model = Invoice
        fields = ["q", "date", "customer", "status"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["customer"].widget.choices = self._chosen_customer()

    def filter_status(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(state=value)

    def _chosen_customer(self) -> list[tuple[Any, Any]]:
        """The combobox asks the server; the page carries the chosen one only."""
        choices: list[tuple[Any, Any]] = [("", _("All"))]
        asked = self.data.get("customer", "")
        if asked.isascii() and asked.isdecimal() and len(asked) < 18:
            choices += Customer.objects.filter(pk=asked).values_list("pk", "name")
        return choices
