"""Reminders of invoices that are overdue: on what terms, with which words, and what was sent."""

from typing import Any, ClassVar, Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.money import MoneyField
from core.places import DocumentLanguage
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import User

# More than so many letters before somebody goes to court are no reminders any more.
MOST_LEVELS = 5


class ReferenceArea(models.TextChoices):
    """Whose reference rate late interest follows."""

    FINLAND = "FI", _("Finland: reference rate of the Interest Act")
    GERMANY = "DE", _("Germany: base rate, §247 BGB")


class ReminderTerms(TenantModel):
    """How customers in a country are reminded; a country without a row has the program's terms.

    `country` is that of the address on the invoice; the empty one is every other country.
    """

    class Interest(models.TextChoices):
        STATUTORY = "statutory", _("By law: reference rate and points")
        PRINTED = "printed", _("As printed on the invoice; consumers by law")
        NONE = "none", _("None")

    country = models.CharField(_("country"), max_length=2, blank=True)
    interest = models.CharField(
        _("interest"), max_length=9, choices=Interest, default=Interest.STATUTORY
    )
    area = models.CharField(_("reference rate"), max_length=2, choices=ReferenceArea)
    consumer_points = models.DecimalField(_("consumers: points"), max_digits=5, decimal_places=2)
    business_points = models.DecimalField(_("businesses: points"), max_digits=5, decimal_places=2)
    # Of businesses, once for each invoice, from the level that says so on.
    lump_sum = MoneyField(_("lump sum for businesses"))
    gap_days = models.PositiveSmallIntegerField(
        _("days between two reminders"), validators=[MaxValueValidator(365)]
    )
    pay_within_days = models.PositiveSmallIntegerField(
        _("days to pay"), validators=[MaxValueValidator(90)]
    )
    least_amount = MoneyField(_("not below"))

    class Meta:
        verbose_name = _("terms of reminders")
        verbose_name_plural = _("terms of reminders")
        ordering = ["country", "id"]
        constraints = [
            tenant_id_unique("reminderterms_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "country"], name="reminderterms_country"),
            models.CheckConstraint(
                name="reminderterms_not_negative",
                condition=Q(
                    consumer_points__gte=0,
                    business_points__gte=0,
                    lump_sum__gte=0,
                    least_amount__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.country or str(_("Every other country"))


class ReminderLevel(TenantModel):
    """One letter: so many days after the due date, and what it costs the customer."""

    terms = TenantForeignKey(ReminderTerms, on_delete=models.CASCADE, related_name="levels")
    number = models.PositiveSmallIntegerField(
        _("level"), validators=[MinValueValidator(1), MaxValueValidator(MOST_LEVELS)]
    )
    days = models.PositiveSmallIntegerField(
        _("days after the due date"), validators=[MaxValueValidator(730)]
    )
    consumer_fee = MoneyField(_("fee for consumers"))
    business_fee = MoneyField(_("fee for businesses"))
    has_interest = models.BooleanField(_("with interest"), default=True)
    has_lump_sum = models.BooleanField(_("with the lump sum"), default=False)

    class Meta:
        verbose_name = _("level of reminders")
        verbose_name_plural = _("levels of reminders")
        ordering = ["terms", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "terms", "number"], name="reminderlevel_number"
            ),
            models.CheckConstraint(
                name="reminderlevel_costs_nothing_negative",
                condition=Q(consumer_fee__gte=0, business_fee__gte=0, number__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class ReminderText(TenantModel):
    """The company's own words of a level in a language; without a row, the program's."""

    level = models.PositiveSmallIntegerField(_("level"))
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=10_000)

    class Meta:
        verbose_name = _("text of reminders")
        verbose_name_plural = _("texts of reminders")
        ordering = ["level", "language", "id"]
        constraints = [
            tenant_id_unique("remindertext_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "level", "language"], name="remindertext_one_of_a_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level}, {self.get_language_display()}"


class ReferenceRate(TenantModel):
    """A reference rate from a day on, as the company's people entered it."""

    area = models.CharField(_("reference rate"), max_length=2, choices=ReferenceArea)
    valid_from = models.DateField(_("from"))
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)

    class Meta:
        verbose_name = _("reference rate")
        verbose_name_plural = _("reference rates")
        ordering = ["area", "-valid_from"]
        constraints = [
            tenant_id_unique("referencerate_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "area", "valid_from"], name="referencerate_one_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_area_display()}, {self.valid_from}: {self.percent} %"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def in_force(self) -> Self:
        """Those that left, or may have, or are about to. What failed, was withdrawn or came back
        reminded nobody."""
        from invoicing.models.sendings import Sending  # imports this module

        left = Sending.objects.filter(reminder=OuterRef("pk"), bounced_at=None).exclude(
            status__in=[Sending.Status.FAILED, Sending.Status.WITHDRAWN]
        )
        return self.filter(Exists(left))


class Reminder(TenantModel):
    """A letter about one invoice, with its amounts and words as they were on its day.

    What it asks for beside the open amount is shown on it and booked nowhere.
    """

    token = models.UUIDField(editable=False)
    invoice = TenantForeignKey(Invoice, related_name="reminders", verbose_name=_("invoice"))
    level = models.PositiveSmallIntegerField(_("level"))
    date = models.DateField(_("date"))
    pay_by = models.DateField(_("to be paid by"))
    open_amount = MoneyField(_("open"))
    fee = MoneyField(_("fee"))
    # Of the reminders before it, lump sums among them.
    earlier_fees = MoneyField(_("earlier fees"))
    lump_sum = MoneyField(_("lump sum"))
    interest = MoneyField(_("interest"))
    # [first day, last day, principal, percent] of each stretch the interest is made of.
    stretches = models.JSONField(default=list, editable=False)
    is_consumer = models.BooleanField(_("to a consumer"))
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=10_000)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(ReminderQuerySet)()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("reminder_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="reminder_once_per_yes"),
            models.CheckConstraint(
                name="reminder_of_what_is_open",
                condition=Q(
                    open_amount__gt=0, fee__gte=0, earlier_fees__gte=0, lump_sum__gte=0,
                    interest__gte=0, level__gte=1,
                ),
            ),
            models.CheckConstraint(
                name="reminder_payable_from_its_day_on", condition=Q(pay_by__gte=F("date"))
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["tenant", "invoice", "level"], name="reminder_of_invoice"),
            models.Index(fields=["tenant", "date", "id"], name="reminder_by_date"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.level}, {self.invoice}"

    @property
    def total(self) -> Any:
        return self.open_amount + self.fee + self.earlier_fees + self.lump_sum + self.interest


class Dispute(TenantModel):
    """The customer objects to an invoice; while nobody has settled that, they are not reminded."""

    invoice = TenantForeignKey(Invoice, related_name="disputes", verbose_name=_("invoice"))
    reason = models.CharField(_("reason"), max_length=300)
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField(_("since"), auto_now_add=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(_("settled"), null=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("dispute_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "invoice"],
                condition=Q(closed_at=None),
                name="dispute_one_at_a_time",
            ),
            models.CheckConstraint(name="dispute_says_why", condition=~Q(reason="")),
        ]
        indexes = [models.Index(fields=["tenant", "invoice", "id"], name="dispute_of_invoice")]
        triggers = [pgtrigger.Protect(name="stays_on_record", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.reason}"
