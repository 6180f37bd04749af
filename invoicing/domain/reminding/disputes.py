"""The customer objects to an invoice, and somebody settles that."""

from django.db import transaction
from django.utils import timezone

from invoicing import reminder_errors as errors
from invoicing.models import Dispute, DocumentKind, Invoice
from tenants.audit import log
from tenants.models import User


@transaction.atomic
def open_dispute(invoice: Invoice, *, reason: str, actor: User | None) -> Dispute:
    """From now on the customer is not reminded of it."""
    reason = reason.strip()
    if not reason:
        raise errors.DisputeWithoutReason
    held = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not held.is_posted or held.kind != DocumentKind.INVOICE:
        raise errors.OnlyInvoicesAreDisputed
    if known := open_dispute_of(held):
        raise errors.DisputedAlready(who=known.opened_by or "?", reason=known.reason)
    dispute: Dispute = Dispute.objects.create(invoice=held, reason=reason, opened_by=actor)
    log("invoice.disputed", held, actor=actor, reason=reason)
    return dispute


@transaction.atomic
def settle_dispute(invoice: Invoice, *, outcome: str, actor: User | None) -> Dispute:
    held = Invoice.objects.select_for_update().get(pk=invoice.pk)
    dispute = open_dispute_of(held)
    if dispute is None:
        raise errors.NoOpenDispute
    dispute.closed_by, dispute.closed_at, dispute.outcome = actor, timezone.now(), outcome.strip()
    dispute.save(update_fields=["closed_by", "closed_at", "outcome"])
    log("invoice.dispute_settled", held, actor=actor, outcome=dispute.outcome)
    return dispute


def open_dispute_of(invoice: Invoice) -> Dispute | None:
    found: Dispute | None = (
        Dispute.objects.filter(invoice=invoice, closed_at=None).select_related("opened_by").first()
    )
    return found
