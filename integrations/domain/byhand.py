"""What people do with exports: order one, try again, close."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from integrations.domain.outbox import queue
from integrations.errors import (
    AlreadyQueued,
    ConnectionOff,
    ExportArrived,
    ExportUnderWay,
    NotPosted,
)
from integrations.models import Connection, Export
from integrations.problems import Problem
from invoicing.models import Invoice
from tenants.audit import log
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
            status__in=[Export.Status.WAITING, Export.Status.FAILED, Export.Status.CANCELLED],
        )
        .order_by("pk")
    )
    now = timezone.now()
    for export in exports:
        if export.status != Export.Status.WAITING:
            log("export.retried", export, actor=actor)
        export.status, export.problem = Export.Status.WAITING, Problem.NONE
        export.error, export.attempts = "", 0
        export.next_attempt_at = export.queued_at = now
        export.save()
    queue([export.pk for export in exports])
    return exports


@transaction.atomic
def close(export: Export, *, actor: User, reason: str) -> None:
    """Nothing more is done for it here, because somebody did it there or it is not wanted."""
    export = Export.objects.select_for_update().get(pk=export.pk)
    if export.status == Export.Status.SENDING:
        raise ExportUnderWay(invoice=export.invoice)
    if export.status == Export.Status.SENT:
        raise ExportArrived(invoice=export.invoice)
    export.status, export.problem, export.error = Export.Status.CANCELLED, Problem.NONE, reason
    export.next_attempt_at = export.queued_at = None
    export.save()
    log("export.closed", export, actor=actor, reason=reason)


def release(exports: Sequence[Export]) -> None:
    """What stood in the way is gone: they go on by themselves."""
    now = timezone.now()
    for export in exports:
        export.status, export.problem = Export.Status.WAITING, Problem.NONE
        export.error = ""
        export.next_attempt_at = export.queued_at = now
        export.save()
    queue([export.pk for export in exports])
