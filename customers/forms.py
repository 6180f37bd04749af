from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput, NumberField
from core.identifier_forms import check_identifiers
from core.identifiers import clean_postal_code
from customers.custom_forms import CustomFieldsForm
from customers.models import Contact, Customer, CustomerGroup, Project
from customers.terms_words import inherited_words
from tenants import billing_terms_forms as terms
from tenants.einvoices import EInvoiceFormat
from tenants.forms import TenantModelForm
from tenants.models import Membership
from tenants.role_book import book_of
from tenants.roles import Permission

NOT_HERE = _("That is not in the list. Choose one of those offered.")


class CustomerForm(CustomFieldsForm, terms.BillingTermsForm, TenantModelForm):
    class Meta:
        model = Customer
        fields = [
            "number", "name", "business_id", "vat_id",
            "street", "postal_code", "city", "country", "phone",
            "delivery_name", "delivery_street", "delivery_postal_code", "delivery_city",
            "delivery_country",
            "email", "language", "currency", "payment_term_days", "tax_rate",
            "buyer_reference", "einvoice_format", "einvoice_address", "einvoice_operator",
            "group", "reminders", "gets_receipts", "notes", "is_active", *terms.TERMS_FIELDS,
        ]  # fmt: skip
        field_classes = {"hours_per_day": NumberField}
        labels = {
            **terms.LABELS,
            "delivery_name": _("name"),
            "delivery_street": _("street"),
            "delivery_postal_code": _("postal code"),
            "delivery_city": _("city"),
            "delivery_country": _("country"),
            "is_active": _("Active"),
        }
        help_texts = {
            "vat_id": _("With the letters of the country, like FI20774740."),
            "payment_term_days": _("Empty: the company's own."),
            "buyer_reference": _("Printed on invoices; public bodies ask for it (Leitweg-ID)."),
            "einvoice_format": _("Made when an invoice is posted, beside or inside its PDF."),
            "einvoice_address": _(
                "OVT code, IBAN, Leitweg-ID, or a Peppol address like 0216:003720774740."
            ),
            "einvoice_operator": _("Code of the customer's operator."),
            "reminders": _("Of consumers less interest and lower fees are asked for."),
            "gets_receipts": _("Those of expenses, as a zip beside the PDF."),
            "is_active": _("Archived customers are not offered for new hours and invoices."),
            **terms.HELP_TEXTS,
        }
        widgets = {
            "country": forms.Select({"data-combobox": True}),
            "delivery_country": forms.Select({"data-combobox": True}),
            "notes": forms.Textarea({"rows": 2, "data-autosize": True}),
        }
        error_messages = {"tax_rate": {"invalid_choice": NOT_HERE}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_when_empty(self.fields["tax_rate"], _("The usual one"))
        einvoice: Any = self.fields["einvoice_format"]
        einvoice.choices = [("", _("As the company usually does")), *EInvoiceFormat.choices]
        group: Any = self.fields["group"]
        _say_when_empty(group, _("None"))
        if not group.queryset.exists():
            # Nothing to choose from: groups are made in the settings.
            del self.fields["group"]
        self.offer_directions()
        self.say_inherited(inherited_words(tenant=self.instance.tenant))
        self.add_custom_fields("customer", _values_of(self.instance))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_identifiers(self)
        self._check("postal_code", "country", clean_postal_code)
        if values.get("delivery_postal_code"):
            country = values.get("delivery_country") or values.get("country", "")
            self._check("delivery_postal_code", country, clean_postal_code)
        self._require_whole("street", "postal_code", "city")
        self._require_whole("delivery_street", "delivery_postal_code", "delivery_city")
        # Others are found by their address alone.
        is_finnish = values.get("country") == "FI"
        needs_operator = is_finnish and ":" not in values.get("einvoice_address", ":")
        if needs_operator and values["einvoice_address"] and not values.get("einvoice_operator"):
            self.add_error("einvoice_operator", _("An e-invoice address needs its operator."))
        return values

    def _check(self, field: str, country: str, check: Any) -> None:
        values = self.cleaned_data
        country = values.get(country, country)
        if field not in values:
            return
        try:
            values[field] = check(values[field], country)
        except ValidationError as error:
            self.add_error(field, error)

    def _require_whole(self, *parts: str) -> None:
        """No address is fine until the first invoice; half an address is never meant."""
        values = self.cleaned_data
        if not any(values.get(part) for part in parts):
            return
        for part in parts:
            if part in values and not values[part]:
                self.add_error(part, _("Complete the address; documents need all of it."))


class CustomerGroupForm(TenantModelForm):
    class Meta:
        model = CustomerGroup
        fields = ["name"]
        widgets = {"name": forms.TextInput({"autocomplete": "off", "autofocus": True})}

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())


