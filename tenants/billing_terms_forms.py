"""The billing terms in the forms of company, customer and project."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.billing_terms import RoundingDirection, RoundingMinutes, RoundingPer, UsageGrouping

ROUNDING_FIELDS = ["rounding_minutes", "rounding_direction", "rounding_per", "minimum_minutes"]
TERMS_FIELDS = [*ROUNDING_FIELDS, "hours_per_day", "usage_grouping"]
LABELS = {
    "rounding_minutes": gettext_lazy("Round to"),
    "rounding_direction": gettext_lazy("Direction"),
    "rounding_per": gettext_lazy("What is rounded"),
    "minimum_minutes": gettext_lazy("Minimum per entry"),
    "hours_per_day": gettext_lazy("Hours of a day"),
    "usage_grouping": gettext_lazy("Lines of usage charges"),
}
HELP_TEXTS = {
    "minimum_minutes": gettext_lazy("In minutes."),
    "hours_per_day": gettext_lazy("For lines in days."),
}

_CHOICES: dict[str, list[tuple[Any, Any]]] = {
    "rounding_minutes": [(minutes.value, minutes.label) for minutes in RoundingMinutes],
    "usage_grouping": [(grouping.value, grouping.label) for grouping in UsageGrouping],
}


class BillingTermsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form over some of `TERMS_FIELDS`, which names in words what an empty field means."""

    def say_inherited(self, words: Mapping[str, str]) -> None:
        """`words` by field: what counts while the field is empty."""
        for name, inherited in words.items():
            if name not in self.fields:
                continue
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", inherited), *_CHOICES[name]]
            elif inherited:
                empty = _("Empty: %(value)s.") % {"value": inherited}
                field.help_text = f"{field.help_text} {empty}"

    def offer_directions(self) -> None:
        """Direction and share go with the minutes: usual values, and no empty ones to choose."""
        for name, choices, usual in (
            ("rounding_direction", RoundingDirection, RoundingDirection.UP),
            ("rounding_per", RoundingPer, RoundingPer.ENTRY),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = choices.choices
            if not self.initial.get(name):
                self.initial[name] = usual.value

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "rounding_minutes" not in values:
            return values
        if not values["rounding_minutes"]:
            values["rounding_direction"] = values["rounding_per"] = ""
            for name in ("rounding_direction", "rounding_per"):
                self.errors.pop(name, None)
            return values
        for name, sentence in (
            ("rounding_direction", _("Choose up, down or to the nearest.")),
            ("rounding_per", _("Choose what is rounded: entries, days or lines.")),
        ):
            if name in values and not values[name]:
                self.add_error(name, sentence)
        return values


def company_choices() -> list[tuple[int | str, Any]]:
    """Above the company there is nothing: empty is no rounding."""
    return [
        ("", RoundingMinutes.NONE.label),
        *((minutes.value, minutes.label) for minutes in RoundingMinutes if minutes),
    ]
