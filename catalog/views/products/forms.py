"""The form of one product, and the file of many."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.domain.products import ProductValues
from catalog.models import Product, TaxRate, Unit
from core.forms import NumberField, typed_number
from core.money import CURRENCIES
from core.places import DocumentLanguage
from tenants.books import REVENUE, choose_account
from tenants.models import Tenant

NOT_HERE = _("That is not in the list. Choose one of those offered.")
BLANK_PRICES = 2
MOST_PRICES = len(CURRENCIES)
_NUMBER_ERRORS = {
    "invalid": _("Enter a number, like 12.50 or 12,50."),
    "min_value": _("An amount cannot be negative."),
    "max_value": _("Enter an amount up to 100,000,000."),
    "max_decimal_places": _("At most six decimal places."),
}


def _amount(**kwargs: Any) -> NumberField:
    return NumberField(
        decimal_places=6,
        min_value=0,
        max_value=100_000_000,
        error_messages=_NUMBER_ERRORS | {"required": _("Enter a price; 0 if it is free.")},
        **kwargs,
    )


class ProductForm(forms.Form):
    """`names` and `prices` beside the company's own are fields made for the product."""

    number = forms.CharField(
        label=_("Number"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({"autofocus": True})
    )
    unit = forms.ChoiceField(
        label=_("Unit"), choices=Unit.choices, error_messages={"invalid_choice": NOT_HERE}
    )
    unit_price = _amount(label=_("Price"))
    cost = _amount(
        label=_("Cost"),
        required=False,
        help_text=_("What one costs yourselves. Never printed."),
    )
    tax_rate: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("VAT"),
        queryset=None,
        required=False,
        empty_label=str(_("As the work")),
        help_text=_("Customers who are not taxed as usual keep their own rate."),
        error_messages={"invalid_choice": NOT_HERE},
    )
    account = forms.CharField(
        label=_("Revenue account"),
        required=False,
        max_length=10,
        help_text=_("Empty: as the rate says."),
    )
    is_active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("Offered where something is written down.")
    )
    state = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, tenant: Tenant, product: Product | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.currency = product.currency if product else tenant.currency
        self.fields["unit_price"].label = _("Price (%(currency)s)") % {"currency": self.currency}
        self.fields["cost"].label = _("Cost (%(currency)s)") % {"currency": self.currency}
        self.languages = [code for code in DocumentLanguage if code != tenant.language]
        rates = self.fields["tax_rate"]
        assert isinstance(rates, forms.ModelChoiceField)
        rates.queryset = TaxRate.objects.order_by("-is_default", "name", "pk")
        self.fields["name"].help_text = str(
            _("Printed where the customer's language has no name of its own.")
        )
        for code in self.languages:
            self.fields[f"name_{code}"] = forms.CharField(
                label=DocumentLanguage(code).label, required=False, max_length=200
            )
        kept = [price.currency for price in product.prices.all()] if product else []
        choose_account(self, "account", kinds=[REVENUE])
        self.places = min(len(kept) + BLANK_PRICES, MOST_PRICES)
        for place in range(self.places):
            self._add_price(place)

    def _add_price(self, place: int) -> None:
        offered = [("", "—"), *((code, name) for code, name in CURRENCIES if code != self.currency)]
        self.fields[f"currency_{place}"] = forms.ChoiceField(
            label=_("Currency"),
            choices=offered,
            required=False,
            error_messages={"invalid_choice": NOT_HERE},
        )
        self.fields[f"price_{place}"] = _amount(label=_("Price"), required=False)

    @staticmethod
    def initial_of(product: Product, *, state: str = "") -> dict[str, Any]:
        names = {f"name_{one.language}": one.name for one in product.names.all()}
        prices: dict[str, Any] = {}
        for place, one in enumerate(product.prices.all()):
            prices[f"currency_{place}"] = one.currency
            prices[f"price_{place}"] = typed_number(one.unit_price, least_places=2)
        return {
            "number": product.number,
            "name": product.name,
            "unit": product.unit,
            "unit_price": typed_number(product.unit_price, least_places=2),
            "cost": "" if product.cost is None else typed_number(product.cost, least_places=2),
            "tax_rate": product.tax_rate_id,
            "account": product.account,
            "is_active": product.is_active,
            "state": state,
            **names,
            **prices,
        }

    @property
    def name_fields(self) -> list[forms.BoundField]:
        return [self[f"name_{code}"] for code in self.languages]

    @property
    def price_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"currency_{n}"], self[f"price_{n}"]) for n in range(self.places)]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        seen: set[str] = set()
        for place in range(self.places):
            code, price = values.get(f"currency_{place}"), values.get(f"price_{place}")
            if price is not None and not code and f"currency_{place}" not in self.errors:
                self.add_error(f"currency_{place}", _("Say in which currency this price is."))
            if code and price is None and f"price_{place}" not in self.errors:
                self.add_error(f"price_{place}", _("Enter the price, or take the currency away."))
            if code and code in seen:
                self.add_error(f"currency_{place}", _("This currency is there twice."))
            seen.add(code or "")
        return values

    def values(self) -> ProductValues:
        typed = self.cleaned_data
        prices: dict[str, Decimal] = {
            typed[f"currency_{n}"]: typed[f"price_{n}"]
            for n in range(self.places)
            if typed.get(f"currency_{n}")
        }
        return ProductValues(
            number=typed["number"],
            name=typed["name"],
            unit=typed["unit"],
            currency=self.currency,
            unit_price=typed["unit_price"],
            cost=typed["cost"],
            tax_rate=typed["tax_rate"],
            account=typed["account"],
            is_active=typed["is_active"],
            names={code: typed[f"name_{code}"] for code in self.languages},
            prices=prices,
        )


class ProductFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,  # the reader has a better sentence for it
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput({"accept": ".csv,.txt,.tsv,text/csv"}),
    )
