from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.forms import NumberField
from core.identifier_forms import check_identifiers
from tenants import billing_terms_forms as terms
from tenants.billing_terms import UsageGrouping
from tenants.books import choose_account
from tenants.domain.settings import ACCOUNTS
from tenants.einvoices import EInvoiceFormat, usual_format
from tenants.models import Membership, Tenant, User
from tenants.role_book import book_of
from tenants.scope import current_tenant_id


class TenantModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """Validates unique constraints with the tenant, which is no field of the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def validate_unique(self) -> None:
        self._validate(self.instance.validate_unique)

    def validate_constraints(self) -> None:
        self._validate(self.instance.validate_constraints)

    def _validate(self, check: Callable[..., None]) -> None:
        # Only here: that the tenant itself exists need not be asked.
        exclusions = self._get_validation_exclusions() - {"tenant"}  # type: ignore[attr-defined]
        try:
            check(exclude=exclusions)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "language", "theme"]
        help_texts = {"name": _("How colleagues and documents name you.")}


class MemberForm(TenantModelForm):
    """A member's own particulars. The address of somebody who signs in is theirs to change."""

    role = forms.ChoiceField(label=_("Role"))

    class Meta:
        model = Membership
        fields = ["name", "email", "role", "staff_number"]
        help_texts = {
            "email": _("The invitation goes there; it is also the name to sign in with."),
            "staff_number": _("Found in time exports and payroll; may stay empty."),
        }
        widgets = {
            "name": forms.TextInput({"autocomplete": "off", "autofocus": True}),
            "email": forms.EmailInput({"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = book_of(current_tenant_id()).choices
        if self.instance.user_id is not None:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("The member changes it under “Your account”.")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class NewMemberForm(MemberForm):
    invite = forms.BooleanField(
        label=_("Send the invitation now"),
        required=False,
        initial=True,
        help_text=_("Without it the person has hours and a name, but cannot sign in yet."),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("invite") and "email" in values and not values["email"]:
            self.add_error("email", _("Enter the e-mail address the invitation goes to."))
        return values


class RoleNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class NewRoleForm(RoleNameForm):
    copy_of = forms.ChoiceField(
        label=_("Begins as a copy of"),
        help_text=_("What it may is adjusted afterwards, and goes its own way."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        copy_of = self.fields["copy_of"]
        assert isinstance(copy_of, forms.ChoiceField)
        copy_of.choices = choices


class AcceptInvitationForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. A few words in a row are easy to keep in mind."),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.email = email

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "password" in values:
            # Not yet an account, but its password must not resemble the name either.
            someone = User(email=self.email, name=values.get("name", ""))
            try:
                validate_password(values["password"], someone)
            except ValidationError as error:
                self.add_error("password", error)
        return values


class TenantSettingsForm(terms.BillingTermsForm):
    class Meta:
        model = Tenant
        fields = [
            "name", "legal_name", "business_id", "vat_id",
            "street", "postal_code", "city", "country", "email", "phone", "website",
            "iban", "bic", "payment_term_days", "late_interest_percent", *ACCOUNTS, "year_begins",
            "language", "currency", "time_zone", "unlocked_hours", "four_eyes", "document_footer",
            "einvoice_format", "einvoice_address", "einvoice_operator",
            "einvoice_work_report", "einvoice_findings",
            *terms.TERMS_FIELDS,
        ]  # fmt: skip
        labels = {**terms.LABELS, "year_begins": _("Financial year begins in")}
        field_classes = {"late_interest_percent": NumberField, "hours_per_day": NumberField}
        widgets = {
            "country": forms.Select({"data-combobox": True}),
            "time_zone": forms.Select({"data-combobox": True}),
            "unlocked_hours": forms.RadioSelect(),
            "einvoice_findings": forms.RadioSelect(),
            "document_footer": forms.Textarea({"rows": 2, "data-autosize": True}),
        }
        help_texts = {
            "name": _("Shown in the menu."),
            "legal_name": _("Printed on documents."),
            "vat_id": _("With the letters of the country, like FI20774740."),
            "language": _("Of e-mails, and of documents for new customers."),
            "time_zone": _("Decides which day an hour belongs to."),
            "payment_term_days": _("Used where the customer has none of its own."),
            "late_interest_percent": _("Printed on invoices; leave empty to print the law's."),
            "receivables_account": _("The account postings of invoices debit."),
            "bank_account": _("Where payments come in."),
            "cash_account": _("Where cash comes in."),
            "credit_account": _("Paid too much, or not for an invoice yet."),
            "discount_account": _("Closes what was deducted for paying early."),
            "bank_cost_account": _("Closes what a bank kept."),
            "bad_debt_account": _("Closes what will not be paid."),
            "year_begins": _("Revenue and expenses begin at nought with it."),
            "unlocked_hours": _("What happens when somebody invoices hours not yet locked."),
            "four_eyes": _(
                "Whoever made or changed a draft cannot post it; somebody else looks at it first."
                " Only those who adjust roles can change this."
            ),
            "einvoice_format": _("For customers who have no choice of their own."),
            "einvoice_address": _(
                "Your company's own. Empty: what its business id, VAT id or e-mail give."
            ),
            "einvoice_work_report": _(
                "As a PDF inside the file, for invoices that have one. Not in Finvoice."
            ),
            "einvoice_operator": _("Code of your operator, or the BIC of your bank."),
            **terms.HELP_TEXTS,
            "hours_per_day": _("For lines in days. Empty: 8."),
        }

    def __init__(self, *args: Any, may_control: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if "four_eyes" in self.fields:
            # Who is controlled by it does not switch it off.
            self.fields["four_eyes"].disabled = not may_control
        choose_account(self, *ACCOUNTS)
        unlocked = self.fields["unlocked_hours"]
        assert isinstance(unlocked, forms.TypedChoiceField)
        unlocked.choices = [
            ("warn", _("Warn, name the people, and let it pass")),
            ("refuse", _("Refuse until everybody has locked")),
        ]
        self._name_the_usual_einvoice()
        self.offer_directions()
        rounding, usage = self.fields["rounding_minutes"], self.fields["usage_grouping"]
        assert isinstance(rounding, forms.TypedChoiceField)
        assert isinstance(usage, forms.TypedChoiceField)
        rounding.choices = terms.company_choices()
        usage.choices = UsageGrouping.choices

    def _name_the_usual_einvoice(self) -> None:
        field = self.fields["einvoice_format"]
        assert isinstance(field, forms.TypedChoiceField)
        usual = usual_format(self.instance.country).label
        empty = format_lazy(_("Usual in the country: {format}"), format=usual)
        field.choices = [("", empty), *EInvoiceFormat.choices]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_identifiers(self)
        self._require_whole_address(values)
        credit = values.get("credit_account")
        if credit and credit == values.get("receivables_account"):
            self.add_error("credit_account", _("Receivables are booked there. Choose another one."))
        return values

    def _require_whole_address(self, values: dict[str, Any]) -> None:
        """Documents need all of it (EN 16931); half an address is never meant."""
        parts = ("street", "postal_code", "city")
        if not any(values.get(part) for part in parts):
            return
        for part in parts:
            if part in values and not values[part]:
                self.add_error(part, _("Complete the address; documents need all of it."))
