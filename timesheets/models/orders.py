"""What is to be done at a customer's, from the call to the invoice."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Project
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import Membership, User
from timesheets.models.charges import Charge
from timesheets.models.entries import TimeEntry
from timesheets.models.kinds import BillingState


class Standing(models.TextChoices):
    """Where an order is; the last two follow from the billing of its work and are not stored."""

    NEW = "new", _("New")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    DRAFTED = "drafted", _("On a draft")
    INVOICED = "invoiced", _("Invoiced")
    CANCELLED = "cancelled", _("Cancelled")


class ServiceOrderQuerySet(models.QuerySet["ServiceOrder"]):
    def with_standing(self) -> Self:
        """Add `standing`. A done order is invoiced when some of its work is billed and none waits;
        a credit note that frees the work makes it done again by itself."""
        states = (BillingState.OPEN, BillingState.DRAFTED, BillingState.BILLED)
        work = {
            state: Q(_work_in(TimeEntry, state)) | Q(_work_in(Charge, state)) for state in states
        }
        is_done = Q(status=ServiceOrder.Status.DONE)
        return self.annotate(
            standing=Case(
                When(is_done & work[BillingState.DRAFTED], then=Value(Standing.DRAFTED.value)),
                When(
                    is_done & work[BillingState.BILLED] & ~work[BillingState.OPEN],
                    then=Value(Standing.INVOICED.value),
                ),
                default=F("status"),
                output_field=models.CharField(),
            )
        )


def _work_in(model: type[TimeEntry] | type[Charge], state: BillingState) -> Exists:
    # `_base_manager`: the scope is that of the order, and none is open while classes are made.
    return Exists(
        model._base_manager.order_by().filter(
            tenant_id=OuterRef("tenant_id"),
            service_order_id=OuterRef("pk"),
            is_billable=True,
            billing_state=state,
        )
    )


class ServiceOrder(TenantModel):
    """Hours and parts refer to it; a report with photos and a signature says what was done."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        SCHEDULED = "scheduled", _("Scheduled")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.PositiveIntegerField(_("number"), editable=False)
    customer = TenantForeignKey(Customer, related_name="service_orders", verbose_name=_("customer"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="service_orders", verbose_name=_("project")
    )
    title = models.CharField(_("what is to be done"), max_length=120)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    site_address = models.TextField(_("site"), max_length=300, blank=True)
    contact_name = models.CharField(_("contact on site"), max_length=80, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=40, blank=True)
    planned_start_at = models.DateTimeField(_("planned from"), null=True, blank=True)
    planned_end_at = models.DateTimeField(_("planned to"), null=True, blank=True)
    technician = TenantForeignKey(
        Membership,
        null=True,
        blank=True,
        related_name="service_orders",
        verbose_name=_("technician"),
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.NEW)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    cancel_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    # Since when the clock runs, and whose hours it counts.
    clock_started_at = models.DateTimeField(null=True, editable=False)
    clock_member = TenantForeignKey(Membership, null=True, editable=False, related_name="+")

    report = models.TextField(_("report"), max_length=8000, blank=True)
    signed_by = models.CharField(_("signed by"), max_length=80, blank=True, editable=False)
    signed_at = models.DateTimeField(_("signed"), null=True, editable=False)
    # Empty where the customer typed the name only.
    signature = models.FileField(max_length=200, blank=True, editable=False)

    report_checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    report_checked_at = models.DateTimeField(null=True, editable=False)
    hours_checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    hours_checked_at = models.DateTimeField(null=True, editable=False)
    parts_checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    parts_checked_at = models.DateTimeField(null=True, editable=False)

    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(ServiceOrderQuerySet)()

    class Meta:
        verbose_name = _("service order")
        verbose_name_plural = _("service orders")
        ordering = ["-number"]
        constraints = [
            tenant_id_unique("serviceorder_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "number"], name="serviceorder_number"),
            # Parts and hours refer to it together with their customer or project.
            models.UniqueConstraint(
                fields=["tenant", "customer", "id"], name="serviceorder_of_its_customer"
            ),
            models.UniqueConstraint(
                fields=["tenant", "project", "id"], name="serviceorder_of_its_project"
            ),
            models.CheckConstraint(
                condition=Q(planned_end_at=None) | Q(planned_end_at__gt=F("planned_start_at")),
                name="serviceorder_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["new", "cancelled"])
                | Q(project__isnull=False, technician__isnull=False),
                name="serviceorder_work_has_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(planned_start_at__isnull=False),
                name="serviceorder_scheduled_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(done_at__isnull=False) & ~Q(report=""),
                name="serviceorder_done_says_what",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled") ^ Q(cancel_reason=""),
                name="serviceorder_cancelled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="in_progress")
                | Q(clock_started_at=None, clock_member__isnull=True),
                name="serviceorder_clock_only_in_progress",
            ),
            models.CheckConstraint(
                condition=Q(clock_started_at=None, clock_member__isnull=True)
                | Q(clock_started_at__isnull=False, clock_member__isnull=False),
                name="serviceorder_clock_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by="", signature="")
                | Q(signed_at__isnull=False) & ~Q(signed_by=""),
                name="serviceorder_signature_has_a_name",
            ),
            models.CheckConstraint(
                condition=Q(status="done")
                | Q(report_checked_at=None, hours_checked_at=None, parts_checked_at=None),
                name="serviceorder_checked_when_done",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "planned_start_at"], name="serviceorder_open"),
            models.Index(
                fields=["tenant", "technician", "status", "planned_start_at"],
                condition=Q(technician__isnull=False),
                name="serviceorder_of_technician",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        return f"SO-{self.number:04d}"

    @property
    def state_in_words(self) -> str:
        """As it stands inside a sentence."""
        return str(self.get_status_display()).lower()

    @property
    def site_line(self) -> str:
        """The address in one line."""
        return ", ".join(filter(None, map(str.strip, self.site_address.splitlines())))

    @property
    def is_checked(self) -> bool:
        """Whether report, hours and parts have all been looked at."""
        return bool(self.report_checked_at and self.hours_checked_at and self.parts_checked_at)

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done there."""
        return self.status not in (self.Status.DONE, self.Status.CANCELLED)


class ServiceOrderCounter(TenantModel):
    """The last number given; its row is locked while one is taken."""

    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            tenant_id_unique("serviceordercounter_tenant_id"),
            models.UniqueConstraint(fields=["tenant"], name="serviceordercounter_of_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.last)


class ServiceOrderPhoto(TenantModel):
    """A picture of the work, turned upright, made small, and without what the camera wrote in."""

    order = TenantForeignKey(ServiceOrder, on_delete=models.CASCADE, related_name="photos")
    file = models.FileField(max_length=200, editable=False)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    size = models.PositiveIntegerField(editable=False)
    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("serviceorderphoto_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "file"], name="serviceorderphoto_file_of_one"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "order"], name="serviceorderphoto_of_order")]

    def __str__(self) -> str:
        return self.caption or f"{self.width}x{self.height}"
