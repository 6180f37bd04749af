"""Forms of money that came in, goes back, or is given up."""

from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.filters import chosen_choices
from core.forms import DateInput, NumberField, add_refusal
from core.money import CURRENCIES
from customers.selectors import visible_customers
from invoicing import payment_errors as errors
from invoicing.domain.payments.registering import DIFFERENCES
from invoicing.models import Allocation, Payment
from tenants.models import Membership, Tenant

STAYS_OPEN = ("", _("Stays open"))


def differences() -> list[tuple[str, Any]]:
    return [(kind.value, kind.label) for kind in DIFFERENCES]


def money_accounts(tenant: Tenant) -> list[tuple[str, str]]:
    """Where money comes in, the bank first."""
    bank, cash = tenant.bank_account, tenant.cash_account
    accounts = [(bank, f"{bank} · {_('Bank')}")]
    return accounts if cash in ("", bank) else [*accounts, (cash, f"{cash} · {_('Cash')}")]


def refuse(form: forms.Form, refusal: DomainError, **renewed: str) -> None:
    """The sentence by its field, and what the form remembers made new, so that whoever has read it
    may send it again. One that was sent with something else is another form from now on."""
    if isinstance(refusal, errors.SentAlready):
        renewed["token"] = str(uuid4())
    if renewed:
        data: Any = form.data.copy()  # type: ignore[attr-defined]
        for name, value in renewed.items():
            data[name] = value
        form.data = data
    add_refusal(form, refusal)


class MoneyForm(forms.Form):
    """What all of them ask; the token makes the same form sent twice one payment."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    amount = NumberField(label=_("Amount"), max_digits=18, decimal_places=3)
    payment_date = forms.DateField(label=_("Date"), widget=DateInput)
    method = forms.ChoiceField(label=_("Method"), choices=Payment.Method.choices)
    account = forms.ChoiceField(label=_("Account"))

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "token": uuid4(),
            "payment_date": timezone.localdate(),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        account = self.fields["account"]
        assert isinstance(account, forms.ChoiceField)
        account.choices = money_accounts(tenant)


class ReceivedForm(MoneyForm):
    reference = forms.CharField(
        label=_("Reference"),
        max_length=40,
        required=False,
        help_text=_("As it stands on the bank statement."),
    )
    text = forms.CharField(label=_("Note"), max_length=200, required=False)
    # Asked only when a payment like this one is there already.
    is_another = forms.BooleanField(label=_("This is another payment"), required=False)


class PayForm(ReceivedForm):
    """A payment of one invoice."""

    seen_open = forms.DecimalField(widget=forms.HiddenInput)
    closes = forms.ChoiceField(label=_("The rest"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        closes = self.fields["closes"]
        assert isinstance(closes, forms.ChoiceField)
        closes.choices = [STAYS_OPEN, *differences()]


class NewPaymentForm(ReceivedForm):
    """A payment that is allocated afterwards, or stays the customer's credit."""

    customer: Any = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=None,
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)

    field_order = ("customer", "amount", "currency")

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer = self.fields["customer"]
        assert isinstance(customer, forms.ModelChoiceField)
        customer.queryset = visible_customers(membership)
        asked = str(self["customer"].value() or "")
        customer.widget.choices = chosen_choices(asked, customer.queryset, "—")


class GiveUpForm(forms.Form):
    """What is open is closed without money."""

    seen_open = forms.DecimalField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("As"))
    on = forms.DateField(label=_("Date"), widget=DateInput)
    reason = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "kind": Allocation.Kind.BAD_DEBT,
            "on": timezone.localdate(),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = differences()


class RefundForm(MoneyForm):
    text = forms.CharField(label=_("Note"), max_length=200, required=False)
