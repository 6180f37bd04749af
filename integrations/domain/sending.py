"""One turn of one export: the steps that are still to do, each stored as soon as it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import DomainError
from integrations.domain import claiming, ending, noting
from integrations.domain.claiming import Claimed
from integrations.domain.lanes import took_long
from integrations.domain.noting import ClaimLost, HandedOn
from integrations.domain.numbered_there import post_numbered
from integrations.domain.outbox import PDF_DELAY
from integrations.ports import (
    Adapter,
    AdapterError,
    Delivery,
    OutgoingFile,
    OutOfTurn,
    Rejected,
    RetryLater,
    StepResult,
)
from integrations.problems import Problem
from invoicing.documents.storing import StoredFileDamaged, plain_name, stored_bytes
from tenants.scope import tenant_scope

LONGEST_ID = 60


class NowPosted(OutOfTurn):
    """Half of the way is done, and no attempt was in vain."""


def send_export(*, tenant_id: int, export_id: int, is_patient: bool = True) -> float | None:
    """Take the export and send it; the seconds after which to come again, or None. Who is not
    patient leaves what takes long to those who are (`lanes`), at the latest behind a slow step.

    No transaction is open while the other side takes its time. What has to last is that it is
    written there, before and after: a claim goes to the disk with it, and an end that is lost comes
    again when the lease is over, for all steps are done.
    """
    with tenant_scope(tenant_id, lasts=False):
        claimed = claiming.claim(export_id, now=timezone.now(), is_patient=is_patient)
    if claimed is None:
        return None
    with translation.override(claimed.language):
        failure: AdapterError | None = None
        turn = _Turn(tenant_id, claimed, is_patient)
        try:
            with claimed.door.open() as (adapter, http), http.one_turn():
                turn.calls = http.calls
                _do_steps(adapter, turn)
        except AdapterError as error:
            failure = error
        except ClaimLost:
            # Whoever has it now writes down how it ends.
            return None
        with tenant_scope(tenant_id, lasts=False):
            return ending.settle(
                claimed, failure, turn.calls, has_written=turn.has_written(), last=turn.last
            )


@dataclass
class _Turn:
    tenant_id: int
    claimed: Claimed
    is_patient: bool
    calls: list[dict[str, Any]] = field(default_factory=list)
    # How many calls there had been when the step that is done now said that it writes.
    before_writing: int | None = None
    # The step that ends it all, where it wrote nothing there: it is stored with the end.
    last: tuple[str, StepResult] | None = None

    def __post_init__(self) -> None:
        self.begun = dict(self.claimed.begun)

    def hand_on_if_slow(self) -> None:
        """Between steps, and in one that has not written: then nothing has to be looked up."""
        if self.is_patient or not took_long(self.claimed.began_at, timezone.now()):
            return
        raise HandedOn(
            _("%(system)s answers slowly; the rest follows.")
            % {"system": self.claimed.door.system.title}
        )

    def write(self, step: str) -> None:
        if self.before_writing is None:
            self.hand_on_if_slow()
        self.begun[step] = timezone.now()
        noting.note_writing(self.claimed, step)
        self.before_writing = len(self.calls)

    def has_written(self) -> bool:
        """Something was changed there in the step that did not end: what refused came after it."""
        if self.before_writing is None:
            return False
        return any(
            call["method"] not in ("GET", "HEAD")
            and 200 <= (call["status"] or 0) < 300
            and not call.get("was_refused")
            for call in self.calls[self.before_writing :]
        )


def _do_steps(adapter: Adapter, turn: _Turn) -> None:
    claimed = turn.claimed
    done: dict[str, StepResult] = dict(claimed.done)
    pdf = _file(claimed)
    if claimed.invoice.number:
        _do_each(adapter, turn, done, pdf)
        return
    if not _number_in(done):
        _do_each(adapter, turn, done, pdf)
    _post_with(turn, _number_in(done))


def _number_in(done: Mapping[str, StepResult]) -> str:
    return next((result.remote_number for result in done.values() if result.remote_number), "")


def _post_with(turn: _Turn, number: str) -> NoReturn:
    """The draft has its number: post it. What is left follows in a turn of its own, with the PDF.

    Where our books refuse it the number stays stored, so that nothing is created a second time.
    """
    claimed = turn.claimed
    system = claimed.door.system.title
    if not number:
        raise Rejected(
            _("%(system)s has it and gave it no number. Finish it there; enter its number here.")
            % {"system": system},
            problem=Problem.NOT_POSTED,
        )
    try:
        with tenant_scope(turn.tenant_id):
            post_numbered(noting.hold(claimed), number)
    except DomainError as refusal:
        raise Rejected(
            _("It is in %(system)s with the number %(number)s and could not be posted here:"
              " %(why)s Mend that and try again; it is not created a second time.")
            % {"system": system, "number": number, "why": refusal},
            problem=Problem.NOT_POSTED,
        ) from None  # fmt: skip
    raise NowPosted(
        _("Created in %(system)s and posted with its number %(number)s; the rest follows.")
        % {"system": system, "number": number},
        seconds=PDF_DELAY.total_seconds(),
    )


def _do_each(
    adapter: Adapter, turn: _Turn, done: dict[str, StepResult], pdf: OutgoingFile | None
) -> None:
    claimed = turn.claimed
    steps = adapter.plan(claimed.invoice)
    for step in steps:
        if step.key in done:
            continue
        turn.before_writing = None
        turn.hand_on_if_slow()
        delivery = Delivery(
            claimed.invoice,
            pdf,
            done,
            write=partial(turn.write, step.key),
            written_at=claimed.written.get(step.key),
            begun=turn.begun,
            held_by_others=partial(noting.held_by_others, claimed),
            sought_by_others=partial(noting.sought_by_others, claimed),
        )
        done[step.key] = _readable(adapter.run(step.key, delivery), claimed)
        turn.begun.setdefault(step.key, timezone.now())
        wrote = turn.before_writing is not None
        if step == steps[-1] and claimed.invoice.number and not wrote:
            turn.last = step.key, done[step.key]
            return
        noting.note_done(claimed, step.key, done[step.key], has_written=wrote)
        if not claimed.invoice.number and done[step.key].remote_number:
            return


def _readable(result: StepResult, claimed: Claimed) -> StepResult:
    """Not everything that stands where an id should be is one."""
    for text in (result.remote_id, result.remote_number):
        if len(text) > LONGEST_ID or not text.isprintable():
            raise RetryLater(
                _("%(system)s's answer could not be read.") % {"system": claimed.door.system.title}
            )
    return result


def _file(claimed: Claimed) -> OutgoingFile | None:
    """The stored PDF, if it still is what was stored."""
    if claimed.pdf is None:
        return None
    try:
        content = stored_bytes(claimed.pdf)
    except StoredFileDamaged:
        raise Rejected(
            _("The stored PDF is damaged: its checksum is another one. Tell your administrator.")
        ) from None
    return OutgoingFile(f"{plain_name(claimed.invoice.number)}.pdf", content)
