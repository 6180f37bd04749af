"""How documents are numbered."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerGroup, Project
from invoicing.models.kinds import DocumentKind
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class NumberSeries(TenantModel):
    """How documents of a kind are numbered, `{Y}-{cy,4}` gives 2026-0001."""

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind)
    name = models.CharField(_("name"), max_length=60)
    format = models.CharField(_("format"), max_length=60, default="{Y}-{cy,4}")
    # Documents of a project, of a group of customers, or all others. None of them: out of use.
    is_default = models.BooleanField(_("used unless told otherwise"), default=True)
    customer_group = TenantForeignKey(
        CustomerGroup,
        null=True,
        blank=True,
        related_name="number_series",
        verbose_name=_("customer group"),
    )
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="number_series", verbose_name=_("project")
    )

    # The system whose numbers these are: no counter, no format, nothing to be numbered in it here.
    given_by = models.CharField(
        max_length=60, blank=True, default="", db_default="", editable=False
    )

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
            models.UniqueConstraint(
                fields=["tenant", "kind", "customer_group"],
                name="numberseries_one_per_group",
                violation_error_message=_("This group has a series for documents of this kind."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "kind", "project"],
                name="numberseries_one_per_project",
                violation_error_message=_("This project has a series for documents of this kind."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "kind", "given_by"],
                condition=~Q(given_by=""),
                name="numberseries_one_per_giver",
            ),
            models.CheckConstraint(
                condition=Q(given_by="")
                | Q(is_default=False, customer_group=None, project=None, format=""),
                name="numberseries_given_elsewhere",
            ),
            models.CheckConstraint(
                condition=Q(is_default=True, customer_group=None, project=None)
                | Q(is_default=False, customer_group=None)
                | Q(is_default=False, project=None),
                name="numberseries_for_one_purpose",
                violation_error_message=_(
                    "A series is for all documents, for a customer group or for a project."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_use(self) -> bool:
        return self.is_default or bool(self.customer_group_id or self.project_id)


class NumberCounter(TenantModel):
    """Documents counted so far in a window: `c:`, `cy:2026`, `ccm:7:2026-11` of customer 7."""

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


class SkippedNumbers(TenantModel):
    """Places of a counter that no document has, and why: what explains a gap."""

    class Reason(models.TextChoices):
        TAKEN = "taken", _("Another document has the number")
        SET = "set", _("The next number was set")

    series = TenantForeignKey(NumberSeries, related_name="skipped")
    window = models.CharField(max_length=40)
    first = models.PositiveBigIntegerField(_("from"))
    last = models.PositiveBigIntegerField(_("to"))
    reason = models.CharField(_("reason"), max_length=5, choices=Reason)
    # The first of them as it would have been written.
    number = models.CharField(_("number"), max_length=200, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("skipped numbers")
        verbose_name_plural = _("skipped numbers")
        ordering = ["series", "window", "first", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="skippednumbers_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "series", "window"], name="skippednumbers_of_window")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.window}: {self.first}–{self.last}"
