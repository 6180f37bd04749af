"""The outbox: rows beside the posted documents, taken by one worker at a time.

Every function here is short and inside the tenant's scope, except where it says otherwise; what
waits for another server is in `sending`, between them.
"""

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.domain.access import Door, door_of
from integrations.domain.answers import answers_to, holding
from integrations.domain.lanes import (
    CREDIT_DELAY,
    answered,
    followers,
    is_due,
    is_of_this_company,
    let_go,
    may_be_quick,
    most_at_once,
    next_of,
    not_answered,
    note_queued,
    ready_of,
    took_its_time,
    took_long,
    under_way,
    what_it_waits_for,
)
from integrations.domain.mapping import Mapped, Mappings, map_lines, mappings_of, names_of
from integrations.domain.packing import pack
from integrations.domain.statements import begin_step, done, end, end_step, take
from integrations.errors import IntegrationRefused
from integrations.models import (
    Connection,
    CustomerLink,
    DocumentAnswers,
    Export,
    ExportAttempt,
    ExportStep,
)
from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    AccessLost,
    AdapterError,
    ByHand,
    Can,
    OutOfTurn,
    Rejected,
    RetryLater,
    StartOver,
    StepResult,
)
from integrations.problems import Problem
from integrations.registry import system_of
from invoicing.models import Invoice, InvoiceFile, InvoiceLine
from tenants.audit import log
from tenants.prepared import prepared, together
from tenants.scope import current_tenant_id, tenant_scope

# Longer than any step takes: its few calls end after a minute each.
LEASE = timedelta(minutes=10)
# With the delays below about eleven hours.
MOST_ATTEMPTS = 16
FIRST_DELAY, LONGEST_DELAY = 15.0, 3600.0
PDF_DELAY = timedelta(seconds=3)
SWEEP_SIZE = 500
# More than these come with the next sweep, which spares the queue a task for each.
SENT_AT_ONCE = 20


class ClaimLost(Exception):
    """Another worker has the export now."""


class HandedOn(OutOfTurn):
    """Who sends it is not patient, and it takes long: the rest goes on in the slow lane."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, seconds=0)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One worker's turn with one export."""

    export_id: int
    claim: uuid.UUID
    door: Door
    invoice: OutgoingInvoice
    pdf: InvoiceFile | None
    done: Mapping[str, StepResult]
    written: Mapping[str, datetime]
    begun: Mapping[str, datetime]
    language: str
    # As it was when it was claimed, with its invoice and its connection.
    export: Export
    began_at: datetime = field(default_factory=timezone.now)


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


def claim(export_id: int, *, now: datetime, is_patient: bool = True) -> Claimed | None:
    """Take the export, or None when it is not due, taken, or lacks what it needs.

    Who is not patient takes none that may take long, and hands it to those who are.
    """
    export: Export | None = next(iter(_due(export_id, now)), None)
    if export is None:
        return None
    connection = export.connection
    if not is_patient and not may_be_quick(connection, now):
        _hand_on(export, now)
        return None
    most = most_at_once(system_of(connection.system), connection)
    beside = _Beside.read(export, now, most)
    if len(beside.under_way) >= most:
        _step_aside(export)
        return None
    # Each step prolongs its turn, so that one which began long ago is being waited for.
    if not is_patient and any(took_long(until - LEASE, now) for until in beside.under_way):
        _hand_on(export, now)
        return None
    language: str = export.language  # type: ignore[attr-defined]  # annotated
    with translation.override(language):
        claimed = _claim(export, connection, beside, language, now)
    if claimed is None:
        queue(next_of(connection.pk, now))
    return claimed


@prepared
def _due(export_id: int, now: datetime) -> QuerySet[Any]:
    found: QuerySet[Any] = (
        Export.objects.filter(is_due(now), pk=export_id)
        .select_related("connection", "invoice__customer")
        .annotate(language=F("tenant__language"))
        # Not skipped where it is locked: who calls the next one may hold this row for a moment only
        # to find that it was called, and its task would be for nothing. The connection, so that
        # two do not both find room.
        .select_for_update(of=("self", "connection"))
    )
    return found


