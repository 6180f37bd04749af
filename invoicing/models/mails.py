"""E-mails that wait for a worker, whatever goes with them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantModel
from tenants.models import User

# When one may have left, and so come back.
LEFT = ("sent", "unclear")


class Returnable(TenantModel):
    """What left, or perhaps did, and may come back; and whether anybody still waits for it."""

    status: str

    bounced_at = models.DateTimeField(_("returned"), null=True, editable=False)
    bounced_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    bounce_note = models.CharField(_("what came back"), max_length=300, blank=True, editable=False)
    # Somebody looked at what did not arrive, and nothing more is to be done about it.
    dismissed_at = models.DateTimeField(_("dismissed"), null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def may_bounce(self) -> bool:
        return self.status in LEFT and self.bounced_at is None


def returned_after_it_left(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(bounced_at=None) | Q(status__in=LEFT), name=name)


class QueuedMail(Returnable):
    """The row is the queue, as with documents (`Sending`): a worker takes it in one update, and
    only whoever took it hands the e-mail over (`domain.sending.queue`)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNCLEAR = "unclear", _("Perhaps sent")

    token = models.UUIDField(editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    recipients = ArrayField(models.EmailField(), verbose_name=_("recipients"))
    copies = ArrayField(models.EmailField(), verbose_name=_("copies"), default=list)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=10_000)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField(_("asked for"), editable=False)
    due_at = models.DateTimeField(_("due"), editable=False)
    taken_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    failure = models.TextField(_("reason"), blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return ", ".join(self.recipients)

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.SENDING)
