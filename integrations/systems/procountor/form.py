from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.identifiers import clean_iban
from core.money import CURRENCIES
from integrations.forms import ConnectionForm, SecretInput
from integrations.systems.procountor.mapping import (
    CHANNEL_AUTO,
    EU_GOODS,
    HOME_CURRENCY,
    NO_VAT,
    OUTSIDE_EU,
)

VAT_FIELDS = (
    "vat_eu_services", "vat_construction", "vat_eu_goods", "vat_export", "vat_outside_scope",
)  # fmt: skip


def _vat_field(label: Any, initial: str = "", help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        initial=initial,
        required=False,
        max_length=3,
        help_text=help_text,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )


class ProcountorForm(ConnectionForm):
    credential_names = ("client_id", "client_secret", "api_key")

    client_id = forms.CharField(
        label=gettext_lazy("Client id"),
        max_length=200,
        help_text=gettext_lazy("Issued by Procountor for your integration, with its secret."),
        widget=SecretInput,
    )
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"), max_length=500, widget=SecretInput
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        max_length=4000,
        help_text=gettext_lazy(
            "Made in Procountor for this company: Management, Company info, API clients."
        ),
        widget=SecretInput,
    )
    until = forms.ChoiceField(
        label=gettext_lazy("How far an invoice is taken"),
        choices=[
            ("send", gettext_lazy("Create, approve and send it")),
            ("approve", gettext_lazy("Create and approve it")),
            ("create", gettext_lazy("Only create it; it is checked in Procountor")),
        ],
        initial="send",
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("How Procountor hands invoices over"),
        choices=[
            (CHANNEL_AUTO, gettext_lazy("E-invoice, else e-mail, else post")),
            ("EMAIL", gettext_lazy("Always by e-mail")),
            ("NO_SENDING", gettext_lazy("Not at all; we send our own PDF")),
        ],
        initial=CHANNEL_AUTO,
    )
    send_pdf = forms.ChoiceField(
        label=gettext_lazy("Our PDF"),
        choices=[
            ("yes", gettext_lazy("Attach it to the invoice")),
            ("no", gettext_lazy("Leave it out")),
        ],
        initial="yes",
    )
    bank_account = forms.CharField(
        label=gettext_lazy("Bank account"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Empty: the one printed on the invoice."),
    )
    vat_eu_services = _vat_field(gettext_lazy("VAT status: services to the EU"))
    vat_construction = _vat_field(gettext_lazy("VAT status: reverse charge at home"))
    vat_eu_goods = _vat_field(gettext_lazy("VAT status: goods to the EU"), EU_GOODS)
    vat_export = _vat_field(gettext_lazy("VAT status: outside the EU"), OUTSIDE_EU)
    vat_outside_scope = _vat_field(gettext_lazy("VAT status: outside the scope of VAT"), NO_VAT)
    currency_rates = forms.CharField(
        label=gettext_lazy("Exchange rates"),
        required=False,
        help_text=gettext_lazy("For invoices in other currencies: SEK 11.24 on a line each."),
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        if accounts := lists.get("bank_accounts"):
            usual = gettext_lazy("The one printed on the invoice")
            self._choose("bank_account", [("", usual), *map(tuple, accounts)])
        if statuses := lists.get("vat_statuses"):
            for name in VAT_FIELDS:
                self._choose(name, [("", gettext_lazy("Not chosen")), *map(tuple, statuses)])

    def _choose(self, name: str, choices: list[Any]) -> None:
        """A field to type in becomes a list; what was stored stays choosable."""
        old = self.fields[name]
        stored = self.get_initial_for_field(old, name)
        if stored and stored not in dict(choices):
            choices = [*choices, (stored, stored)]
        self.fields[name] = forms.ChoiceField(
            label=old.label, choices=choices, required=False, initial=old.initial
        )

    def clean_bank_account(self) -> str:
        return clean_iban(self.cleaned_data["bank_account"]).replace(" ", "")

    def clean_currency_rates(self) -> str:
        lines = []
        known = {code for code, _name in CURRENCIES}
        for line in self.cleaned_data["currency_rates"].splitlines():
            words = line.replace("=", " ").replace(":", " ").replace(",", ".").split()
            if not words:
                continue
            try:
                currency, text = words
                rate = Decimal(text)
            except (ValueError, InvalidOperation):
                raise ValidationError(_wrong(line)) from None
            currency = currency.upper()
            if currency not in known or not rate.is_finite() or not 0 < rate <= 1_000_000:
                raise ValidationError(_wrong(line))
            if currency == HOME_CURRENCY:
                raise ValidationError(_("The euro is the currency at home; its rate is 1."))
            lines.append(f"{currency} {rate:f}")
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in VAT_FIELDS:
            if values.get(name) and not values[name].isdecimal():
                self.add_error(name, _("A VAT status is a number, as Procountor lists them."))
        return values


def _wrong(line: str) -> str:
    return _("“%(line)s” is no rate; write a currency and a number: SEK 11.24.") % {"line": line}
