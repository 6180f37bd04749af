"""Documents with their lines, taxes, sources and files."""

from decimal import Decimal
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.money import CURRENCIES, ZERO, MoneyField
from core.places import COUNTRIES, DocumentLanguage
from customers.models import Customer, Project, custom_values_field
from invoicing.models.kinds import DocumentKind
from invoicing.models.numbering import NumberSeries
from invoicing.models.priced_lines import PricedLine
from invoicing.models.templates import DocumentTemplate, DocumentTemplateVersion
from tenants.base import (
    TenantForeignKey,
    TenantManager,
    TenantModel,
    tenant_id_unique,
    tenant_of_its_references,
)
from tenants.einvoices import EInvoiceFormat
from tenants.models import User
from timesheets.models import Billable, Charge, TimeEntry

_NOTHING_PRINTED: list[list[str]] = []
_STANDARD_PAPER: dict[str, Any] = {}
_NOTHING_COPIED: dict[str, str] = {}


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def drafts(self) -> Self:
        return self.filter(status=Invoice.Status.DRAFT)

    def posted(self) -> Self:
        return self.filter(status=Invoice.Status.POSTED)

    def discarded(self) -> Self:
        return self.filter(status=Invoice.Status.DISCARDED)

    def kept(self) -> Self:
        """All but what was discarded."""
        return self.exclude(status=Invoice.Status.DISCARDED)

    def with_open_amount(self) -> Self:
        """With `credited_total`, `paid_total`, `is_cancelled` and `open_amount`: what the customer
        still owes.

        A credit note is deducted from the invoice it corrects, and neither it nor a draft is owed.
        `paid_total` is all that settles it, differences that were given up among it.
        """
        from invoicing.models.payments import Allocation  # imports this module

        notes = Invoice.objects.filter(corrects=OuterRef("pk"), status=Invoice.Status.POSTED)
        credited = notes.order_by().values("corrects").annotate(credited=Sum("gross_total"))
        paid = (
            Allocation.objects.filter(invoice=OuterRef("pk"))
            .order_by()
            .values("invoice")
            .annotate(paid=Sum("amount"))
        )
        owed = Q(kind=DocumentKind.INVOICE, status=Invoice.Status.POSTED)
        return self.annotate(
            credited_total=Coalesce(
                Subquery(credited.values("credited")), ZERO, output_field=MoneyField()
            ),
            paid_total=Coalesce(Subquery(paid.values("paid")), ZERO, output_field=MoneyField()),
            is_cancelled=Exists(notes.filter(is_cancellation=True)),
            open_amount=Case(
                When(owed, then=F("gross_total") - F("credited_total") - F("paid_total")),
                default=Value(ZERO),
                output_field=MoneyField(),
            ),
        )

    def with_signed_totals(self) -> Self:
        """With `signed_net`, `signed_tax` and `signed_gross`: negative where money goes back.

        Documents keep positive amounts; sums over invoices and credit notes need these.
        """
        return self.annotate(
            **{
                f"signed_{name}": Case(
                    When(kind=DocumentKind.CREDIT_NOTE, then=-F(f"{name}_total")),
                    default=F(f"{name}_total"),
                    output_field=MoneyField(),
                )
                for name in ("net", "tax", "gross")
            }
        )


