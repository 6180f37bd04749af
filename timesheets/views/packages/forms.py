"""The forms of packages, their components and prices, and of subscriptions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import TaxRate, Unit
from core.forms import DateInput, NumberField, typed_number
from customers.models import Customer, Project
from tenants.books import REVENUE, choose_account
from timesheets.domain.packages.offering import PriceValues
from timesheets.domain.packages.subscribing import Own
from timesheets.models import (
    BillingPeriod,
    ComponentPrice,
    DueAt,
    Package,
    PackageComponent,
    Subscription,
)
from timesheets.views.charges.forms import NUMBER_ERRORS, RecordField
from timesheets.views.entries.forms import NOT_HERE


class _Amount(NumberField):
    """A quantity or a price: not negative, six places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_digits=16,
            decimal_places=6,
            min_value=0,
            error_messages={
                **NUMBER_ERRORS,
                "min_value": gettext_lazy("Enter 0 or more."),
                "invalid": gettext_lazy("Enter a number, like 29.90."),
            },
            **kwargs,
        )


class PackageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Package
        fields = ["name", "number", "currency", "notes", "is_active"]
        widgets = {"notes": forms.Textarea({"rows": 2, "data-autosize": True})}
        labels = {"notes": gettext_lazy("Internal notes")}
        help_texts = {
            "is_active": gettext_lazy("Others stay with those who have them."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class PriceFields(forms.Form):
    """From when on a component costs what."""

    unit_price = _Amount(label=gettext_lazy("Unit price"))
    usage_price = _Amount(
        label=gettext_lazy("Price beyond"),
        required=False,
        help_text=gettext_lazy(
            "Of a unit of usage beyond what is included. Empty: what the usage itself costs."
        ),
    )
    start_date = forms.DateField(label=gettext_lazy("Price from"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class PriceForm(PriceFields):
    end_date = forms.DateField(
        label=gettext_lazy("Price to"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: until there is another one."),
    )

    @staticmethod
    def initial_of(price: ComponentPrice) -> dict[str, Any]:
        return {
            "start_date": price.start_date,
            "end_date": price.end_date,
            "unit_price": typed_number(price.unit_price, least_places=2),
            "usage_price": _typed(price.usage_price),
        }

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ComponentForm(PriceFields):
    """With the first price; of one that is there the price is changed by itself."""

    name = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=200,
        help_text=gettext_lazy("Printed on the invoice, with the days it is for."),
    )
    quantity = _Amount(label=gettext_lazy("Quantity"), initial="1")
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=Unit.choices, initial=Unit.PIECE.value
    )
    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=BillingPeriod.choices)
    due_at = forms.ChoiceField(label=gettext_lazy("Billed"), choices=DueAt.choices)
    tax_rate: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=gettext_lazy("VAT"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("As the customer's work"),
        error_messages={"invalid_choice": NOT_HERE},
    )
    account = forms.CharField(
        label=gettext_lazy("Account"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Empty: that of the tax rate."),
    )
    included_quantity = _Amount(
        label=gettext_lazy("Included usage"),
        required=False,
        help_text=gettext_lazy("So much of it is free in each period. Empty: none."),
    )
    usage_destination = forms.CharField(
        label=gettext_lazy("Usage of"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The destination as the records name it. Empty: any."),
    )

    def __init__(self, *args: Any, component: PackageComponent | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tax_rate = self.fields["tax_rate"]
        assert isinstance(tax_rate, forms.ModelChoiceField)
        tax_rate.queryset = TaxRate.objects.order_by("-is_default", "name", "pk")
        choose_account(self, "account", kinds=[REVENUE])
        if component is not None:
            for name in PriceFields.base_fields:
                del self.fields[name]

    @staticmethod
    def initial_of(component: PackageComponent) -> dict[str, Any]:
        names = ("name", "unit", "period", "due_at", "account", "usage_destination")
        return {name: getattr(component, name) for name in names} | {
            "tax_rate": component.tax_rate_id,
            "quantity": typed_number(component.quantity),
            "included_quantity": _typed(component.included_quantity),
        }

    def values(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in PriceFields.base_fields
        }

    def price(self) -> PriceValues:
        cleaned = self.cleaned_data
        return PriceValues(
            start_date=cleaned["start_date"],
            unit_price=cleaned["unit_price"],
            usage_price=cleaned["usage_price"],
        )


class SubscriptionForm(forms.Form):
    customer = RecordField(Customer, label=gettext_lazy("Customer"))
    project = RecordField(
        Project,
        label=gettext_lazy("Project"),
        required=False,
        help_text=gettext_lazy("Where the fees belong to one."),
    )
    package: "forms.ModelChoiceField[Package]" = forms.ModelChoiceField(
        label=gettext_lazy("Package"),
        queryset=None,
        empty_label=gettext_lazy("Choose a package"),
        error_messages={
            "invalid_choice": NOT_HERE,
            "required": gettext_lazy("Choose a package."),
        },
    )
    start_date = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    end_date = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Included. Empty: until further notice."),
    )
    note = forms.CharField(
        label=gettext_lazy("Internal note"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Never printed."),
    )

    def __init__(self, *args: Any, subscription: Subscription | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, url in (
            ("customer", "customers:customer_search"),
            ("project", "customers:project_search"),
        ):
            field = self.fields[name]
            assert isinstance(field, RecordField)
            field.error_messages["required"] = _("Choose a customer.")
            chosen = self.data.get(name) if self.is_bound else self.initial.get(name)
            field.offer(url=reverse(url), chosen=chosen)
        package = self.fields["package"]
        assert isinstance(package, forms.ModelChoiceField)
        offered = Package.objects.filter(is_active=True)
        if subscription is not None:
            offered |= Package.objects.filter(pk=subscription.package_id)
        package.queryset = offered.order_by("name", "pk")
        package.widget.attrs |= {
            "hx-get": reverse("timesheets:subscription_terms"),
            "hx-target": "#own-terms",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
        }

    @staticmethod
    def initial_of(subscription: Subscription) -> dict[str, Any]:
        names = ("start_date", "end_date", "note")
        return {name: getattr(subscription, name) for name in names} | {
            name: getattr(subscription, f"{name}_id") for name in ("customer", "project", "package")
        }


class OwnForm(forms.Form):
    """What a customer has agreed on for one component; empty is as the package has it."""

    quantity = _Amount(label=gettext_lazy("Quantity"), required=False)
    unit_price = _Amount(label=gettext_lazy("Unit price"), required=False)
    included_quantity = _Amount(label=gettext_lazy("Included usage"), required=False)
    usage_price = _Amount(label=gettext_lazy("Price beyond"), required=False)

    def __init__(
        self, data: Any, *, component: PackageComponent, price: ComponentPrice | None, initial: Any
    ) -> None:
        super().__init__(data, prefix=f"own-{component.pk}", initial=initial)
        self.label_suffix, self.component, self.price = "", component, price
        usual: dict[str, Decimal | None] = {
            "quantity": component.quantity,
            "unit_price": price.unit_price if price else None,
            "included_quantity": component.included_quantity,
            "usage_price": price.usage_price if price else None,
        }
        if component.included_quantity is None:
            del self.fields["included_quantity"], self.fields["usage_price"]
        for name, field in self.fields.items():
            value = usual[name]
            places = 2 if name.endswith("price") else 0
            field.widget.attrs["placeholder"] = (
                "—" if value is None else typed_number(value, least_places=places)
            )

    @staticmethod
    def initial_of(own: Any) -> dict[str, Any]:
        return {
            "quantity": _typed(own.quantity, 0),
            "unit_price": _typed(own.unit_price),
            "included_quantity": _typed(own.included_quantity, 0),
            "usage_price": _typed(own.usage_price),
        }

    def own(self) -> Own:
        return Own(**self.cleaned_data)


def own_forms(
    components: Sequence[PackageComponent],
    prices: dict[int, ComponentPrice],
    *,
    data: Any = None,
    own: dict[int, Any] | None = None,
) -> list[OwnForm]:
    return [
        OwnForm(
            data,
            component=component,
            price=prices.get(component.pk),
            initial=OwnForm.initial_of(own[component.pk]) if own and component.pk in own else None,
        )
        for component in components
    ]


def _typed(value: Decimal | None, places: int = 2) -> str:
    return "" if value is None else typed_number(value, least_places=places)


class UntilForm(forms.Form):
    until = forms.DateField(label=gettext_lazy("Write fees until"), widget=DateInput())
