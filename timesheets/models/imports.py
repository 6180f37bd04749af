"""Files of hours from other programs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantModel, tenant_id_unique
from tenants.models import User


class TimeImport(TenantModel):
    """One file of hours from another program: looked at first, then imported, or discarded."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being read")
        CHECKED = "checked", _("Waiting for you")
        QUEUED = "queued", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Not readable")
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
    # How often a worker has begun with it since somebody last decided on it.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
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
