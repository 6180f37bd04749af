"""Invoicing at fixed times: what is asked for, and what came of it each time."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.money import MoneyField
from customers.models import Customer, CustomerGroup, Project
from invoicing.models.documents import Invoice
from invoicing.models.runs import LongRun
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User
from timesheets.models import ServiceOrder, Tag


class Schedule(TenantModel):
    """What is invoiced at which times. `kinds` are of `domain.schedules.kinds`; `options` say how
    hours become lines. Its runs act for the author, and where the company wants a second person,
    post for whoever approved it."""

    # Of a month or quarter, whichever day that is.
    LAST_DAY = 31

    class Whom(models.TextChoices):
        ALL = "all", _("All customers")
        CHOSEN = "chosen", _("Only these")

    class Every(models.TextChoices):
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")

    class Covers(models.TextChoices):
        PREVIOUS = "previous", _("The period that has ended")
        CURRENT = "current", _("The period that goes on")

    class WorkingDays(models.TextChoices):
        NEXT = "next", _("Run on the next working day")
        PREVIOUS = "previous", _("Run on the working day before")
        NONE = "none", _("Run all the same")

    class By(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        PROJECT = "project", _("Project")

    class Result(models.TextChoices):
        DRAFT = "draft", _("Make drafts")
        POST = "post", _("Make and post invoices")
        SEND = "send", _("Make, post and send invoices")

    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("active"), default=True)
    kinds = ArrayField(models.CharField(max_length=20), verbose_name=_("what"))
    whom = models.CharField(_("for whom"), max_length=6, choices=Whom, default=Whom.ALL)
    every = models.CharField(_("period"), max_length=7, choices=Every, default=Every.MONTH)
    covers = models.CharField(
        _("what is invoiced"), max_length=8, choices=Covers, default=Covers.PREVIOUS
    )
    day = models.PositiveSmallIntegerField(
        _("day"), default=1, validators=[MinValueValidator(1), MaxValueValidator(LAST_DAY)]
    )
    at = models.TimeField(_("time"))
    working_days = models.CharField(
        _("on weekends and public holidays"),
        max_length=8,
        choices=WorkingDays,
        default=WorkingDays.NEXT,
    )
    by = models.CharField(_("an invoice for each"), max_length=8, choices=By, default=By.CUSTOMER)
    options = models.JSONField(default=dict, editable=False)
    only_period = models.BooleanField(_("only work of the period itself"), default=False)
    only_locked = models.BooleanField(_("only where all hours are locked"), default=False)
    result = models.CharField(_("result"), max_length=5, choices=Result, default=Result.DRAFT)
    # The day of the next run before working days are looked at, and its moment.
    next_date = models.DateField(null=True, editable=False)
    next_run_at = models.DateTimeField(_("next run"), null=True, editable=False)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("schedule_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="schedule_name",
                violation_error_message=_("Another schedule has this name."),
            ),
            models.CheckConstraint(condition=~Q(kinds=[]), name="schedule_invoices_something"),
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=31) & (~Q(every="week") | Q(day__lte=7)),
                name="schedule_day_is_of_its_period",
                violation_error_message=_("A week has seven days."),
            ),
            models.CheckConstraint(
                condition=Q(is_active=False)
                | Q(next_date__isnull=False, next_run_at__isnull=False),
                name="schedule_active_runs_again",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False)
                & ~Q(approved_by=F("author")),
                name="schedule_approved_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_run_at"],
                condition=Q(is_active=True),
                name="schedule_due",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleTarget(TenantModel):
    """One customer, group or project that a schedule is for, where it is not for all."""

    schedule = TenantForeignKey(Schedule, on_delete=models.CASCADE, related_name="targets")
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, null=True, related_name="+")
    group = TenantForeignKey(CustomerGroup, on_delete=models.CASCADE, null=True, related_name="+")
    project = TenantForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("target of a schedule")
        verbose_name_plural = _("targets of schedules")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "schedule", "customer", "group", "project"],
                name="scheduletarget_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False, group=None, project=None)
                | Q(customer=None, group__isnull=False, project=None)
                | Q(customer=None, group=None, project__isnull=False),
                name="scheduletarget_is_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer or self.group or self.project)


class ScheduleTag(TenantModel):
    """A tag that hours carry which the schedule takes; one of its tags is enough. Without any it
    takes all hours of those it is for, so a tag that a schedule asks for is not deleted."""

    schedule = TenantForeignKey(Schedule, on_delete=models.CASCADE, related_name="tag_links")
    tag = TenantForeignKey(Tag, related_name="schedule_links", verbose_name=_("tag"))

    class Meta:
        verbose_name = _("tag of a schedule")
        verbose_name_plural = _("tags of schedules")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "schedule", "tag"], name="scheduletag_once"),
        ]
        indexes = [models.Index(fields=["tenant", "tag"], name="scheduletag_of_tag")]

    def __str__(self) -> str:
        return str(self.tag)


class InvoicingRun(LongRun):
    """One run of a schedule over one period, or a trial, which makes nothing.

    What was asked for is copied: a change of the schedule changes no run. `refusal` says why it
    did nothing at all, `notice` what is otherwise than asked. Workers are at it unless it is
    finished or stopped.
    """

    class Cause(models.TextChoices):
        SCHEDULE = "schedule", _("By its schedule")
        HAND = "hand", _("By hand")

    schedule = TenantForeignKey(
        Schedule,
        on_delete=models.SET_NULL,
        null=True,
        related_name="runs",
        verbose_name=_("schedule"),
    )
    name = models.CharField(_("name"), max_length=80)
    start_date = models.DateField(_("first day"))
    end_date = models.DateField(_("last day"))
    asked = models.JSONField(default=dict, editable=False)
    cause = models.CharField(_("started"), max_length=8, choices=Cause)
    is_trial = models.BooleanField(_("trial"), default=False)
    drafts_for = models.ForeignKey(
        User, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )
    posts_for = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    refusal = models.TextField(_("reason"), blank=True)
    notice = models.TextField(_("notice"), blank=True)
    planned_at = models.DateTimeField(null=True, editable=False)
    # For the estimate: since when workers are at it without a break, and how many were done then.
    going_since = models.DateTimeField(null=True, editable=False)
    done_before = models.PositiveIntegerField(default=0, editable=False)
    stopped_at = models.DateTimeField(_("stopped"), null=True, editable=False)
    stopped_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    reported_at = models.DateTimeField(_("reported"), null=True, editable=False)
    # Users the report was handed over for; of a run that was taken up again, since then.
    told_to = ArrayField(models.BigIntegerField(), default=list, editable=False)

    class Meta:
        verbose_name = _("invoicing run")
        verbose_name_plural = _("invoicing runs")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("invoicingrun_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="invoicingrun_once_per_yes"),
            models.UniqueConstraint(
                fields=["tenant", "schedule"],
                condition=Q(is_trial=False, finished_at=None, stopped_at=None),
                name="invoicingrun_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")), name="invoicingrun_period_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "updated_at"],
                condition=Q(finished_at=None, stopped_at=None),
                name="invoicingrun_unfinished",
            ),
            models.Index(fields=["tenant", "schedule", "-id"], name="invoicingrun_of_schedule"),
            models.Index(fields=["tenant", "-started_at"], name="invoicingrun_latest"),
        ]

    def __str__(self) -> str:
        return self.name


class InvoicingRunItem(TenantModel):
    """One invoice of a run: of a customer, a project or a service order, as `key` says.

    `only_projects` are those of the customer that it is about; none: all of them. While `holds`,
    no other run of the schedule invoices this key for the period. A trial keeps the lines that
    would be.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        MADE = "made", _("Made")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    run = TenantForeignKey(InvoicingRun, on_delete=models.CASCADE, related_name="items")
    schedule = TenantForeignKey(Schedule, on_delete=models.SET_NULL, null=True, related_name="+")
    start_date = models.DateField()
    end_date = models.DateField()
    key = models.CharField(max_length=24)
    position = models.PositiveIntegerField()
    customer = TenantForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+")
    order = TenantForeignKey(ServiceOrder, on_delete=models.SET_NULL, null=True, related_name="+")
    only_projects = ArrayField(models.BigIntegerField(), default=list)
    name = models.CharField(_("customer"), max_length=80)
    about = models.CharField(_("about"), max_length=160, blank=True)
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome, default=Outcome.WAITING)
    # Why, in a sentence, and what others of the run have in common with it.
    reason = models.TextField(_("reason"), blank=True)
    short_reason = models.CharField(max_length=200, blank=True, editable=False)
    note = models.TextField(_("note"), blank=True)
    invoice = TenantForeignKey(Invoice, on_delete=models.SET_NULL, null=True, related_name="+")
    currency = models.CharField(max_length=3, blank=True)
    net_total = MoneyField(_("net"), null=True)
    gross_total = MoneyField(_("gross"), null=True)
    line_count = models.PositiveIntegerField(_("lines"), null=True)
    # Hours and charges that were recorded too late for the period they are of.
    earlier_count = models.PositiveIntegerField(_("of earlier periods"), default=0)
    lines = models.JSONField(default=list, editable=False)
    holds = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invoice of a run")
        verbose_name_plural = _("invoices of runs")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "run", "position"], name="invoicingrunitem_position"
            ),
            models.UniqueConstraint(fields=["tenant", "run", "key"], name="invoicingrunitem_key"),
            models.UniqueConstraint(
                fields=["tenant", "schedule", "start_date", "end_date", "key"],
                condition=Q(holds=True),
                name="invoicingrunitem_made_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["waiting", "made"], reason="")
                | Q(outcome__in=["skipped", "failed"]) & ~Q(reason=""),
                name="invoicingrunitem_says_why",
            ),
            models.CheckConstraint(
                condition=Q(holds=False) | Q(outcome="made"), name="invoicingrunitem_made_holds"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "invoice"], name="invoicingrunitem_of_invoice"),
            models.Index(
                fields=["tenant", "run", "position"],
                condition=Q(outcome="waiting"),
                name="invoicingrunitem_waiting",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.name, self.about) if part)
