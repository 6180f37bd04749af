from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.identifiers import clean_business_id
from integrations.forms import ConnectionForm, SecretInput
from integrations.systems.netvisor.assumptions import (
    CREDIT_PREFIX,
    ENCODINGS,
    PRODUCT_GROUP,
    SALES_CODES,
    USUAL_ENCODING,
    VAT_CODES,
)

CODES = [(code, f"{code} {words}") for code, words in SALES_CODES.items()]


def _vat_field(name: str, label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=CODES, initial=VAT_CODES[name])


def _key(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=200, help_text=help_text, widget=SecretInput)


class NetvisorForm(ConnectionForm):
    credential_names = ("customer_id", "customer_key", "partner_id", "partner_key")

    customer_id = _key(
        gettext_lazy("Customer identifier"),
        gettext_lazy("Made in Netvisor by a user of the company, under API identifiers."),
    )
    customer_key = _key(gettext_lazy("Customer key"))
    partner_id = _key(
        gettext_lazy("Partner identifier"),
        gettext_lazy("Issued by Netvisor for your integration; others in test and production."),
    )
    partner_key = _key(gettext_lazy("Partner key"))
    organisation = forms.CharField(
        label=gettext_lazy("Business id"),
        max_length=9,
        help_text=gettext_lazy("Of the company in Netvisor, with its hyphen: 1234567-1"),
        error_messages={"required": gettext_lazy("Enter the company's business id.")},
    )
    status = forms.ChoiceField(
        label=gettext_lazy("How far an invoice is taken"),
        choices=[
            ("open", gettext_lazy("Open: booked there, sent by us")),
            ("unsent", gettext_lazy("Unsent: Netvisor sends it to the customer")),
            ("draft", gettext_lazy("Draft: checked and numbered in Netvisor")),
        ],
        initial="open",
    )
    send_pdf = forms.ChoiceField(
        label=gettext_lazy("Our PDF"),
        choices=[
            ("yes", gettext_lazy("Attach it to the invoice")),
            ("no", gettext_lazy("Leave it out")),
        ],
        initial="yes",
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of Netvisor's messages"),
        choices=[("EN", "English"), ("FI", "suomi"), ("SE", "svenska")],
        initial="EN",
    )
    credit_prefix = forms.CharField(
        label=gettext_lazy("Before numbers of credit notes"),
        max_length=4,
        initial=CREDIT_PREFIX,
        help_text=gettext_lazy(
            "Netvisor's numbers are digits: CN-2026-0001 becomes 920260001, and 2026-0001 20260001."
        ),
        validators=[RegexValidator(r"^\d+$", message=gettext_lazy("These are digits."))],
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    product_group = forms.CharField(
        label=gettext_lazy("Product group"),
        max_length=50,
        required=False,
        initial=PRODUCT_GROUP,
        help_text=gettext_lazy("Where products that are added from here belong in Netvisor."),
    )
    accounts = forms.ChoiceField(
        label=gettext_lazy("Ledger accounts"),
        choices=[
            ("theirs", gettext_lazy("Those of the products in Netvisor")),
            ("ours", gettext_lazy("Those of our lines; Netvisor has to know them")),
        ],
        initial="theirs",
    )
    vat_zero = _vat_field("vat_zero", gettext_lazy("VAT code: zero rate"))
    vat_exempt = _vat_field("vat_exempt", gettext_lazy("VAT code: exempt"))
    vat_construction = _vat_field(
        "vat_construction", gettext_lazy("VAT code: reverse charge at home")
    )
    vat_eu_services = _vat_field("vat_eu_services", gettext_lazy("VAT code: services to the EU"))
    vat_eu_goods = _vat_field("vat_eu_goods", gettext_lazy("VAT code: goods to the EU"))
    vat_export = _vat_field("vat_export", gettext_lazy("VAT code: outside the EU"))
    vat_outside_scope = _vat_field(
        "vat_outside_scope", gettext_lazy("VAT code: outside the scope of VAT")
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Letters"),
        choices=list(ENCODINGS.items()),
        initial=USUAL_ENCODING,
        help_text=gettext_lazy("Change it if å, ä, ö or € arrive wrong in Netvisor."),
    )

    def clean_organisation(self) -> str:
        return clean_business_id(self.cleaned_data["organisation"], "FI")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.credential_names:
            # They go into headers and into the signature, whose letters are disputed.
            if not values.get(name, "").isascii():
                self.add_error(name, ValidationError(_("Keys are plain letters and digits.")))
            elif values.get(name):
                values[name] = values[name].strip()
        return values
