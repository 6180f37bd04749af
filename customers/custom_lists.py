"""The tenant's own fields in lists: columns that a person chooses, their filters, sorting and
search, and the columns of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, DecimalField, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, NullIf
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters.fields import RangeField
from django_filters.widgets import RangeWidget

from core.filters import DayRangeFilter, SearchFilter
from core.forms import DecimalInput, NumberField
from customers.custom_forms import PREFIX
from customers.domain import custom_fields
from customers.domain.custom_fields import Kind, Match, Stored, ValueAt, matches
from customers.models import CustomField
from tenants.models import Membership

SEARCHED = (Kind.TEXT, Kind.LONG_TEXT, Kind.URL, Kind.EMAIL, Kind.NUMBER, Kind.DATE)
_AMOUNT = DecimalField(max_digits=24, decimal_places=6)


@dataclass(frozen=True)
class Choice:
    """A column in the menu of a list; `customers/columns_menu.html` shows them all."""

    key: str
    label: Any
    is_chosen: bool


@dataclass(frozen=True)
class BuiltIn:
    """Of a list whose own columns can be chosen as well: their keys, and what stands before those
    of the tenant's fields."""

    keys: Sequence[str]
    prefix: str


# By list; the rooms that have them say so.
BUILT_IN: dict[str, BuiltIn] = {}


def columns_to_choose(name: str, target: str) -> list[str]:
    """What a person may choose in a list, in the list's order."""
    own = [field.name for field in custom_fields.fields_of(target)]
    if name not in BUILT_IN:
        return own
    return [*BUILT_IN[name].keys, *(BUILT_IN[name].prefix + field for field in own)]


@dataclass(frozen=True)
class Columns:
    """The own fields of a list, and those of them that the reader wants to see."""

    name: str
    fields: list[CustomField]
    chosen: list[CustomField]

    @property
    def choices(self) -> list[Choice]:
        return [Choice(one.name, one.label, one in self.chosen) for one in self.fields]

    @property
    def is_adjusted(self) -> bool:
        return bool(self.chosen)

    @property
    def file_head(self) -> list[str]:
        return [field.label for field in self.fields]

    def file_cells(self, values: dict[str, Stored]) -> list[Any]:
        """Every field, chosen or not: a file has room."""
        return [file_cell(field, values.get(field.name)) for field in self.fields]

    def sorts(self) -> dict[str, list[str]]:
        """For `order_by_request`, on a queryset that went through `sortable`."""
        return {
            f"{PREFIX}{field.name}": [f"own_{number}_missing", f"own_{number}"]
            for number, field in enumerate(self.chosen)
        }

    def sortable[M: Model](self, rows: QuerySet[M], request: HttpRequest) -> QuerySet[M]:
        """Only what is sorted by costs something."""
        asked = request.GET.get("sort", "")
        for number, field in enumerate(self.chosen):
            if asked.removeprefix("-") == PREFIX + field.name:
                own = f"own_{number}"
                # What has no value comes last, in either direction.
                last, first = (0, 1) if asked.startswith("-") else (1, 0)
                missing = Case(When(**{f"{own}__isnull": True}, then=last), default=first)
                rows = rows.alias(**{own: value_of("custom_values", field)})
                rows = rows.alias(**{f"{own}_missing": missing})
        return rows


def columns_of(name: str, target: str, membership: Membership) -> Columns:
    fields = custom_fields.known_fields(membership, target)
    wanted = membership.list_columns.get(name, [])
    return Columns(name, fields, [field for field in fields if field.name in wanted])


def all_columns(name: str, target: str) -> Columns:
    """For those who read a list's query string and show no list."""
    return Columns(name, custom_fields.fields_of(target), [])


def file_cell(field: CustomField, value: Stored | None) -> Any:
    if field.kind in (Kind.NUMBER, Kind.DATE):
        return custom_fields.typed_value(field, value)
    return custom_fields.shown(field, value)


def value_of(column: str, field: CustomField) -> Any:
    """The value as it sorts and compares; nothing and empty alike are NULL."""
    text = NullIf(ValueAt(column, field.name), Value("", TextField()))
    return Cast(text, _AMOUNT) if field.kind == Kind.NUMBER else text


class NumberRangeField(RangeField):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__((NumberField(), NumberField()), *args, **kwargs)


class NumberRangeWidget(RangeWidget):  # type: ignore[misc]
    template_name = "components/date_range.html"
    suffixes = ("min", "max")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        forms.MultiWidget.__init__(
            self,
            {
                "min": DecimalInput({"aria-label": _("from")}),
                "max": DecimalInput({"aria-label": _("to")}),
            },
            attrs,
        )


class NumberRangeFilter(django_filters.RangeFilter):  # type: ignore[misc]
    field_class = NumberRangeField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=NumberRangeWidget, **kwargs)


