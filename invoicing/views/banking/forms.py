"""Forms of bank accounts, of columns, and of what a line pays."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import chosen_choices
from core.forms import NumberField
from core.identifiers import clean_iban
from core.money import ZERO
from customers.selectors import visible_customers
from invoicing.domain.banking.booking import Decision
from invoicing.domain.banking.columns import LABELS, MANY, Column
from invoicing.domain.banking.tables import Layout
from invoicing.models import BankAccount
from invoicing.views.payments.forms import STAYS_OPEN, differences
from tenants.books import choose_account
from tenants.forms import TenantModelForm
from tenants.models import Membership, Tenant
from timesheets.imports.values import DateOrder


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Statement"),
        allow_empty_file=True,  # the reader has a better sentence for it
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput(
            attrs={"accept": ".xml,.camt,.csv,.txt,text/csv,text/xml", "data-drop": ""}
        ),
    )


class BankAccountForm(TenantModelForm):
    class Meta:
        model = BankAccount
        fields = ["name", "number", "currency", "ledger_account", "is_active"]

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "currency": tenant.currency,
            "ledger_account": tenant.bank_account,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["number"].label = _("IBAN, or the bank's number of the account")
        choose_account(self, "ledger_account")
        if self.instance.pk and self.instance.lines.exists():
            # Its lines are known by both.
            for name in ("number", "currency"):
                self.fields[name].disabled = True

    def clean_number(self) -> str:
        number = "".join(str(self.cleaned_data["number"]).split()).upper()
        if number[:2].isalpha() and number[2:4].isdigit():
            return clean_iban(number)
        return number


class AccountsForm(forms.Form):
    """Name and account of the books of each account that a file is of and nobody knows."""

    def __init__(
        self, *args: Any, accounts: list[dict[str, str]], tenant: Tenant, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.accounts = accounts
        for place, account in enumerate(accounts):
            self.fields[f"name{place}"] = forms.CharField(
                label=_("Name"), max_length=60, initial=account["number"]
            )
            self.fields[f"ledger{place}"] = forms.CharField(
                label=_("Account in the books"), max_length=10, initial=tenant.bank_account
            )

        choose_account(self, *(f"ledger{place}" for place in range(len(accounts))))

    def rows(self) -> list[tuple[dict[str, str], Any, Any]]:
        return [
            (account, self[f"name{place}"], self[f"ledger{place}"])
            for place, account in enumerate(self.accounts)
        ]

    def answers(self) -> dict[str, tuple[str, str]]:
        return {
            account["number"]: (
                self.cleaned_data[f"name{place}"],
                self.cleaned_data[f"ledger{place}"],
            )
            for place, account in enumerate(self.accounts)
        }


class AccountField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.number}"


class ColumnsForm(forms.Form):
    """What each column of a file holds."""

    account: Any = AccountField(label=_("The file is of"), queryset=None, empty_label=None)
    date_order = forms.ChoiceField(
        label=_("Dates such as 03/04/2026"),
        choices=[
            (DateOrder.DAY_FIRST.value, _("Day first")),
            (DateOrder.MONTH_FIRST.value, _("Month first")),
        ],
        widget=forms.RadioSelect,
    )
    decimal_mark = forms.ChoiceField(
        label=_("Amounts"),
        choices=[(",", _("1.234,56 — a comma before the cents")),
                 (".", _("1,234.56 — a point before the cents"))],
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, question: Mapping[str, Any], **kwargs: Any) -> None:
        layout = question["layout"]
        meaning = {place: name for name, places in layout["columns"].items() for place in places}
        kwargs["initial"] = {
            "account": question["account"],
            "date_order": layout["date_order"],
            "decimal_mark": layout["decimal_mark"],
            **{f"c{place}": name for place, name in meaning.items()},
        }
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        account = self.fields["account"]
        assert isinstance(account, forms.ModelChoiceField)
        account.queryset = BankAccount.objects.filter(is_active=True)
        self.header: list[str] = question["columns"]
        choices = [("", "—"), *((column.value, label) for column, label in LABELS.items())]
        for place, title in enumerate(self.header):
            self.fields[f"c{place}"] = forms.ChoiceField(
                label=title or str(place + 1), choices=choices, required=False
            )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen: dict[str, int] = {}
        for place in range(len(self.header)):
            name = values.get(f"c{place}")
            if not name or Column(name) in MANY:
                continue
            if name in chosen:
                self.add_error(
                    f"c{place}", _("Another column is said to hold this. Choose one of the two.")
                )
            chosen[name] = place
        return values

    def layout(self) -> Layout:
        columns: dict[Column, list[int]] = {}
        for place in range(len(self.header)):
            if name := self.cleaned_data[f"c{place}"]:
                columns.setdefault(Column(name), []).append(place)
        return Layout(
            columns=columns,
            date_order=DateOrder(self.cleaned_data["date_order"]),
            decimal_mark=self.cleaned_data["decimal_mark"],
        )


class BookForm(forms.Form):
    """What a line pays: an amount for each invoice, and whose credit the rest is."""

    customer: Any = forms.ModelChoiceField(
        label=_("What is left is the credit of"),
        queryset=None,
        required=False,
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    closes = forms.ChoiceField(label=_("What stays open of an invoice"), required=False)

    def __init__(
        self, *args: Any, invoices: list[Any], membership: Membership, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.invoices = invoices
        customer, closes = self.fields["customer"], self.fields["closes"]
        assert isinstance(customer, forms.ModelChoiceField)
        assert isinstance(closes, forms.ChoiceField)
        customer.queryset = visible_customers(membership)
        asked = str(self["customer"].value() or "")
        customer.widget.choices = chosen_choices(asked, customer.queryset, "—")
        closes.choices = [STAYS_OPEN, *differences()]
        for invoice in invoices:
            self.fields[f"i{invoice.pk}"] = NumberField(
                label=str(invoice), max_digits=18, decimal_places=3, required=False, min_value=ZERO
            )

    def decision(self) -> Decision:
        shares: dict[int, Decimal] = {
            one.pk: amount for one in self.invoices if (amount := self.cleaned_data[f"i{one.pk}"])
        }
        customer = self.cleaned_data["customer"]
        return Decision(
            shares=shares,
            customer=customer.pk if customer else None,
            closes=self.cleaned_data["closes"],
        )
