"""What the archive is searched and sorted by, its saved filters, its zips."""

from enum import IntEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, MoneyField
from invoicing.models.documents import Invoice
from invoicing.models.kinds import DocumentKind
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class Rank(IntEnum):
    """The order of the column *Status*. What is owed lies side by side, so that by due date what
    is overdue comes first."""

    DRAFT = 0
    OWED = 1
    NOT_OWED = 2
    PAID = 3
    CREDITED = 4
    CANCELLED = 5
    DISCARDED = 6


class DocumentIndex(TenantModel):
    """One narrow row for each document, kept by triggers and by nothing else.

    A list over two hundred thousand documents reads these rows and not the wide ones behind them.
    All texts are folded (`core.search.fold`). Customer, project and person are keys without a
    constraint: the document behind the row has them.
    """

    # Goes with its document by the database's own cascade.
    invoice = TenantForeignKey(Invoice, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=12, choices=DocumentKind)
    status = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    issue_date = models.DateField()
    due_date = models.DateField()
    customer_key = models.BigIntegerField()
    project_key = models.BigIntegerField(null=True)
    creator_key = models.BigIntegerField(null=True)
    is_cancelled = models.BooleanField(default=False)
    # As `InvoiceQuerySet.with_signed_totals` and `with_open_amount` have them.
    signed_net = MoneyField(default=ZERO)
    signed_gross = MoneyField(default=ZERO)
    credited_total = MoneyField(default=ZERO)
    paid_total = MoneyField(default=ZERO)
    open_amount = MoneyField(default=ZERO)
    is_sent = models.BooleanField(default=False)
    # The state but for the day: `invoicing_standing` says it, and what is overdue is left out.
    standing = models.CharField(max_length=12, default="")
    rank = models.GeneratedField(
        expression=Case(
            When(standing="draft", then=Value(Rank.DRAFT)),
            When(standing="discarded", then=Value(Rank.DISCARDED)),
            When(standing="cancelled", then=Value(Rank.CANCELLED)),
            When(standing="credited", then=Value(Rank.CREDITED)),
            When(standing="paid", then=Value(Rank.PAID)),
            When(open_amount__gt=0, then=Value(Rank.OWED)),
            default=Value(Rank.NOT_OWED),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    # 2026-2 before 2026-10: each run of digits behind its length.
    number_key = models.TextField(null=True)
    name_key = models.TextField()
    number = models.TextField()
    customer_text = models.TextField()
    reference_text = models.TextField()
    # The tenant's own fields of the document, by their names.
    fields = models.JSONField(default=dict)
    # Everything that plain words are looked for in.
    body = models.TextField()

    class Meta:
        verbose_name = "row of the archive's index"
        verbose_name_plural = "rows of the archive's index"
        ordering = ["id"]
        constraints = [
            tenant_id_unique("documentindex_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "invoice"], name="documentindex_document"),
        ]
        indexes = [
            # All that sums, states and the commonest filters need, so that they read no rows.
            models.Index(
                fields=["tenant", "issue_date", "invoice"],
                include=[
                    "currency", "kind", "standing", "rank", "due_date", "customer_key",
                    "signed_net", "signed_gross", "open_amount",
                ],
                name="documentindex_by_date",
            ),
            models.Index(fields=["tenant", "due_date", "invoice"], name="documentindex_by_due"),
            models.Index(
                fields=["tenant", "rank", "due_date", "invoice"], name="documentindex_by_rank"
            ),
            models.Index(fields=["tenant", "currency", "invoice"], name="documentindex_by_money"),
            models.Index(fields=["tenant", "kind", "invoice"], name="documentindex_by_kind"),
            models.Index(fields=["tenant", "number_key", "invoice"], name="documentindex_by_no"),
            # Drafts have no number and are last both ways.
            models.Index(
                F("tenant"),
                F("number_key").desc(nulls_last=True),
                F("invoice").desc(),
                name="documentindex_by_no_down",
            ),
            models.Index(fields=["tenant", "name_key", "invoice"], name="documentindex_by_name"),
            models.Index(fields=["tenant", "signed_net", "invoice"], name="documentindex_by_net"),
            models.Index(
                fields=["tenant", "signed_gross", "invoice"], name="documentindex_by_gross"
            ),
            models.Index(fields=["tenant", "open_amount", "invoice"], name="documentindex_by_open"),
            models.Index(
                fields=["tenant", "customer_key", "issue_date"], name="documentindex_of_customer"
            ),
            models.Index(
                fields=["tenant", "project_key", "issue_date"], name="documentindex_of_project"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.invoice_id)


class SavedFilter(TenantModel):
    """A query string of the archive under a name, one's own or everybody's.

    `is_default`: what its owner finds when opening the archive; of a shared one, what everybody
    finds who has no default of their own.
    """

    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )
    is_shared = models.BooleanField(_("for everybody in the company"), default=False)
    is_default = models.BooleanField(_("shown when the archive is opened"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("savedfilter_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "owner", "name"],
                condition=Q(is_shared=False),
                name="savedfilter_own_name",
            ),
            models.UniqueConstraint(
                fields=["tenant", "name"],
                condition=Q(is_shared=True),
                name="savedfilter_shared_name",
            ),
            models.UniqueConstraint(
                fields=["tenant", "owner"],
                condition=Q(is_default=True, is_shared=False),
                name="savedfilter_own_default",
            ),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(is_default=True, is_shared=True),
                name="savedfilter_shared_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DocumentBundle(TenantModel):
    """Many documents as one zip file: asked for, made by a worker, kept for a day.

    `token` comes from the question: the same answer sent twice is the same bundle.
    """

    token = models.UUIDField(editable=False)
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    # Moved on with every step, so that a bundle no worker is at can be told from a busy one.
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    resumed = models.PositiveSmallIntegerField(_("taken up again"), default=0, editable=False)
    documents = ArrayField(models.BigIntegerField(), editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    # [[number, why], ...] of those that have no file.
    missing = models.JSONField(default=list, editable=False)
    file = models.FileField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("zip of documents")
        verbose_name_plural = _("zips of documents")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("documentbundle_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="documentbundle_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "started_at"], name="documentbundle_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def total(self) -> int:
        return len(self.documents)
