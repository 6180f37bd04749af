from typing import Any

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.money import CURRENCIES
from core.places import COUNTRIES, DocumentLanguage
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.billing_terms import (
    BillingRounding,
    BillingTerms,
    rounding_constraints,
    terms_constraints,
)
from tenants.einvoices import EInvoiceFormat
from tenants.models import Membership

_NO_VALUES: dict[str, Any] = {}


def custom_values_field() -> Any:
    """Values of the tenant's own fields by their names; see `domain.custom_fields`.

    The database has the default too: hours and documents are also written without the ORM.
    """
    return models.JSONField(
        default=dict,
        db_default=Value(_NO_VALUES, models.JSONField()),
        blank=True,
        editable=False,
    )


class CustomField(TenantModel):
    """A field that the tenant has added to its records."""

    class Target(models.TextChoices):
        CUSTOMER = "customer", _("Customers")
        PROJECT = "project", _("Projects")
        TASK = "task", _("Tasks")
        TIME_ENTRY = "time_entry", _("Time entries")
        DOCUMENT = "document", _("Documents")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        CHECKBOX = "checkbox", _("Checkbox")
        URL = "url", _("Web address")
        EMAIL = "email", _("E-mail")

    # What a document can print; tasks and single hours have no place of their own there.
    PRINTABLE = (Target.CUSTOMER, Target.PROJECT, Target.DOCUMENT)

    target = models.CharField(_("belongs to"), max_length=12, choices=Target)
    name = models.CharField(
        _("key"),
        max_length=40,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_-]*\Z",
                _("Begin with a letter; then small letters a–z, digits, hyphens and underscores."),
            )
        ],
    )
    label = models.CharField(_("label"), max_length=60)
    # Language of documents -> label there, where it is another one.
    translations = models.JSONField(_("label on documents"), default=dict, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    # [[key, label], ...] in the order in which they are offered.
    choices = models.JSONField(_("choices"), default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    default = models.JSONField(_("default"), default=str, blank=True)
    help = models.CharField(_("help"), max_length=200, blank=True)
    is_printed = models.BooleanField(_("printed on documents"), default=False)
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["target", "position", "id"]
        constraints = [
            tenant_id_unique("customfield_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "target", "name"],
                name="customfield_name",
                violation_error_message=_("Another field has this key."),
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z][a-z0-9_-]*$"), name="customfield_name_is_a_key"
            ),
            models.CheckConstraint(
                condition=Q(is_printed=False) | Q(target__in=["customer", "project", "document"]),
                name="customfield_has_a_place_in_print",
                violation_error_message=_(
                    "Only fields of customers, projects and documents can be printed."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CustomerGroup(TenantModel):
    """Customers that are treated alike, for instance numbered in a series of their own."""

    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("customergroup_tenant_id"),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                name="customergroup_name",
                violation_error_message=_("Another group has this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(TenantModel, BillingTerms):
    class Reminders(models.TextChoices):
        """As whom they are reminded of what is overdue: law is kinder to consumers."""

        BY_IDS = "", _("As a business where there is a business or VAT id, else as a consumer")
        BUSINESS = "business", _("As a business")
        CONSUMER = "consumer", _("As a consumer")
        NEVER = "never", _("No reminders")

    number = models.CharField(_("customer number"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    business_id = models.CharField(_("business id"), max_length=30, blank=True)
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    street = models.CharField(_("street"), max_length=80, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=COUNTRIES, default="FI")
    delivery_name = models.CharField(_("delivery: name"), max_length=80, blank=True)
    delivery_street = models.CharField(_("delivery: street"), max_length=80, blank=True)
    delivery_postal_code = models.CharField(_("delivery: postal code"), max_length=20, blank=True)
    delivery_city = models.CharField(_("delivery: city"), max_length=40, blank=True)
    delivery_country = models.CharField(
        _("delivery: country"), max_length=2, choices=COUNTRIES, blank=True
    )
    email = models.EmailField(_("e-mail for invoices"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(
        _("language of documents"),
        max_length=5,
        choices=DocumentLanguage,
        default=DocumentLanguage.ENGLISH,
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="EUR")
    payment_term_days = models.PositiveSmallIntegerField(
        _("payment term (days)"), null=True, blank=True, validators=[MaxValueValidator(365)]
    )
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("tax rate")
    )
    group = TenantForeignKey(
        CustomerGroup, null=True, blank=True, related_name="customers", verbose_name=_("group")
    )
    buyer_reference = models.CharField(_("buyer reference"), max_length=70, blank=True)
    # Empty: what the company has chosen.
    einvoice_format = models.CharField(
        _("e-invoices"), max_length=20, choices=EInvoiceFormat, blank=True, db_default=""
    )
    einvoice_address = models.CharField(_("e-invoice address"), max_length=50, blank=True)
    einvoice_operator = models.CharField(_("e-invoice operator"), max_length=20, blank=True)
    reminders = models.CharField(
        _("reminders"), max_length=8, choices=Reminders, default=Reminders.BY_IDS, blank=True
    )
    gets_receipts = models.BooleanField(
        _("receipts go with invoices"), default=False, db_default=False
    )
    notes = models.TextField(_("notes"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    custom_values = custom_values_field()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("customer_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                name="customer_number",
                violation_error_message=_("Another customer has this number."),
            ),
            *terms_constraints("customer"),
        ]
        indexes = [
            models.Index(fields=["tenant", "name", "id"], name="customer_by_name"),
            models.Index(fields=["tenant", "group"], name="customer_of_group"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_address(self) -> bool:
        return bool(self.street and self.postal_code and self.city)

    @property
    def is_consumer(self) -> bool:
        """For reminders: in doubt the kinder law."""
        if self.reminders in (self.Reminders.BUSINESS, self.Reminders.CONSUMER):
            return self.reminders == self.Reminders.CONSUMER
        return not (self.business_id or self.vat_id)


class Contact(TenantModel):
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=70)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    gets_invoices = models.BooleanField(_("contact for invoices"), default=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("contact_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "customer"],
                condition=Q(gets_invoices=True),
                name="contact_one_for_invoices",
                violation_error_message=_("Another contact gets the invoices."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "customer", "name"], name="contact_of_customer")]

    def __str__(self) -> str:
        return self.name


class Project(TenantModel, BillingRounding):
    customer = TenantForeignKey(Customer, related_name="projects", verbose_name=_("customer"))
    number = models.CharField(_("project number"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=80)
    manager = TenantForeignKey(
        Membership,
        null=True,
        blank=True,
        related_name="managed_projects",
        verbose_name=_("project manager"),
    )
    is_billable = models.BooleanField(_("hours are billable"), default=True)
    order_reference = models.CharField(_("customer's order"), max_length=70, blank=True)
    contract_reference = models.CharField(
        _("contract number"), max_length=70, blank=True, default="", db_default=""
    )
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("tax rate")
    )
    start_date = models.DateField(_("starts"), null=True, blank=True)
    end_date = models.DateField(_("ends"), null=True, blank=True)
    description = models.TextField(_("description"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    custom_values = custom_values_field()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("project_tenant_id"),
            # What refers to both project and customer refers to these three.
            models.UniqueConstraint(
                fields=["tenant", "customer", "id"], name="project_of_its_customer"
            ),
            models.UniqueConstraint(
                fields=["tenant", "customer", "name"],
                name="project_name",
                violation_error_message=_("This customer has a project of that name."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                condition=~Q(number=""),
                name="project_number",
                violation_error_message=_("Another project has this number."),
            ),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="project_dates_in_order",
                violation_error_message=_("The project ends before it starts."),
            ),
            *rounding_constraints("project"),
        ]
        indexes = [
            models.Index(fields=["tenant", "manager"], name="project_of_manager"),
            models.Index(fields=["tenant", "name", "id"], name="project_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
