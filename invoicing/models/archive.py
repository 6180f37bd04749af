"""What the archive is searched, sorted and summed by."""

from django.db import models
from django.db.models import F

from core.money import ZERO, MoneyField
from invoicing.models.documents import Invoice
from invoicing.models.kinds import DocumentKind
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique


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
    open_amount = MoneyField(default=ZERO)
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
                    "currency", "kind", "status", "due_date", "customer_key", "is_cancelled",
                    "signed_net", "signed_gross", "credited_total", "open_amount",
                ],
                name="documentindex_by_date",
            ),
            models.Index(fields=["tenant", "due_date", "invoice"], name="documentindex_by_due"),
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
