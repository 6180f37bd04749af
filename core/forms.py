"""Widgets that every form uses."""

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """The browser's own date field, which speaks ISO whatever the language of the page."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


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


def plain_number(text: str) -> str:
    """Write a typed number with a decimal point; the last of two kinds of separators is it."""
    text = "".join(text.split()).replace("−", "-").replace("'", "")
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        thousands = "," if point > comma else "."
        text = text.replace(thousands, "")
    return text.replace(",", ".")
