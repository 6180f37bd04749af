"""Periods nobody changes any more, and asking people for them."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from customers.models import Project
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import Membership, User
from timesheets.models.rates import BOTH_DAYS, DateRange


class HoursLock(TenantModel):
    """A period of one person that nobody changes; without a project, all their hours."""

    member = TenantForeignKey(Membership, related_name="hours_locks", verbose_name=_("person"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="hours_locks", verbose_name=_("project")
    )
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"))
    locked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    locked_at = models.DateTimeField(_("locked"), auto_now_add=True)

    class Meta:
        verbose_name = _("hours lock")
        verbose_name_plural = _("hours locks")
        ordering = ["-start_date", "member", "id"]
        constraints = [
            tenant_id_unique("hourslock_tenant_id"),
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")),
                name="hourslock_dates_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
            ExclusionConstraint(
                name="hourslock_no_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("member", RangeOperators.EQUAL),
                    (Coalesce("project", Value(0)), RangeOperators.EQUAL),
                    (
                        DateRange("start_date", "end_date", BOTH_DAYS),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("These hours are locked already."),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "member", "start_date"], name="hourslock_of_member")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="mark_entries",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM FROM tenants_membership
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.member_id FOR UPDATE;
                    UPDATE timesheets_timeentry SET is_locked = true
                    WHERE tenant_id = NEW.tenant_id AND member_id = NEW.member_id
                        AND work_date BETWEEN NEW.start_date AND NEW.end_date
                        AND (NEW.project_id IS NULL OR project_id = NEW.project_id)
                        AND NOT is_locked;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="unmark_entries",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func="""
                    UPDATE timesheets_timeentry entry SET is_locked = false
                    WHERE tenant_id = OLD.tenant_id AND member_id = OLD.member_id
                        AND work_date BETWEEN OLD.start_date AND OLD.end_date
                        AND (OLD.project_id IS NULL OR project_id = OLD.project_id)
                        AND is_locked
                        AND NOT EXISTS (
                            SELECT FROM timesheets_hourslock held
                            WHERE held.tenant_id = entry.tenant_id
                                AND held.member_id = entry.member_id
                                AND entry.work_date BETWEEN held.start_date AND held.end_date
                                AND (held.project_id IS NULL OR held.project_id = entry.project_id)
                        );
                    RETURN NULL;
                """,
            ),
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.start_date} – {self.end_date}"


class HoursReminder(TenantModel):
    """A mail that asks a person to lock a period; the task that sends it takes the row."""

    member = TenantForeignKey(Membership, related_name="hours_reminders", verbose_name=_("person"))
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"))
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    class Meta:
        verbose_name = _("reminder of hours")
        verbose_name_plural = _("reminders of hours")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("hoursreminder_tenant_id"),
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")), name="hoursreminder_dates_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "member", "-asked_at"], name="hoursreminder_of_member")
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.start_date} – {self.end_date}"
