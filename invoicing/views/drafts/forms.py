"""The head of a draft's form, and the choice a blank draft begins with."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput
from core.identifier_forms import check_identifiers
from core.lists import is_id
from core.money import CURRENCIES
from customers.custom_forms import PREFIX, CustomFieldsForm
from customers.domain.custom_fields import known_fields
from customers.models import Customer, Project
from customers.selectors import visible_customers
from invoicing.domain.editing import HEADER
from invoicing.domain.templates import offered_templates
from invoicing.models import Invoice
from invoicing.selectors.visible import draftable_projects
from invoicing.templating.chain import chain_of
from tenants.models import Membership, Tenant
from tenants.roles import Permission

NOT_HERE = _("That is not in the list. Choose one of those offered.")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)
DATES = ("issue_date", "due_date", "service_start_date", "service_end_date", "tax_point")
DELIVERY = (
    "delivery_name", "delivery_street", "delivery_postal_code", "delivery_city",
    "delivery_country",
)  # fmt: skip
BILLING = (
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
)  # fmt: skip


class CustomerSelect(forms.Select):
    """Asks the server for customers; the page has only the present one."""

    def __init__(self) -> None:
        super().__init__({"data-combobox-url": reverse_lazy("customers:customer_search")})


def _offer_only(field: forms.Field, chosen: Customer | None, empty: str) -> None:
    field.widget.choices = [("", empty)]
    if chosen is not None:
        field.widget.choices.append((chosen.pk, chosen.name))


class NewDraftForm(forms.Form):
    def __init__(
        self, *args: Any, membership: Membership, customer: Customer | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["customer"] = forms.ModelChoiceField(
            label=_("Customer"),
            queryset=_customers(membership),
            widget=CustomerSelect(),
            error_messages={
                "required": _("Choose the customer who gets the invoice."),
                "invalid_choice": NOT_HERE,
            },
        )
        _offer_only(self.fields["customer"], customer, str(_("Choose a customer")))
        if customer is None:
            self.fields["customer"].widget.attrs["autofocus"] = True
        self.fields["project"] = _project_field(membership, customer, has_hours=False)
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"),
            choices=[("", _("The customer's")), *CURRENCIES],
            required=False,
            error_messages={"invalid_choice": NOT_HERE},
        )


class DraftForm(CustomFieldsForm, forms.ModelForm):  # type: ignore[type-arg]
    """Cleans; `save_draft` sets the values and has the last word."""

    class Meta:
        model = Invoice
        fields = HEADER
        widgets = {name: DateInput() for name in DATES} | {
            "customer": CustomerSelect(),
            "comment": forms.Textarea({"rows": 2, "data-autosize": True}),
            "internal_note": forms.Textarea({"rows": 2, "data-autosize": True}),
            "billing_country": forms.Select({"data-combobox": True}),
            "delivery_country": forms.Select({"data-combobox": True}),
        }
        labels = {
            "customer": _("Customer"),
            "comment": _("Text on the invoice"),
            "has_work_report": _("Append the work report"),
            "template": _("Template"),
        }
        help_texts = {
            "replaces": _("One of this customer's that was cancelled; this is the corrected one."),
            "is_self_billed": _("It says so on the invoice, as the law wants it."),
        }
        error_messages = {
            "issue_date": {
                "required": _("Enter the invoice date."),
                "invalid": _("Enter a day that exists."),
            },
            "due_date": {"invalid": _("Enter a day that exists.")},
            "service_start_date": {"invalid": _("Enter a day that exists, or none.")},
            "service_end_date": {"invalid": _("Enter a day that exists, or none.")},
            "tax_point": {"invalid": _("Enter a day that exists.")},
            "customer": {"required": _("Choose a customer."), "invalid_choice": NOT_HERE},
            "currency": {"invalid_choice": NOT_HERE},
            "language": {"invalid_choice": NOT_HERE},
            "template": {"invalid_choice": NOT_HERE},
            "billing_name": {"required": _("Enter the name the invoice is addressed to.")},
            "billing_country": {"required": _("Choose a country."), "invalid_choice": NOT_HERE},
            "delivery_country": {"invalid_choice": NOT_HERE},
            "replaces": {"invalid_choice": NOT_HERE},
            "contact_email": {"invalid": _("Enter an e-mail address like anna@example.com.")},
        }

    def __init__(
        self,
        *args: Any,
        membership: Membership,
        tenant: Tenant,
        has_hours: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        draft: Invoice = self.instance
        self.tenant = tenant
        # Emptied, they follow from the other dates.
        for name in ("due_date", "tax_point"):
            self.fields[name].required = False
        chosen = self._chosen_customer(membership)
        self.fields["project"] = _project_field(
            membership, chosen, has_hours=has_hours, present=draft.project_id
        )
        self._offer_cancelled(chosen)
        known = known_fields(membership, "document")
        self.add_custom_fields("document", draft.custom_values, found=known)
        self.term_days = term_days(chosen or draft.customer, tenant)
        self._offer_templates(draft, chosen)
        if has_hours:
            del self.fields["customer"]
        else:
            self.fields["customer"].queryset = _customers(membership)  # type: ignore[attr-defined]
            _offer_only(self.fields["customer"], chosen, str(_("Choose a customer")))

    def _offer_cancelled(self, chosen: Customer | None) -> None:
        """The customer's invoices in whose place this one may be; most have none."""
        draft: Any = self.instance
        replaces: Any = self.fields["replaces"]
        replaces.empty_label = str(_("None"))
        is_same = chosen in (None, draft.customer)
        self.offers_replaced = bool(draft.replaces_id or draft.has_cancelled or not is_same)
        if not self.offers_replaced:
            replaces.queryset = Invoice.objects.none()
            return
        cancelled = Q(
            customer=chosen,
            credit_notes__is_cancellation=True,
            credit_notes__status=Invoice.Status.POSTED,
        )
        found = Invoice.objects.filter(cancelled | Q(pk=draft.replaces_id))
        replaces.queryset = found.order_by("-chain_position", "pk")

    def _offer_templates(self, draft: Any, customer: Customer | None) -> None:
        """Only where the company has any: the others have nothing to choose. What the draft gets
        without a choice of its own is said, and where that comes from."""
        if not (draft.template_id or draft.has_templates):
            del self.fields["template"]
            return
        offered = offered_templates(draft.template_id)
        choices = [(one.pk, one.name) for one in offered]
        field: Any = self.fields["template"]
        field.queryset = offered
        is_same = customer in (None, draft.customer)
        nearest = chain_of(
            customer=customer or draft.customer, project=draft.project if is_same else None
        )[0]
        field.widget.choices = [("", str(nearest)), *choices]

    def _chosen_customer(self, membership: Membership) -> Customer | None:
        draft: Invoice = self.instance
        wanted = self.data.get("customer", "") if self.is_bound else ""
        if wanted and wanted != str(draft.customer_id):
            found: Customer | None = _customers(membership).filter(pk=whole(wanted)).first()
            return found
        customer: Customer = draft.customer
        return customer

    def _post_clean(self) -> None:
        """Neither set the instance's values nor ask its constraints: `save_draft` does."""

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        for name in DATES:
            day = values.get(name)
            if day is not None and not _EARLIEST <= day <= _LATEST:
                self.add_error(name, _("Check the year of this day."))
        issued = values.get("issue_date")
        if issued and "due_date" in values and values["due_date"] is None:
            values["due_date"] = issued + timedelta(days=self.term_days)
        if issued and "tax_point" in values and values["tax_point"] is None:
            values["tax_point"] = values.get("service_end_date") or issued
        check_identifiers(self)
        self._check_order("issue_date", "due_date", _DUE_TOO_EARLY)
        self._check_order("service_start_date", "service_end_date", _SERVICE_TURNED)
        self._requirewhole_delivery()
        return values

    def _check_order(self, first: str, second: str, sentence: Any) -> None:
        start, end = self.cleaned_data.get(first), self.cleaned_data.get(second)
        if start and end and end < start:
            self.add_error(second, sentence)

    def _requirewhole_delivery(self) -> None:
        values = self.cleaned_data
        if not any(values.get(name) for name in DELIVERY):
            return
        for name in ("delivery_street", "delivery_postal_code", "delivery_city"):
            if name in values and not values[name]:
                self.add_error(name, _("Complete the delivery address, or empty all of it."))

    @property
    def shows_delivery(self) -> bool:
        return any(self[name].value() or self.errors.get(name) for name in DELIVERY)

    @property
    def shows_address(self) -> bool:
        """Whether the address has to be looked at: it lacks something, or something is wrong."""
        names = (*BILLING, "buyer_business_id", "buyer_vat_id")
        return any(self.errors.get(name) for name in names) or not all(
            self[name].value() for name in BILLING
        )

    @property
    def shows_references(self) -> bool:
        names = (
            "order_reference", "contract_reference", "buyer_reference", "replaces",
            "is_self_billed",
        )  # fmt: skip
        return any(self[name].value() or self.errors.get(name) for name in names)

    def canonical(self) -> dict[str, str]:
        """What is typed, in a form that does not depend on how."""
        cleaned = self.cleaned_data | self.custom_cleaned
        return {
            name: canonical(cleaned[name]) if name in cleaned else str(self[name].value() or "")
            for name in self.fields
        }