@dataclass(frozen=True)
class _Beside:
    """What a claim needs beside its row, asked in one go."""

    under_way: Sequence[datetime]
    pdfs: Sequence[InvoiceFile]
    lines: list[InvoiceLine]
    links: Sequence[CustomerLink]
    steps: Sequence[ExportStep]
    answers: Sequence[DocumentAnswers]
    mappings: Mappings

    @classmethod
    def read(cls, export: Export, now: datetime, most: int) -> "_Beside":
        invoice, connection = export.invoice, export.connection
        ahead, pdfs, lines, links, steps, answers, mappings = together(
            under_way.question(connection.pk, now, most=most),
            _pdf_of.question(invoice.pk),
            _lines_of.question(invoice.pk),
            _link_of.question(connection.pk, invoice.customer_id),
            _steps_of.question(export.pk),
            answers_to.question(invoice.pk, connection.pk),
            mappings_of.question(connection.pk),
        )
        return cls(ahead, pdfs, lines, links, steps, answers, Mappings.of_rows(mappings))


@prepared
def _pdf_of(invoice_id: int) -> QuerySet[Any]:
    return InvoiceFile.objects.filter(invoice=invoice_id, kind=InvoiceFile.Kind.PDF)


@prepared
def _lines_of(invoice_id: int) -> QuerySet[Any]:
    return InvoiceLine.objects.filter(invoice=invoice_id).order_by()


@prepared
def _link_of(connection_id: int, customer_id: int) -> QuerySet[Any]:
    return CustomerLink.objects.filter(connection=connection_id, customer=customer_id)


@prepared
def _steps_of(export_id: int) -> QuerySet[Any]:
    return ExportStep.objects.filter(export=export_id)


def _claim(
    export: Export, connection: Connection, beside: _Beside, language: str, now: datetime
) -> Claimed | None:
    try:
        door = door_of(connection)
    except IntegrationRefused as refused:
        _wait(export, now + timedelta(minutes=1), str(refused))
        return None
    invoice = export.invoice
    if invoice.is_credit_note and Can.CREDIT_NOTES not in door.system.can:
        words = _(
            "%(system)s takes no credit notes from here. Enter %(number)s there by hand, and say"
            " under which number."
        ) % {"system": door.system.title, "number": invoice.number}
        export.next_attempt_at = export.queued_at = None
        _settle_by_hand(export, ByHand(words))
        return None
    pdf = next(iter(beside.pdfs), None)
    if door.system.needs_pdf and pdf is None and invoice.is_posted:
        _wait_for_pdf(export, door, now)
        return None
    link = next(iter(beside.links), None)
    has_products = Can.PRODUCTS in door.system.can
    mapped = map_lines(beside.mappings, beside.lines) if has_products else Mapped({}, ())
    if _is_unlinked(export, invoice, link, door) or _is_unmapped(export, mapped, door):
        return None
    corrected = None
    if invoice.corrects_id is not None:
        corrected = (
            Export.objects.select_related("invoice")
            .filter(connection=connection, invoice=invoice.corrects_id)
            .first()
        )
        if sentence := what_it_waits_for(export, corrected):
            _wait(export, now + CREDIT_DELAY, sentence)
            return None
    there = corrected if corrected and is_of_this_company(corrected, connection) else None
    token = uuid.uuid4()
    is_ours = take(export.pk, token, until=now + LEASE)
    assert is_ours, "its row is locked"
    return Claimed(
        export_id=export.pk,
        claim=token,
        door=door,
        invoice=pack(
            invoice,
            beside.lines,
            remote_products=mapped.products,
            remote_customer_id=link.remote_id if link else "",
            corrected_remote_id=there.remote_id if there else "",
            corrected_remote_number=there.remote_number if there else "",
            answers=holding(beside.answers, link),
        ),
        pdf=pdf,
        done={
            step.key: StepResult(step.remote_id, step.remote_number, step.was_found)
            for step in beside.steps
            if step.done_at
        },
        written={step.key: step.begun_at for step in beside.steps if not step.done_at},
        begun={step.key: step.begun_at for step in beside.steps},
        language=language,
        export=export,
        began_at=now,
    )


