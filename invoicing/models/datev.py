"""What goes to DATEV: the numbers there, and which document went with which file."""

from typing import Any

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class DatevSettings(TenantModel):
    """The company as its tax adviser's DATEV knows it."""

    class Chart(models.TextChoices):
        SKR03 = "03", "SKR03"
        SKR04 = "04", "SKR04"

    advisor_number = models.PositiveIntegerField(
        _("consultant number"),
        validators=[MinValueValidator(1001), MaxValueValidator(9_999_999)],
        help_text=_("Beraternummer, from the tax adviser."),
    )
    client_number = models.PositiveIntegerField(
        _("client number"),
        validators=[MinValueValidator(1), MaxValueValidator(99_999)],
        help_text=_("Mandantennummer, from the tax adviser."),
    )
    account_length = models.PositiveSmallIntegerField(
        _("digits of general accounts"),
        default=4,
        validators=[MinValueValidator(4), MaxValueValidator(8)],
        help_text=_("Sachkontenlänge. Customers' accounts have one more."),
    )
    chart = models.CharField(_("chart"), max_length=2, choices=Chart, default=Chart.SKR03)
    initials = models.CharField(
        _("initials"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{0,2}$", _("Use two capital letters."))],
    )
    locks = models.BooleanField(
        _("fixed at once"),
        default=False,
        help_text=_("Festschreibung: nothing of the file can be changed in DATEV afterwards."),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("settings of DATEV")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("datevsettings_tenant_id"),
            models.UniqueConstraint(fields=["tenant"], name="datevsettings_one_per_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.advisor_number}/{self.client_number}"


class DebtorAccount(TenantModel):
    """A customer's account in DATEV, given once and kept."""

    customer = TenantForeignKey(Customer, related_name="+", verbose_name=_("customer"))
    number = models.PositiveIntegerField(_("account"))

    class Meta:
        verbose_name = _("debtor account")
        verbose_name_plural = _("debtor accounts")
        ordering = ["number", "id"]
        constraints = [
            tenant_id_unique("debtoraccount_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "customer"], name="debtoraccount_one_each"),
            models.UniqueConstraint(fields=["tenant", "number"], name="debtoraccount_number"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class DatevExport(TenantModel):
    """A file that was made, byte for byte."""

    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    documents = models.PositiveIntegerField(_("documents"))
    bookings = models.PositiveIntegerField(_("bookings"))
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("file for DATEV")
        verbose_name_plural = _("files for DATEV")
        ordering = ["-id"]
        constraints = [tenant_id_unique("datevexport_tenant_id")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        return f"EXTF_Buchungsstapel_{self.first:%Y%m%d}_{self.last:%Y%m%d}_{self.pk}.csv"


class DatevExportRow(TenantModel):
    """A document that went with a file."""

    export: Any = TenantForeignKey(DatevExport, related_name="rows")
    invoice = TenantForeignKey(Invoice, related_name="+")

    class Meta:
        verbose_name = _("document in a file for DATEV")
        verbose_name_plural = _("documents in files for DATEV")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "export", "invoice"], name="datevexportrow_once_a_file"
            )
        ]
        indexes = [models.Index(fields=["tenant", "invoice"], name="datevexportrow_of_invoice")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.export_id} {self.invoice_id}"
