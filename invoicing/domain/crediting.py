"""Credit notes: taking back all or part of a posted invoice. Cancelling is the full case.

The corrected invoice's row is locked first, so that two people crediting it come one after the
other. What a draft credits is not reserved: posting looks again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.money import round_money
from customers.domain import custom_fields
from invoicing import errors
from invoicing.domain import four_eyes
from invoicing.domain.credit_lines import LineCredit, write_line, write_lines
from invoicing.domain.credits import Left, left_of
from invoicing.domain.drafting import locked_draft
from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentKind, Invoice, InvoiceLine, Source
from tenants.audit import changes_to, log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

# Copied from the invoice: a credit note goes to the same people about the same work.
_COPIED = (
    "customer_id", "project_id", "currency", "language", "service_start_date", "service_end_date",
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
    "buyer_business_id", "buyer_vat_id", "delivery_name", "delivery_street",
    "delivery_postal_code", "delivery_city", "delivery_country", "contact_name", "contact_email",
    "order_reference", "contract_reference", "buyer_reference", "custom_values",
)  # fmt: skip


@dataclass(frozen=True)
class Tied:
    """The work that is still tied to a line."""

    entries: set[int] = field(default_factory=set)
    charges: set[int] = field(default_factory=set)


@transaction.atomic
def draft_credit_note(
    invoice: Invoice,
    credits: Sequence[LineCredit],
    *,
    reason: str,
    actor: User | None,
    issue_date: date | None = None,
    comment: str = "",
    cancels: bool = False,
    custom_values: Mapping[str, Any] | None = None,
) -> Invoice:
    """A draft that takes these parts of the posted invoice back once it is posted."""
    fields = custom_fields.held_fields("document") if custom_values else {}
    left = _locked_left(invoice.pk)
    corrected = left.invoice
    drafted = corrected.credit_notes.filter(status=Invoice.Status.DRAFT).first()
    if drafted is not None:
        raise errors.CreditNoteDrafted(invoice=corrected, note=drafted.pk)
    issue_date = issue_date or timezone.localdate()
    note = Invoice(
        kind=DocumentKind.CREDIT_NOTE,
        corrects=corrected,
        is_cancellation=cancels,
        reason=_checked_reason(reason),
        issue_date=issue_date,
        due_date=issue_date,
        tax_point=issue_date,
        comment=comment,
        created_by=actor,
        changed_by=actor,
        **{name: getattr(corrected, name) for name in _COPIED},
    )
    custom_fields.change_values(note, fields, custom_values or {})
    _check_date(note, corrected)
    note.save(force_insert=True)
    write_lines(note, credits, left)
    log(
        "credit_note.drafted",
        note,
        actor=actor,
        invoice=corrected.number,
        reason=note.reason,
        gross=_amount(note),
    )
    return note


@transaction.atomic
def save_credit_note(
    note: Invoice,
    credits: Sequence[LineCredit] | None,
    *,
    version: int,
    reason: str,
    actor: User | None,
    issue_date: date,
    comment: str = "",
    custom_values: Mapping[str, Any] | None = None,
) -> Invoice:
    """Make the draft what the form says; None for `credits` leaves its lines alone. A form made
    from an older version is refused."""
    assert note.corrects_id is not None
    fields = custom_fields.held_fields("document") if custom_values else {}
    left = _locked_left(note.corrects_id, only=() if credits is None else None)
    draft = locked_draft(note.pk)
    if draft.version != version:
        raise errors.DraftChanged(who=draft.changed_by, reader=actor, at=draft.changed_at)
    before = _amount(draft)
    told = set() if credits is None else _told(draft)
    changes = changes_to(
        draft,
        {
            "reason": _checked_reason(reason),
            "issue_date": issue_date,
            "due_date": issue_date,
            "tax_point": issue_date,
            "comment": comment,
        },
    )
    changes |= custom_fields.change_values(draft, fields, custom_values or {})
    _check_date(draft, left.invoice)
    if credits is not None:
        write_lines(draft, credits, left)
    if before != _amount(draft):
        changes["gross"] = [before, _amount(draft)]
    if not changes and (credits is None or told == _told(draft)):
        # Whoever looks and saves has not worked on it, and may still post it.
        return draft
    return _changed(draft, left, changes, actor=actor)


@transaction.atomic
def save_credited_line(
    note: Invoice, credit: LineCredit, *, version: int, actor: User | None
) -> Invoice:
    """Credit one line as the form says, or nothing of it; the draft's other lines stay."""
    assert note.corrects_id is not None
    left = _locked_left(note.corrects_id, only=[credit.line_id])
    draft = locked_draft(note.pk)
    if draft.version != version:
        raise errors.DraftChanged(who=draft.changed_by, reader=actor, at=draft.changed_at)
    before = _amount(draft)
    write_line(draft, credit, left)
    changes = {"gross": [before, _amount(draft)]}
    return _changed(draft, left, changes, actor=actor)


