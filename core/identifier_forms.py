"""Identifiers in forms: checked when they are typed, and kept in their standard form."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.core.exceptions import ValidationError

from core import identifiers

CHECKS: dict[str, Callable[[str], str]] = {
    "iban": identifiers.clean_iban,
    "bic": identifiers.clean_bic,
    "vat_id": identifiers.clean_vat_id,
    "buyer_vat_id": identifiers.clean_vat_id,
    "einvoice_address": identifiers.clean_einvoice_address,
    "einvoice_operator": identifiers.clean_einvoice_operator,
}
# With the field of the country whose register the id is of.
BUSINESS_IDS = {"business_id": "country", "buyer_business_id": "billing_country"}


def check_identifiers(form: forms.BaseForm) -> None:
    """To be called by `clean`: whatever the form has of them, by their fields."""
    values = form.cleaned_data
    for name, check in CHECKS.items():
        if values.get(name):
            _check(form, name, check)
    for name, country in BUSINESS_IDS.items():
        if values.get(name) and values.get(country):
            _check(form, name, partial(identifiers.clean_business_id, country=values[country]))


def _check(form: forms.BaseForm, name: str, check: Callable[[str], str]) -> None:
    try:
        form.cleaned_data[name] = check(form.cleaned_data[name])
    except ValidationError as error:
        form.add_error(name, error)


class IdentifiersForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        check_identifiers(self)
