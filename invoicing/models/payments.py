"""Money received, and what of it, or instead of it, settles which invoice.

Both tables are only ever added to. A payment is reversed by another row, an allocation taken back
by a row with a negative amount; every sum is the sum of all rows.
"""

from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, ZERO, MoneyField
from customers.models import Customer
from invoicing.models.books import JournalEntry
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import User


class PaymentQuerySet(models.QuerySet["Payment"]):
    def received(self) -> Self:
        return self.filter(kind=Payment.Kind.RECEIVED)

    def with_left(self) -> Self:
        """With `allocated_total`, `given_back` and `left_amount`, what settles nothing yet.

        Only a received payment has something left; refunds and reversals lower it.
        """
        allocated = (
            Allocation.objects.filter(payment=OuterRef("pk"), kind=Allocation.Kind.PAYMENT)
            .order_by()
            .values("payment")
            .annotate(sum=Sum("amount"))
        )
        given_back = (
            Payment.objects.filter(origin=OuterRef("pk"))
            .order_by()
            .values("origin")
            .annotate(sum=Sum("amount"))
        )
        return self.annotate(
            allocated_total=_or_nothing(allocated),
            given_back=_or_nothing(given_back),
            is_reversed=Exists(Payment.objects.filter(reverses=OuterRef("pk"))),
            left_amount=models.Case(
                models.When(
                    kind=Payment.Kind.RECEIVED,
                    then=F("amount") + F("given_back") - F("allocated_total"),
                ),
                default=ZERO,
                output_field=MoneyField(),
            ),
        )


def _or_nothing(sums: Any) -> Coalesce:
    return Coalesce(Subquery(sums.values("sum")), ZERO, output_field=MoneyField())


class Payment(TenantModel):
    """Money that came in, went back to the customer, or was reversed: negative where it went."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Received")
        REFUND = "refund", _("Paid back")
        REVERSAL = "reversal", _("Reversal")

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("Bank transfer")
        DIRECT_DEBIT = "direct_debit", _("Direct debit")
        CARD = "card", _("Card")
        CASH = "cash", _("Cash")
        OTHER = "other", _("Other")

    # From the form that asked: the same answer sent twice is the same payment.
    token = models.UUIDField(editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.RECEIVED)
    customer = TenantForeignKey(Customer, related_name="payments", verbose_name=_("customer"))
    payment_date = models.DateField(_("date"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=12, choices=Method, default=Method.TRANSFER)
    # The bank or cash account of the books.
    account = models.CharField(_("account"), max_length=10)
    # Where what settles nothing stands.
    credit_account = models.CharField(_("customers' credit"), max_length=10)
    reference = models.CharField(_("reference"), max_length=40, blank=True)
    text = models.CharField(_("text"), max_length=200, blank=True)
    # The received payment that this one gives back or reverses, or whose refund it reverses.
    origin = TenantForeignKey("self", null=True, blank=True, related_name="followers")
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversals")
    entry = TenantForeignKey(JournalEntry, related_name="payments")
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Any]] = TenantManager.from_queryset(PaymentQuerySet)()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-payment_date", "-id"]
        constraints = [
            tenant_id_unique("payment_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "token"], name="payment_once_per_yes"),
            models.UniqueConstraint(fields=["tenant", "entry"], name="payment_booked_once"),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="payment_reversed_once",
            ),
            models.CheckConstraint(
                name="payment_amount_fits_its_kind",
                condition=Q(kind="received", amount__gt=0, origin=None, reverses=None)
                | Q(kind="refund", amount__lt=0, origin__isnull=False, reverses=None)
                | (Q(kind="reversal", origin__isnull=False, reverses__isnull=False) & ~Q(amount=0)),
            ),
            models.CheckConstraint(name="payment_has_an_account", condition=~Q(account="")),
        ]
        indexes = [
            models.Index(fields=["tenant", "payment_date", "id"], name="payment_by_date"),
            models.Index(fields=["tenant", "customer", "payment_date"], name="payment_of_customer"),
            models.Index(
                fields=["tenant", "origin"],
                include=["amount"],
                condition=Q(origin__isnull=False),
                name="payment_given_back",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # The row lock makes two people who give the same payment back see each other.
            pgtrigger.Trigger(
                name="gives_back_what_there_is",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__kind="received"),
                func="""
                    PERFORM FROM invoicing_payment
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.origin_id FOR UPDATE;
                    IF NOT EXISTS (
                        SELECT FROM invoicing_payment origin
                        WHERE origin.tenant_id = NEW.tenant_id AND origin.id = NEW.origin_id
                            AND origin.kind = 'received'
                            AND origin.customer_id = NEW.customer_id
                            AND origin.currency = NEW.currency
                    ) OR (NEW.kind = 'reversal' AND NOT EXISTS (
                        SELECT FROM invoicing_payment reversed
                        WHERE reversed.tenant_id = NEW.tenant_id AND reversed.id = NEW.reverses_id
                            AND reversed.kind <> 'reversal' AND reversed.amount = -NEW.amount
                            AND NEW.origin_id IN (reversed.id, reversed.origin_id)
                    )) THEN
                        RAISE EXCEPTION 'a payment is given back to its customer as it came'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_its_like';
                    END IF;
                    IF (
                        SELECT coalesce(sum(amount), 0) FROM invoicing_payment
                        WHERE tenant_id = NEW.tenant_id
                            AND (id = NEW.origin_id OR origin_id = NEW.origin_id)
                    ) < (
                        SELECT coalesce(sum(amount), 0) FROM invoicing_allocation
                        WHERE tenant_id = NEW.tenant_id AND payment_id = NEW.origin_id
                            AND kind = 'payment'
                    ) THEN
                        RAISE EXCEPTION 'more of payment % is given back than is left',
                            NEW.origin_id USING ERRCODE = 'check_violation',
                            CONSTRAINT = 'payment_within_what_is_left';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Payment')} {self.pk}"


