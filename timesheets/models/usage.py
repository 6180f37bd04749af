"""Usage as other systems count it: files of records, and the charges they become."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from catalog.models import Unit
from customers.models import Customer
from tenants.base import (
    TenantForeignKey,
    TenantModel,
    tenant_id_unique,
    tenant_of_its_references,
)
from tenants.models import User
from timesheets.models.charges import Charge

_NOTHING: dict[str, Any] = {}
_NONE: list[Any] = []


class UsageImport(TenantModel):
    """A file of usage: its columns are told, then it is read in steps, each of which stays.

    `line` is how far it has been read; a worker that takes it up goes on from there. While it is
    charged for or taken back, it is the last customer that this is done for.
    """

    class State(models.TextChoices):
        CHOOSING = "choosing", _("Waiting for you")
        READING = "reading", _("Being read")
        CHARGING = "charging", _("Being charged")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Not imported")
        TAKING_BACK = "taking_back", _("Being taken back")
        TAKEN_BACK = "taken_back", _("Taken back")

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.CHOOSING)
    file_name = models.CharField(_("file"), max_length=200)
    # Until it is read to its end.
    file = models.FileField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    # What `source.py` found out: encoding, delimiter, header and its line.
    layout = models.JSONField(default=dict, db_default=Value(_NOTHING, models.JSONField()))
    # Field -> index of its column, and what else was chosen.
    columns = models.JSONField(default=dict, db_default=Value(_NOTHING, models.JSONField()))
    line = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    added = models.PositiveBigIntegerField(_("new"), default=0)
    known = models.PositiveBigIntegerField(_("known already"), default=0)
    bad = models.PositiveBigIntegerField(_("not readable"), default=0)
    taken = models.PositiveBigIntegerField(_("taken back"), default=0, db_default=0)
    first_date = models.DateField(_("from"), null=True)
    last_date = models.DateField(_("to"), null=True)
    # Imports whose rows stand in this file too: they are stored there, and not once more.
    recognised = models.JSONField(
        default=list, db_default=Value(_NONE, models.JSONField()), editable=False
    )
    # How many workers have begun with it since it last got on.
    resumed = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    refusal = models.CharField(_("why not"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    taken_back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("import of usage")
        verbose_name_plural = _("imports of usage")
        ordering = ["-id"]
        constraints = [tenant_id_unique("usageimport_tenant_id")]
        indexes = [
            models.Index(fields=["tenant", "state", "updated_at"], name="usageimport_by_state")
        ]

    def __str__(self) -> str:
        return self.file_name


class UsageMapping(TenantModel):
    """Which column was which, for the next file with the same header."""

    header = models.CharField(_("header"), max_length=64)  # SHA-256 over its names
    columns = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("columns of a usage file")
        verbose_name_plural = _("columns of usage files")
        ordering = ["-updated_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "header"], name="usagemapping_header")
        ]

    def __str__(self) -> str:
        return self.header[:12]


class UsageRecord(TenantModel):
    """So much of something used by a customer on a day. `unit_price` is empty where only the
    customer's package knows it."""

    tenant = tenant_of_its_references()
    usage_import = TenantForeignKey(
        UsageImport, related_name="records", verbose_name=_("import of usage")
    )
    customer = TenantForeignKey(Customer, related_name="usage", verbose_name=_("customer"))
    usage_date = models.DateField(_("date"))
    destination = models.CharField(_("destination"), max_length=120)
    quantity = models.DecimalField(_("quantity"), max_digits=16, decimal_places=6)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit)
    unit_price = models.DecimalField(
        _("rate"), max_digits=18, decimal_places=6, null=True, validators=[MinValueValidator(0)]
    )
    # The same for the same row of any file: all it says, and which of several equal ones it is.
    fingerprint = models.UUIDField(editable=False)

    class Meta:
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")
        ordering = ["-usage_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fingerprint"], name="usagerecord_fingerprint"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="usagerecord_has_a_quantity"),
            models.CheckConstraint(
                condition=Q(unit_price=None) | Q(unit_price__gte=0),
                name="usagerecord_price_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(destination=""), name="usagerecord_has_a_destination"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "customer", "usage_date"],
                include=["destination", "quantity", "unit", "unit_price"],
                name="usagerecord_of_customer",
            ),
            models.Index(
                fields=["tenant", "usage_import", "customer"], name="usagerecord_of_import"
            ),
            models.Index(fields=["tenant", "usage_date"], name="usagerecord_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.usage_date} {self.destination}"


class UsageProblem(TenantModel):
    """A row that was left out: its line, why, and what it said."""

    usage_import = TenantForeignKey(UsageImport, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveBigIntegerField(_("line"))
    reason = models.CharField(_("why"), max_length=500)
    cells = models.JSONField(default=list)

    class Meta:
        verbose_name = _("row left out of usage")
        verbose_name_plural = _("rows left out of usage")
        ordering = ["line", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "usage_import", "line"], name="usageproblem_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class UsageCharge(TenantModel):
    """What a day's usage beyond the included is charged by; `rate` is that of its records."""

    customer = TenantForeignKey(Customer, related_name="usage_charges")
    usage_date = models.DateField(_("date"))
    destination = models.CharField(_("destination"), max_length=120)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=6, null=True)
    charge = TenantForeignKey(Charge, related_name="usage_charges", verbose_name=_("charge"))

    class Meta:
        verbose_name = _("charge for usage")
        verbose_name_plural = _("charges for usage")
        ordering = ["usage_date", "destination", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "charge"], name="usagecharge_of_one_charge")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "customer", "usage_date"], name="usagecharge_of_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.usage_date} {self.destination}"
