"""What people do with exports: order one, try again, close, say that it is there."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.domain.lanes import let_followers_go
from integrations.domain.numbered_there import give_up, post_numbered
from integrations.domain.outbox import queue
from integrations.errors import (
    AlreadyQueued,
    ConnectionOff,
    ExportArrived,
    ExportUnderWay,
    NoRemoteNumber,
    NotDoneByHand,
    NotPosted,
    NotPostedWithNumber,
)
from integrations.models import Connection, Export
from integrations.problems import Problem
from invoicing.errors import PostingRefused
from invoicing.models import Invoice
from tenants.audit import entry, log, write
from tenants.models import User


@transaction.atomic
def order(invoice: Invoice, connection: Connection, *, actor: User) -> Export:
    """Send a document that was posted before the connection was there."""
    if not invoice.is_posted:
        raise NotPosted
    if not connection.is_active:
        raise ConnectionOff
    now = timezone.now()
    export: Export
    export, is_new = Export.objects.get_or_create(
        invoice=invoice, connection=connection, defaults={"next_attempt_at": now, "queued_at": now}
    )
    if not is_new:
        raise AlreadyQueued(invoice=invoice)
    log("export.queued", export, actor=actor)
    queue([export.pk])
    return export


@transaction.atomic
def retry(export_ids: Iterable[int], *, actor: User) -> list[Export]:
    """Try these again now; what arrived or is being sent is left alone. Returns those tried."""
    exports = list(
        Export.objects.select_for_update(of=("self",))
        .select_related("invoice", "connection")
        .filter(
            pk__in=list(export_ids),
            status__in=[
                Export.Status.WAITING,
                Export.Status.FAILED,
                Export.Status.BY_HAND,
                Export.Status.CANCELLED,
            ],
        )
        # A draft that was withdrawn is handed over anew.
        .exclude(Q(status=Export.Status.CANCELLED) & ~Q(invoice__status=Invoice.Status.POSTED))
        .order_by("pk")
    )
    now = timezone.now()
    write(
        entry("export.retried", export, actor=actor)
        for export in exports
        if export.status != Export.Status.WAITING
    )
    for export in exports:
        export.status, export.problem = Export.Status.WAITING, Problem.NONE
        export.error, export.attempts = "", 0
        export.next_attempt_at = export.queued_at = now
    Export.objects.bulk_update(
        exports, ["status", "problem", "error", "attempts", "next_attempt_at", "queued_at"]
    )
    queue([export.pk for export in exports])
    return exports


@transaction.atomic
def begin_anew(export: Export, *, actor: User) -> None:
    """Forget what was done there and do it from the first step: the document there was deleted, or
    never was of use. Systems that can find it again still look before they make another one."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.status == Export.Status.SENDING:
        raise ExportUnderWay(invoice=export.invoice)
    if export.status == Export.Status.SENT:
        raise ExportArrived(invoice=export.invoice)
    log("export.begun_anew", export, actor=actor, remote=export.remote_number or export.remote_id)
    export.steps.all().delete()
    export.remote_id = export.remote_number = ""
    release([export])
    Export.objects.filter(pk=export.pk).update(attempts=0)


@transaction.atomic
def close(export: Export, *, actor: User, reason: str) -> None:
    """Nothing more is done for it here, because somebody did it there or it is not wanted."""
    export = Export.objects.select_for_update().get(pk=export.pk)
    if export.status == Export.Status.SENDING:
        raise ExportUnderWay(invoice=export.invoice)
    if export.status == Export.Status.SENT:
        raise ExportArrived(invoice=export.invoice)
    if not export.invoice.is_posted:
        # Whatever is there of it stays there; the draft can be changed again.
        give_up(export, actor=actor, reason=reason)
        return
    export.status, export.problem, export.error = Export.Status.CANCELLED, Problem.NONE, reason
    export.next_attempt_at = export.queued_at = None
    export.save()
    log("export.closed", export, actor=actor, reason=reason)
    queue(let_followers_go([export], timezone.now()))


@transaction.atomic
def confirm(numbers: Mapping[int, str], *, actor: User) -> list[Export]:
    """These exports, by key, were entered there by hand and have these numbers; all or none.

    Whatever kept them is remembered, so that `take_back` can bring it back.
    """
    exports = list(
        Export.objects.select_for_update(of=("self",))
        .select_related("invoice")
        .filter(pk__in=list(numbers))
        .order_by("pk")
    )
    now = timezone.now()
    for export in exports:
        number = " ".join(numbers[export.pk].split())
        if not number:
            raise NoRemoteNumber(invoice=export.invoice)
        if export.status == Export.Status.SENDING:
            raise ExportUnderWay(invoice=export.invoice)
        if export.status == Export.Status.SENT:
            raise ExportArrived(invoice=export.invoice)
        if not export.invoice.is_posted:
            _post(export, number)
        export.status_before, export.status = export.status, Export.Status.SENT
        export.remote_number, export.done_by, export.sent_at = number[:60], actor, now
        export.next_attempt_at = export.queued_at = None
        export.save()
        log("export.done_by_hand", export, actor=actor, remote=export.remote_number)
    queue(let_followers_go(exports, now))
    return exports


def _post(export: Export, number: str) -> None:
    """It waited for that number."""
    try:
        export.invoice = post_numbered(export, number)
    except PostingRefused as refusal:
        raise NotPostedWithNumber(number=number, why=refusal) from None


@transaction.atomic
def take_back(export: Export, *, actor: User) -> Export:
    """It is not there after all: as before somebody said so, but it does not set off by itself."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if not export.status_before:
        raise NotDoneByHand(invoice=export.invoice)
    number, export.status = export.remote_number, export.status_before
    if export.status == Export.Status.WAITING:
        export.status, export.problem = Export.Status.FAILED, Problem.REFUSED
    if export.status == Export.Status.FAILED and not export.error:
        export.error = _("It was marked as entered by hand, and that was taken back.")
    export.status_before, export.done_by, export.sent_at = "", None, None
    # The number that steps had brought is theirs.
    export.remote_number = next(
        (step.remote_number for step in export.steps.all() if step.remote_number), ""
    )
    export.save()
    log("export.hand_taken_back", export, actor=actor, remote=number)
    return export


def release(exports: Sequence[Export]) -> None:
    """What stood in the way is gone: they go on by themselves."""
    now = timezone.now()
    for export in exports:
        export.status, export.problem = Export.Status.WAITING, Problem.NONE
        export.error = ""
        export.next_attempt_at = export.queued_at = now
        export.save()
    queue([export.pk for export in exports])
