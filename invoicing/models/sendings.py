"""How documents went to their customers."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.money import MoneyField
from core.places import DocumentLanguage
from invoicing.models.documents import Invoice
from invoicing.models.kinds import DocumentKind
from invoicing.models.mails import Returnable, returned_after_it_left
from invoicing.models.reminders import Reminder
from invoicing.models.runs import LongRun
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User

# Handed over, and as far as anybody knows not returned.
ARRIVED = Q(status="sent", bounced_at=None)


class Sending(Returnable):
    """One way a document went to its customer. Written before anything leaves.

    The row is the queue: a worker takes it from waiting to being sent in one update, and only
    whoever took it hands the e-mail over.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        EINVOICE = "einvoice", _("E-invoice")
        POST = "post", _("Post")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNCLEAR = "unclear", _("Perhaps sent")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    # From the form that asked: the same answer sent twice is the same sending.
    token = models.UUIDField(editable=False)
    invoice = TenantForeignKey(Invoice, related_name="sendings", verbose_name=_("document"))
    # The reminder that goes with it, where it is one.
    reminder = TenantForeignKey(
        Reminder, null=True, blank=True, related_name="sendings", verbose_name=_("reminder")
    )
    channel = models.CharField(_("way"), max_length=8, choices=Channel)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    recipients = ArrayField(models.EmailField(), verbose_name=_("recipients"), default=list)
    copies = ArrayField(models.EmailField(), verbose_name=_("copies"), default=list)
    # Blind, for the company's own mailbox.
    own_copy = models.EmailField(_("copy to ourselves"), blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=10_000, blank=True)
    # Those of the expenses on the document, as a zip.
    with_receipts = models.BooleanField(_("with receipts"), default=False, db_default=False)
    # The accounting system that passed it on.
    via = models.CharField(_("through"), max_length=80, blank=True)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField(_("asked for"), editable=False)
    # Not before; moved on by every attempt that is to be repeated.
    due_at = models.DateTimeField(_("due"), editable=False)
    taken_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    failure = models.TextField(_("reason"), blank=True, editable=False)

    class Meta:
        verbose_name = _("sending")
        verbose_name_plural = _("sendings")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("sending_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="sending_once_per_yes"),
            models.CheckConstraint(
                name="sending_of_a_mail_has_recipients",
                condition=~Q(channel="email") | Q(recipients__len__gt=0),
            ),
            models.CheckConstraint(
                name="sending_sent_at_a_moment",
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at=None)),
            ),
            models.CheckConstraint(
                name="sending_taken_while_sending",
                condition=Q(status="sending", taken_at__isnull=False)
                | (~Q(status="sending") & Q(taken_at=None)),
            ),
            models.CheckConstraint(
                name="sending_says_why_it_failed",
                condition=~Q(status__in=["failed", "unclear"]) | ~Q(failure=""),
            ),
            returned_after_it_left("sending_returned_after_it_left"),
        ]
        indexes = [
            models.Index(fields=["tenant", "invoice", "id"], name="sending_of_invoice"),
            models.Index(
                fields=["tenant", "reminder"],
                condition=Q(reminder__isnull=False),
                name="sending_of_reminder",
            ),
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(status__in=["waiting", "sending"]),
                name="sending_under_way",
            ),
            # What `selectors.follow_ups` looks for.
            models.Index(
                fields=["tenant", "id"],
                condition=Q(status__in=["failed", "unclear"]) | Q(bounced_at__isnull=False),
                name="sending_to_follow_up",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="stays_in_the_log", operation=pgtrigger.Delete),
            # What was written to whom stays as it left.
            pgtrigger.Protect(
                name="letter_never_changes",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "invoice",
                    "reminder",
                    "channel",
                    "recipients",
                    "copies",
                    "subject",
                    "text",
                    "token",
                    "with_receipts",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {', '.join(self.recipients) or self.via or '—'}"

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.SENDING)

    @property
    def is_later(self) -> bool:
        """It waits for its moment, or for another try."""
        return self.status == self.Status.WAITING and self.due_at > timezone.now()


