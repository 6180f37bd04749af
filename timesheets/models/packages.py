"""What is sold by the period: packages, who subscribes to them, and the fees that are due."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import NOT_PROVIDED, F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate, Unit
from core.money import CURRENCIES
from customers.models import Customer, Project
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User
from timesheets.models.charges import Charge
from timesheets.models.rates import BOTH_DAYS, DateRange


def _amount(
    label: Any, *, digits: int, is_optional: bool = False, default: Any = NOT_PROVIDED
) -> Any:
    return models.DecimalField(
        label,
        max_digits=digits,
        decimal_places=6,
        null=is_optional,
        blank=is_optional,
        default=default,
        validators=[MinValueValidator(0)],
    )


def _price(label: Any, *, is_optional: bool = False) -> Any:
    return _amount(label, digits=18, is_optional=is_optional)


def _quantity(label: Any, *, is_optional: bool = False, default: Any = NOT_PROVIDED) -> Any:
    return _amount(label, digits=16, is_optional=is_optional, default=default)


class BillingPeriod(models.TextChoices):
    """Periods are those of the calendar, whatever day a subscription begins on."""

    MONTH = "month", _("Monthly")
    QUARTER = "quarter", _("Quarterly")
    YEAR = "year", _("Yearly")
    ONCE = "once", _("Once")


class DueAt(models.TextChoices):
    START = "start", _("At the start of the period")
    END = "end", _("At its end")


def _in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(end_date=None) | Q(end_date__gte=F("start_date")),
        name=name,
        violation_error_message=_("The last day lies before the first."),
    )


class Package(TenantModel):
    """What customers subscribe to. Prices are in `currency`."""

    number = models.CharField(_("number"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="EUR")
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("package_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="package_name",
                violation_error_message=_("Another package has this name."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                condition=~Q(number=""),
                name="package_number",
                violation_error_message=_("Another package has this number."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PackageComponent(TenantModel):
    """One line of a package. With `included_quantity` it lets usage be free up to that much a
    period; of which destination `usage_destination` says, empty is any."""

    package = TenantForeignKey(Package, related_name="components", verbose_name=_("package"))
    name = models.CharField(_("text"), max_length=200)
    position = models.PositiveIntegerField(_("order"), default=0)
    quantity = _quantity(_("quantity"), default=Decimal(1))
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    period = models.CharField(
        _("period"), max_length=7, choices=BillingPeriod, default=BillingPeriod.MONTH
    )
    due_at = models.CharField(_("billed"), max_length=5, choices=DueAt, default=DueAt.START)
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("VAT")
    )
    account = models.CharField(_("account"), max_length=10, blank=True)
    included_quantity = _quantity(_("included usage"), is_optional=True)
    usage_destination = models.CharField(_("usage of"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("component of a package")
        verbose_name_plural = _("components of packages")
        ordering = ["position", "id"]
        constraints = [
            tenant_id_unique("packagecomponent_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "package", "name"],
                name="packagecomponent_name",
                violation_error_message=_("Another component of this package has this text."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="packagecomponent_has_a_quantity"
            ),
            models.CheckConstraint(
                condition=Q(included_quantity=None) | Q(included_quantity__gte=0),
                name="packagecomponent_includes_no_less_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(included_quantity=None) | ~Q(period="once"),
                name="packagecomponent_usage_has_a_period",
                violation_error_message=_("Usage is included by the month, quarter or year."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ComponentPrice(TenantModel):
    """What a component costs for a while; `usage_price` is that of a unit beyond what is included,
    empty: what the usage itself says."""

    component = TenantForeignKey(
        PackageComponent, related_name="prices", verbose_name=_("component")
    )
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"), null=True, blank=True)
    unit_price = _price(_("unit price"))
    usage_price = _price(_("price beyond"), is_optional=True)

    class Meta:
        verbose_name = _("price of a component")
        verbose_name_plural = _("prices of components")
        ordering = ["start_date", "id"]
        constraints = [
            tenant_id_unique("componentprice_tenant_id"),
            _in_order("componentprice_dates_in_order"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0) & (Q(usage_price=None) | Q(usage_price__gte=0)),
                name="componentprice_not_negative",
            ),
            ExclusionConstraint(
                name="componentprice_one_a_day",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("component", RangeOperators.EQUAL),
                    (DateRange("start_date", "end_date", BOTH_DAYS), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Another price covers some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_price}"


class Subscription(TenantModel):
    """A customer's package from a day on; both days are included."""

    customer = TenantForeignKey(Customer, related_name="subscriptions", verbose_name=_("customer"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="subscriptions", verbose_name=_("project")
    )
    package = TenantForeignKey(Package, related_name="subscriptions", verbose_name=_("package"))
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"), null=True, blank=True)
    note = models.CharField(_("internal note"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["customer__name", "package__name", "start_date", "id"]
        constraints = [
            tenant_id_unique("subscription_tenant_id"),
            _in_order("subscription_dates_in_order"),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer"], name="subscription_of_customer"),
            models.Index(fields=["tenant", "package"], name="subscription_of_package"),
            models.Index(fields=["tenant", "start_date"], name="subscription_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.package} · {self.customer}"


class OwnTerms(TenantModel):
    """What a customer has agreed on for a component otherwise than the package has it; empty is as
    the package."""

    subscription = TenantForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="own_terms"
    )
    component = TenantForeignKey(PackageComponent, related_name="+", verbose_name=_("component"))
    quantity = _quantity(_("quantity"), is_optional=True)
    unit_price = _price(_("unit price"), is_optional=True)
    included_quantity = _quantity(_("included usage"), is_optional=True)
    usage_price = _price(_("price beyond"), is_optional=True)

    class Meta:
        verbose_name = _("own terms of a subscription")
        verbose_name_plural = _("own terms of subscriptions")
        ordering = ["component__position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "subscription", "component"], name="ownterms_once"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}),
                    name=f"ownterms_{name}_not_negative",
                )
                for name in ("quantity", "unit_price", "included_quantity", "usage_price")
            ),
        ]

    def __str__(self) -> str:
        return str(self.component)


class SubscriptionFee(TenantModel):
    """A component's fee for these days of a subscription. No day of it is charged for twice."""

    subscription = TenantForeignKey(
        Subscription, related_name="fees", verbose_name=_("subscription")
    )
    component = TenantForeignKey(PackageComponent, related_name="fees", verbose_name=_("component"))
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"))
    is_once = models.BooleanField(default=False)
    charge = TenantForeignKey(Charge, related_name="fees", verbose_name=_("charge"))

    class Meta:
        verbose_name = _("fee of a subscription")
        verbose_name_plural = _("fees of subscriptions")
        ordering = ["start_date", "component__position", "id"]
        constraints = [
            tenant_id_unique("subscriptionfee_tenant_id"),
            _in_order("subscriptionfee_dates_in_order"),
            models.UniqueConstraint(
                fields=["tenant", "charge"], name="subscriptionfee_of_one_charge"
            ),
            models.UniqueConstraint(
                fields=["tenant", "subscription", "component"],
                condition=Q(is_once=True),
                name="subscriptionfee_once",
            ),
            ExclusionConstraint(
                name="subscriptionfee_no_day_twice",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("subscription", RangeOperators.EQUAL),
                    ("component", RangeOperators.EQUAL),
                    (DateRange("start_date", "end_date", BOTH_DAYS), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.start_date}"


class TermsToFollow(TenantModel):
    """A customer whose open fees and usage are to follow terms that changed. The row is the queue:
    it goes with the transaction that charges the customer anew."""

    customer = TenantForeignKey(Customer, related_name="+", verbose_name=_("customer"))
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)

    class Meta:
        verbose_name = _("terms to follow")
        verbose_name_plural = _("terms to follow")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer"], name="termstofollow_customer")
        ]

    def __str__(self) -> str:
        return str(self.customer)
