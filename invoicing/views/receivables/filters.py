"""The query string of what customers owe: the day, and what the rows are narrowed to."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import SearchInput, chosen_choices
from core.forms import DateInput
from core.lists import sorted_as_asked
from core.money import CURRENCIES
from customers.models import Customer
from invoicing.selectors.receivables import AgedCustomer, Bucket

YEARS = (1990, 2200)


class DayField(forms.DateField):
    """A day of the books; none is today."""

    def __init__(self) -> None:
        super().__init__(
            label=_("On"),
            required=False,
            widget=DateInput,
            error_messages={"invalid": _("Enter a day that exists.")},
        )

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        first, last = YEARS
        if day is not None and not first <= day.year <= last:
            sentence = _("Give a year between %(first)s and %(last)s.")
            raise forms.ValidationError(sentence % {"first": first, "last": last})
        return day


class AgeingForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=SearchInput)
    on = DayField()
    customer = forms.IntegerField(
        label=_("Customer"),
        required=False,
        max_value=2**62,
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    currency = forms.ChoiceField(
        label=_("Currency"), required=False, choices=[("", _("All")), *CURRENCIES]
    )
    late = forms.ChoiceField(
        label=_("Shown"),
        required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), *Bucket.choices],
    )


class AgeingFilter:
    """The query as it was understood; `filter.form` is what the filter bar prints."""

    def __init__(self, query: QueryDict) -> None:
        self.form = AgeingForm(query, initial={"on": timezone.localdate()})
        self.is_valid = self.form.is_valid()
        cleaned = self.form.cleaned_data
        self.on: date = cleaned.get("on") or timezone.localdate()
        self.customer_id: int | None = cleaned.get("customer")
        self.currency: str = cleaned.get("currency") or ""
        self.late: str = cleaned.get("late") or ""
        self.words: list[str] = (cleaned.get("q") or "").casefold().split()
        customer: Any = self.form.fields["customer"]
        customer.widget.choices = chosen_choices(
            query.get("customer", ""), Customer.objects.all(), _("All")
        )
        data = query.copy()
        if self.is_valid:
            # The day that is meant stands in its field.
            data["on"] = self.on.isoformat()
            self.form.data = data

    @property
    def is_today(self) -> bool:
        return self.on == timezone.localdate()

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.customer_id or self.currency or self.late)

    def narrow(self, rows: Iterable[AgedCustomer]) -> list[AgedCustomer]:
        return [row for row in rows if self._fits(row)]

    def _fits(self, row: AgedCustomer) -> bool:
        if self.customer_id and row.customer_id != self.customer_id:
            return False
        if self.currency and row.currency != self.currency:
            return False
        if self.late and not row.amounts.of(self.late):
            return False
        text = f"{row.name} {row.number}".casefold()
        return all(word in text for word in self.words)


def _by(name: str) -> Callable[[AgedCustomer], Any]:
    return lambda row: getattr(row.amounts, name)


SORTS: dict[str, Callable[[AgedCustomer], Any]] = {
    "customer": lambda row: (row.name.casefold(), row.customer_id, row.currency),
    **{bucket.value: _by(bucket.value) for bucket in Bucket},
    "total": _by("total"),
    "credit": _by("credit"),
}
DEFAULT_SORT = "customer"


def in_order(rows: Iterable[AgedCustomer], asked: str) -> list[AgedCustomer]:
    ordered = sorted(rows, key=SORTS[DEFAULT_SORT])
    return sorted_as_asked(ordered, asked, SORTS, default=DEFAULT_SORT)
