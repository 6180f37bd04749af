"""What is agreed on for a project at a fixed price."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.forms import NumberField, typed_number
from invoicing.models import FixedPrice

NUMBER = {
    "invalid": _("Enter a number, like 1500.00."),
    "min_value": _("Enter an amount above 0."),
    "max_digits": _("This number is too large."),
    "max_decimal_places": _("At most two decimal places."),
}


class FixedPriceForm(forms.Form):
    amount = NumberField(
        label=_("Fixed price, net"),
        min_value=0,
        max_digits=14,
        decimal_places=3,
        error_messages=NUMBER,
    )
    text = forms.CharField(label=_("Text on the final invoice"), max_length=200)
    tax_rate: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("VAT"), queryset=None, required=False, empty_label=_("As the project's hours")
    )

    def __init__(
        self,
        data: Any = None,
        *,
        price: FixedPrice | None,
        name: str,
        quoted: Decimal | None = None,
    ) -> None:
        initial: dict[str, Any] = {"text": name}
        if quoted:
            initial["amount"] = typed_number(quoted, least_places=2)
        if price is not None:
            initial = {
                "amount": typed_number(price.amount, least_places=2),
                "text": price.text,
                "tax_rate": price.tax_rate_id,
            }
        super().__init__(data, initial=initial)
        self.label_suffix = ""
        rate = self.fields["tax_rate"]
        assert isinstance(rate, forms.ModelChoiceField)
        rate.queryset = TaxRate.objects.order_by("-is_default", "name", "pk")


class MilestoneForm(forms.Form):
    name = forms.CharField(label=_("Text of the advance invoice"), max_length=200)
    percent = NumberField(
        label=_("Percent of the price"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=4,
        error_messages=NUMBER | {"max_value": _("At most 100 percent.")},
    )
    amount = NumberField(
        label=_("or amount, net"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=3,
        error_messages=NUMBER,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (values.get("percent") is None) == (values.get("amount") is None):
            self.add_error("percent", _("Give a percentage or an amount, one of the two."))
        return values
