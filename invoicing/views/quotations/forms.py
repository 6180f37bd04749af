"""The forms of a quotation: its head, the e-mail, and what the customer decided."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.addresses import AddressesField
from core.forms import DateInput
from customers.models import Customer, Project
from customers.selectors import visible_customers
from invoicing.domain.quotations.editing import HEAD
from invoicing.models import Quotation
from invoicing.views.drafts.forms import NOT_HERE, CustomerSelect, whole
from tenants.forms import TenantModelForm
from tenants.models import Membership

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)


def _offer(field: forms.Field, chosen: Customer | None) -> None:
    field.widget.choices = [("", str(_("Choose a customer")))]
    if chosen is not None:
        field.widget.choices.append((chosen.pk, chosen.name))


class NewQuotationForm(forms.Form):
    title = forms.CharField(label=_("What is offered"), max_length=120)

    def __init__(self, *args: Any, membership: Membership, chosen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        customers = visible_customers(membership).filter(is_active=True)
        self.fields["customer"] = forms.ModelChoiceField(
            label=_("Customer"),
            queryset=customers,
            widget=CustomerSelect(),
            error_messages={
                "required": _("Choose the customer who gets the quotation."),
                "invalid_choice": NOT_HERE,
            },
        )
        customer = customers.filter(pk=whole(chosen)).first()
        _offer(self.fields["customer"], customer)
        # From a project's page; another customer has chosen none of its.
        self.fields["project"] = forms.ModelChoiceField(
            queryset=Project.objects.all(), required=False, widget=forms.HiddenInput()
        )
        self.order_fields(["customer", "title"])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        customer, project = values.get("customer"), values.get("project")
        if project and customer and project.customer_id != customer.pk:
            values["project"] = None
        return values


class QuotationForm(TenantModelForm):
    """Cleans; `save_quotation` sets the values and has the last word."""

    seen = forms.IntegerField(widget=forms.HiddenInput())

    class Meta:
        model = Quotation
        fields = HEAD
        labels = {"title": _("What is offered")}
        help_texts = {
            "internal_note": _("Never printed."),
            "terms": _("Printed under the sums, and shown where the customer accepts."),
        }
        widgets = {
            "customer": CustomerSelect(),
            "issue_date": DateInput(),
            "valid_until": DateInput(),
            "introduction": forms.Textarea({"rows": 2, "data-autosize": True}),
            "terms": forms.Textarea({"rows": 3, "data-autosize": True}),
            "internal_note": forms.Textarea({"rows": 2, "data-autosize": True}),
        }
        error_messages = {
            "customer": {"required": _("Choose a customer."), "invalid_choice": NOT_HERE},
            "title": {"required": _("Say in a few words what is offered.")},
            "issue_date": {"required": _("Enter the quotation's date.")},
            "valid_until": {"required": _("Enter the last day on which it can be accepted.")},
        }

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quotation: Quotation = self.instance
        customers = visible_customers(membership).filter(
            Q(is_active=True) | Q(pk=quotation.customer_id)
        )
        wanted = self.data.get("customer", "") if self.is_bound else ""
        chosen = customers.filter(pk=whole(wanted)).first() or quotation.customer
        field = self.fields["customer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = customers
        _offer(field, chosen)
        self.fields["project"] = forms.ModelChoiceField(
            label=_("Project"),
            queryset=Project.objects.filter(customer=chosen).order_by("name", "pk"),
            required=False,
            empty_label=str(_("None")),
            error_messages={"invalid_choice": NOT_HERE},
        )
        self.initial["seen"] = quotation.changes_count

    def _post_clean(self) -> None:
        """Neither set the instance's values nor ask its constraints: `save_quotation` does."""

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        for name in ("issue_date", "valid_until"):
            day = values.get(name)
            if day is not None and not _EARLIEST <= day <= _LATEST:
                self.add_error(name, _("Check the year of this day."))
        return values

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in HEAD}


class QuotationSendForm(forms.Form):
    token = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput())
    recipients = AddressesField(label=_("To"), required=False)
    copies = AddressesField(label=_("Copies"), required=False)
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=10_000,
        help_text=_("{link} becomes the address where the customer reads and decides."),
        widget=forms.Textarea({"rows": 10, "data-autosize": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class DecisionForm(forms.Form):
    name = forms.CharField(label=_("Who decided"), max_length=80, required=False)
    reason = forms.CharField(label=_("Reason, if declined"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
