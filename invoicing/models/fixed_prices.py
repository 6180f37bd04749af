"""Projects at a fixed price: its milestones, and what a final invoice takes off again.

What becomes of these rows when a draft's line is deleted the database does by itself: to ask for
them would cost every deleting of lines a query more.
"""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.money import MoneyField
from customers.models import Project
from invoicing.models.documents import InvoiceLine
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique


class FixedPrice(TenantModel):
    """What the whole project costs, net and in the customer's currency."""

    project = TenantForeignKey(Project, related_name="fixed_prices", verbose_name=_("project"))
    amount = MoneyField(_("fixed price, net"), validators=[MinValueValidator(0)])
    text = models.CharField(_("text on the final invoice"), max_length=200)
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("VAT")
    )
    # Where the whole price was invoiced.
    final_line = TenantForeignKey(
        InvoiceLine,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("fixed price")
        verbose_name_plural = _("fixed prices")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("fixedprice_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "project"], name="fixedprice_of_project"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="fixedprice_is_something"),
        ]

    def __str__(self) -> str:
        return self.text


class Milestone(TenantModel):
    """A part of a fixed price that is invoiced in advance, on `line` once it is."""

    fixed_price = TenantForeignKey(FixedPrice, related_name="milestones")
    name = models.CharField(_("text"), max_length=200)
    amount = MoneyField(_("amount, net"), validators=[MinValueValidator(0)])
    line = TenantForeignKey(
        InvoiceLine,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        related_name="milestones",
    )

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("milestone_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "line"],
                condition=Q(line__isnull=False),
                name="milestone_of_one_line",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="milestone_is_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Deduction(TenantModel):
    """A line that takes an advance off again, with its VAT."""

    line = TenantForeignKey(InvoiceLine, on_delete=models.DO_NOTHING, related_name="deduction")
    advance = TenantForeignKey(InvoiceLine, on_delete=models.DO_NOTHING, related_name="deducted_by")

    class Meta:
        verbose_name = _("deduction of an advance")
        verbose_name_plural = _("deductions of advances")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "line"], name="deduction_of_one_line"),
        ]
        indexes = [models.Index(fields=["tenant", "advance"], name="deduction_of_advance")]

    def __str__(self) -> str:
        return str(self.pk)
