"""Work on many documents that goes on without its page, and postings of many drafts."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class LongRun(TenantModel):
    """What is kept of work that workers do step by step. `token` comes from the question that was
    answered with yes: the same answer sent twice is the same run."""

    token = models.UUIDField(editable=False)
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    # Moved on with every step, so that a run no worker is at can be told from a busy one.
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    resumed = models.PositiveSmallIntegerField(_("taken up again"), default=0, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class PostingRun(LongRun):
    """Many drafts posted by one click."""

    # What was posted is sent as usual once the run is finished.
    then_send = models.BooleanField(_("and sent"), default=False, editable=False)

    class Meta:
        verbose_name = _("posting of several")
        verbose_name_plural = _("postings of several")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("postingrun_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="postingrun_once_per_yes"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "updated_at"],
                condition=Q(finished_at=None),
                name="postingrun_unfinished",
            )
        ]


class PostingRunItem(TenantModel):
    """One draft of a run and what became of it. `name` stays when the draft is discarded."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        # Or handed over to where it gets its number: whether that is back, the document says.
        POSTED = "posted", _("Posted")
        REFUSED = "refused", _("Refused")

    run = TenantForeignKey(PostingRun, on_delete=models.CASCADE, related_name="items")
    invoice = TenantForeignKey(Invoice, on_delete=models.SET_NULL, null=True, related_name="+")
    position = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=80)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.WAITING)
    refusal = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("draft of a posting")
        verbose_name_plural = _("drafts of postings")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "run", "position"], name="postingrunitem_position"
            ),
            models.CheckConstraint(
                condition=Q(outcome="refused") & ~Q(refusal="")
                | ~Q(outcome="refused") & Q(refusal=""),
                name="postingrunitem_refusal_says_why",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "invoice"], name="postingrunitem_of_invoice")]

    def __str__(self) -> str:
        return self.name
