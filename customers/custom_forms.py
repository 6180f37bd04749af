"""The tenant's own fields in the forms of the records that carry them."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import DateInput, DecimalInput, typed_number
from customers.domain import custom_fields
from customers.domain.custom_fields import Kind, Stored
from customers.errors import CustomFieldGone, CustomValueRefused
from customers.models import CustomField

PREFIX = "custom_"
# Names the fields a page was made with: a box that is not ticked is sent by nobody.
SHOWN = "custom-shown"
SEARCHED_FROM = 12


class ValueField(forms.Field):
    """One own field; it cleans as everything else that writes values does."""

    def __init__(self, field: CustomField, **kwargs: Any) -> None:
        self.custom_field = field
        super().__init__(
            label=field.label,
            help_text=field.help,
            required=field.is_required and field.kind != Kind.CHECKBOX,
            widget=_widget(field),
            **kwargs,
        )

    def clean(self, value: Any) -> Stored:
        try:
            stored = custom_fields.clean(self.custom_field, value)
        except CustomValueRefused as refused:
            raise ValidationError(str(refused), code="invalid") from None
        if self.required and stored == "":
            raise ValidationError(self.error_messages["required"], code="required")
        return stored

    def prepare_value(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        try:
            return custom_fields.clean(self.custom_field, initial) != custom_fields.clean(
                self.custom_field, data
            )
        except CustomValueRefused:
            return True


_WIDGETS: dict[str, Callable[[], forms.Widget]] = {
    Kind.TEXT: lambda: forms.TextInput({"autocomplete": "off"}),
    Kind.LONG_TEXT: lambda: forms.Textarea({"rows": 2, "data-autosize": True}),
    Kind.NUMBER: DecimalInput,
    Kind.DATE: DateInput,
    Kind.CHECKBOX: forms.CheckboxInput,
    Kind.URL: lambda: forms.URLInput({"autocomplete": "off"}),
    Kind.EMAIL: lambda: forms.EmailInput({"autocomplete": "off"}),
}


def _widget(field: CustomField) -> forms.Widget:
    if field.kind != Kind.CHOICE:
        return _WIDGETS[field.kind]()
    attrs = {"data-combobox": True} if len(field.choices) >= SEARCHED_FROM else {}
    return forms.Select(attrs, choices=[("", "—"), *field.choices])


def typed(field: CustomField, value: Stored | None) -> Any:
    """As a form's widget shows it."""
    if field.kind == Kind.CHECKBOX:
        return value is True
    if field.kind == Kind.NUMBER and value:
        return typed_number(Decimal(str(value)))
    return value or ""


class CustomFieldsForm(forms.BaseForm):
    """Mixin: shows the fields, and puts what was typed under `custom_values` of `cleaned_data`,
    as the domain functions take it."""

    def add_custom_fields(
        self,
        target: str,
        values: Mapping[str, Stored] | None,
        *,
        found: Iterable[CustomField] | None = None,
    ) -> None:
        """`values`: those of the record, or None for a new one, which begins with the defaults."""
        self.custom_fields = list(custom_fields.fields_of(target) if found is None else found)
        for field in self.custom_fields:
            name = PREFIX + field.name
            self.fields[name] = ValueField(field)
            value = custom_fields.default_of(field) if values is None else values.get(field.name)
            self.initial.setdefault(name, typed(field, value))

    @property
    def custom_parts(self) -> list[forms.BoundField]:
        return [self[PREFIX + field.name] for field in self.custom_fields]

    @property
    def custom_names(self) -> str:
        return " ".join(field.name for field in self.custom_fields)

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        shown = set(str(self.data.get(SHOWN, "")).split())
        given = {}
        # As cleaned, by the names of the form, for those who compare with what is stored.
        self.custom_cleaned: dict[str, Stored] = {}
        for field in self.custom_fields:
            name = PREFIX + field.name
            if name not in self.cleaned_data:
                continue
            value = self.custom_cleaned[name] = self.cleaned_data.pop(name)
            # What the page did not have keeps its value: the field is newer than the page.
            if self.add_prefix(name) in self.data or field.name in shown:
                given[field.name] = value
        known = {field.name for field in self.custom_fields}
        for name in shown - known:
            if self.data.get(self.add_prefix(PREFIX + name)):
                self.add_error(None, str(CustomFieldGone(name=name)))
        self.cleaned_data["custom_values"] = given
