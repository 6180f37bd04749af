"""Drafts that get their number there: handed over, posted with what came back, or withdrawn."""

from django.db import transaction
from django.utils import timezone

from integrations.domain.answers import answers_of
from integrations.domain.outbox import queue
from integrations.errors import (
    AlreadyBegunThere,
    AppendedGetsNoNumber,
    ConnectionOff,
    ExportUnderWay,
    GivesNoNumbers,
)
from integrations.models import Connection, CustomerLink, Export
from integrations.problems import Problem
from invoicing.domain import handing_over
from invoicing.models import Invoice
from tenants.audit import log
from tenants.models import User


@transaction.atomic
def hand_over(draft: Invoice, connection: Connection, *, actor: User | None) -> Export:
    """Create the draft there, in place of posting it here. Checked as posting would check it."""
    if not connection.is_active:
        raise ConnectionOff
    _refuse_appending(draft, connection)
    if not connection.gives_numbers:
        raise GivesNoNumbers(connection=connection)
    # Exports before documents, as whoever closes one holds them.
    before = Export.objects.filter(invoice=draft, connection=connection)
    before.select_for_update(of=("self",)).first()
    invoice = handing_over.hand_over(draft, to=connection.name, actor=actor)
    now = timezone.now()
    export: Export
    export, is_new = Export.objects.select_for_update(of=("self",)).get_or_create(
        invoice=invoice,
        connection=connection,
        defaults={"next_attempt_at": now, "queued_at": now, "ordered_by": actor},
    )
    if not is_new:
        # Withdrawn before. What may be there of it is found by its marker.
        export.steps.all().delete()
        export.status, export.problem, export.error = Export.Status.WAITING, Problem.NONE, ""
        export.attempts, export.remote_id, export.remote_number = 0, "", ""
        export.next_attempt_at = export.queued_at = now
        export.ordered_by = actor
        export.save()
    log("export.queued", export, actor=actor)
    queue([export.pk])
    return export


def _refuse_appending(draft: Invoice, connection: Connection) -> None:
    """Several share the number of one there; chosen before the connection began to number."""
    link = CustomerLink.objects.filter(connection=connection, customer=draft.customer_id).first()
    chosen = answers_of(draft, connection, link)
    if chosen is not None and chosen.append_to:
        raise AppendedGetsNoNumber(invoice=draft, connection=connection)


@transaction.atomic
def withdraw(export: Export, *, actor: User | None) -> Invoice:
    """A draft like any other again, as long as nothing was written there."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.status == Export.Status.SENDING:
        raise ExportUnderWay(invoice=export.invoice)
    if export.remote_id or export.steps.exists():
        raise AlreadyBegunThere(connection=export.connection)
    return give_up(export, actor=actor)


def give_up(export: Export, *, actor: User | None, reason: str = "") -> Invoice:
    """The draft is ours again; the export ends, whatever is there of it."""
    invoice = handing_over.take_back(export.invoice, actor=actor, reason=reason)
    export.status, export.problem, export.error = Export.Status.CANCELLED, Problem.NONE, reason
    export.next_attempt_at = export.queued_at = None
    export.save()
    log("export.closed", export, actor=actor, reason=reason)
    return invoice


def post_numbered(export: Export, number: str) -> Invoice:
    """Post the draft with its number, once; raises PostingRefused. By whom it was handed over."""
    invoice: Invoice = Invoice.objects.get(pk=export.invoice_id)
    if invoice.is_posted:
        return invoice
    return handing_over.post_with_number(invoice, number, actor=export.ordered_by)
