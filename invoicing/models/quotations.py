"""What is offered before any work: quotations with their lines, and how they went out."""

from datetime import date
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, ZERO, MoneyField
from core.places import DocumentLanguage
from customers.models import Customer, Project
from invoicing.models.mails import QueuedMail, returned_after_it_left
from invoicing.models.priced_lines import PricedLine
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import User
from timesheets.models import ServiceOrder
from timesheets.models.billable import row_of


class QuotationState(models.TextChoices):
    """Where a quotation is; that it has expired follows from the day and is not stored."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    EXPIRED = "expired", _("Expired")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    REPLACED = "replaced", _("Replaced")


class QuotationQuerySet(models.QuerySet["Quotation"]):
    def with_state(self, on: date) -> Self:
        """Add `state`: sent ones whose last day has passed have expired."""
        expired = Q(status=Quotation.Status.SENT, valid_until__lt=on)
        return self.annotate(
            state=Case(
                When(expired, then=Value(QuotationState.EXPIRED.value)),
                default=F("status"),
                output_field=models.CharField(),
            )
        )


_FROZEN = (
    "number", "version", "previous_id", "customer_id", "title", "introduction", "terms",
    "language", "currency", "issue_date", "valid_until", "net_total", "tax_total", "gross_total",
    "addressee", "seller", "file", "sha256",
)  # fmt: skip


class Quotation(TenantModel):
    """Editable while a draft; once it went out, only what became of it is added."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        REPLACED = "replaced", _("Replaced")

    number = models.CharField(_("number"), max_length=20, editable=False)
    # A revised quotation keeps its number; the one it replaces stays as it went out.
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    previous = TenantForeignKey(
        "self", null=True, blank=True, editable=False, related_name="revisions"
    )
    customer = TenantForeignKey(Customer, related_name="quotations", verbose_name=_("customer"))
    # What it is about, where it is about something that exists; or what it became.
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="quotations", verbose_name=_("project")
    )
    title = models.CharField(_("title"), max_length=120)
    introduction = models.TextField(_("introduction"), max_length=4000, blank=True)
    terms = models.TextField(_("terms"), max_length=4000, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    issue_date = models.DateField(_("date"))
    valid_until = models.DateField(_("valid until"))
    internal_note = models.TextField(_("internal note"), max_length=2000, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.DRAFT, editable=False
    )
    net_total = MoneyField(_("net"), default=ZERO, editable=False)
    tax_total = MoneyField(_("VAT"), default=ZERO, editable=False)
    gross_total = MoneyField(_("gross"), default=ZERO, editable=False)

    # As it went out: the lines of the address, the seller, and the paper.
    addressee = models.JSONField(default=list, blank=True, editable=False)
    seller = models.JSONField(default=dict, blank=True, editable=False)
    file = models.FileField(max_length=200, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    # Whoever has the link reads the quotation and decides; a new key closes the old links.
    key = models.CharField(max_length=43, blank=True, editable=False)
    opened_at = models.DateTimeField(_("last opened"), null=True, editable=False)

    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_name = models.CharField(_("decided by"), max_length=80, blank=True, editable=False)
    # Of the company, where the customer told them; empty where the customer did it by the link.
    noted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    decline_reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    service_order = TenantForeignKey(
        ServiceOrder,
        null=True,
        blank=True,
        editable=False,
        related_name="quotations",
        verbose_name=_("service order"),
    )

    changes_count = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(QuotationQuerySet)()

    class Meta:
        verbose_name = _("quotation")
        verbose_name_plural = _("quotations")
        ordering = ["-issue_date", "-id"]
        constraints = [
            tenant_id_unique("quotation_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "number", "version"], name="quotation_number_and_version"
            ),
            models.UniqueConstraint(
                fields=["tenant", "previous"],
                condition=Q(previous__isnull=False),
                name="quotation_revised_once",
            ),
            models.CheckConstraint(
                name="quotation_gross_is_net_plus_tax",
                condition=Q(gross_total=F("net_total") + F("tax_total")),
            ),
            models.CheckConstraint(
                name="quotation_valid_from_its_day",
                condition=Q(valid_until__gte=F("issue_date")),
                violation_error_message=_("It is valid until a day before its own."),
            ),
            models.CheckConstraint(
                name="quotation_went_out_with_its_paper",
                condition=Q(status="draft", sent_at=None, sha256="")
                | (
                    Q(status__in=["sent", "accepted", "declined"], sent_at__isnull=False)
                    & ~Q(sha256="")
                )
                | Q(status="replaced"),
            ),
            models.CheckConstraint(
                name="quotation_decided_by_somebody",
                condition=(
                    Q(status__in=["accepted", "declined"], decided_at__isnull=False)
                    & ~Q(decided_name="")
                )
                | Q(status__in=["draft", "sent", "replaced"], decided_at=None, decided_name=""),
            ),
            models.CheckConstraint(
                name="quotation_becomes_something_once_accepted",
                condition=Q(service_order=None) | Q(status="accepted"),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-issue_date", "-id"], name="quotation_by_date"),
            models.Index(fields=["tenant", "customer", "-issue_date"], name="quotation_of_cust"),
            models.Index(
                fields=["tenant", "project"],
                condition=Q(project__isnull=False),
                name="quotation_of_project",
            ),
            models.Index(
                fields=["tenant", "service_order"],
                condition=Q(service_order__isnull=False),
                name="quotation_of_order",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="quotation_stays_as_it_went_out",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__status="draft"),
                func=f"""
                    IF {row_of("NEW", _FROZEN)} IS NOT DISTINCT FROM {row_of("OLD", _FROZEN)} THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'quotation % went out', OLD.number
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'quotation_is_frozen';
                """,
            ),
            pgtrigger.Trigger(
                name="quotation_that_went_out_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                condition=~pgtrigger.Q(old__status="draft"),
                func="""
                    RAISE EXCEPTION 'quotation % went out', OLD.number
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'quotation_is_frozen';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        return self.number if self.version == 1 else f"{self.number}/{self.version}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    def state_on(self, day: date) -> QuotationState:
        if self.status == self.Status.SENT and self.valid_until < day:
            return QuotationState.EXPIRED
        return QuotationState(self.status)


class QuotationLine(PricedLine):
    """A line of a quotation."""

    quotation = TenantForeignKey(Quotation, on_delete=models.CASCADE, related_name="lines")

    class Meta(PricedLine.Meta):
        abstract = False
        verbose_name = _("line of a quotation")
        verbose_name_plural = _("lines of quotations")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="text", net=0) | Q(kind="item", tax_rate__isnull=False),
                name="quotationline_item_has_tax_rate",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "quotation", "position"], name="quotationline_of_it"),
            models.Index(
                fields=["tenant", "product"],
                condition=Q(product__isnull=False),
                name="quotationline_of_product",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="quotation_line_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM invoicing_quotation quotation
                        WHERE quotation.status <> 'draft'
                            AND (TG_OP <> 'DELETE' AND quotation.tenant_id = NEW.tenant_id
                                    AND quotation.id = NEW.quotation_id
                                OR TG_OP <> 'INSERT' AND quotation.tenant_id = OLD.tenant_id
                                    AND quotation.id = OLD.quotation_id)
                    ) THEN
                        RAISE EXCEPTION 'the quotation went out'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotation_is_frozen';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    # A line of a quotation is for no days; what fills the form in asks for them.
    start_date = end_date = None


class QuotationCounter(TenantModel):
    """The last number given in a year; its row is locked while one is taken."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("counter of quotations")
        verbose_name_plural = _("counters of quotations")
        ordering = ["year"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "year"], name="quotationcounter_year"),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class QuotationSending(QueuedMail):
    """One e-mail with a quotation."""

    quotation = TenantForeignKey(Quotation, related_name="sendings", verbose_name=_("quotation"))

    class Meta:
        verbose_name = _("e-mail with a quotation")
        verbose_name_plural = _("e-mails with quotations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token"], name="quotationsending_once"),
            models.CheckConstraint(
                condition=Q(recipients__len__gt=0), name="quotationsending_has_recipients"
            ),
            returned_after_it_left("quotationsending_returned_after_it_left"),
        ]
        indexes = [
            models.Index(fields=["tenant", "quotation", "id"], name="quotationsending_of_it"),
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(status__in=["waiting", "sending"]),
                name="quotationsending_under_way",
            ),
            # What `selectors.follow_ups` looks for.
            models.Index(
                fields=["tenant", "id"],
                condition=Q(status__in=["failed", "unclear"]) | Q(bounced_at__isnull=False),
                name="quotationsending_follow_up",
            ),
        ]
