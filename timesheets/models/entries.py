"""Hours as they were worked."""

from typing import Any, ClassVar

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import RateField
from customers.models import Project, custom_values_field
from tenants.base import TenantForeignKey, TenantManager, tenant_id_unique
from tenants.models import Membership
from timesheets.models.billable import Billable, WorkQuerySet, row_of
from timesheets.models.imports import TimeImport
from timesheets.models.kinds import RateLevel
from timesheets.models.rates import Task

_CONTENT = (
    "member_id", "project_id", "task_id", "work_date", "minutes", "start_time", "end_time",
    "description", "rate", "custom_values", "service_order_id",
)  # fmt: skip


class TimeEntry(Billable):
    """Work of one person on one local day. `rate` is per hour, in the customer's currency."""

    DAY, CUSTOMER = "work_date", "project__customer"

    member = TenantForeignKey(Membership, related_name="time_entries", verbose_name=_("person"))
    project = TenantForeignKey(Project, related_name="time_entries", verbose_name=_("project"))
    task = TenantForeignKey(
        Task, null=True, blank=True, related_name="time_entries", verbose_name=_("task")
    )
    work_date = models.DateField(_("date"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    start_time = models.TimeField(_("start"), null=True, blank=True)
    end_time = models.TimeField(_("end"), null=True, blank=True)
    # As long as other programs let people write.
    description = models.CharField(_("description"), max_length=3000, blank=True)
    rate = RateField(_("rate"), null=True, blank=True, validators=[MinValueValidator(0)])
    rate_level = models.CharField(
        _("rate from"), max_length=16, choices=RateLevel, blank=True, default=RateLevel.NONE
    )
    # True while a lock covers the entry; the trigger on HoursLock keeps it so.
    is_locked = models.BooleanField(_("locked"), default=False, editable=False)
    custom_values = custom_values_field()
    import_fingerprint = models.CharField(max_length=64, null=True, blank=True, editable=False)
    time_import = TenantForeignKey(
        TimeImport, null=True, blank=True, editable=False, related_name="time_entries"
    )

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(WorkQuerySet)()

    class Meta:
        verbose_name = _("time entry")
        verbose_name_plural = _("time entries")
        ordering = ["-work_date", "-id"]
        constraints = [
            *Billable.Meta.constraints,
            tenant_id_unique("timeentry_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "import_fingerprint"],
                condition=Q(import_fingerprint__isnull=False),
                name="timeentry_imported_once",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=1440), name="timeentry_minutes_of_a_day"
            ),
            models.CheckConstraint(
                condition=Q(rate=None) | Q(rate__gte=0), name="timeentry_rate_not_negative"
            ),
        ]
        indexes = [
            *Billable.Meta.indexes,
            models.Index(
                fields=["tenant", "work_date"],
                include=["project", "member", "rate", "minutes", "is_locked"],
                condition=Q(is_billable=True, billing_state="open"),
                name="timeentry_ready",
            ),
            models.Index(fields=["tenant", "member", "work_date"], name="timeentry_of_member"),
            models.Index(fields=["tenant", "project", "work_date"], name="timeentry_of_project"),
            # All that the reports sum up, so that they read nothing else.
            models.Index(
                fields=["tenant", "work_date", "billing_state"],
                include=["is_billable", "project", "member", "task", "rate", "minutes"],
                name="timeentry_by_date",
            ),
            models.Index(
                fields=["tenant", "time_import"],
                condition=Q(time_import__isnull=False),
                name="timeentry_of_import",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="read_only_when_locked_or_billed",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(*_CONTENT, "is_billable")
                | pgtrigger.Delete,
                condition=pgtrigger.Q(old__is_locked=True)
                | ~pgtrigger.Q(old__billing_state="open"),
                func=f"""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';
                    END IF;
                    IF {row_of("NEW", _CONTENT)}
                        IS DISTINCT FROM {row_of("OLD", _CONTENT)}
                        -- A lock holds what was worked; whether it is billed is decided later.
                        OR (NEW.is_billable <> OLD.is_billable AND OLD.billing_state <> 'open')
                    THEN
                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="not_into_a_locked_period",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("member_id", "project_id", "work_date"),
                condition=pgtrigger.Q(new__is_locked=False),
                # The row lock makes a lock of the period that is being taken wait, or be seen.
                func="""
                    PERFORM FROM tenants_membership
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.member_id FOR KEY SHARE;
                    IF EXISTS (
                        SELECT FROM timesheets_hourslock held
                        WHERE held.tenant_id = NEW.tenant_id AND held.member_id = NEW.member_id
                            AND NEW.work_date BETWEEN held.start_date AND held.end_date
                            AND (held.project_id IS NULL OR held.project_id = NEW.project_id)
                    ) THEN
                        RAISE EXCEPTION 'the hours of % are locked', NEW.work_date
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'timeentry_period_locked';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.work_date} {self.minutes} min"