def _wait_for_pdf(export: Export, door: Door, now: datetime) -> None:
    """Or fail, where there will never be one."""
    if (made := _made_without_pdf(export)) is not None:
        _fail(
            export,
            _(
                "The invoice is a %(kind)s file, and %(system)s takes PDFs. Choose another"
                " template for this customer."
            )
            % {"kind": made.get_kind_display(), "system": door.system.title},
            Problem.REFUSED,
        )
        return
    is_late = now - export.created_at > timedelta(minutes=5)
    delay = timedelta(seconds=30) if is_late else PDF_DELAY
    _wait(export, now + delay, _("Waits for the invoice's PDF."))


def _is_unlinked(export: Export, invoice: Invoice, link: CustomerLink | None, door: Door) -> bool:
    if link is not None or not must_be_linked(door):
        return False
    _fail(
        export,
        _("Link %(customer)s to a customer in %(system)s; then it is sent by itself.")
        % {"customer": invoice.customer, "system": door.system.title},
        Problem.NOT_LINKED,
    )
    return True


def _is_unmapped(export: Export, mapped: Mapped, door: Door) -> bool:
    if not (mapped.missing and door.system.needs_products):
        return False
    names = names_of(mapped.missing)
    _fail(
        export,
        _("Say which products in %(system)s these are; then it is sent by itself: %(names)s.")
        % {"system": door.system.title, "names": ", ".join(names[:5])},
        Problem.NOT_MAPPED,
    )
    return True


def must_be_linked(door: Door) -> bool:
    return door.system.needs_link or door.settings.get("unlinked", "hold") == "hold"


def _step_aside(export: Export) -> None:
    """Others of its connection are under way; who is through calls it."""
    export.queued_at = None
    export.save(update_fields=["queued_at"])


def _hand_on(export: Export, now: datetime) -> None:
    """Into the slow lane, where it may wait for a while before anybody takes it for lost."""
    export.queued_at = now
    export.save(update_fields=["queued_at"])
    transaction.on_commit(partial(_send_slow_task, current_tenant_id(), export.pk))


def _send_slow_task(tenant_id: int, export_id: int) -> None:
    from integrations.tasks import send_slow_export

    send_slow_export.delay(tenant_id=tenant_id, export_id=export_id)


def _wait(export: Export, until: datetime, why: str) -> None:
    export.next_attempt_at, export.error = until, why
    export.queued_at = None
    export.save(update_fields=["next_attempt_at", "queued_at", "error"])


def _made_without_pdf(export: Export) -> InvoiceFile | None:
    """The document where its template makes a file and no PDF: waiting would help nothing."""
    made: InvoiceFile | None = InvoiceFile.objects.filter(
        invoice=export.invoice_id, kind__in=InvoiceFile.RENDERED
    ).first()
    return made


def _fail(export: Export, sentence: str, problem: Problem) -> None:
    export.status, export.problem, export.error = Export.Status.FAILED, problem, sentence
    export.claim = export.claimed_until = export.next_attempt_at = export.queued_at = None
    export.save()
    log("export.failed", export, actor=None, reason=sentence)


# During the turn.


def hold(claimed: Claimed) -> Export:
    """Prolong the turn; raises ClaimLost when it has passed to another worker."""
    export: Export | None = (
        Export.objects.select_for_update()
        .filter(pk=claimed.export_id, claim=claimed.claim, status=Export.Status.SENDING)
        .first()
    )
    if export is None:
        raise ClaimLost
    export.claimed_until = timezone.now() + LEASE
    export.save(update_fields=["claimed_until"])
    return export


def note_writing(claimed: Claimed, step: str) -> None:
    """The next request may change something there; if we die, its outcome has to be looked up.

    Prolongs the turn, or raises ClaimLost. Asked outside the scope, as `note_done` is."""
    if not begin_step(claimed.door.tenant_id, claimed.export_id, claimed.claim, _now(step)):
        raise ClaimLost


def note_done(claimed: Claimed, step: str, result: StepResult, *, has_written: bool = True) -> None:
    """Prolongs the turn as well, or raises ClaimLost."""
    tenant_id, export_id = claimed.door.tenant_id, claimed.export_id
    if not end_step(tenant_id, export_id, claimed.claim, _now(step), result, lasts=has_written):
        raise ClaimLost


