from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.domain.connections import NUMBERS, THERE
from integrations.forms import ConnectionForm, Only, SecretInput
from integrations.systems.lexoffice.mapping import DOCUMENT, VOUCHER

CATEGORY_FIELDS = {
    "category_net": gettext_lazy("Booked as: with VAT"),
    "category_vatfree": gettext_lazy("Booked as: exempt"),
    "category_eu_services": gettext_lazy("Booked as: services to the EU"),
    "category_construction": gettext_lazy("Booked as: reverse charge at home"),
    "category_eu_goods": gettext_lazy("Booked as: goods to the EU"),
    "category_outside_eu": gettext_lazy("Booked as: outside the EU"),
}


def _category_field(name: str) -> forms.CharField:
    return forms.CharField(
        label=CATEGORY_FIELDS[name],
        required=False,
        max_length=60,
        help_text=gettext_lazy("For bookkeeping vouchers; a list after the first test."),
    )


class LexofficeForm(ConnectionForm):
    credential_names = ("api_key",)
    only = {
        **dict.fromkeys(("finalize", "payment_terms", "print_layout"), Only("mode", (DOCUMENT,))),
        **dict.fromkeys(CATEGORY_FIELDS, Only("mode", (VOUCHER,))),
    }

    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        max_length=4096,
        help_text=gettext_lazy(
            "Made in Lexware Office under Extensions, public API. It is valid for 24 months."
        ),
        widget=SecretInput,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("What is created"),
        choices=[
            (DOCUMENT, gettext_lazy("A document with its number")),
            (VOUCHER, gettext_lazy("A voucher with our number")),
        ],
        initial=DOCUMENT,
        help_text=gettext_lazy("A bookkeeping voucher has our PDF as well; a document has theirs."),
    )
    finalize = forms.ChoiceField(
        label=gettext_lazy("Documents there are"),
        choices=[
            ("no", gettext_lazy("Drafts, to be finished there")),
            ("yes", gettext_lazy("Finished at once")),
        ],
        initial="no",
        help_text=gettext_lazy("A draft cannot be finished from here afterwards."),
    )
    payment_terms = forms.ChoiceField(
        label=gettext_lazy("Payment terms on documents there"),
        choices=[
            ("ours", gettext_lazy("Those of the invoice")),
            ("theirs", gettext_lazy("Those of the customer in Lexware Office")),
        ],
        initial="ours",
    )
    outside_eu = forms.ChoiceField(
        label=gettext_lazy("Sales outside the EU are"),
        choices=[("services", gettext_lazy("Services")), ("goods", gettext_lazy("Goods"))],
        initial="services",
    )
    print_layout = forms.CharField(
        label=gettext_lazy("Print layout"), max_length=60, required=False
    )
    category_net = _category_field("category_net")
    category_vatfree = _category_field("category_vatfree")
    category_eu_services = _category_field("category_eu_services")
    category_construction = _category_field("category_construction")
    category_eu_goods = _category_field("category_eu_goods")
    category_outside_eu = _category_field("category_outside_eu")

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        if layouts := lists.get("print_layouts"):
            usual = gettext_lazy("The organisation's usual one")
            self._choose("print_layout", [("", usual), *map(tuple, layouts)])
        if categories := lists.get("categories"):
            for name in CATEGORY_FIELDS:
                self._choose(name, [("", gettext_lazy("Not chosen")), *map(tuple, categories)])
                self.fields[name].help_text = gettext_lazy("For bookkeeping vouchers.")

    def _choose(self, name: str, choices: list[Any]) -> None:
        """A field to type in becomes a list; what was stored stays choosable."""
        old = self.fields[name]
        stored = self.get_initial_for_field(old, name)
        if stored and stored not in dict(choices):
            choices = [*choices, (stored, stored)]
        self.fields[name] = forms.ChoiceField(
            label=old.label, choices=choices, required=False, help_text=old.help_text
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get(NUMBERS) != THERE:
            return values
        if values.get("mode") == VOUCHER:
            self.add_error("mode", _("A voucher has our number. Number them here, or create"
                                     " documents there."))  # fmt: skip
        elif values.get("finalize") != "yes":
            self.add_error(
                "finalize",
                _("A draft's number may change when it is finished there. Finish documents at once,"
                  " or number them here."),
            )  # fmt: skip
        return values

    def clean_api_key(self) -> str:
        key: str = "".join(self.cleaned_data["api_key"].split())
        if not key.isascii():
            raise forms.ValidationError(
                _("An API key has only letters, digits and signs of ASCII.")
            )
        return key
