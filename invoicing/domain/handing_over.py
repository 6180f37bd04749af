"""Drafts that get their number from another system, and are posted with it once it is there.

From the handing over to the posting a draft stays as it is: what the other system has and what is
posted here are the same document.
"""

from collections.abc import Collection, Iterable

from django.db import transaction

from core.errors import DomainError
from invoicing import errors
from invoicing.domain.drafting import locked_draft
from invoicing.domain.lines import save_totals
from invoicing.domain.posting import post_invoices, posting_refusals
from invoicing.domain.references import payment_reference
from invoicing.models import Invoice
from invoicing.numbers_elsewhere import Giver, giver
from tenants.audit import log
from tenants.models import Tenant, User


class _TriedOnly(Exception):
    """Takes back what a trial has done."""


@transaction.atomic
def hand_over(draft: Invoice, *, to: str, actor: User | None) -> Invoice:
    """From now on the draft waits for its number; refused as posting it would be.

    Its bank reference is given now, because the other system prints it and gets the money by it.
    """
    invoice = locked_draft(draft.pk)
    if invoice.is_credit_note:
        raise errors.CreditNotesNumberedHere
    save_totals(invoice)
    tenant = invoice.tenant
    invoice.number_giver = to
    invoice.payment_reference = payment_reference(
        kind=tenant.payment_references,
        country=tenant.country,
        # Those of documents numbered here begin with their year.
        base=f"9{invoice.pk:09d}",
    )
    invoice.save(update_fields=["number_giver", "payment_reference"])
    try:
        with transaction.atomic():
            # A number that no document has, and that is gone again at once.
            post_invoices([invoice.pk], actor=actor, given={invoice.pk: f"?{invoice.pk}"})
            raise _TriedOnly
    except _TriedOnly:
        pass
    log("invoice.handed_over", invoice, actor=actor, to=to)
    return invoice


@transaction.atomic
def take_back(draft: Invoice, *, actor: User | None, reason: str = "") -> Invoice:
    """A draft like any other again."""
    invoice: Invoice | None = Invoice.objects.select_for_update().filter(pk=draft.pk).first()
    if invoice is None:
        raise errors.InvoiceGone
    if not (invoice.is_draft and invoice.number_giver):
        raise errors.NotHandedOver(invoice=invoice)
    was, invoice.number_giver, invoice.payment_reference = invoice.number_giver, "", ""
    invoice.save(update_fields=["number_giver", "payment_reference"])
    log("invoice.taken_back", invoice, actor=actor, giver=was, reason=reason)
    return invoice


def post_with_number(draft: Invoice, number: str, *, actor: User | None) -> Invoice:
    """Post it with the number that came back."""
    return post_invoices([draft.pk], actor=actor, given={draft.pk: number})[0]


def hand_over_each(
    drafts: Iterable[Invoice], found: Giver, *, actor: User | None
) -> dict[int, DomainError]:
    """Hand these over one by one; why some of them stay drafts."""
    refused: dict[int, DomainError] = {}
    for draft in drafts:
        try:
            with transaction.atomic():
                found.hand_over(draft, actor)
        except DomainError as refusal:
            refused[draft.pk] = refusal
    return refused


def last_step_refusals(
    drafts: Collection[Invoice], *, tenant: Tenant, actor: User | None
) -> dict[int, errors.PostingRefused]:
    """Why this person could not take these drafts through their last step now: post them here, or
    hand them over where they get their number."""
    refused = posting_refusals(drafts, tenant=tenant, actor=actor)
    return {
        pk: refusal
        for pk, refusal in refused.items()
        if not isinstance(refusal, errors.NumbersFromElsewhere)
    }


def post_or_hand_over(draft: Invoice, *, actor: User | None) -> Invoice:
    """The last step of a draft: posted, or sent where it gets its number and posted then."""
    found = None if draft.is_credit_note else giver()
    if found is None:
        return post_invoices([draft.pk], actor=actor)[0]
    found.hand_over(draft, actor)
    draft.refresh_from_db()
    return draft
