"""Parts of filter bars."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters.fields import DateRangeField, RangeField
from django_filters.widgets import DateRangeWidget as _DateRangeWidget

from core.forms import DateInput, DecimalInput, NumberField

TURNED = _("The last day lies before the first. Swap the two days.")
ALL = "all"


class SearchInput(forms.TextInput):
    input_type = "search"


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Every word typed has to occur in one of the fields."""

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        self.fields = fields
        kwargs.setdefault("label", _("Search"))
        kwargs.setdefault("widget", SearchInput)
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        for word in value.split() if value else []:
            anywhere = Q()
            for field in self.fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            qs = qs.filter(anywhere)
        return qs


class DateRangeWidget(_DateRangeWidget):  # type: ignore[misc]
    """Two date fields side by side: the first day and the last."""

    template_name = "components/date_range.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        forms.MultiWidget.__init__(
            self,
            {
                "after": DateInput({"aria-label": _("from")}),
                "before": DateInput({"aria-label": _("to")}),
            },
            attrs,
        )


class DayRangeField(RangeField):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__((forms.DateField(), forms.DateField()), *args, **kwargs)

    def compress(self, data_list: list[date | None]) -> slice | None:
        first, last = data_list or (None, None)
        if first and last and last < first:
            raise forms.ValidationError(TURNED, code="turned")
        days: slice | None = super().compress(data_list)
        return days


class DayRangeFilter(django_filters.RangeFilter):  # type: ignore[misc]
    """For columns that hold days; `?due_after=2026-01-01&due_before=2026-01-31`, both included.

    django-filter's own makes moments of the days; compared with a day they are one too early in
    every time zone east of Greenwich.
    """

    field_class = DayRangeField

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateRangeWidget)
        super().__init__(**kwargs)


class MomentRangeField(DateRangeField):  # type: ignore[misc]
    def compress(self, data_list: list[date | None]) -> slice | None:
        first, last = data_list or (None, None)
        if first and last and last < first:
            raise forms.ValidationError(TURNED, code="turned")
        moments: slice | None = super().compress(data_list)
        return moments


class DateRangeFilter(django_filters.DateFromToRangeFilter):  # type: ignore[misc]
    """For columns that hold moments: from midnight to midnight in the tenant's time zone."""

    field_class = MomentRangeField

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateRangeWidget)
        super().__init__(**kwargs)


class AmountRangeWidget(_DateRangeWidget):  # type: ignore[misc]
    """Two amounts side by side, as people type them."""

    template_name = "components/date_range.html"
    suffixes: ClassVar[list[str]] = ["min", "max"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        forms.MultiWidget.__init__(
            self,
            {
                "min": DecimalInput({"aria-label": _("from")}),
                "max": DecimalInput({"aria-label": _("to")}),
            },
            attrs,
        )


class AmountRangeField(RangeField):  # type: ignore[misc]
    widget = AmountRangeWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", AmountRangeWidget)
        amounts = (
            NumberField(max_digits=18, decimal_places=3),
            NumberField(max_digits=18, decimal_places=3),
        )
        super().__init__(amounts, *args, **kwargs)

    def compress(self, data_list: list[Decimal | None]) -> slice | None:
        low, high = data_list or (None, None)
        if low is not None and high is not None and high < low:
            raise forms.ValidationError(
                _("The second amount is smaller than the first. Swap the two."), code="turned"
            )
        amounts: slice | None = super().compress(data_list)
        return amounts


class AmountRangeFilter(django_filters.RangeFilter):  # type: ignore[misc]
    """For amounts; `?amount_min=100&amount_max=200,50`, both included."""

    field_class = AmountRangeField


class KeyFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """For columns that hold the key of a record without being a reference to it."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else qs.filter(**{self.field_name: value.pk})


class StandingFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    """How far what a list shows has come.

    `begins_with` is a value, its words and the states it stands for: what is not done with yet.
    """

    def __init__(
        self,
        states: type[TextChoices],
        *,
        begins_with: tuple[str, Any, Collection[TextChoices]],
        also: Collection[tuple[str, Any]] = (),
        **kwargs: Any,
    ) -> None:
        self.first, label, self.states_of_first = begins_with
        super().__init__(
            label=_("Status"),
            choices=[(self.first, label), *also, *states.choices, (ALL, _("All"))],
            empty_label=None,
            **kwargs,
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value or value == ALL:
            return qs
        if value == self.first:
            states = [one.value for one in self.states_of_first]
            return qs.filter(**{f"{self.field_name}__in": states})
        return qs.filter(**{self.field_name: value})


class UnfinishedFirst(django_filters.FilterSet):  # type: ignore[misc]
    """A list with a `standing` that begins with what is not done with yet."""

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        self.asked = data
        filled = data.copy()
        if not data.get("standing"):
            filled["standing"] = self.base_filters["standing"].first
        super().__init__(filled, *args, **kwargs)

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.asked.items() if name not in ("sort", "page"))


def ask_server(field: forms.Field, asked: str, rows: QuerySet[Any], *, url: str) -> None:
    """Make the field's select a combobox of a filter: it asks `url`, and has what is chosen."""
    field.widget.choices = chosen_choices(asked, rows, _("All"))
    field.widget.attrs["data-combobox-url"] = url


def chosen_choices(asked: str, rows: QuerySet[Any], empty: Any) -> list[tuple[Any, Any]]:
    """For a combobox that asks the server: nothing, and the one that is chosen, by its name."""
    choices: list[tuple[Any, Any]] = [("", empty)]
    if asked.isascii() and asked.isdecimal() and len(asked) < 18:
        choices += rows.filter(pk=asked).values_list("pk", "name")
    return choices
