"""What is billed and is no hour: expenses, parts, usage, fees."""

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate, Unit
from core.money import CURRENCIES, round_money
from customers.models import Customer, Project
from tenants.base import TenantForeignKey, TenantManager, tenant_id_unique
from tenants.models import Membership
from timesheets.models.billable import Billable, WorkQuerySet, row_of


class ChargeKind(models.TextChoices):
    EXPENSE = "expense", _("Expense")
    PART = "part", _("Part")
    USAGE = "usage", _("Usage")
    FEE = "fee", _("Fee")


_CONTENT = (
    "kind", "customer_id", "project_id", "member_id", "charge_date", "start_date", "end_date",
    "text", "destination", "quantity", "unit", "unit_price", "tax_rate_id", "account",
    "is_billable", "service_order_id", "product_id",
)  # fmt: skip


class Charge(Billable):
    """One thing a customer pays for; `unit_price` is in the customer's currency.

    A charge without a tax rate is taxed as the work of its project or customer is.
    """

    DAY, CUSTOMER = "charge_date", "customer"

    kind = models.CharField(_("kind"), max_length=10, choices=ChargeKind)
    customer = TenantForeignKey(Customer, related_name="charges", verbose_name=_("customer"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="charges", verbose_name=_("project")
    )
    member = TenantForeignKey(
        Membership, null=True, blank=True, related_name="charges", verbose_name=_("person")
    )
    charge_date = models.DateField(_("date"))
    # The days it is for, where they are more than its date tells: a month's fee.
    start_date = models.DateField(_("from"), null=True, blank=True, editable=False)
    end_date = models.DateField(_("to"), null=True, blank=True, editable=False)
    text = models.CharField(_("text"), max_length=500, blank=True)
    destination = models.CharField(_("destination"), max_length=120, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=16, decimal_places=6, default=1)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    unit_price = models.DecimalField(
        _("unit price"), max_digits=18, decimal_places=6, validators=[MinValueValidator(0)]
    )
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("VAT")
    )
    account = models.CharField(_("account"), max_length=10, blank=True)
    # What it was filled in from.
    product = TenantForeignKey(
        Product, null=True, blank=True, related_name="charges", verbose_name=_("product")
    )
    # What one cost the company itself, and how much is put on top of it. Never printed.
    cost = models.DecimalField(
        _("cost"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    cost_currency = models.CharField(
        _("currency of the cost"), max_length=3, choices=CURRENCIES, blank=True, db_default=""
    )
    markup_percent = models.DecimalField(
        _("mark-up (%)"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    note = models.CharField(_("internal note"), max_length=300, blank=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(WorkQuerySet)()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["-charge_date", "-id"]
        constraints = [
            *Billable.Meta.constraints,
            tenant_id_unique("charge_tenant_id"),
            models.CheckConstraint(condition=~Q(quantity=0), name="charge_has_a_quantity"),
            models.CheckConstraint(
                condition=Q(start_date=None, end_date=None)
                | Q(start_date__isnull=False, end_date__gte=F("start_date")),
                name="charge_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="charge_price_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(text="") | Q(kind="usage"), name="charge_says_what_it_is"
            ),
            models.CheckConstraint(
                condition=Q(cost=None, cost_currency="", markup_percent=None)
                | (Q(cost__gte=0) & ~Q(cost_currency="")),
                name="charge_cost_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(destination="") | Q(kind="usage"),
                name="charge_destination_of_usage",
            ),
        ]
        indexes = [
            *Billable.Meta.indexes,
            models.Index(
                fields=["tenant", "charge_date"],
                include=["customer", "project"],
                condition=Q(is_billable=True, billing_state="open"),
                name="charge_ready",
            ),
            models.Index(fields=["tenant", "charge_date", "billing_state"], name="charge_by_date"),
            models.Index(fields=["tenant", "customer", "charge_date"], name="charge_of_customer"),
            models.Index(
                fields=["tenant", "project", "charge_date"],
                condition=Q(project__isnull=False),
                name="charge_of_project",
            ),
            models.Index(
                fields=["tenant", "member", "charge_date"],
                condition=Q(member__isnull=False),
                name="charge_of_member",
            ),
            models.Index(
                fields=["tenant", "product"],
                condition=Q(product__isnull=False),
                name="charge_of_product",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="charge_read_only_when_settled",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(*_CONTENT) | pgtrigger.Delete,
                condition=~pgtrigger.Q(old__billing_state="open"),
                func=f"""
                    IF TG_OP = 'UPDATE' AND {row_of("NEW", _CONTENT)}
                        IS NOT DISTINCT FROM
                        {row_of("OLD", _CONTENT)}
                    THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'charge % is on a document or settled', OLD.id
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'charge_read_only';
                """,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text or self.destination or str(ChargeKind(self.kind).label)

    @property
    def net(self) -> Decimal:
        """What it comes to alone; on a line with others the sum is rounded once."""
        return round_money(self.quantity * self.unit_price, self.customer.currency)
