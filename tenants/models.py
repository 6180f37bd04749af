from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES
from core.places import COUNTRIES, TIME_ZONES, DocumentLanguage
from tenants.base import TenantModel, tenant_id_unique
from tenants.billing_terms import BillingTerms, terms_constraints
from tenants.einvoices import EInvoiceFindings, EInvoiceFormat
from tenants.roles import Permission, Role

if TYPE_CHECKING:
    from tenants.role_book import RoleBook

# First path segments that belong to the whole installation and can be nobody's name.
RESERVED_SLUGS = frozenset(
    {
        "accounts",
        "admin",
        "api",
        "health",
        "invitations",
        "media",
        "open",
        "platform",
        "profile",
        "static",
    }
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. `is_staff` opens the platform administration, no tenant."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=[("en", "English"), ("fi", "Suomi"), ("de", "Deutsch")],
        default="en",
    )
    theme = models.CharField(
        _("theme"),
        max_length=5,
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        default="auto",
    )
    is_staff = models.BooleanField(_("platform staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ignoring_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class Tenant(BillingTerms):
    class UnlockedHours(models.TextChoices):
        WARN = "warn", _("Warn")
        REFUSE = "refuse", _("Refuse")

    class LetterWindow(models.TextChoices):
        BY_COUNTRY = "", _("As envelopes of the company's country have it")
        DIN = "din", _("DIN 5008, form B")
        FINNISH = "fi", _("Finnish C5 and E65")

    class PaymentReferences(models.TextChoices):
        BY_COUNTRY = "", _("As usual in the company's country")
        NATIONAL = "national", _("Finnish reference number")
        RF = "rf", _("International reference (RF)")
        NONE = "none", _("None: the invoice number is quoted")

    slug = models.CharField(
        _("address"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use a-z, 0-9 and hyphens."))],
        help_text=_("The first part of every page's address."),
    )
    name = models.CharField(_("name"), max_length=80)
    legal_name = models.CharField(_("registered name"), max_length=80)
    business_id = models.CharField(_("business id"), max_length=30, blank=True)
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    street = models.CharField(_("street"), max_length=80, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=COUNTRIES, default="FI")
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=DocumentLanguage, default=DocumentLanguage.ENGLISH
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="EUR")
    time_zone = models.CharField(
        _("time zone"), max_length=50, choices=TIME_ZONES, default="Europe/Helsinki"
    )
    payment_term_days = models.PositiveSmallIntegerField(
        _("payment term (days)"), default=14, validators=[MaxValueValidator(365)]
    )
    late_interest_percent = models.DecimalField(
        _("late interest (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    unlocked_hours = models.CharField(
        _("drafts from hours that are not locked"),
        max_length=10,
        choices=UnlockedHours,
        default=UnlockedHours.WARN,
    )
    four_eyes = models.BooleanField(
        _("another person posts than the one who drafted"), default=False
    )
    receivables_account = models.CharField(_("receivables account"), max_length=10, default="1700")
    bank_account = models.CharField(_("bank account"), max_length=10, default="1910")
    cash_account = models.CharField(_("cash account"), max_length=10, default="1900")
    # Money of customers that settles no invoice yet.
    credit_account = models.CharField(_("customers' credit"), max_length=10, default="2860")
    discount_account = models.CharField(_("discounts given"), max_length=10, default="3500")
    bank_cost_account = models.CharField(_("bank costs"), max_length=10, default="8570")
    bad_debt_account = models.CharField(_("bad debts"), max_length=10, default="8730")
    year_begins = models.PositiveSmallIntegerField(
        _("first month of the financial year"), choices=list(MONTHS.items()), default=1
    )
    document_footer = models.TextField(_("text at the end of documents"), blank=True)
    payment_references = models.CharField(
        _("references of payments"), max_length=8, choices=PaymentReferences, blank=True
    )
    letter_window = models.CharField(
        _("address window"), max_length=3, choices=LetterWindow, blank=True
    )
    fold_marks = models.BooleanField(_("fold marks"), default=False)
    # Of headings and rules, like #1f6f54; empty is black.
    accent = models.CharField(
        _("colour"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-f]{6}\Z")]
    )
    # SHA-256 of the picture, which invoicing keeps.
    logo = models.CharField(_("logo"), max_length=64, blank=True, editable=False)
    # Empty: what is usual in the country.
    einvoice_format = models.CharField(
        _("e-invoices"), max_length=20, choices=EInvoiceFormat, blank=True, db_default=""
    )
    # Where e-invoices come from, and the operator that takes them on; printed nowhere.
    einvoice_address = models.CharField(
        _("e-invoice address"), max_length=50, blank=True, db_default=""
    )
    einvoice_operator = models.CharField(
        _("e-invoice operator"), max_length=20, blank=True, db_default=""
    )
    einvoice_work_report = models.BooleanField(
        _("put the work report into the e-invoice"), default=False, db_default=False
    )
    einvoice_findings = models.CharField(
        _("drafts whose e-invoice would be wrong"),
        max_length=10,
        choices=EInvoiceFindings,
        default=EInvoiceFindings.WARN,
        db_default=EInvoiceFindings.WARN,
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Known with the company itself, so that those who never adjusted a role pay no query for it.
    has_adjusted_roles = models.BooleanField(default=False, editable=False)
    # Counted up with every change of the company's own fields: what a process remembers of them
    # holds for one count. Nought: there never were any.
    fields_version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name", "id"]
        constraints = [
            *terms_constraints("tenant"),
            models.CheckConstraint(
                name="tenant_accent_is_a_colour",
                condition=Q(accent="") | Q(accent__regex=r"^#[0-9a-f]{6}$"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="once_adjusted_always_read",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__has_adjusted_roles=True, new__has_adjusted_roles=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": _("This address is taken by the program itself.")})


class TenantRole(TenantModel):
    """What a company adjusted in one of the program's roles, or a role of its own.

    A role of the program without a row is as in `tenants.roles`; differences are kept, not sets, so
    that a permission which comes with a newer version reaches those who never touched it.
    """

    key = models.CharField(_("key"), max_length=40, editable=False)
    name = models.CharField(_("name"), max_length=40, blank=True)
    granted = ArrayField(
        models.CharField(max_length=40), verbose_name=_("granted"), default=list, blank=True
    )
    withheld = ArrayField(
        models.CharField(max_length=40), verbose_name=_("taken away"), default=list, blank=True
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="tenant_role_key"),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                condition=~Q(name=""),
                name="tenant_role_name",
                violation_error_message=_("Another role has this name."),
            ),
            models.CheckConstraint(
                name="tenant_role_named_unless_the_programs",
                condition=Q(key__in=Role.values, name="") | ~Q(key__in=Role.values) & ~Q(name=""),
            ),
            # Somebody must always be able to give back what was taken away.
            models.CheckConstraint(
                name="tenant_role_owner_keeps_all", condition=~Q(key=Role.OWNER) | Q(withheld=[])
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_where_it_is_read",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT (SELECT has_adjusted_roles FROM tenants_tenant WHERE id = NEW.tenant_id)
                    THEN RAISE EXCEPTION 'tenant % is not marked as one with adjusted roles',
                        NEW.tenant_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(Role(self.key).label)


class Membership(models.Model):
    """A person of a tenant. Without a user they have hours and a name but cannot sign in yet."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="memberships",
        null=True,
        blank=True,
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"), blank=True)
    # One of `Role`, or the key of a role of the company's own.
    role = models.CharField(_("role"), max_length=40, default=Role.MEMBER)
    staff_number = models.CharField(_("staff number"), max_length=30, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # List -> the custom fields this person has as columns there.
    list_columns = models.JSONField(default=dict, blank=True, editable=False)
    invited_at = models.DateTimeField(_("invited"), null=True, blank=True, editable=False)
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("membership_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "user"],
                name="membership_once_per_tenant",
                violation_error_message=_("This user is a member already."),
            ),
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=~Q(email=""),
                name="membership_email",
                violation_error_message=_("Another member has this e-mail address."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def role_book(self) -> "RoleBook":
        """The company's roles, kept with the person who was read for a request."""
        from tenants.role_book import PROGRAMS_OWN, book_of

        tenant: Tenant | None = self._state.fields_cache.get("tenant")
        if tenant is not None and not tenant.has_adjusted_roles:
            return PROGRAMS_OWN
        return book_of(self.tenant_id)

    @property
    def role_name(self) -> str:
        return self.role_book.name(self.role)

    @property
    def programs_role_name(self) -> str:
        """For lists over companies, whose own roles are read in their own scopes only."""
        return str(Role(self.role).label) if self.role in Role.values else ""

    def may(self, permission: Permission | str) -> bool:
        return permission in self.role_book.permissions(self.role)


class SentForm(TenantModel):
    """A form that was answered. Its token was drawn when the form was made: a second tap and a
    request that is sent again say the same one."""

    token = models.UUIDField(editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("answered form")
        verbose_name_plural = _("answered forms")
        constraints = [
            tenant_id_unique("sentform_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="sentform_once"),
        ]

    def __str__(self) -> str:
        return str(self.token)


class AuditEntry(TenantModel):
    """Who changed what and when. Rows are only ever added."""

    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # Copied: the log still tells who it was after the person is renamed.
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("kind"), max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_label = models.CharField(_("what"), max_length=200, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-at", "-id"], name="audit_time"),
            models.Index(fields=["tenant", "object_type", "object_id", "-id"], name="audit_object"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
