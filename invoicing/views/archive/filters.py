"""The query string of the invoice archive: filters, the search, and what is discarded."""

import datetime
from collections.abc import Callable
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.filters import AmountRangeFilter, DayRangeFilter, KeyFilter, SearchInput, chosen_choices
from core.money import CURRENCIES
from core.search import Field, SearchError, read_days, read_numbers
from customers.domain.custom_fields import known_fields
from customers.models import CustomField
from customers.selectors import visible_customers, visible_projects
from invoicing.exported import destinations
from invoicing.models import DocumentIndex, DocumentKind, Rank
from invoicing.selectors.archive import ArchiveStatus, in_states
from invoicing.selectors.archive_pages import is_small
from invoicing.selectors.own_fields import own_condition
from invoicing.selectors.search_keys import Asking, condition
from invoicing.selectors.searching import asks_for, understood
from tenants.models import Membership

OWN = "field_"
# What the bar shows at once; the rest is folded away until somebody needs it.
FIRST = ("q", "date", "customer", "status")


def _creators(request: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(tenant=request.tenant, user__isnull=False).order_by("name")


class CreatorFilter(KeyFilter):
    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else qs.filter(creator_key=value.user_id)


class OwnFilter(django_filters.CharFilter):  # type: ignore[misc]
    """One of the tenant's own fields, read as behind its key in a search."""

    def __init__(self, own: CustomField, **kwargs: Any) -> None:
        self.own = own
        super().__init__(label=own.label, **kwargs)

    @property
    def field(self) -> forms.Field:
        if not hasattr(self, "_field"):
            self._field = self._made()
        return self._field

    def _made(self) -> forms.Field:
        kind, label = self.own.kind, self.own.label
        if kind in (CustomField.Kind.CHOICE, CustomField.Kind.CHECKBOX):
            offered = self.own.choices
            if kind == CustomField.Kind.CHECKBOX:
                offered = [("1", _("Yes")), ("0", _("No"))]
            return forms.ChoiceField(
                label=label, required=False, choices=[("", _("All")), *map(tuple, offered)]
            )
        return _OwnText(label=label, required=False, max_length=200, own=self.own)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        # What is chosen is meant as it stands; what is typed may be `>100` or `*`.
        chosen = self.own.kind == CustomField.Kind.CHOICE
        return qs.filter(own_condition(self.own, Field(self.own.name, value, 0, chosen)))


class _OwnText(forms.CharField):
    def __init__(self, *args: Any, own: CustomField, **kwargs: Any) -> None:
        self.own = own
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        readers = {CustomField.Kind.NUMBER: read_numbers, CustomField.Kind.DATE: read_days}
        reader = readers.get(CustomField.Kind(self.own.kind))
        if text and text not in ("*", "~") and reader is not None:
            try:
                reader(text)
            except ValueError as wrong:
                raise forms.ValidationError(str(wrong)) from wrong
        return text


REMINDERS = [
    ("none", _("None sent")),
    ("1", _("1st sent")),
    ("2", _("2nd sent")),
    ("3..", _("3rd or later sent")),
    ("disputed", _("Disputed")),
]


class ArchiveFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(
        label=_("Search"), widget=SearchInput, method="keep_all", strip=False
    )
    date = DayRangeFilter(field_name="issue_date", label=_("Invoice date"))
    customer = KeyFilter(
        field_name="customer_key",
        queryset=lambda request: visible_customers(request.membership),
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
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=DocumentKind.choices, empty_label=_("All")
    )
    due = DayRangeFilter(field_name="due_date", label=_("Due date"))
    amount = AmountRangeFilter(field_name="signed_gross", label=_("Gross amount"))
    currency = django_filters.ChoiceFilter(
        label=_("Currency"),
        choices=[(code, code) for code, _name in CURRENCIES],
        empty_label=_("All"),
    )
    project = KeyFilter(
        field_name="project_key",
        queryset=lambda request: visible_projects(request.membership),
        label=_("Project"),
        empty_label=_("All"),
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:project_search")}),
    )
    creator = CreatorFilter(queryset=_creators, label=_("Made by"), empty_label=_("Everybody"))
    exported = django_filters.ChoiceFilter(
        label=_("Exported to"),
        choices=lambda: [(one.key, one.label) for one in destinations()],
        empty_label=_("All"),
        method="filter_exported",
    )

    reminder = django_filters.ChoiceFilter(
        label=_("Reminders"),
        choices=REMINDERS,
        empty_label=_("All"),
        method="filter_reminder",
    )

    class Meta:
        model = DocumentIndex
        fields: list[str] = []

    data: QueryDict

    def __init__(self, *args: Any, on: datetime.date, fixed: str = "", **kwargs: Any) -> None:
        """`fixed` is what the page around the list has decided already."""
        super().__init__(*args, **kwargs)
        self.on = on
        self.search_error: SearchError | None = None
        self.filters.pop(fixed, None)
        self.own_fields = known_fields(self.request.membership, CustomField.Target.DOCUMENT)
        for own in self.own_fields:
            self.filters[OWN + own.name] = OwnFilter(own)
        # Whether the whole archive is so small that all of it is soon read.
        self.is_small = is_small()
        # Whether an index gave the few documents that can match, or their texts have to be read.
        self.is_narrow, self.reads_texts = False, False
        self.gone: list[str] = []
        self._narrow_choices()
        if self.data.get("saved"):
            self.forget_what_is_gone()

    def _narrow_choices(self) -> None:
        for name, seen in (("customer", visible_customers), ("project", visible_projects)):
            if name in self.filters:
                self.form.fields[name].widget.choices = self._chosen(name, seen)

    def keep_all(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """The search comes last, see `rows`."""
        return queryset

    def filter_status(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(in_states([value], on=self.on))

    def filter_exported(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        for one in destinations():
            if one.key == value:
                return queryset.filter(invoice__in=one.invoices)
        return queryset.none()

    def filter_reminder(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """What the search says of `reminder:` and `disputed:`."""
        key, typed = ("disputed", "*") if value == "disputed" else ("reminder", value)
        field = Field(key, typed if value != "none" else "", 0, is_quoted=False)
        asking = Asking(self.request.membership, self.on)
        return queryset.filter(condition(field, asking))

    def forget_what_is_gone(self) -> None:
        """A saved filter may name what no longer exists: say so, and show the rest."""
        gone = {
            name
            for name in self.form.fields
            if self.form.errors.get(name) and self.form.has_error(name, "invalid_choice")
        }
        unknown = {
            name for name in self.data if name.startswith(OWN) and name not in self.form.fields
        }
        self.gone += [str(self.form.fields[name].label) for name in sorted(gone)]
        self.gone += [name.removeprefix(OWN) for name in sorted(unknown)]
        if gone:
            kept = self.data.copy()
            for name in gone:
                kept.pop(name, None)
            self.data = kept
            del self._form
            self._narrow_choices()

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """What all filters and the search let through; none where one is wrong."""
        rows: QuerySet[Any] = self.qs
        if not self.form.is_valid():
            return rows.none()
        typed = self.form.cleaned_data["q"]
        # What was discarded shows only when somebody asks for it.
        if not self.form.cleaned_data["status"] and not asks_for(typed, "status"):
            rows = rows.exclude(rank=Rank.DISCARDED)
        try:
            search = understood(typed, membership=self.request.membership, on=self.on)
        except SearchError as error:
            self.search_error = error
            return rows.none()
        self.reads_texts = any(
            self.form.cleaned_data.get(name) for name in self.filters if name.startswith(OWN)
        )
        if search is None:
            return rows
        self.is_narrow = search.keys is not None
        self.reads_texts |= not self.is_narrow
        return search.applied(rows)

    @property
    def is_refused(self) -> bool:
        self.rows  # noqa: B018 (reads the search)
        return bool(self.search_error) or not self.form.is_valid()

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in FIRST if name in self.form.fields]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.form.fields if name not in FIRST]

    @property
    def further_in_use(self) -> int:
        names = {field.name for field in self.further_fields}
        return len(names & set(self.form.changed_data))

    def _chosen(self, name: str, visible: Callable[[Membership], Any]) -> list[tuple[Any, Any]]:
        seen = visible(self.request.membership)
        return chosen_choices(self.data.get(name, ""), seen, _("All"))
