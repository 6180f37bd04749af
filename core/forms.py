"""Widgets that every form uses."""

import re
import unicodedata
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field as ModelField
from django.forms.utils import pretty_name
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.durations import BadDuration, read_minutes
from core.errors import DomainError
from core.templatetags.figures import hours


def add_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Show it by the field it names, or above the form where that is not among the fields."""
    field = getattr(refusal, "field", "")
    form.add_error(field if field in form.fields else None, str(refusal))


# What Django says of any empty field; a form that has a better sentence of its own keeps it.
_EMPTY = {
    "required": forms.Field.default_error_messages["required"],
    "blank": ModelField.default_error_messages["blank"],
    "null": ModelField.default_error_messages["null"],
}


def name_what_is_missing() -> None:
    """Have every form, those of libraries included, say which field is empty and what to do.

    Django has one sentence for all fields, and no place for another that knows the field's label:
    above a long form it says that something is required, and not what.
    """
    add_error = forms.BaseForm.add_error

    def add_named_error(form: forms.BaseForm, field: str | None, error: Any) -> None:
        bound = form.fields.get(field) if field else None
        if bound is not None and isinstance(error, ValidationError):
            label = str(bound.label or pretty_name(str(field)))
            named = [_named(one, bound, label) for one in getattr(error, "error_list", [])]
            error = named or error
        add_error(form, field, error)

    forms.BaseForm.add_error = add_named_error  # type: ignore[method-assign,assignment]


def _named(error: ValidationError, field: forms.Field, label: str) -> ValidationError:
    if error.code not in _EMPTY or error.message != _EMPTY[error.code]:
        return error
    return ValidationError(missing(field, label), code=error.code)


def missing(field: forms.Field, label: str) -> str:
    """Which field is empty, and what to do."""
    if isinstance(field, forms.BooleanField):
        sentence = _("“%(field)s” is not ticked. Tick it.")
    elif isinstance(field, forms.FileField):
        sentence = _("“%(field)s” has no file. Choose one.")
    elif isinstance(field.widget, forms.Select | forms.RadioSelect):
        sentence = _("Nothing is chosen in “%(field)s”. Choose one.")
    elif isinstance(field, forms.DateField | forms.DateTimeField):
        sentence = _("“%(field)s” is empty. Give a day.")
    else:
        sentence = _("“%(field)s” is empty. Fill it in.")
    return str(sentence) % {"field": label}


def text_of(request: HttpRequest, name: str, *, most: int | None = None) -> str:
    """What was typed where a page asks for one text and needs no form for it.

    Without control characters: nobody types them, and PostgreSQL stores no NUL.
    """
    typed = request.POST.get(name, "")
    kept = (char for char in typed if char in "\t\r\n" or unicodedata.category(char) != "Cc")
    return "".join(kept)[:most]


class DateInput(forms.DateInput):
    """The browser's own date field, which speaks ISO whatever the language of the page."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """The days a page or an action is about, both included; either may be missing."""

    years: ClassVar[tuple[int, int]] = (2000, 2200)
    longest_days: ClassVar[int] = 366
    too_long: ClassVar[Any] = _("Choose at most a year at a time.")

    start = forms.DateField(label=_("From"), required=False, widget=DateInput)
    end = forms.DateField(label=_("To"), required=False, widget=DateInput)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = values.get("start"), values.get("end")
        first, last = self.years
        for name in ("start", "end"):
            if (day := values.get(name)) and not first <= day.year <= last:
                sentence = _("Give a year between %(first)s and %(last)s.")
                self.add_error(name, sentence % {"first": first, "last": last})
        if not self.errors and start and end:
            if end < start:
                self.add_error("end", _("The last day lies before the first. Swap the two days."))
            elif (end - start).days >= self.longest_days:
                self.add_error("end", self.too_long)
        return values


class DecimalInput(forms.TextInput):
    """A number a person types: as text, which keeps a comma, with a number keyboard."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class NumberField(forms.DecimalField):
    """A number with a comma or a point, and blanks between the thousands: 1 234,50 or 1,234.50."""

    widget = DecimalInput

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain_number(value) if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # The parent's `step` and `min` belong to number fields of the browser.
        return {}


# What stands between thousands where only one kind of separator is typed; blanks always may.
THOUSANDS = {"en": ",", "de": "."}
_GROUPED = re.compile(r"-?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")


def plain_number(text: str) -> str:
    """Write a typed number with a decimal point.

    The last of two kinds of separators is the point. One kind alone is the point too, unless it
    can only separate thousands (1.234.567) or does so in the page's language (1.234 in German).
    """
    text = "".join(text.split()).replace("−", "-").replace("'", "")
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        thousands = "," if point > comma else "."
        text = text.replace(thousands, "")
    elif grouped := _GROUPED.fullmatch(text):
        separator = grouped[1]
        usual = THOUSANDS.get((get_language() or "").partition("-")[0])
        if separator == usual or text.count(separator) > 1:
            text = text.replace(separator, "")
    return text.replace(",", ".")


def typed_number(value: Decimal, *, least_places: int = 0) -> str:
    """Write a number as the page's language types it: 1234,5; with 2 places 95,00."""
    plain = value.normalize()
    exponent = plain.as_tuple().exponent
    assert isinstance(exponent, int)  # neither infinite nor no number
    plain = plain.quantize(Decimal(1).scaleb(min(exponent, -least_places, 0)))
    language = (get_language() or "en").partition("-")[0]
    return f"{plain:f}" if language == "en" else f"{plain:f}".replace(".", ",")


class DurationField(forms.Field):
    """Hours as people type them, in whole minutes: 1:30, 1.5, 1,5, 90m."""

    widget = DecimalInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return read_minutes(str(value))
        except BadDuration as bad:
            raise forms.ValidationError(str(bad.reason), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        return hours(value) if isinstance(value, int) else value


class TimeInput(forms.TimeInput):
    """The browser's own field for a time of day."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%H:%M")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own field for a day with a time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")
