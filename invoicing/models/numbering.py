"""How documents are numbered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.kinds import DocumentKind
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique


class NumberSeries(TenantModel):
    """How documents of a kind are numbered, `{Y}-{cy,4}` gives 2026-0001."""

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind)
    name = models.CharField(_("name"), max_length=60)
    format = models.CharField(_("format"), max_length=60, default="{Y}-{cy,4}")
    is_default = models.BooleanField(_("used unless told otherwise"), default=True)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        ordering = ["kind", "name", "id"]
        constraints = [
            tenant_id_unique("numberseries_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "kind"],
                condition=Q(is_default=True),
                name="numberseries_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NumberCounter(TenantModel):
    """Documents counted so far in a window: `c:`, `cy:2026`, `cm:2026-11`, `cd:2026-11-21`."""

    series = TenantForeignKey(NumberSeries, on_delete=models.CASCADE, related_name="counters")
    window = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("number counter")
        verbose_name_plural = _("number counters")
        ordering = ["series", "window", "id"]
        constraints = [
            tenant_id_unique("numbercounter_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "series", "window"], name="numbercounter_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.window}: {self.count}"