class SendingAttempt(TenantModel):
    """One try of handing an e-mail over. Without an end: the worker was lost during it."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("Handed over")
        LATER = "later", _("To be tried again")
        FAILED = "failed", _("Refused")
        UNCLEAR = "unclear", _("Not known")

    sending = TenantForeignKey(Sending, related_name="attempts")
    began_at = models.DateTimeField(_("began"), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    outcome = models.CharField(
        _("outcome"), max_length=7, choices=Outcome, blank=True, editable=False
    )
    answer = models.TextField(_("answer"), blank=True, editable=False)

    class Meta:
        verbose_name = _("attempt to send")
        verbose_name_plural = _("attempts to send")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="sendingattempt_ends_with_an_outcome",
                condition=Q(ended_at=None, outcome="")
                | (Q(ended_at__gte=F("began_at")) & ~Q(outcome="")),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "sending", "id"], name="sendingattempt_of_one")]
        triggers = [pgtrigger.Protect(name="stays_in_the_log", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.began_at)


class MailText(TenantModel):
    """The company's own words for e-mails with one kind of document in one language."""

    class Kind(models.TextChoices):
        INVOICE = DocumentKind.INVOICE.value, DocumentKind.INVOICE.label
        CREDIT_NOTE = DocumentKind.CREDIT_NOTE.value, DocumentKind.CREDIT_NOTE.label
        STATEMENT = "statement", _("Statement of account")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=10_000)

    class Meta:
        verbose_name = _("text of e-mails")
        verbose_name_plural = _("texts of e-mails")
        ordering = ["kind", "language", "id"]
        constraints = [
            tenant_id_unique("mailtext_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "kind", "language"], name="mailtext_one_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_language_display()}"


class MailSettings(TenantModel):
    """What holds for all e-mails of a company; without a row, the defaults."""

    own_copy = models.EmailField(
        _("copy to ourselves"),
        blank=True,
        help_text=_("Gets a blind copy of each document that is sent by e-mail."),
    )

    class Meta:
        verbose_name = _("settings of e-mails")
        verbose_name_plural = _("settings of e-mails")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("mailsettings_tenant_id"),
            models.UniqueConstraint(fields=["tenant"], name="mailsettings_one_a_company"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class SendingRun(LongRun):
    """Many documents sent by one click."""

    # The e-mails leave no earlier.
    due_at = models.DateTimeField(_("not before"), editable=False)
    # Of reminders: the day on which they are due and up to which interest is counted.
    reminds_on = models.DateField(_("reminders of"), null=True, editable=False)
    # Moved on with every step, so that a run no worker is at can be told from a busy one.
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    resumed = models.PositiveSmallIntegerField(_("taken up again"), default=0, editable=False)

    class Meta:
        verbose_name = _("sending of several")
        verbose_name_plural = _("sendings of several")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("sendingrun_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="sendingrun_once_per_yes"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "updated_at"],
                condition=Q(finished_at=None),
                name="sendingrun_unfinished",
            )
        ]


class SendingRunItem(TenantModel):
    """One document of a run. Asked for: what became of it is told by its sending."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Handed to the workers")
        REFUSED = "refused", _("Refused")

    run = TenantForeignKey(SendingRun, on_delete=models.CASCADE, related_name="items")
    invoice = TenantForeignKey(Invoice, related_name="+")
    sending = TenantForeignKey(Sending, null=True, related_name="+")
    position = models.PositiveIntegerField()
    # Of a reminder: what the person was shown.
    level = models.PositiveSmallIntegerField(null=True, editable=False)
    seen_open = MoneyField(null=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome, default=Outcome.WAITING)
    refusal = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("document of a sending")
        verbose_name_plural = _("documents of sendings")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "run", "position"], name="sendingrunitem_position"
            ),
            models.CheckConstraint(
                condition=Q(outcome="waiting", refusal="", sending=None)
                | Q(outcome="asked", refusal="", sending__isnull=False)
                | (Q(outcome="refused", sending=None) & ~Q(refusal="")),
                name="sendingrunitem_asked_or_says_why",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "invoice"], name="sendingrunitem_of_invoice")]

    def __str__(self) -> str:
        return str(self.invoice_id)
