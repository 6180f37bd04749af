"""Who goes when: few exports of one connection at once, in a row, and fewer where nobody answers.

A worker that waits for a slow system is none for the others. So of each connection only a few
exports are under way; each that ends calls the next. One that has to step aside keeps its place.

There are two lanes, and workers that serve the slow one alone. In the quick lane goes whose system
answered quickly a moment ago; everybody else, also who was never asked, goes in the slow one, and
is let into the quick lane by a quick answer there. So many systems that are slow at once meet in
the slow lane, and whoever turns slow in the quick lane leaves it with the step at hand.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from integrations.models import Connection, Export
from integrations.ports import RetryLater, System
from integrations.registry import all_systems
from invoicing.models import Invoice, InvoiceFile
from tenants.prepared import Question, prepared, together
from tenants.scope import current_tenant_id

AT_ONCE = 2
# A task is lost when nobody has taken the row by then.
LOST_AFTER = timedelta(minutes=2)
# After so many in a row that brought no answer the connection pauses, and one export tries it.
MOST_UNANSWERED = 3
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 300.0
CREDIT_DELAY = timedelta(minutes=5)
# An export of the quick lane is through in that time, with everything that it waits for.
QUICK = timedelta(seconds=3)
# So long one quick export speaks for the next. It is noted anew when a minute of it is over: not
# every document writes to its connection.
QUICK_FOR, NOTED_FOR = timedelta(minutes=10), timedelta(minutes=1)


def is_due(now: datetime) -> Q:
    """Waiting, its time has come, and nothing keeps its connection."""
    return Q(
        Q(connection__paused_until=None) | Q(connection__paused_until__lte=now),
        status=Export.Status.WAITING,
        next_attempt_at__lte=now,
        connection__is_active=True,
        connection__trouble="",
    )


def most_at_once(system: System | None, connection: Connection) -> int:
    """One also where the numbers come from there: two at once would get them in either order."""
    is_alone = (
        system is None
        or system.is_serial
        or connection.gives_numbers
        or connection.unanswered >= MOST_UNANSWERED
    )
    return 1 if is_alone else AT_ONCE


def may_be_quick(connection: Connection, now: datetime) -> bool:
    return connection.quick_until is not None and connection.quick_until > now


def took_long(began_at: datetime, now: datetime) -> bool:
    return now - began_at > QUICK


@prepared
def under_way(connection_id: int, now: datetime, *, most: int) -> QuerySet[Any]:
    """Until when the turns of others last, so many at most. Ask behind a lock of the connection, so
    that two workers do not both find room."""
    sending = Export.objects.filter(
        connection=connection_id, status=Export.Status.SENDING, claimed_until__gt=now
    )
    return sending.order_by().values_list("claimed_until", flat=True)[:most]


@prepared
def _ready(
    connection_id: int, now: datetime, lost_at: datetime, *, most: int, without_pdf: tuple[str, ...]
) -> QuerySet[Any]:
    """Due ones that no task is on its way for, first come first."""
    pdfs = InvoiceFile.objects.filter(invoice=OuterRef("invoice"), kind__in=InvoiceFile.RENDERED)
    found: QuerySet[Any] = (
        Export.objects.filter(is_due(now), connection=connection_id)
        # What waits for its PDF is left alone: it may be thousands after a large posting.
        .filter(
            Exists(pdfs)
            | Q(connection__system__in=without_pdf)
            | Q(invoice__status=Invoice.Status.DRAFT)
        )
        .exclude(queued_at__gte=lost_at)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)
    )
    return found[:most]


def next_of(connection_id: int, now: datetime, most: int = 1) -> list[int]:
    """The next ones of this connection; a task has to be sent for each."""
    (ids,) = together(ready_of(connection_id, now, most))
    note_queued(ids, now)
    return ids


def ready_of(connection_id: int, now: datetime, most: int = 1) -> Question:
    """Asks for the next ones; `note_queued` has to follow."""
    without_pdf = tuple(one.key for one in all_systems().values() if not one.needs_pdf)
    return _ready.question(connection_id, now, now - LOST_AFTER, most=most, without_pdf=without_pdf)


def note_queued(ids: list[int], now: datetime) -> None:
    if ids:
        _execute(
            "UPDATE integrations_export SET queued_at = %s WHERE tenant_id = %s AND id = ANY(%s)",
            [now, current_tenant_id(), ids],
        )


def answered(connection: Connection, began_at: datetime, now: datetime) -> None:
    """It is there, and as quick as this attempt was. `connection` is as it was when that began."""
    until = None if took_long(began_at, now) else now + QUICK_FOR
    known = connection.quick_until
    is_known = known == until if known is None or until is None else until - known < NOTED_FOR
    if connection.unanswered or not is_known:
        Connection.objects.filter(pk=connection.pk).update(unanswered=0, quick_until=until)


def took_its_time(connection_id: int, began_at: datetime, now: datetime) -> None:
    """An attempt without an answer says nothing good, but it may say that it was slow."""
    if took_long(began_at, now):
        Connection.objects.filter(pk=connection_id).update(quick_until=None)


def _execute(statement: str, values: list[Any]) -> None:
    """By hand, for every document pays for it."""
    with database.cursor() as cursor:
        cursor.execute(statement, values)


def not_answered(connection_id: int, failure: RetryLater, now: datetime) -> None:
    """Pause the connection where several in a row brought no answer: waiting for each of hundreds
    would take the workers from everybody."""
    if failure.was_refused or failure.seconds is not None:
        return
    Connection.objects.filter(pk=connection_id).update(unanswered=F("unanswered") + 1)
    count = Connection.objects.values_list("unanswered", flat=True).get(pk=connection_id)
    if count >= MOST_UNANSWERED:
        pause = min(FIRST_PAUSE * 2.0 ** min(count - MOST_UNANSWERED, 10), LONGEST_PAUSE)
        pause *= random.uniform(0.75, 1.25)  # noqa: S311 (no secret)
        Connection.objects.filter(pk=connection_id).update(
            paused_until=now + timedelta(seconds=pause)
        )


# A credit note takes back an invoice, which has to be there.


def what_it_waits_for(export: Export, credited: Export | None) -> str:
    """The sentence, or nothing: the invoice is there, was never to go there, or needs nothing."""
    if credited is None or credited.status in (Export.Status.SENT, Export.Status.CANCELLED):
        return ""
    words = {"invoice": credited.invoice.number, "system": export.connection}
    if credited.status == Export.Status.FAILED:
        return _(
            "Waits until invoice %(invoice)s, which it credits, is in %(system)s; that one needs"
            " attention."
        ) % words  # fmt: skip
    if credited.status == Export.Status.BY_HAND:
        return _(
            "Waits until somebody has said under which number invoice %(invoice)s, which it"
            " credits, is in %(system)s."
        ) % words  # fmt: skip
    return _("Waits until invoice %(invoice)s, which it credits, is in %(system)s.") % words


def is_of_this_company(export: Export, connection: Connection) -> bool:
    """Whether it went to the company that the connection goes to now: in another one's books its id
    means nothing, or another document."""
    since = connection.remote.get("since")
    return not since or export.sent_at is None or export.sent_at >= datetime.fromisoformat(since)


def let_followers_go(exports: list[Export], now: datetime) -> list[int]:
    """Credit notes that waited for these; a task has to be sent for each."""
    ids: list[int] = []
    for export in exports:
        ids += followers(export.invoice_id, export.connection_id)
    let_go(ids, now)
    return ids


def let_go(ids: list[int], now: datetime) -> None:
    if ids:
        Export.objects.filter(pk__in=ids).update(next_attempt_at=now, queued_at=now)


@prepared
def followers(invoice_id: int, connection_id: int) -> QuerySet[Any]:
    notes = Invoice.objects.filter(corrects=invoice_id)
    waiting = Export.objects.filter(
        connection=connection_id, invoice__in=notes, status=Export.Status.WAITING
    )
    # Who holds one is at it already, and may be waiting for what we hold.
    held = waiting.select_for_update(skip_locked=True, of=("self",))
    return held.order_by().values_list("pk", flat=True)
