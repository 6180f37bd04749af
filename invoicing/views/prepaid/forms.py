"""What is agreed on when prepaid hours are sold, and which of it changes later."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.forms import DateInput, NumberField
from customers.models import Customer, Project
from customers.selectors import visible_customers
from invoicing.domain.prepaid.selling import Sale
from invoicing.models import PrepaidHours
from invoicing.views.drafts.forms import NOT_HERE, CustomerSelect
from tenants.models import Membership

_DAY = {"invalid": _("Enter a day that exists.")}
_NUMBER = {
    "invalid": _("Enter a number, like 20 or 12.5."),
    "max_digits": _("This number is too large."),
    "max_whole_digits": _("This number is too large."),
    "max_decimal_places": _("These are too many decimal places."),
}


class SaleForm(forms.Form):
    """Cleans; `sell_hours` decides."""

    hours = NumberField(label=_("Hours"), max_digits=9, decimal_places=2, error_messages=_NUMBER)
    hour_price = NumberField(
        label=_("Price per hour, net"),
        required=False,
        max_digits=15,
        decimal_places=6,
        error_messages=_NUMBER,
    )
    lump_sum = NumberField(
        label=_("or for all together, net"),
        required=False,
        max_digits=15,
        decimal_places=3,
        error_messages=_NUMBER,
    )
    tax_rate: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("VAT"),
        queryset=None,
        required=False,
        empty_label=_("As for hours"),
        error_messages={"invalid_choice": NOT_HERE},
    )
    valid_from = forms.DateField(
        label=_("Valid from"), widget=DateInput, initial=timezone.localdate, error_messages=_DAY
    )
    valid_until = forms.DateField(
        label=_("Valid until"),
        widget=DateInput,
        required=False,
        help_text=_("Empty: until they are used up."),
        error_messages=_DAY,
    )
    text = forms.CharField(
        label=_("Text on the invoice"),
        required=False,
        max_length=200,
        help_text=_("Empty: the number of hours and the last day, in the customer's language."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, help_text=_("Never printed.")
    )
    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, membership: Membership, customer: Customer | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["customer"] = forms.ModelChoiceField(
            label=_("Customer"),
            queryset=visible_customers(membership).filter(is_active=True),
            widget=CustomerSelect(),
            error_messages={
                "required": _("Choose the customer who buys the hours."),
                "invalid_choice": NOT_HERE,
            },
        )
        choices: list[tuple[int | str, str]] = [("", str(_("Choose a customer")))]
        if customer is not None:
            choices.append((customer.pk, customer.name))
        self.fields["customer"].widget.choices = choices
        projects = Project.objects.filter(customer=customer, is_active=True, is_billable=True)
        self.fields["project"] = forms.ModelChoiceField(
            label=_("Project"),
            queryset=projects.filter(fixed_prices=None) if customer else Project.objects.none(),
            required=False,
            empty_label=str(_("All that are invoiced by hours")),
            error_messages={"invalid_choice": NOT_HERE},
        )
        rate = self.fields["tax_rate"]
        assert isinstance(rate, forms.ModelChoiceField)
        rate.queryset = TaxRate.objects.order_by("-is_default", "name", "pk")

    def sale(self) -> Sale:
        values = self.cleaned_data
        return Sale(
            minutes=round(values["hours"] * Decimal(60)),
            **{
                name: values[name]
                for name in (
                    "hour_price", "lump_sum", "valid_from", "valid_until", "project", "tax_rate",
                    "text", "note",
                )
            },
        )  # fmt: skip


class PrepaidForm(forms.Form):
    valid_from = forms.DateField(label=_("Valid from"), widget=DateInput, error_messages=_DAY)
    valid_until = forms.DateField(
        label=_("Valid until"), widget=DateInput, required=False, error_messages=_DAY
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)

    def __init__(self, data: Any = None, *, prepaid: PrepaidHours) -> None:
        names = ("valid_from", "valid_until", "note")
        super().__init__(data, initial={name: getattr(prepaid, name) for name in names})
        self.label_suffix = ""


class DrawForm(forms.Form):
    """Which hours are looked at."""

    until = forms.DateField(
        label=_("Hours until"), widget=DateInput, required=False, error_messages=_DAY
    )
    unlocked = forms.BooleanField(label=_("Also hours that are not locked"), required=False)

    def __init__(self, *args: Any, may_unlocked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["until"].help_text = _("Empty: until today.")
        if not may_unlocked:
            del self.fields["unlocked"]
