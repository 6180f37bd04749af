"""The form that defines one of the tenant's own fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.places import DocumentLanguage
from customers.domain.custom_fields import shown_default
from customers.models import CustomField

SEPARATOR = "="


class FieldForm(forms.Form):
    label = forms.CharField(
        label=_("Label"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        help_text=_("What forms and lists call it, like “Cost centre”."),
    )
    name = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=CustomField.Kind.choices,
        widget=forms.Select({"data-shows": True}),
    )
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 4, "data-autosize": True}),
        help_text=_(
            "One a line. To keep what is stored short, write it before the words:"
            " fixed = Fixed price."
        ),
    )
    default = forms.CharField(
        label=_("Default"),
        required=False,
        max_length=5000,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("What new records begin with. A date like 2026-11-21; a ticked box is 1."),
    )
    help = forms.CharField(
        label=_("Help"),
        required=False,
        max_length=200,
        help_text=_("A hint under the field in forms."),
    )
    is_required = forms.BooleanField(
        label=_("Required"),
        required=False,
        help_text=_("Forms are not saved without it. Imports and quick entries take the default."),
    )
    is_printed = forms.BooleanField(
        label=_("Print it on documents"),
        required=False,
        help_text=_("With its label; where it is empty, nothing is printed."),
    )

    def __init__(self, target: str, field: CustomField | None, *args: Any, **kwargs: Any) -> None:
        if field is not None:
            kwargs["initial"] = _initial(field)
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.target, self.field = target, field
        self.fields["name"].help_text = _key_help(field)
        self.is_printable = target in CustomField.PRINTABLE
        if not self.is_printable:
            del self.fields["is_printed"]
            return
        for language, words in DocumentLanguage.choices:
            self.fields[f"label_{language}"] = forms.CharField(
                label=words,
                required=False,
                max_length=60,
                widget=forms.TextInput({"lang": language, "autocomplete": "off"}),
            )

    @property
    def translated(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("label_")]

    def clean_choices(self) -> list[list[str]]:
        pairs = []
        for line in self.cleaned_data["choices"].splitlines():
            if not line.strip():
                continue
            key, separator, words = line.partition(SEPARATOR)
            pairs.append([key.strip(), (words if separator else key).strip()])
        return pairs

    def values(self) -> dict[str, Any]:
        """As `domain.custom_field_changes` takes them."""
        values = dict(self.cleaned_data)
        if self.is_printable:
            values["translations"] = {
                language: values.pop(f"label_{language}") for language in DocumentLanguage.values
            }
        return values


def _initial(field: CustomField) -> dict[str, Any]:
    lines = [
        words if key == words else f"{key} {SEPARATOR} {words}" for key, words in field.choices
    ]
    values = {
        name: getattr(field, name)
        for name in ("label", "name", "kind", "help", "is_required", "is_printed")
    }
    translated = {f"label_{language}": words for language, words in field.translations.items()}
    return {
        **values,
        **translated,
        "choices": "\n".join(lines),
        "default": shown_default(field),
    }


def _key_help(field: CustomField | None) -> Any:
    if field is None:
        return _("The word for searching, like cost-centre:4100. Empty: made from the label.")
    return _("The word for searching. When it changes, saved searches need the new one.")