def held_by_others(claimed: Claimed, remote_ids: Iterable[str]) -> set[str]:
    """Which of these another export of the connection has. Asked outside the scope."""
    with tenant_scope(claimed.door.tenant_id):
        steps = ExportStep.objects.exclude(done_at=None).exclude(export=claimed.export_id)
        found = steps.filter(
            export__connection=claimed.export.connection_id, remote_id__in=list(remote_ids)
        )
        return set(found.values_list("remote_id", flat=True))


def sought_by_others(claimed: Claimed, step: str) -> int:
    """How many other exports of the connection and the customer, of the same day, have begun the
    step and will look what became of it. Asked outside the scope."""
    invoice = claimed.export.invoice
    with tenant_scope(claimed.door.tenant_id):
        return (
            ExportStep.objects.filter(
                key=step,
                done_at=None,
                export__connection=claimed.export.connection_id,
                export__status__in=[Export.Status.WAITING, Export.Status.SENDING],
                export__invoice__customer=invoice.customer_id,
                export__invoice__issue_date=invoice.issue_date,
            )
            .exclude(export=claimed.export_id)
            .count()
        )


def _now(step: str) -> dict[str, Any]:
    now = timezone.now()
    return {"key": step, "now": now, "until": now + LEASE}


# After the turn.


def settle(
    claimed: Claimed,
    failure: AdapterError | None,
    calls: list[dict[str, Any]],
    *,
    has_written: bool = False,
    last: tuple[str, StepResult] | None = None,
) -> float | None:
    """Write down how the attempt ended; the seconds until the next one, or None.

    `has_written`: the step that failed had changed something there before it was refused the rest.
    `last`: the step that everything ended with, where it is not stored yet.
    """
    if failure is None:
        _settle_sent(claimed, calls, last)
        return None
    export: Export | None = (
        Export.objects.select_for_update()
        .filter(pk=claimed.export_id, claim=claimed.claim, status=Export.Status.SENDING)
        .first()
    )
    if calls or not isinstance(failure, OutOfTurn):
        ExportAttempt.objects.create(
            export_id=claimed.export_id,
            began_at=claimed.began_at,
            ended_at=timezone.now(),
            outcome=_outcome_of(failure),
            sentence=failure.sentence,
            calls=calls,
        )
    if export is None:
        return None
    seconds = _settle(export, claimed, failure, has_written=has_written)
    now = timezone.now()
    if isinstance(failure, RetryLater):
        not_answered(export.connection_id, failure, now)
        took_its_time(export.connection_id, claimed.began_at, now)
    else:
        answered(claimed.export.connection, claimed.began_at, now)
    if not isinstance(failure, HandedOn):
        queue(next_of(export.connection_id, now))
    return seconds


def _settle(
    export: Export, claimed: Claimed, failure: AdapterError, *, has_written: bool
) -> float | None:
    export.claim = export.claimed_until = export.next_attempt_at = export.queued_at = None
    if isinstance(failure, ByHand):
        _forget_writing(export, claimed, has_written)
        _settle_by_hand(export, failure)
        return None
    if isinstance(failure, Rejected):
        _forget_writing(export, claimed, has_written)
        _fail(export, failure.sentence, failure.problem)
        return None
    if isinstance(failure, AccessLost):
        _forget_writing(export, claimed, has_written)
        _settle_locked_out(export, failure)
        return None
    assert isinstance(failure, RetryLater)
    if isinstance(failure, HandedOn):
        _settle_handed_on(export, claimed, failure)
        return None
    if isinstance(failure, StartOver):
        # What they began may be there: the next turn looks for it.
        export.steps.update(done_at=None, remote_id="", remote_number="", was_found=False)
        export.remote_id = export.remote_number = ""
    if failure.was_refused:
        _forget_writing(export, claimed, has_written)
    if isinstance(failure, OutOfTurn):
        export.attempts -= 1
    return _settle_later(export, failure)


