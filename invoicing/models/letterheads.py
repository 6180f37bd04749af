"""The logos that documents bear."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantModel, tenant_id_unique
from tenants.models import User


class Logo(TenantModel):
    """A picture as it is printed, named by its hash. Posted documents name it, so it stays."""

    class Kind(models.TextChoices):
        PNG = "png", "PNG"
        JPEG = "jpeg", "JPEG"
        SVG = "svg+xml", "SVG"

    sha256 = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, editable=False)
    content = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")
        ordering = ["-created_at", "-id"]
        constraints = [
            tenant_id_unique("logo_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "sha256"], name="logo_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
