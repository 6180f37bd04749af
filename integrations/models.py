import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate
from core.money import MoneyField
from customers.models import Customer
from integrations import crypto
from integrations.problems import Problem
from integrations.registry import document_address, system_of
from invoicing.models import DocumentKind, Invoice, Payment
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import Membership, User
from timesheets.models import Task


class Connection(TenantModel):
    """A tenant's access to one accounting system.

    There is no address in it: each system knows the addresses of its environments, so that nobody
    can make this server call another one.
    """

    system = models.CharField(_("system"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    environment = models.CharField(_("environment"), max_length=20)
    sealed_credentials = models.TextField(blank=True, editable=False)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    is_active = models.BooleanField(_("sends new invoices"), default=True)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    # What the system told at the last check: its company, and the lists that settings choose from.
    remote = models.JSONField(default=dict, blank=True, editable=False)
    # Set when the system no longer lets us in; nothing is sent until somebody has seen to it.
    trouble = models.CharField(_("trouble"), max_length=500, blank=True, editable=False)
    # The system asked for patience; it concerns everything that goes there.
    paused_until = models.DateTimeField(null=True, editable=False)
    # Documents get their number there, and are posted here with it (`domain.numbered_there`).
    gives_numbers = models.BooleanField(default=False, db_default=False, editable=False)
    # How many exports in a row got no answer; every answer sets it back.
    unanswered = models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)
    # Until then a quick answer counts as one; who gave none lately goes in the slow lane.
    quick_until = models.DateTimeField(null=True, editable=False)
    # Payments there: everything up to then is known here, when to ask next, what kept us from it.
    payments_read_at = models.DateTimeField(null=True, editable=False)
    payments_due_at = models.DateTimeField(null=True, editable=False)
    payments_trouble = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False
    )
    # Who signed in there for it, where nobody entered credentials.
    signed_in_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    signed_in_at = models.DateTimeField(null=True, editable=False)
    # Where the system calls us: of the address only a digest, and the ids to take it back with.
    hook_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    subscriptions = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("connection_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="connection_name",
                violation_error_message=_("Another connection has this name."),
            ),
            # Two would book every invoice twice.
            models.UniqueConstraint(
                fields=["tenant", "system"],
                condition=Q(is_active=True),
                name="connection_one_active_per_system",
                violation_error_message=_(
                    "Another connection to this system is sending. Switch that one off first."
                ),
            ),
            # A document has one number.
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(is_active=True, gives_numbers=True),
                name="connection_one_gives_numbers",
                violation_error_message=_("Another connection gives the numbers already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def credentials(self) -> dict[str, str]:
        return crypto.decrypt(self.sealed_credentials)

    @credentials.setter
    def credentials(self, secrets: dict[str, str]) -> None:
        self.sealed_credentials = crypto.encrypt(secrets)


class SignIn(TenantModel):
    """A sign-in by redirect that was begun: whoever comes back with its state ends it, once."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="sign_ins")
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )
    # Only digests: who reads the table can neither end a sign-in nor take over a session.
    state_digest = models.CharField(max_length=64)
    session_digest = models.CharField(max_length=64)
    sealed_verifier = models.TextField()
    environment = models.CharField(max_length=20)
    redirect_uri = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in at a system")
        verbose_name_plural = _("sign-ins at systems")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("signin_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "state_digest"], name="signin_state"),
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.created_at:%Y-%m-%d %H:%M}"


class HeardEvent(TenantModel):
    """What a system told us, until it is done; kept for a while, so that it is done once."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10)
    remote_id = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    heard_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("event at a system")
        verbose_name_plural = _("events at systems")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("heardevent_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "connection", "key"], name="heardevent_once"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "heard_at"],
                condition=Q(done_at=None),
                name="heardevent_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.remote_id}"


class CustomerLink(TenantModel):
    """Says which of the system's partners a customer is."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="links")
    customer = TenantForeignKey(
        Customer, on_delete=models.CASCADE, related_name="links", verbose_name=_("customer")
    )
    remote_id = models.CharField(_("id there"), max_length=60)
    remote_number = models.CharField(_("number there"), max_length=60, blank=True)
    remote_name = models.CharField(_("name there"), max_length=200)
    linked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("customer link")
        verbose_name_plural = _("customer links")
        ordering = ["connection", "customer", "id"]
        constraints = [
            tenant_id_unique("customerlink_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "connection", "customer"], name="customerlink_one_per_system"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "customer"], name="customerlink_of_customer")]

    def __str__(self) -> str:
        return self.remote_name


class ProductMapping(TenantModel):
    """Says which of the system's products a product, a task or a tax rate of ours is.

    With none of the three it is the default: what everything else is there.
    """

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="product_mappings"
    )
    product = TenantForeignKey(
        Product, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("product")
    )
    task = TenantForeignKey(
        Task, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("task")
    )
    tax_rate = TenantForeignKey(
        TaxRate, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("tax rate")
    )
    remote_id = models.CharField(_("id there"), max_length=60)
    remote_number = models.CharField(_("number there"), max_length=60, blank=True)
    remote_name = models.CharField(_("name there"), max_length=200)
    mapped_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    mapped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("product mapping")
        verbose_name_plural = _("product mappings")
        ordering = ["connection", "id"]
        constraints = [
            tenant_id_unique("productmapping_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "connection", "product", "task", "tax_rate"],
                name="productmapping_one_per_system",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="productmapping_of_one_thing",
                condition=Q(product=None, task=None)
                | Q(product=None, tax_rate=None)
                | Q(task=None, tax_rate=None),
            ),
            models.CheckConstraint(
                name="productmapping_names_a_product", condition=~Q(remote_id="")
            ),
        ]

    def __str__(self) -> str:
        return self.remote_name


class Turn(models.Model):
    """Whose turn it is to do what only one may do at a time in another system.

    In the database and not in the cache: a cache that is emptied would let two in at once. Of no
    company of ours, as several may have the same one there; the key is a fingerprint, and says
    neither whose it is nor what it is about.
    """

    key = models.CharField(max_length=64, primary_key=True)
    token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("turn with a system")
        verbose_name_plural = _("turns with systems")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class Export(TenantModel):
    """One posted document on its way into one system: a row of the transactional outbox."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Needs attention")
        # A person enters it there, and says under which number.
        BY_HAND = "by_hand", _("To be entered by hand")
        CANCELLED = "cancelled", _("Not sent")

    connection = TenantForeignKey(
        Connection, related_name="exports", verbose_name=_("accounting system")
    )
    invoice = TenantForeignKey(Invoice, related_name="exports", verbose_name=_("invoice"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.WAITING, editable=False
    )
    problem = models.CharField(max_length=20, choices=Problem, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, editable=False)
    # When a task was last sent for it; the sweep sends another one only after a while.
    queued_at = models.DateTimeField(null=True, editable=False)
    # Whose turn it is: a worker that lost it to another one may not write any more.
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    remote_id = models.CharField(_("id there"), max_length=60, blank=True, editable=False)
    remote_number = models.CharField(_("number there"), max_length=60, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Who handed the draft over; posts it once its number is back.
    ordered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    # Who said that it is there, entered by hand; and what it was before, to take that back.
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    status_before = models.CharField(
        max_length=10, choices=Status, blank=True, db_default="", editable=False
    )

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("export_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "invoice", "connection"], name="export_once_per_connection"
            ),
            models.CheckConstraint(
                name="export_state_is_whole",
                condition=Q(status="waiting", next_attempt_at__isnull=False, claim=None)
                | Q(status="sending", claim__isnull=False, claimed_until__isnull=False)
                | Q(status="sent", sent_at__isnull=False, claim=None, next_attempt_at=None)
                | Q(
                    status__in=["failed", "by_hand", "cancelled"], claim=None, next_attempt_at=None
                ),
            ),
            models.CheckConstraint(
                name="export_done_by_hand_has_number",
                condition=Q(done_by=None, status_before="")
                | (Q(status="sent") & ~Q(status_before="") & ~Q(remote_number="")),
            ),
            models.CheckConstraint(
                name="export_failed_says_why",
                condition=~Q(status__in=["failed", "by_hand"]) | ~Q(error=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_attempt_at"],
                condition=Q(status="waiting"),
                name="export_due",
            ),
            models.Index(
                fields=["tenant", "claimed_until"],
                condition=Q(status="sending"),
                name="export_claimed",
            ),
            models.Index(fields=["tenant", "connection", "status"], name="export_of_connection"),
            models.Index(fields=["tenant", "status", "-id"], name="export_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} → {self.connection}"

    @property
    def gives_paper(self) -> bool:
        """Whether the system has made a PDF of it that can be looked at."""
        system = system_of(self.connection.system)
        if system is None or system.gives_papers is None or not self.remote_id:
            return False
        return system.gives_papers(self.connection.settings)

    @property
    def address(self) -> str:
        """The document's page there, if it has one; needs the connection."""
        system = system_of(self.connection.system)
        if system is None:
            return ""
        return document_address(
            system,
            self.connection.environment,
            remote_id=self.remote_id,
            remote_number=self.remote_number,
            settings_=self.connection.settings,
            is_credit_note=self.invoice.kind == DocumentKind.CREDIT_NOTE,
        )


class ExportStep(TenantModel):
    """One step in the system. Begun but not done: its outcome is unknown and is looked up."""

    export = TenantForeignKey(Export, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=20)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=60, blank=True)
    remote_number = models.CharField(max_length=60, blank=True)
    # Found there after an unknown outcome, instead of made again.
    was_found = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("step of an export")
        verbose_name_plural = _("steps of exports")
        ordering = ["begun_at", "id"]
        constraints = [
            tenant_id_unique("exportstep_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "export", "key"], name="exportstep_once_per_export"
            ),
            models.CheckConstraint(
                name="exportstep_done_after_begun",
                condition=Q(done_at=None) | Q(done_at__gte=F("begun_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ExportAttempt(TenantModel):
    """What one attempt asked and was answered, without secrets; never changed."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent")
        LATER = "later", _("Tried again later")
        FAILED = "failed", _("Needs attention")
        BY_HAND = "by_hand", _("Handed over")

    export = TenantForeignKey(Export, on_delete=models.CASCADE, related_name="tries")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    sentence = models.TextField(blank=True)
    calls = models.JSONField(default=list, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("attempt of an export")
        verbose_name_plural = _("attempts of exports")
        ordering = ["-id"]
        constraints = [tenant_id_unique("exportattempt_tenant_id")]
        indexes = [models.Index(fields=["tenant", "export", "-id"], name="exportattempt_of_export")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.ended_at:%Y-%m-%d %H:%M}"


class DocumentAnswers(TenantModel):
    """What a person chose of a system's own fields for one document: contact, channel, a draft
    there that takes the lines.

    Made for one customer there: of another one's choices nothing holds.
    """

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="answers")
    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="answers")
    remote_customer_id = models.CharField(max_length=60)
    # By field what goes to the adapter, and how it read when it was chosen.
    choices = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    append_to = models.CharField(max_length=60, blank=True)
    append_words = models.CharField(max_length=200, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("choices for a document")
        verbose_name_plural = _("choices for documents")
        ordering = ["connection", "invoice", "id"]
        constraints = [
            tenant_id_unique("documentanswers_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "invoice", "connection"], name="documentanswers_once"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "connection"], name="documentanswers_of_system")]

    def __str__(self) -> str:
        return f"{self.invoice} → {self.connection}"


class PaymentThere(TenantModel):
    """What a system says was paid on a document: booked here once, or waiting for a person."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        # Not money: the document is deleted or cancelled there.
        GONE = "gone", _("Deleted there")

    export = TenantForeignKey(Export, on_delete=models.PROTECT, related_name="payments_there")
    # Of the payment within its document, the same at every reading.
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PAYMENT)
    amount = MoneyField(_("amount"), default=0)
    paid_on = models.DateField(_("day"), null=True)
    text = models.CharField(_("text"), max_length=140, blank=True)
    payment = TenantForeignKey(Payment, null=True, related_name="there")
    # Why a person has to see to it; settled when somebody says so.
    sentence = models.TextField(blank=True)
    seen_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    seen_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("payment in an accounting system")
        verbose_name_plural = _("payments in accounting systems")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("paymentthere_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "export", "key"], name="paymentthere_once_per_document"
            ),
            models.CheckConstraint(
                name="paymentthere_booked_or_told",
                condition=Q(payment__isnull=False) | ~Q(sentence=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(seen_at=None) & ~Q(sentence=""),
                name="paymentthere_to_see_to",
            ),
            models.Index(fields=["tenant", "payment"], name="paymentthere_of_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"

    @property
    def needs_somebody(self) -> bool:
        return bool(self.sentence) and self.seen_at is None


class TroubleMail(TenantModel):
    """Whether a person wants the daily e-mail of what needs somebody, and when it came last."""

    member = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="trouble_mails")
    is_wanted = models.BooleanField(default=True)
    # By the company's calendar; who writes it sends the mail of that day.
    sent_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name = _("daily e-mail about exports")
        verbose_name_plural = _("daily e-mails about exports")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("troublemail_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "member"], name="troublemail_once_per_member"
            ),
        ]

    def __str__(self) -> str:
        return str(self.member)
