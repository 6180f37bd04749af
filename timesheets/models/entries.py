"""Hours as they were worked."""

from datetime import date
from typing import Any, ClassVar, Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import RateField
from customers.models import Project, custom_values_field
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import Membership, User
from timesheets.models.imports import TimeImport
from timesheets.models.kinds import BillingState, RateLevel
from timesheets.models.rates import Task


class TimeEntryQuerySet(models.QuerySet["TimeEntry"]):
    def open_for_billing(self) -> Self:
        return self.filter(is_billable=True, billing_state=BillingState.OPEN)

    def between(self, start: date, end: date) -> Self:
        """Both days included."""
        return self.filter(work_date__gte=start, work_date__lte=end)


_CONTENT = (
    "member_id", "project_id", "task_id", "work_date", "minutes", "start_time", "end_time",
    "description", "rate", "custom_values",
)  # fmt: skip


class TimeEntry(TenantModel):
    """Work of one person on one local day. `rate` is per hour, in the customer's currency."""

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
    is_billable = models.BooleanField(_("billable"), default=True)
    rate = RateField(_("rate"), null=True, blank=True, validators=[MinValueValidator(0)])
    rate_level = models.CharField(
        _("rate from"), max_length=16, choices=RateLevel, blank=True, default=RateLevel.NONE
    )
    # Kept beside `invoicing.Source` by the same statements, so that the open work of a month is
    # an index-only scan; `verify_books` compares the two.
    billing_state = models.CharField(
        _("billing"),
        max_length=12,
        choices=BillingState,
        default=BillingState.OPEN,
        editable=False,
    )
    # Why it is billed or written off without an invoice; empty for everything else.
    billing_note = models.CharField(_("billing note"), max_length=200, blank=True, editable=False)
    settled_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True, editable=False)
    # True while a lock covers the entry; the trigger on HoursLock keeps it so.
    is_locked = models.BooleanField(_("locked"), default=False, editable=False)
    custom_values = custom_values_field()
    import_fingerprint = models.CharField(max_length=64, null=True, blank=True, editable=False)
    time_import = TenantForeignKey(
        TimeImport, null=True, blank=True, editable=False, related_name="time_entries"
    )
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
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(TimeEntryQuerySet)()

    class Meta:
        verbose_name = _("time entry")
        verbose_name_plural = _("time entries")
        ordering = ["-work_date", "-id"]
        constraints = [
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
            models.CheckConstraint(
                condition=Q(is_billable=True) | Q(billing_state="open"),
                name="timeentry_not_billable_is_open",
            ),
            models.CheckConstraint(
                condition=~Q(billing_state="written_off") | ~Q(billing_note=""),
                name="timeentry_written_off_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(billing_note="") | Q(billing_state__in=["billed", "written_off"]),
                name="timeentry_note_only_when_settled",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | ~Q(billing_note=""),
                name="timeentry_settled_by_hand_says_why",
            ),
        ]
        indexes = [
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
                    IF ({", ".join(f"NEW.{c}" for c in _CONTENT)})
                        IS DISTINCT FROM ({", ".join(f"OLD.{c}" for c in _CONTENT)})
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
