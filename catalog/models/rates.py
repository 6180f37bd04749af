"""Rates of value added tax."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantModel, tenant_id_unique

_DAYS = Func(
    "valid_from",
    "valid_to",
    RangeBoundary(inclusive_lower=True, inclusive_upper=True),
    function="daterange",
    output_field=DateRangeField(),
)


class TaxRate(TenantModel):
    """A rate of value added tax with its accounts. Rates have dates: the law changes."""

    class Category(models.TextChoices):
        """Codes of UNCL 5305 as EN 16931 uses them."""

        STANDARD = "S", _("Taxed")
        ZERO = "Z", _("Zero rate")
        EXEMPT = "E", _("Exempt")
        REVERSE_CHARGE = "AE", _("Reverse charge")
        INTRA_COMMUNITY = "K", _("Goods to another EU country")
        EXPORT = "G", _("Export")
        OUTSIDE_SCOPE = "O", _("Outside the scope of VAT")

    name = models.CharField(_("name"), max_length=60)
    # What the versions of a rate share, one after the other; without one a rate has no others.
    code = models.CharField(
        _("code"),
        max_length=12,
        blank=True,
        help_text=_("Versions of one rate share it: the tax point decides which of them is meant."),
    )
    category = models.CharField(
        _("category"), max_length=2, choices=Category, default=Category.STANDARD
    )
    percent = models.DecimalField(
        _("percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    revenue_account = models.CharField(_("revenue account"), max_length=10)
    tax_account = models.CharField(_("tax account"), max_length=10, blank=True)
    exemption_reason = models.CharField(_("reason printed"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    is_default = models.BooleanField(_("used unless told otherwise"), default=False)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["-percent", "name", "id"]
        constraints = [
            tenant_id_unique("taxrate_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "name"], name="taxrate_name"),
            ExclusionConstraint(
                name="taxrate_one_default_a_day",
                expressions=[("tenant", RangeOperators.EQUAL), (_DAYS, RangeOperators.OVERLAPS)],
                condition=Q(is_default=True),
                violation_error_message=_(
                    "Another rate is the usual one in these days. Give that a last day first."
                ),
            ),
            ExclusionConstraint(
                name="taxrate_one_version_a_day",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (_DAYS, RangeOperators.OVERLAPS),
                ],
                condition=~Q(code=""),
                violation_error_message=_(
                    "Another version with this code is valid in these days. Give that a last day"
                    " first."
                ),
            ),
            models.CheckConstraint(
                condition=Q(category="S", percent__gt=0) | ~Q(category="S") & Q(percent=0),
                name="taxrate_percent_fits_category",
                violation_error_message=_("Only taxed sales have a percentage, and they need one."),
            ),
            models.CheckConstraint(
                condition=Q(category__in=["S", "Z"]) | ~Q(exemption_reason=""),
                name="taxrate_exemption_has_reason",
                violation_error_message=_("Say why no VAT is charged; it is printed."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="taxrate_dates_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )
