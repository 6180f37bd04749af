from datetime import date
from typing import Any, ClassVar, Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, RateField
from customers.models import Customer, Project, custom_values_field
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import Membership, User


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


class BillingState(models.TextChoices):
    OPEN = "open", _("Open")
    DRAFTED = "drafted", _("Drafted")
    BILLED = "billed", _("Billed")
    WRITTEN_OFF = "written_off", _("Written off")


class RateLevel(models.TextChoices):
    """Where an entry's rate came from, the most specific first."""

    MANUAL = "manual", _("Set by hand")
    PROJECT_MEMBER = "project_member", _("Project member")
    TASK = "task", _("Task")
    PROJECT = "project", _("Project")
    CUSTOMER = "customer", _("Customer")
    MEMBER = "member", _("Member")
    TENANT = "tenant", _("Company")
    NONE = "", _("None found")


class TimeEntryQuerySet(models.QuerySet["TimeEntry"]):
    def open_for_billing(self) -> Self:
        return self.filter(is_billable=True, billing_state=BillingState.OPEN)

    def between(self, start: date, end: date) -> Self:
        """Both days included."""
        return self.filter(work_date__gte=start, work_date__lte=end)


class TimeImport(TenantModel):
    """One file of hours from another program: looked at first, then imported, or discarded."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being read")
        CHECKED = "checked", _("Waiting for you")
        QUEUED = "queued", _("Being imported")
        DONE = "done", _("Imported")
        TAKEN_BACK = "taken_back", _("Taken back")

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.CHECKED)
    file_name = models.CharField(_("file"), max_length=200)
    program = models.CharField(_("program"), max_length=40, blank=True)
    # The file itself, until the import is done or discarded: here it is kept apart from other
    # tenants' by the same policy as the rows, and every worker can read it.
    content = models.BinaryField(null=True, editable=False)
    options = models.JSONField(default=dict, editable=False)
    report = models.JSONField(null=True, editable=False)  # what the import would do
    result = models.JSONField(null=True, editable=False)  # what it did
    rejects = models.BinaryField(null=True, editable=False)  # the rows that were left out, as CSV
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("import of hours")
        verbose_name_plural = _("imports of hours")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("timeimport_tenant_id"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "taken_back"]) | Q(content=None),
                name="timeimport_keeps_no_file",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


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
            models.Index(fields=["tenant", "work_date", "billing_state"], name="timeentry_by_date"),
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
