"""The outbox: a row beside each posted document for each connection, and the tasks sent for them.

Every function here is short and inside the tenant's scope.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.domain.lanes import is_due, most_at_once, next_of
from integrations.models import Connection, Export
from integrations.ports import ByHand
from integrations.problems import Problem
from integrations.registry import system_of
from invoicing.models import Invoice
from tenants.audit import log
from tenants.scope import current_tenant_id

# With the delays of `ending` about eleven hours.
MOST_ATTEMPTS = 16
PDF_DELAY = timedelta(seconds=3)
SWEEP_SIZE = 500
# More than these come with the next sweep, which spares the queue a task for each.
SENT_AT_ONCE = 20


def enqueue(invoices: Sequence[Invoice]) -> None:
    """A row for each of these documents and each connection that sends, in this transaction."""
    connection_ids = _sending_connections()
    if not connection_ids:
        return
    now = timezone.now()
    # What was handed over for its number has its row there already.
    handed = [invoice for invoice in invoices if invoice.number_giver]
    there = (
        set(Export.objects.filter(invoice__in=handed).values_list("connection_id", "invoice_id"))
        if handed
        else ()
    )
    exports = Export.objects.bulk_create(
        Export(connection_id=pk, invoice=invoice, next_attempt_at=now, queued_at=now)
        for pk in connection_ids
        for invoice in invoices
        if (pk, invoice.pk) not in there
    )
    if len(exports) <= SENT_AT_ONCE:
        queue([export.pk for export in exports], seconds=PDF_DELAY.total_seconds())
    else:
        Export.objects.filter(pk__in=[export.pk for export in exports]).update(queued_at=None)


def _sending_connections() -> list[int]:
    """Asked at every posting, also where there are none; so without the ORM's half millisecond."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM integrations_connection WHERE tenant_id = %s AND is_active ORDER BY id",
            [current_tenant_id()],
        )
        return [pk for (pk,) in cursor.fetchall()]


def queue(export_ids: Iterable[int], *, seconds: float = 0) -> None:
    """Send a task for each once the transaction is through."""
    transaction.on_commit(partial(_send_tasks, current_tenant_id(), list(export_ids), seconds))


def _send_tasks(tenant_id: int, export_ids: list[int], seconds: float) -> None:
    from integrations.tasks import send_export

    for export_id in export_ids:
        send_export.apply_async(
            kwargs={"tenant_id": tenant_id, "export_id": export_id}, countdown=seconds or None
        )


def hand_on(export: Export, now: datetime) -> None:
    """Into the slow lane, where it may wait for a while before anybody takes it for lost."""
    export.queued_at = now
    export.save(update_fields=["queued_at"])
    transaction.on_commit(partial(_send_slow_task, current_tenant_id(), export.pk))


def _send_slow_task(tenant_id: int, export_id: int) -> None:
    from integrations.tasks import send_slow_export

    send_slow_export.delay(tenant_id=tenant_id, export_id=export_id)


def sweep(*, now: datetime) -> list[int]:
    """Free the rows of workers that died; return the due ones that no task is on its way for."""
    expired = Export.objects.filter(
        status=Export.Status.SENDING, claimed_until__lt=now
    ).select_for_update(skip_locked=True)
    for export in expired[:SWEEP_SIZE]:
        _take_back(export, now)
    ids: list[int] = []
    connections = Export.objects.filter(is_due(now)).order_by().values("connection")
    for connection in Connection.objects.filter(pk__in=connections).order_by("pk"):
        # These call the next ones; a task for each of thousands would only step aside.
        most = most_at_once(system_of(connection.system), connection)
        ids += next_of(connection.pk, now, most)
    return ids


def _take_back(export: Export, now: datetime) -> None:
    """Steps begun stay begun: the next turn looks them up."""
    export.claim = export.claimed_until = export.queued_at = None
    if export.attempts >= MOST_ATTEMPTS:
        fail(
            export,
            _("The sending broke off %(times)s times; try again by hand.")
            % {"times": export.attempts},
            Problem.GAVE_UP,
        )
        return
    export.status, export.next_attempt_at = Export.Status.WAITING, now
    export.error = _("The sending broke off and is taken up again.")
    export.save()


def fail(export: Export, sentence: str, problem: Problem) -> None:
    export.status, export.problem, export.error = Export.Status.FAILED, problem, sentence
    export.claim = export.claimed_until = export.next_attempt_at = export.queued_at = None
    export.save()
    log("export.failed", export, actor=None, reason=sentence)


def leave_by_hand(export: Export, handed: ByHand) -> None:
    export.status, export.problem, export.error = (
        Export.Status.BY_HAND, Problem.NONE, handed.sentence,
    )  # fmt: skip
    export.save()
    log("export.handed_over", export, actor=None, reason=handed.sentence)
