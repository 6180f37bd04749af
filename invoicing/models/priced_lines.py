"""What a line of an invoice and one of a quotation have in common."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate
from core.money import ZERO, MoneyField
from invoicing.models.kinds import Unit
from tenants.base import TenantForeignKey, TenantModel


class PricedLine(TenantModel):
    """A line; without quantity and price it is text. `net` is the stored, rounded amount."""

    class Kind(models.TextChoices):
        ITEM = "item", _("Item")
        TEXT = "text", _("Text")

    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.ITEM)
    text = models.CharField(_("text"), max_length=500)
    quantity = models.DecimalField(_("quantity"), max_digits=16, decimal_places=6, default=ZERO)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.HOUR)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=6, default=ZERO)
    discount_percent = models.DecimalField(
        _("discount (%)"),
        max_digits=5,
        decimal_places=2,
        default=ZERO,
        # Below nought it is a surcharge.
        validators=[MinValueValidator(-100), MaxValueValidator(100)],
    )
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="+", verbose_name=_("VAT")
    )
    # What the line was filled in from, and whose account it is booked on.
    product = TenantForeignKey(
        Product, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    # Copied from the tax rate whenever the line is saved: what was printed stays.
    tax_percent = models.DecimalField(max_digits=5, decimal_places=2, default=ZERO, editable=False)
    tax_category = models.CharField(
        max_length=2, choices=TaxRate.Category, default=TaxRate.Category.STANDARD, editable=False
    )
    account = models.CharField(_("account"), max_length=10, blank=True)
    net = MoneyField(_("net"), default=ZERO, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
