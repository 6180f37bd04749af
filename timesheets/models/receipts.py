"""What was paid, on paper: photos and PDFs that belong to a charge."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User
from timesheets.models.charges import Charge


class Receipt(TenantModel):
    """A picture, made small and without the camera's notes, or a PDF as it was sent."""

    class Kind(models.TextChoices):
        PICTURE = "jpg", _("Picture")
        PDF = "pdf", "PDF"

    charge = TenantForeignKey(
        Charge, on_delete=models.CASCADE, related_name="receipts", verbose_name=_("charge")
    )
    kind = models.CharField(_("kind"), max_length=3, choices=Kind, editable=False)
    # As the file was called where it came from; for people, not for any path.
    name = models.CharField(_("name"), max_length=120, blank=True)
    file = models.FileField(max_length=200, editable=False)
    # Of a PDF there is none.
    thumbnail = models.FileField(max_length=200, blank=True, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("receipt_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "file"], name="receipt_file_of_one"),
        ]
        indexes = [models.Index(fields=["tenant", "charge"], name="receipt_of_charge")]
        triggers = [
            pgtrigger.Trigger(
                name="receipt_stays_with_what_is_settled",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM timesheets_charge charge
                        WHERE charge.tenant_id = OLD.tenant_id AND charge.id = OLD.charge_id
                            AND charge.billing_state <> 'open'
                    ) THEN
                        RAISE EXCEPTION 'receipt % is of a charge that is settled', OLD.id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_read_only';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())

    @property
    def is_pdf(self) -> bool:
        return self.kind == self.Kind.PDF