class Invoice(TenantModel):
    """An invoice or credit note: editable while a draft, frozen once posted.

    A credit note's amounts are positive where those of the invoice it corrects are.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        POSTED = "posted", _("Posted")
        DISCARDED = "discarded", _("Discarded")

    kind = models.CharField(max_length=12, choices=DocumentKind, default=DocumentKind.INVOICE)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    number = models.CharField(_("number"), max_length=40, null=True, blank=True, editable=False)
    series = TenantForeignKey(NumberSeries, null=True, blank=True, related_name="documents")
    # How the number was made: by which format, and which place of which counter it has.
    number_format = models.CharField(max_length=60, blank=True, editable=False)
    number_window = models.CharField(max_length=40, blank=True, editable=False)
    number_count = models.PositiveBigIntegerField(null=True, editable=False)
    # The system that gives or gave the number. A draft that has one is handed over: it waits for
    # its number there, and stays as it is meanwhile (`domain.handing_over`).
    number_giver = models.CharField(
        max_length=60, blank=True, default="", db_default="", editable=False
    )
    customer = TenantForeignKey(Customer, related_name="invoices", verbose_name=_("customer"))
    project = TenantForeignKey(
        Project, null=True, blank=True, related_name="invoices", verbose_name=_("project")
    )
    corrects = TenantForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        related_name="credit_notes",
        verbose_name=_("corrects"),
    )
    # The cancelled invoice in whose place this one is: it is a corrected invoice then.
    replaces = TenantForeignKey(
        "self",
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("replaces the invoice"),
    )
    # The customer made it out in our name.
    is_self_billed = models.BooleanField(
        _("made out by the customer (self-billing)"), default=False, db_default=False
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # The invoice should never have been: it is shown as cancelled and not as credited.
    is_cancellation = models.BooleanField(_("cancels"), default=False, editable=False)

    issue_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due date"))
    service_start_date = models.DateField(_("service from"), null=True, blank=True)
    service_end_date = models.DateField(_("service to"), null=True, blank=True)
    tax_point = models.DateField(_("tax point"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    language = models.CharField(_("language"), max_length=5, choices=DocumentLanguage)

    # As printed. On a draft they are proposals, filled in from the customer and editable.
    billing_name = models.CharField(_("name"), max_length=80)
    billing_street = models.CharField(_("street"), max_length=80, blank=True)
    billing_postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    billing_city = models.CharField(_("city"), max_length=40, blank=True)
    billing_country = models.CharField(_("country"), max_length=2, choices=COUNTRIES)
    buyer_business_id = models.CharField(_("business id"), max_length=30, blank=True)
    buyer_vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    delivery_name = models.CharField(_("name"), max_length=80, blank=True)
    delivery_street = models.CharField(_("street"), max_length=80, blank=True)
    delivery_postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    delivery_city = models.CharField(_("city"), max_length=40, blank=True)
    delivery_country = models.CharField(_("country"), max_length=2, choices=COUNTRIES, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=70, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    order_reference = models.CharField(_("customer's order"), max_length=70, blank=True)
    contract_reference = models.CharField(
        _("contract number"), max_length=70, blank=True, default="", db_default=""
    )
    buyer_reference = models.CharField(_("buyer reference"), max_length=70, blank=True)
    comment = models.TextField(_("text on the invoice"), max_length=2000, blank=True)
    internal_note = models.TextField(_("internal note"), max_length=2000, blank=True)
    has_work_report = models.BooleanField(_("append the work report"), default=False)
    # Of a draft only where it has one of its own; when it is posted, the one it is made by.
    template = TenantForeignKey(
        DocumentTemplate,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("template"),
    )
    template_version = TenantForeignKey(
        DocumentTemplateVersion, null=True, blank=True, editable=False, related_name="documents"
    )
    # The look as it was at posting, as in `templating.choosing.paper_of`.
    paper = models.JSONField(
        default=dict,
        db_default=Value(_STANDARD_PAPER, models.JSONField()),
        blank=True,
        editable=False,
    )
    # The seller's details, copied at posting: keys as in `domain.freezing.seller_copy`.
    seller = models.JSONField(default=dict, blank=True, editable=False)
    # Of the customer, what no field above has; keys as in `domain.freezing.buyer_copy`.
    buyer = models.JSONField(
        default=dict,
        db_default=Value(_NOTHING_COPIED, models.JSONField()),
        blank=True,
        editable=False,
    )
    payment_reference = models.CharField(max_length=25, blank=True, editable=False)
    custom_values = custom_values_field()
    # [[label, text], ...] of the custom fields that are printed, copied at posting.
    printed_fields = models.JSONField(
        default=list,
        db_default=Value(_NOTHING_PRINTED, models.JSONField()),
        blank=True,
        editable=False,
    )

    net_total = MoneyField(_("net"), default=ZERO, editable=False)
    tax_total = MoneyField(_("VAT"), default=ZERO, editable=False)
    gross_total = MoneyField(_("gross"), default=ZERO, editable=False)

    # Counted up by every saving of the draft; a form made from an older one is refused.
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(auto_now=True)
    posted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    posted_at = models.DateTimeField(null=True, editable=False)
    discarded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    discarded_at = models.DateTimeField(null=True, editable=False)
    chain_position = models.PositiveBigIntegerField(null=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(InvoiceQuerySet)()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issue_date", "-id"]
        constraints = [
            tenant_id_unique("invoice_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "number"], name="invoice_number"),
            models.UniqueConstraint(
                fields=["tenant", "chain_position"], name="invoice_chain_position"
            ),
            models.CheckConstraint(
                name="invoice_number_only_when_posted",
                condition=Q(
                    status__in=["draft", "discarded"],
                    number=None,
                    posted_at=None,
                    chain_position=None,
                    content_hash="",
                )
                | (
                    Q(
                        status="posted",
                        number__isnull=False,
                        posted_at__isnull=False,
                        chain_position__isnull=False,
                        series__isnull=False,
                    )
                    & ~Q(content_hash="")
                ),
            ),
            models.CheckConstraint(
                name="invoice_discarded_is_not_handed_over",
                condition=Q(number_giver="") | ~Q(status="discarded"),
            ),
            models.CheckConstraint(
                name="invoice_gross_is_net_plus_tax",
                condition=Q(gross_total=F("net_total") + F("tax_total")),
            ),
            models.CheckConstraint(
                name="invoice_due_not_before_issue",
                condition=Q(due_date__gte=F("issue_date")),
                violation_error_message=_("The due date lies before the invoice date."),
            ),
            models.CheckConstraint(
                name="invoice_service_dates_in_order",
                condition=Q(service_start_date=None)
                | Q(service_end_date=None)
                | Q(service_end_date__gte=F("service_start_date")),
                violation_error_message=_("The service period ends before it starts."),
            ),
            models.CheckConstraint(
                name="invoice_only_credit_notes_correct",
                condition=Q(kind="invoice", corrects=None, is_cancellation=False)
                | Q(kind="credit_note", corrects__isnull=False),
            ),
            models.CheckConstraint(
                name="invoice_only_invoices_replace",
                condition=Q(kind="invoice") | Q(replaces=None, is_self_billed=False),
            ),
            models.CheckConstraint(
                name="invoice_credit_note_says_why",
                condition=~Q(kind="credit_note", status="posted") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="invoice_posted_gross_not_negative",
                condition=~Q(status="posted") | Q(gross_total__gte=0),
            ),
            models.CheckConstraint(
                name="invoice_discarded_at_a_moment",
                condition=Q(status="discarded", discarded_at__isnull=False)
                | (~Q(status="discarded") & Q(discarded_at=None, discarded_by=None)),
            ),
            models.UniqueConstraint(
                fields=["tenant", "corrects"],
                condition=Q(status="draft"),
                name="invoice_one_draft_credit_note",
            ),
            models.UniqueConstraint(
                fields=["tenant", "corrects"],
                condition=Q(status="posted", is_cancellation=True),
                name="invoice_cancelled_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-issue_date", "-id"], name="invoice_by_date"),
            models.Index(fields=["tenant", "customer", "-issue_date"], name="invoice_of_customer"),
            models.Index(fields=["tenant", "status", "due_date"], name="invoice_by_due_date"),
            models.Index(fields=["tenant", "project", "-issue_date"], name="invoice_of_project"),
            models.Index(
                fields=["tenant", "template", "-issue_date"],
                condition=Q(template__isnull=False),
                name="invoice_of_template",
            ),
            models.Index(
                fields=["tenant", "template_version"],
                condition=Q(template_version__isnull=False),
                name="invoice_of_template_version",
            ),
            models.Index(
                fields=["tenant", "replaces"],
                condition=Q(replaces__isnull=False),
                name="invoice_replaced_by",
            ),
            # With all that an invoice's open amount is made of.
            models.Index(
                fields=["tenant", "corrects"],
                include=["status", "is_cancellation", "gross_total"],
                condition=Q(corrects__isnull=False),
                name="invoice_corrected_by",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="posted_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="posted"),
                func="""
                    RAISE EXCEPTION 'invoice % is posted', OLD.number
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_posted_is_frozen';
                """,
            ),
            # Every change of its lines counts its version up, and so comes by here as well.
            pgtrigger.Trigger(
                name="handed_over_stays_as_it_is",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    old__status="draft",
                    new__status="draft",
                    new__number_giver=pgtrigger.F("old__number_giver"),
                )
                & ~pgtrigger.Q(old__number_giver=""),
                func="""
                    RAISE EXCEPTION 'draft % is handed over to %', OLD.id, OLD.number_giver
                        USING ERRCODE = 'check_violation',
                            CONSTRAINT = 'invoice_handed_over_stays';
                """,
            ),
            # What is posted never changes, so that this stays true once it was looked at.
            pgtrigger.Trigger(
                name="corrects_a_posted_invoice",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("corrects_id", "kind", "customer_id", "currency"),
                condition=pgtrigger.Q(new__kind="credit_note"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM invoicing_invoice corrected
                        WHERE corrected.tenant_id = NEW.tenant_id
                            AND corrected.id = NEW.corrects_id
                            AND corrected.kind = 'invoice' AND corrected.status = 'posted'
                            AND corrected.customer_id = NEW.customer_id
                            AND corrected.currency = NEW.currency
                    ) THEN
                        RAISE EXCEPTION
                            'a credit note is for a posted invoice of its customer and currency'
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'invoice_corrects_its_like';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # The row lock makes two credit notes for one invoice see each other.
            pgtrigger.Trigger(
                name="credits_at_most_what_is_left",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),
                condition=pgtrigger.Q(new__kind="credit_note", new__status="posted"),
                func="""
                    PERFORM FROM invoicing_invoice
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.corrects_id FOR UPDATE;
                    IF EXISTS (
                        SELECT FROM invoicing_invoiceline line
                        LEFT JOIN invoicing_invoiceline corrected
                            ON corrected.tenant_id = line.tenant_id
                            AND corrected.id = line.corrects_line_id
                            AND corrected.invoice_id = NEW.corrects_id
                        WHERE line.tenant_id = NEW.tenant_id AND line.invoice_id = NEW.id
                            AND line.kind = 'item' AND corrected.id IS NULL
                    ) OR EXISTS (
                        SELECT FROM invoicing_invoiceline corrected
                        JOIN invoicing_invoiceline line
                            ON line.tenant_id = corrected.tenant_id
                            AND line.corrects_line_id = corrected.id
                        JOIN invoicing_invoice note
                            ON note.tenant_id = line.tenant_id AND note.id = line.invoice_id
                            AND note.status = 'posted'
                        WHERE corrected.tenant_id = NEW.tenant_id
                            AND corrected.invoice_id = NEW.corrects_id
                        GROUP BY corrected.id, corrected.net, corrected.quantity
                        HAVING sum(line.net)
                                NOT BETWEEN SYMMETRIC 0 AND corrected.net
                            OR sum(line.quantity)
                                NOT BETWEEN SYMMETRIC 0 AND corrected.quantity
                    ) OR EXISTS (
                        SELECT FROM invoicing_invoicetax given
                        JOIN invoicing_invoice note
                            ON note.tenant_id = given.tenant_id AND note.id = given.invoice_id
                            AND note.status = 'posted' AND note.corrects_id = NEW.corrects_id
                        LEFT JOIN invoicing_invoicetax charged
                            ON charged.tenant_id = given.tenant_id
                            AND charged.invoice_id = NEW.corrects_id
                            AND charged.category = given.category
                            AND charged.percent = given.percent
                        WHERE given.tenant_id = NEW.tenant_id
                        GROUP BY charged.id, charged.taxable, charged.tax
                        HAVING sum(given.taxable)
                                NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.taxable, 0)
                            OR sum(given.tax) NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.tax, 0)
                    ) THEN
                        RAISE EXCEPTION 'credit note % takes back more than is left', NEW.number
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'invoice_credited_at_most_once';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # What was paid for what is credited is let go of in the same transaction.
            pgtrigger.Trigger(
                name="credited_lets_go_of_payments",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__kind="credit_note", new__status="posted"),
                func="""
                    IF (
                        SELECT sum(CASE kind WHEN 'invoice' THEN gross_total ELSE -gross_total END)
                        FROM invoicing_invoice
                        WHERE tenant_id = NEW.tenant_id AND status = 'posted'
                            AND (id = NEW.corrects_id OR corrects_id = NEW.corrects_id)
                    ) < (
                        SELECT coalesce(sum(amount), 0) FROM invoicing_allocation
                        WHERE tenant_id = NEW.tenant_id AND invoice_id = NEW.corrects_id
                    ) THEN
                        RAISE EXCEPTION 'invoice % is settled by more than it owes', NEW.corrects_id
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'allocation_within_what_is_owed';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number or f"{_('Draft')} {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_posted(self) -> bool:
        return self.status == self.Status.POSTED

    @property
    def is_credit_note(self) -> bool:
        return self.kind == DocumentKind.CREDIT_NOTE


def _frozen_with_its_invoice(table: str) -> list[pgtrigger.Trigger]:
    """Statement by statement, because a look-up per row would be most of a bulk insert."""
    triggers = []
    for operation, rows in (
        (pgtrigger.Insert, {"new": "after_it"}),
        (pgtrigger.Update, {"old": "before_it", "new": "after_it"}),
        (pgtrigger.Delete, {"old": "before_it"}),
    ):
        changed = " UNION ".join(
            f"SELECT tenant_id, invoice_id FROM {rowset}"  # noqa: S608
            for rowset in rows.values()
        )
        name = str(operation).lower()
        triggers.append(
            pgtrigger.Trigger(
                name=f"{table}_frozen_on_{name}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=pgtrigger.Referencing(**rows),
                func=f"""
                    IF EXISTS (
                        SELECT FROM ({changed}) changed JOIN invoicing_invoice invoice
                            ON invoice.tenant_id = changed.tenant_id
                            AND invoice.id = changed.invoice_id
                        WHERE invoice.status = 'posted'
                    ) THEN
                        RAISE EXCEPTION 'the invoice is posted'
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'invoice_posted_is_frozen';
                    END IF;
                    RETURN NULL;
                """,
            )
        )
    return triggers


class InvoiceLine(PricedLine):
    """A line of a draft or document."""

    tenant = tenant_of_its_references()
    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    corrects_line = TenantForeignKey(
        "self", null=True, blank=True, editable=False, related_name="credit_lines"
    )
    # A discount on the whole document, or a surcharge: on all lines of one tax rate. A percentage
    # below nought is a discount. Shares of the same one have the same number on their draft.
    for_document = models.BooleanField(default=False, db_default=False, editable=False)
    document_percent = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, editable=False
    )
    adjustment = models.SmallIntegerField(null=True, blank=True, editable=False)
    # The days it is for, printed after its text.
    start_date = models.DateField(_("from"), null=True, blank=True)
    end_date = models.DateField(_("to"), null=True, blank=True)
    # Of lines made from work: the time charged for, as rounded, and what the line came with.
    billed_minutes = models.PositiveIntegerField(null=True, blank=True, editable=False)
    addition = TenantForeignKey(
        "invoicing.Addition",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="lines",
    )

    class Meta(PricedLine.Meta):
        abstract = False
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            tenant_id_unique("invoiceline_tenant_id"),
            models.CheckConstraint(
                condition=Q(kind="text", net=0) | Q(kind="item", tax_rate__isnull=False),
                name="invoiceline_item_has_tax_rate",
            ),
            models.CheckConstraint(
                # Below nought it is a surcharge.
                condition=Q(discount_percent__gte=-100, discount_percent__lte=100),
                name="invoiceline_discount_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="invoiceline_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(document_percent=None)
                | Q(for_document=True, document_percent__gte=-100, document_percent__lte=100),
                name="invoiceline_share_of_the_document",
            ),
            models.UniqueConstraint(
                fields=["tenant", "corrects_line", "invoice"],
                condition=Q(corrects_line__isnull=False),
                name="invoiceline_corrected_once_a_note",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "invoice", "position"], name="invoiceline_of_invoice"),
            models.Index(
                fields=["tenant", "product"],
                condition=Q(product__isnull=False),
                name="invoiceline_of_product",
            ),
            models.Index(
                fields=["tenant", "addition"],
                condition=Q(addition__isnull=False),
                name="invoiceline_of_addition",
            ),
        ]
        triggers = _frozen_with_its_invoice("line")

    @property
    def follows(self) -> bool:
        """Whether it goes with the lines that have its rate, as a share of what is for them all.

        An amount whose shares nobody knows to belong together stays as it is, and so does what a
        credit note takes back of one.
        """
        if not self.for_document or self.corrects_line_id is not None:
            return False
        return self.document_percent is not None or self.adjustment is not None


class InvoiceTax(TenantModel):
    """One rate group of a document; its tax was rounded once."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="taxes")
    category = models.CharField(max_length=2, choices=TaxRate.Category)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    taxable = MoneyField()
    tax = MoneyField()
    account = models.CharField(max_length=10, blank=True)
    # Account -> amount, where rates of one category and percentage have several accounts.
    shares = models.JSONField(default=dict, blank=True)
    exemption_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("tax of a document")
        verbose_name_plural = _("taxes of documents")
        ordering = ["-percent", "category", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "category", "percent"], name="invoicetax_group"
            ),
        ]
        triggers = _frozen_with_its_invoice("tax")

    def __str__(self) -> str:
        return f"{self.percent} %"

    @property
    def booked(self) -> dict[str, Decimal]:
        """Account -> amount; together they are the tax."""
        if not self.shares:
            return {self.account: self.tax}
        return {account: Decimal(amount) for account, amount in self.shares.items()}