def _within(value: Any, wanted: slice, bound: Any) -> Q:
    found = Q()
    if wanted.start is not None:
        found &= Q(GreaterThanOrEqual(value, bound(wanted.start)))
    if wanted.stop is not None:
        found &= Q(LessThanOrEqual(value, bound(wanted.stop)))
    return found


class CustomFilters:
    """Mixin of filter sets: a filter for each field the reader has as a column, or asks for.

    `custom_column` names the values, `custom_of` tells the fields.
    """

    custom_column = "custom_values"

    def add_custom_filters(self, columns: Columns) -> None:
        self.custom_columns = columns
        data: Any = self.data or {}  # type: ignore[attr-defined]
        for field in columns.fields:
            name = PREFIX + field.name
            asked = any(key == name or key.startswith(f"{name}_") for key in data)
            if field in columns.chosen or asked:
                self.filters[name] = self._filter(field)  # type: ignore[attr-defined]
                self.filters[name].parent = self  # type: ignore[attr-defined]
                self.filters[name].model = self.queryset.model  # type: ignore[attr-defined]

    def _filter(self, field: CustomField) -> Any:
        common = {"label": field.label}
        make: Any
        match Kind(field.kind):
            case Kind.CHOICE:
                choices = [*field.choices, (NONE, _("None"))]
                made = django_filters.ChoiceFilter(choices=choices, empty_label=_("All"), **common)
                make = self._by_choice
            case Kind.CHECKBOX:
                choices = [("1", _("Yes")), ("0", _("No"))]
                made = django_filters.ChoiceFilter(choices=choices, empty_label=_("All"), **common)
                make = self._by_box
            case Kind.NUMBER:
                made, make = NumberRangeFilter(**common), self._by_number
            case Kind.DATE:
                made, make = DayRangeFilter(**common), self._by_day
            case _:
                made, make = django_filters.CharFilter(**common), self._by_text
        made.field_name = field.name

        def filtered(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
            return rows if value in (None, "") else rows.filter(make(field, value))

        made.filter = filtered
        return made

    def _value(self, field: CustomField) -> Any:
        return value_of(self.custom_column, field)

    def _by_choice(self, field: CustomField, value: str) -> Q:
        if value == NONE:
            return matches(self.custom_column, field.name, Match.EMPTY)
        return Q(**{f"{self.custom_column}__contains": {field.name: value}})

    def _by_box(self, field: CustomField, value: str) -> Q:
        ticked = Q(**{f"{self.custom_column}__contains": {field.name: True}})
        return ticked if value == "1" else ~ticked

    def _by_number(self, field: CustomField, value: slice) -> Q:
        return _within(self._value(field), value, lambda bound: Value(Decimal(bound), _AMOUNT))

    def _by_day(self, field: CustomField, value: slice) -> Q:
        # ISO days compare as texts.
        return _within(self._value(field), value, lambda day: Value(day.isoformat(), TextField()))

    def _by_text(self, field: CustomField, value: str) -> Q:
        return matches(self.custom_column, field.name, Match.CONTAINS, value)


NONE = "~"


class CustomSearchFilter(SearchFilter):
    """Looks into the own fields as well; `contract:frame` into one of them, `contract:` for empty
    or missing ones, `contract:~` for missing, `contract:*` for any value."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        columns: Columns | None = getattr(self.parent, "custom_columns", None)
        fields = {field.name: field for field in columns.fields} if columns else {}
        column = getattr(self.parent, "custom_column", "custom_values")
        for word in value.split() if value else []:
            name, colon, wanted = word.partition(":")
            if colon and name.lower() in fields:
                qs = qs.filter(_asked(column, fields[name.lower()], wanted))
                continue
            anywhere = Q()
            for path in self.fields:
                anywhere |= Q(**{f"{path}__icontains": word})
            for field in fields.values():
                anywhere |= _holding(column, field, word)
            qs = qs.filter(anywhere)
        return qs


def _asked(column: str, field: CustomField, wanted: str) -> Q:
    operators = {"": Match.EMPTY, "~": Match.MISSING, "*": Match.ANY}
    if wanted in operators:
        return matches(column, field.name, operators[wanted])
    found = matches(column, field.name, Match.CONTAINS, wanted)
    return found | _holding(column, field, wanted)


def _holding(column: str, field: CustomField, word: str) -> Q:
    """A word in the value, or in the words of the choice."""
    if field.kind in SEARCHED:
        return matches(column, field.name, Match.CONTAINS, word)
    found = Q(pk__in=[])
    if field.kind == Kind.CHOICE:
        for key, label in field.choices:
            if word.casefold() in label.casefold() or word.casefold() in key.casefold():
                found |= Q(Exact(ValueAt(column, field.name), Value(key, TextField())))
    return found