def _changed(
    draft: Invoice, left: Left, changes: dict[str, list[str]], *, actor: User | None
) -> Invoice:
    # What leaves something of the invoice does not cancel it.
    draft.is_cancellation = draft.is_cancellation and draft.gross_total == left.gross
    draft.version += 1
    draft.changed_by, draft.changed_at = actor, timezone.now()
    draft.save()
    log("credit_note.changed", draft, actor=actor, version=draft.version, changes=changes)
    return draft


@transaction.atomic
def cancel_invoice(
    invoice: Invoice,
    *,
    reason: str,
    actor: User | None,
    kept: Collection[int] = (),
    kept_charges: Collection[int] = (),
    now: datetime | None = None,
) -> Invoice:
    """Take a posted invoice back altogether; returns the credit note, posted or left to another
    person as `post_or_leave` has it.

    All its hours and charges may be billed again, but for those kept as billed.
    """
    left = _locked_left(invoice.pk)
    notes = left.invoice.credit_notes.filter(status=Invoice.Status.POSTED).order_by("pk")
    if notes:
        raise errors.PartlyCredited(invoice=left.invoice, notes=", ".join(map(str, notes)))
    tied = _tied_work(left.invoice)
    if not set(kept) <= set().union(*(work.entries for work in tied.values())):
        raise errors.FreedHoursGone
    if not set(kept_charges) <= set().union(*(work.charges for work in tied.values())):
        raise errors.FreedHoursGone
    freed = {
        pk: Tied(work.entries - set(kept), work.charges - set(kept_charges))
        for pk, work in tied.items()
    }
    note = draft_credit_note(
        invoice,
        whole_credit(left, freed=freed if kept or kept_charges else None),
        reason=reason,
        actor=actor,
        cancels=True,
    )
    return post_or_leave(note, actor=actor, now=now)


@transaction.atomic
def post_or_leave(note: Invoice, *, actor: User | None, now: datetime | None = None) -> Invoice:
    """Post it; where the company demands that another person does, it stays a draft for them."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    refusal = four_eyes.refusals([note], tenant=tenant, actor=actor).get(note.pk)
    if isinstance(refusal, errors.AnotherMustPost):
        return note
    return post_invoice(note, actor=actor, now=now)


def whole_credit(left: Left, *, freed: dict[int, Tied] | None = None) -> list[LineCredit]:
    """All that is left, with all work, or that which is named by line."""
    return [
        LineCredit(line_id=pk, quantity=line.quantity, freed=None)
        if freed is None
        else LineCredit(
            line_id=pk,
            quantity=line.quantity,
            freed=freed.get(pk, Tied()).entries,
            freed_charges=freed.get(pk, Tied()).charges,
        )
        for pk, line in left.lines.items()
        if not line.is_empty
    ]


def _locked_left(invoice_id: int, *, only: Collection[int] | None = None) -> Left:
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
    if invoice is None:
        raise errors.InvoiceGone
    if invoice.kind != DocumentKind.INVOICE or invoice.status != Invoice.Status.POSTED:
        raise errors.NotAPostedInvoice
    if only is not None:
        items = invoice.lines.filter(pk__in=only, kind=InvoiceLine.Kind.ITEM)
        return left_of([invoice], lines=items)[invoice.pk]
    left = left_of([invoice])[invoice.pk]
    if left.is_empty:
        raise errors.NothingLeftToCredit(invoice=invoice)
    return left


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise errors.ReasonMissing
    return reason.strip()


def _check_date(note: Invoice, corrected: Invoice) -> None:
    if note.issue_date < corrected.issue_date:
        raise errors.CreditedBeforeInvoiced(day=corrected.issue_date)


def _tied_work(invoice: Invoice) -> dict[int, Tied]:
    """The hours and charges that are still tied to it, by line."""
    tied: dict[int, Tied] = defaultdict(Tied)
    found = Source.objects.filter(line__invoice=invoice, released_at=None).order_by()
    for line_id, entry_id, charge_id in found.values_list("line_id", "time_entry_id", "charge_id"):
        if charge_id is None:
            tied[line_id].entries.add(entry_id)
        else:
            tied[line_id].charges.add(charge_id)
    return tied


def _told(note: Invoice) -> set[tuple[object, ...]]:
    """What its lines say and which work they free, by the lines they correct."""
    lines = note.lines.values_list("corrects_line_id", "quantity", "net", "text")
    freed = Source.objects.filter(freed_by__invoice=note).order_by()
    return {*lines, *freed.values_list("pk", "freed_by__corrects_line_id")}


def _amount(note: Invoice) -> str:
    return f"{round_money(note.gross_total, note.currency)} {note.currency}"
