"""Forms of the books."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.forms import DateInput, NumberField
from invoicing.models import Account, ProjectAccount
from tenants.books import REVENUE, choose_account
from tenants.forms import TenantModelForm


class AccountForm(TenantModelForm):
    class Meta:
        model = Account
        fields = ["number", "name", "kind", "automatic_percent", "is_active"]
        field_classes = {"automatic_percent": NumberField}
        labels = {"is_active": _("In use")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["is_active"]


class AccountFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "With the columns of the list's own file, at least number, name and kind. Accounts the"
            " file does not name stay as they are."
        ),
        widget=forms.ClearableFileInput({"accept": ".csv,text/csv"}),
    )


class TaxRateForm(TenantModelForm):
    class Meta:
        model = TaxRate
        fields = [
            "name", "code", "category", "percent", "exemption_reason", "revenue_account",
            "tax_account", "valid_from", "valid_to", "is_default",
        ]  # fmt: skip
        field_classes = {"percent": NumberField}
        widgets = {"valid_from": DateInput(), "valid_to": DateInput()}
        labels = {"percent": _("percent (%)")}
        help_texts = {
            "revenue_account": _("Empty: that of the usual rate. A product or project may differ."),
            "exemption_reason": _("Printed on documents without tax: the law that says so."),
            "is_default": _("Where neither project nor customer has a rate."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["revenue_account"].required = False
        choose_account(self, "revenue_account", kinds=[REVENUE])
        choose_account(self, "tax_account", kinds=[Account.Kind.LIABILITY, Account.Kind.ASSET])


class NextVersionForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    percent = NumberField(label=_("Percent (%)"), max_digits=5, decimal_places=2, min_value=0)
    valid_from = forms.DateField(label=_("Valid from"), widget=DateInput)


class RuleForm(TenantModelForm):
    class Meta:
        model = ProjectAccount
        fields = ["project", "tax_rate", "account"]
        widgets = {"project": forms.Select({"data-combobox": True})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_account(self, "account", kinds=[REVENUE])