def _settle_handed_on(export: Export, claimed: Claimed, failure: HandedOn) -> None:
    """No attempt, and in its place: nobody is called before it."""
    export.attempts -= 1
    export.status, export.error = Export.Status.WAITING, failure.sentence
    export.next_attempt_at = claimed.export.next_attempt_at
    export.save()
    _hand_on(export, timezone.now())


def _forget_writing(export: Export, claimed: Claimed, has_written: bool) -> None:
    """It answered no, so what this turn began was not done; an earlier turn's is as unknown as
    before."""
    if has_written:
        return
    for step in export.steps.filter(done_at=None, begun_at__gte=claimed.began_at):
        if step.key in claimed.written:
            step.begun_at = claimed.written[step.key]
            step.save(update_fields=["begun_at"])
        else:
            step.delete()


def _outcome_of(failure: AdapterError) -> str:
    if isinstance(failure, Rejected):
        return ExportAttempt.Outcome.FAILED
    if isinstance(failure, ByHand):
        return ExportAttempt.Outcome.BY_HAND
    return ExportAttempt.Outcome.LATER


def _settle_sent(
    claimed: Claimed, calls: list[dict[str, Any]], last: tuple[str, StepResult] | None
) -> None:
    now = timezone.now()
    remote = end(
        claimed.export_id,
        claimed.claim,
        began_at=claimed.began_at,
        now=now,
        calls=calls,
        last=done(_now(last[0]), last[1]) if last else None,
    )
    if remote is None:
        return
    export = claimed.export
    log("export.sent", export, actor=None, remote=remote)
    answered(export.connection, claimed.began_at, now)
    following, ready = together(
        followers.question(export.invoice_id, export.connection_id),
        ready_of(export.connection_id, now),
    )
    let_go(following, now)
    note_queued(ready, now)
    queue([*following, *ready])


def _settle_by_hand(export: Export, handed: ByHand) -> None:
    export.status, export.problem, export.error = (
        Export.Status.BY_HAND, Problem.NONE, handed.sentence,
    )  # fmt: skip
    export.save()
    log("export.handed_over", export, actor=None, reason=handed.sentence)


def _settle_locked_out(export: Export, failure: AccessLost) -> None:
    """Not this document's fault: it goes on as soon as the connection is mended."""
    export.attempts -= 1
    export.status, export.error = Export.Status.WAITING, failure.sentence
    export.next_attempt_at = timezone.now()
    export.save()
    connection = Connection.objects.select_for_update().get(pk=export.connection_id)
    if not connection.trouble:
        connection.trouble = failure.sentence[:500]
        connection.save(update_fields=["trouble"])
        log("connection.lost", connection, actor=None, reason=failure.sentence)


def _settle_later(export: Export, failure: RetryLater) -> float | None:
    if export.attempts >= MOST_ATTEMPTS:
        _fail(
            export,
            _("%(reason)s It was tried %(times)s times; try again by hand.")
            % {"reason": failure.sentence, "times": export.attempts},
            Problem.GAVE_UP,
        )
        return None
    seconds = delay(max(export.attempts, 1), asked=failure.seconds)
    now = timezone.now()
    export.status, export.error = Export.Status.WAITING, failure.sentence
    export.next_attempt_at = now + timedelta(seconds=seconds)
    export.save()
    if failure.pauses_connection:
        Connection.objects.filter(pk=export.connection_id).update(
            paused_until=now + timedelta(seconds=failure.seconds or seconds)
        )
    return seconds


def delay(attempts: int, *, asked: float | None = None) -> float:
    """Twice as long every time, a quarter more or less so that not all come back at once."""
    seconds = min(FIRST_DELAY * 2.0 ** (attempts - 1), LONGEST_DELAY)
    if asked is not None:
        # What was asked for is the least; the system's word counts more than our curve.
        return asked + random.uniform(0, 1 + asked / 10)  # noqa: S311 (no secret)
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311


# The sweep.


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
        _fail(
            export,
            _("The sending broke off %(times)s times; try again by hand.")
            % {"times": export.attempts},
            Problem.GAVE_UP,
        )
        return
    export.status, export.next_attempt_at = Export.Status.WAITING, now
    export.error = _("The sending broke off and is taken up again.")
    export.save()
