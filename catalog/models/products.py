"""Products and parts: what a line or a charge is filled in from."""

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from catalog.models.kinds import Unit
from catalog.models.rates import TaxRate
from core.money import CURRENCIES
from core.places import DocumentLanguage
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique


class ProductQuerySet(models.QuerySet["Product"]):
    def matching(self, text: str) -> Self:
        """Those of which every word occurs in the number or in one of the names."""
        found = self
        for word in text.split():
            elsewhere = ProductName.objects.filter(product=OuterRef("pk"), name__icontains=word)
            found = found.filter(
                Q(number__icontains=word) | Q(name__icontains=word) | Exists(elsewhere)
            )
        return found


class Product(TenantModel):
    """Something that is sold. Its prices are net, per unit; `unit_price` is in `currency`.

    What is filled in from it is copied: a changed product changes no line.
    """

    number = models.CharField(_("number"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    unit_price = models.DecimalField(
        _("price"), max_digits=18, decimal_places=6, validators=[MinValueValidator(0)]
    )
    cost = models.DecimalField(
        _("cost"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("What one costs the company itself. Never printed."),
    )
    # Without one a line is taxed as the work of its project or customer is.
    tax_rate = TenantForeignKey(
        TaxRate, null=True, blank=True, related_name="products", verbose_name=_("VAT")
    )
    account = models.CharField(_("account"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(ProductQuerySet)()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["number", "id"]
        constraints = [
            tenant_id_unique("product_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "number"],
                name="product_number",
                violation_error_message=_("Another product has this number."),
            ),
            # Also in other letters: nobody tells a1 from A1 on the telephone.
            models.UniqueConstraint(
                "tenant",
                Upper("number"),
                name="product_number_in_any_letters",
                violation_error_message=_("Another product has this number."),
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(name=""), name="product_has_number_and_name"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0) & (Q(cost=None) | Q(cost__gte=0)),
                name="product_amounts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def name_in(self, language: str) -> str:
        """In this language, or as the company calls it."""
        names = {one.language: one.name for one in self.names.all()}
        return names.get(language) or self.name

    def price_in(self, currency: str) -> Decimal | None:
        """None where it has no price in this currency."""
        if currency == self.currency:
            price: Decimal = self.unit_price
            return price
        prices = {one.currency: one.unit_price for one in self.prices.all()}
        return prices.get(currency)


class ProductName(TenantModel):
    """What it is called in documents of another language."""

    product = TenantForeignKey(Product, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("name of a product")
        verbose_name_plural = _("names of products")
        ordering = ["language", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "product", "language"], name="productname_per_language"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="productname_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductPrice(TenantModel):
    """What it costs in a currency that is not its own."""

    product = TenantForeignKey(Product, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    unit_price = models.DecimalField(
        _("price"), max_digits=18, decimal_places=6, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("price of a product")
        verbose_name_plural = _("prices of products")
        ordering = ["currency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "product", "currency"], name="productprice_per_currency"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="productprice_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_price} {self.currency}"