def _source_of_a_posted_line(operation: pgtrigger.Operation, change: str) -> pgtrigger.Trigger:
    """Which hours a posted line was made of stays as it was; they may be released once."""
    name = str(operation).lower()
    rows = {
        "insert": {"new": "after_it"},
        "update": {"old": "before_it", "new": "after_it"},
        "delete": {"old": "before_it"},
    }[name]
    return pgtrigger.Trigger(
        name=f"of_a_posted_line_on_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),
        func=f"""
            IF EXISTS (
                SELECT FROM ({change}) changed
                JOIN invoicing_invoiceline line
                    ON line.tenant_id = changed.tenant_id AND line.id = changed.line_id
                JOIN invoicing_invoice invoice
                    ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id
                WHERE invoice.status = 'posted'
            ) THEN
                RAISE EXCEPTION 'these hours are on a posted invoice'
                    USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'source_of_a_posted_line_stays';
            END IF;
            RETURN NULL;
        """,
    )


class Source(TenantModel):
    """Ties an hour or a charge to the line it is on. Released: free for another document."""

    WORK: ClassVar[dict[type[Billable], str]] = {TimeEntry: "time_entry", Charge: "charge"}

    @property
    def work(self) -> Any:
        """None where it was deleted since."""
        return self.charge if self.charge_id else self.time_entry

    tenant = tenant_of_its_references()
    line = TenantForeignKey(InvoiceLine, on_delete=models.CASCADE, related_name="sources")
    # Deleted hours and charges stay on discarded drafts without their record.
    time_entry = TenantForeignKey(
        TimeEntry, on_delete=models.SET_NULL, null=True, related_name="sources"
    )
    charge = TenantForeignKey(
        Charge, on_delete=models.SET_NULL, null=True, blank=True, related_name="sources"
    )
    minutes = models.PositiveSmallIntegerField()  # of a charge 0
    # The line of a credit note whose posting frees the hour, or has freed it.
    freed_by = TenantForeignKey(
        InvoiceLine, on_delete=models.SET_NULL, null=True, blank=True, related_name="freed"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "time_entry"],
                condition=Q(released_at=None),
                name="source_hour_billed_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "charge"],
                condition=Q(released_at=None, charge__isnull=False),
                name="source_charge_billed_once",
            ),
            models.CheckConstraint(
                condition=Q(time_entry__isnull=False, charge=None)
                | Q(time_entry=None, charge__isnull=False, minutes=0)
                | Q(time_entry=None, charge=None, released_at__isnull=False),
                name="source_of_an_hour_or_a_charge",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "line"], name="source_of_line"),
            # The half of an hour's sources that its unique key leaves out.
            models.Index(
                fields=["tenant", "time_entry"],
                condition=Q(released_at__isnull=False, time_entry__isnull=False),
                name="source_of_freed_hour",
            ),
            models.Index(
                fields=["tenant", "charge"],
                condition=Q(charge__isnull=False),
                name="source_of_charge",
            ),
            models.Index(
                fields=["tenant", "freed_by"],
                condition=Q(freed_by__isnull=False),
                name="source_freed_by",
            ),
        ]
        triggers = [
            _source_of_a_posted_line(
                pgtrigger.Insert, "SELECT DISTINCT tenant_id, line_id FROM after_it"
            ),
            # Differences of sets: a join of both was planned for few rows and kept, and compared
            # each of ten thousand with each.
            _source_of_a_posted_line(
                pgtrigger.Update,
                """
                SELECT tenant_id, line_id FROM (
                    SELECT id, tenant_id, line_id, time_entry_id, charge_id, minutes FROM before_it
                    EXCEPT
                    SELECT id, tenant_id, line_id, time_entry_id, charge_id, minutes FROM after_it
                ) was
                UNION
                SELECT tenant_id, line_id FROM (
                    SELECT id, tenant_id, line_id, time_entry_id, charge_id, minutes FROM after_it
                    EXCEPT
                    SELECT id, tenant_id, line_id, time_entry_id, charge_id, minutes FROM before_it
                ) is_now
                UNION
                SELECT tenant_id, line_id FROM (
                    SELECT id, tenant_id, line_id, released_at, freed_by_id FROM before_it
                        WHERE released_at IS NOT NULL
                    EXCEPT SELECT id, tenant_id, line_id, released_at, freed_by_id FROM after_it
                ) released
                """,
            ),
            _source_of_a_posted_line(
                pgtrigger.Delete, "SELECT DISTINCT tenant_id, line_id FROM before_it"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class InvoiceFile(TenantModel):
    """A rendered document as it was stored; never changed."""

    class Kind(models.TextChoices):
        PDF = "pdf", _("PDF")
        XML = "xml", _("E-invoice")
        # By templates that are files of office programs.
        DOCX = "docx", "DOCX"
        ODS = "ods", "ODS"
        XLSX = "xlsx", "XLSX"

    # The document itself, in the order in which it is handed out; each may be all there is.
    RENDERED = (Kind.PDF, Kind.DOCX, Kind.ODS, Kind.XLSX)

    invoice = TenantForeignKey(Invoice, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind)
    # Of e-invoices: which one it is.
    format = models.CharField(
        _("format"), max_length=20, choices=EInvoiceFormat, blank=True, db_default=""
    )
    file = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("document file")
        verbose_name_plural = _("document files")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("invoicefile_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "invoice", "kind"], name="invoicefile_one_per_kind"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return str(self.file.name)
