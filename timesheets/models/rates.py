"""What hours are recorded for, and what an hour costs."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, RateField
from customers.models import Customer, Project, custom_values_field
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import Membership


class DateRange(Func):
    """A range of days; a missing first or last day leaves that side open."""

    function = "daterange"
    output_field = DateRangeField()


BOTH_DAYS = RangeBoundary(inclusive_lower=True, inclusive_upper=True)


class Task(TenantModel):
    """What hours are recorded for; with a project it belongs to that project alone."""

    project = TenantForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("project"),
        help_text=_("Empty: every project may use it."),
    )
    name = models.CharField(_("name"), max_length=80)
    is_billable = models.BooleanField(_("hours are billable"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    custom_values = custom_values_field()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("task_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "project", "name"],
                name="task_name",
                nulls_distinct=False,
                violation_error_message=_("There is a task of that name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Rate(TenantModel):
    """The price of an hour for what its references name, on its days; `domain.rates` has the order.

    A missing first day means ever since, a missing last one until further notice.
    """

    customer = TenantForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="rates"
    )
    project = TenantForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="rates"
    )
    task = TenantForeignKey(
        Task, on_delete=models.CASCADE, null=True, blank=True, related_name="rates"
    )
    member = TenantForeignKey(
        Membership, on_delete=models.CASCADE, null=True, blank=True, related_name="rates"
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    amount = RateField(_("rate per hour"), validators=[MinValueValidator(0)])
    start_date = models.DateField(_("valid from"), null=True, blank=True)
    end_date = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("rate_tenant_id"),
            ExclusionConstraint(
                name="rate_once_a_day_per_level",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    (Coalesce("project", Value(0)), RangeOperators.EQUAL),
                    (Coalesce("member", Value(0)), RangeOperators.EQUAL),
                    (Coalesce("task", Value(0)), RangeOperators.EQUAL),
                    (Coalesce("customer", Value(0)), RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (DateRange("start_date", "end_date", BOTH_DAYS), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is a rate for this and these days already."),
            ),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="rate_dates_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                # project member, project, task, customer, member, tenant
                condition=Q(customer=None, task=None)
                | Q(customer=None, project=None, member=None)
                | Q(project=None, task=None, member=None),
                name="rate_names_one_level",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="rate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.currency}"