_DUE_TOO_EARLY = _("The due date lies before the invoice date. Choose a later one.")
_SERVICE_TURNED = _("The service period ends before it starts. Correct one of the days.")


def canonical(value: Any) -> str:
    if value is None or value is False:
        return ""
    # A text area of a browser ends its lines in two characters.
    return str(getattr(value, "pk", value)).replace("\r\n", "\n")


def stored(draft: Invoice, name: str) -> Any:
    """What the draft has for a field of the form."""
    if name.startswith(PREFIX):
        return draft.custom_values.get(name.removeprefix(PREFIX))
    return getattr(draft, name)


def term_days(customer: Customer, tenant: Tenant) -> int:
    own = customer.payment_term_days
    return tenant.payment_term_days if own is None else own


def whole(text: str) -> int:
    """The id somebody sent; one that cannot be any gives nought, which none has."""
    return int(text) if is_id(text) else 0


def _customers(membership: Membership) -> QuerySet[Customer]:
    return visible_customers(membership).order_by("name", "pk")


def _project_field(
    membership: Membership,
    customer: Customer | None,
    *,
    has_hours: bool,
    present: int | None = None,
) -> forms.ModelChoiceField:  # type: ignore[type-arg]
    """A manager's draft without hours is about a project, or nobody but the office sees it."""
    # The draft's own project is shown even to those who could not choose it.
    mine = Q(pk__in=draftable_projects(membership).filter(is_active=True)) | Q(pk=present)
    projects = Project.objects.filter(mine).order_by("name", "pk")
    sees_all = membership.may(Permission.CREATE_INVOICE)
    return forms.ModelChoiceField(
        label=_("Project"),
        queryset=projects.filter(customer=customer) if customer else projects.none(),
        required=not (sees_all or has_hours),
        empty_label=str(_("None")),
        error_messages={
            "required": _("Choose the project of yours that the invoice is about."),
            "invalid_choice": NOT_HERE,
        },
    )