class ContactForm(TenantModelForm):
    class Meta:
        model = Contact
        fields = ["name", "email", "phone", "gets_invoices"]
        help_texts = {
            "gets_invoices": _("Named on invoices; takes it over from the contact who is now."),
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("gets_invoices") and "email" in values and not values["email"]:
            self.add_error("email", _("Enter the address invoices are sent to."))
        return values


class ProjectForm(CustomFieldsForm, terms.BillingTermsForm, TenantModelForm):
    class Meta:
        model = Project
        fields = [
            "customer", "name", "number", "manager", "is_billable", "order_reference",
            "contract_reference", "tax_rate", "start_date", "end_date", "description", "is_active",
            *terms.ROUNDING_FIELDS,
        ]  # fmt: skip
        labels = {"is_billable": _("Hours are billable"), "is_active": _("Active"), **terms.LABELS}
        help_texts = {
            "manager": _("Sees the project's hours, locks them and prepares drafts."),
            "is_billable": _("What new hours begin with."),
            "order_reference": _("The customer's order number, printed on invoices."),
            "contract_reference": _("Of the contract it is for, printed on invoices."),
            "is_active": _("Archived projects are not offered for new hours."),
            **terms.HELP_TEXTS,
        }
        widgets = {
            "customer": forms.Select({"data-combobox": True}),
            "manager": forms.Select({"data-combobox": True}),
            "start_date": DateInput(),
            "end_date": DateInput(),
            "description": forms.Textarea({"rows": 2, "data-autosize": True}),
        }
        error_messages = {
            "customer": {"invalid_choice": NOT_HERE},
            "manager": {"invalid_choice": NOT_HERE},
            "tax_rate": {"invalid_choice": NOT_HERE},
        }

    def __init__(
        self, *args: Any, customers: QuerySet[Customer] | None = None, **kwargs: Any
    ) -> None:
        """`customers` are those a new project may be for."""
        super().__init__(*args, **kwargs)
        customer, manager = self.fields["customer"], self.fields["manager"]
        assert isinstance(customer, forms.ModelChoiceField)
        assert isinstance(manager, forms.ModelChoiceField)
        if self.instance.pk:
            customer.disabled = True
            customer.help_text = _("A project stays with its customer.")
        else:
            offered = Customer.objects.all() if customers is None else customers
            customer.queryset = offered.filter(is_active=True)
        manager.queryset = _possible_managers(self.instance)
        _say_when_empty(manager, _("Nobody"))
        _say_when_empty(customer, _("Choose a customer"))
        _say_when_empty(self.fields["tax_rate"], _("The customer's"))
        self.offer_directions()
        if self.instance.pk:
            project = self.instance
            words = inherited_words(tenant=project.tenant, customer=project.customer)
        else:
            # Which customer it will be is still being chosen.
            words = {"rounding_minutes": str(_("As the customer")), "minimum_minutes": ""}
        self.say_inherited(words)
        self.add_custom_fields("project", _values_of(self.instance))


def _values_of(record: Customer | Project) -> dict[str, Any] | None:
    return record.custom_values if record.pk else None


def _say_when_empty(field: forms.Field, words: str | Promise) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.empty_label = str(words)


def _possible_managers(project: Project) -> QuerySet[Membership]:
    assert project.tenant_id is not None
    roles = book_of(project.tenant_id).keys_with(Permission.VIEW_PROJECT_HOURS)
    return Membership.objects.filter(
        Q(is_active=True, role__in=roles) | Q(pk=project.manager_id), tenant_id=project.tenant_id
    )
