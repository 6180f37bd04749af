"""How an attempt ended, and what follows from it. Inside the tenant's scope."""

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.domain.claiming import Claimed
from integrations.domain.lanes import (
    answered,
    followers,
    let_go,
    next_of,
    not_answered,
    note_queued,
    ready_of,
    took_its_time,
)
from integrations.domain.noting import HandedOn, step_now
from integrations.domain.outbox import MOST_ATTEMPTS, fail, hand_on, leave_by_hand, queue
from integrations.domain.statements import done, end
from integrations.models import Connection, Export, ExportAttempt
from integrations.ports import (
    AccessLost,
    AdapterError,
    ByHand,
    OutOfTurn,
    Rejected,
    RetryLater,
    StartOver,
    StepResult,
)
from integrations.problems import Problem
from tenants.audit import log
from tenants.prepared import together

FIRST_DELAY, LONGEST_DELAY = 15.0, 3600.0


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
        leave_by_hand(export, failure)
        return None
    if isinstance(failure, Rejected):
        _forget_writing(export, claimed, has_written)
        fail(export, failure.sentence, failure.problem)
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
    hand_on(export, timezone.now())


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
        last=done(step_now(last[0]), last[1]) if last else None,
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
        fail(
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