class Allocation(TenantModel):
    """What settles so much of an invoice: part of a payment, or a difference that was given up.

    One with a negative amount takes back all or part of the one it `reverses`.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        DISCOUNT = "discount", _("Discount")
        BANK_COST = "bank_cost", _("Bank cost")
        BAD_DEBT = "bad_debt", _("Bad debt")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.PAYMENT)
    invoice = TenantForeignKey(Invoice, related_name="allocations", verbose_name=_("invoice"))
    # Of a difference: the payment that it was given up beside, if there was one.
    payment = TenantForeignKey(
        Payment, null=True, blank=True, related_name="allocations", verbose_name=_("payment")
    )
    date = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    # What the receivable was booked against.
    account = models.CharField(_("account"), max_length=10)
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversals")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    entry = TenantForeignKey(JournalEntry, related_name="allocations")
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("allocation_tenant_id"),
            models.CheckConstraint(
                name="allocation_positive_unless_taken_back",
                condition=Q(amount__gt=0, reverses=None) | Q(amount__lt=0, reverses__isnull=False),
            ),
            models.CheckConstraint(
                name="allocation_of_a_payment_names_it",
                condition=~Q(kind="payment") | Q(payment__isnull=False),
            ),
        ]
        indexes = [
            # With all that an open amount, and what is left of a payment, are made of.
            models.Index(
                fields=["tenant", "invoice"], include=["amount"], name="allocation_of_invoice"
            ),
            models.Index(
                fields=["tenant", "payment"],
                include=["kind", "amount"],
                condition=Q(payment__isnull=False),
                name="allocation_of_payment",
            ),
            models.Index(
                fields=["tenant", "reverses"],
                include=["amount"],
                condition=Q(reverses__isnull=False),
                name="allocation_taken_back",
            ),
            models.Index(fields=["tenant", "entry"], name="allocation_of_entry"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # The row locks, in the order of the program's, make two allocations see each other.
            pgtrigger.Trigger(
                name="settles_what_is_owed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM FROM invoicing_invoice
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.invoice_id FOR UPDATE;
                    PERFORM FROM invoicing_payment
                        WHERE tenant_id = NEW.tenant_id AND id = NEW.payment_id FOR UPDATE;
                    IF NOT EXISTS (
                        SELECT FROM invoicing_invoice invoice
                        LEFT JOIN invoicing_payment payment
                            ON payment.tenant_id = invoice.tenant_id
                            AND payment.id = NEW.payment_id
                        WHERE invoice.tenant_id = NEW.tenant_id AND invoice.id = NEW.invoice_id
                            AND invoice.kind = 'invoice' AND invoice.status = 'posted'
                            AND invoice.issue_date <= NEW.date
                            AND (NEW.payment_id IS NULL OR (
                                payment.kind = 'received'
                                AND payment.payment_date <= NEW.date
                                AND payment.customer_id = invoice.customer_id
                                AND payment.currency = invoice.currency
                            ))
                    ) OR (NEW.reverses_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM invoicing_allocation taken
                        WHERE taken.tenant_id = NEW.tenant_id AND taken.id = NEW.reverses_id
                            AND taken.reverses_id IS NULL AND taken.kind = NEW.kind
                            AND taken.invoice_id = NEW.invoice_id
                            AND taken.payment_id IS NOT DISTINCT FROM NEW.payment_id
                            AND taken.account = NEW.account
                            AND taken.amount + (
                                SELECT sum(back.amount) FROM invoicing_allocation back
                                WHERE back.tenant_id = taken.tenant_id
                                    AND back.reverses_id = taken.id
                            ) >= 0
                    )) THEN
                        RAISE EXCEPTION
                            'money settles a posted invoice of its customer and currency'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_its_like';
                    END IF;
                    IF NEW.amount > 0 AND NEW.kind = 'payment' AND (
                        SELECT sum(amount) FROM invoicing_payment
                        WHERE tenant_id = NEW.tenant_id
                            AND (id = NEW.payment_id OR origin_id = NEW.payment_id)
                    ) < (
                        SELECT sum(amount) FROM invoicing_allocation
                        WHERE tenant_id = NEW.tenant_id AND payment_id = NEW.payment_id
                            AND kind = 'payment'
                    ) THEN
                        RAISE EXCEPTION 'more than payment % is allocated', NEW.payment_id
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'allocation_within_its_payment';
                    END IF;
                    IF NEW.amount > 0 AND (
                        SELECT sum(CASE kind WHEN 'invoice' THEN gross_total ELSE -gross_total END)
                        FROM invoicing_invoice
                        WHERE tenant_id = NEW.tenant_id AND status = 'posted'
                            AND (id = NEW.invoice_id OR corrects_id = NEW.invoice_id)
                    ) < (
                        SELECT sum(amount) FROM invoicing_allocation
                        WHERE tenant_id = NEW.tenant_id AND invoice_id = NEW.invoice_id
                    ) THEN
                        RAISE EXCEPTION 'more than invoice % owes is allocated', NEW.invoice_id
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'allocation_within_what_is_owed';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
