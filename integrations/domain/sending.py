"""One turn of one export: the steps that are still to do, each stored as soon as it is done."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.domain import outbox
from integrations.domain.outbox import Claimed, ClaimLost
from integrations.ports import (
    Adapter,
    AdapterError,
    Delivery,
    OutgoingFile,
    Rejected,
    RetryLater,
    StepResult,
)
from invoicing.documents.storing import StoredFileDamaged, plain_name, stored_bytes
from tenants.scope import tenant_scope

LONGEST_ID = 60


def send_export(*, tenant_id: int, export_id: int) -> float | None:
    """Take the export and send it; the seconds after which to come again, or None.

    No transaction is open while the other side takes its time.
    """
    with tenant_scope(tenant_id):
        claimed = outbox.claim(export_id, now=timezone.now())
    if claimed is None:
        return None
    with translation.override(claimed.language):
        failure: AdapterError | None = None
        turn = _Turn(tenant_id, claimed)
        try:
            with claimed.door.open() as (adapter, http):
                turn.calls = http.calls
                _do_steps(adapter, turn)
        except AdapterError as error:
            failure = error
        except ClaimLost:
            # Whoever has it now writes down how it ends.
            return None
        with tenant_scope(tenant_id):
            return outbox.settle(claimed, failure, turn.calls, has_written=turn.has_written())


@dataclass
class _Turn:
    tenant_id: int
    claimed: Claimed
    calls: list[dict[str, Any]] = field(default_factory=list)
    # How many calls there had been when the step that is done now said that it writes.
    before_writing: int | None = None

    def write(self, step: str) -> None:
        with tenant_scope(self.tenant_id):
            outbox.note_writing(self.claimed, step)
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
    for step in adapter.plan(claimed.invoice):
        if step.key in done:
            continue
        turn.before_writing = None
        with tenant_scope(turn.tenant_id):
            outbox.hold(claimed)
        delivery = Delivery(
            claimed.invoice,
            pdf,
            done,
            write=partial(turn.write, step.key),
            written_at=claimed.written.get(step.key),
        )
        done[step.key] = _readable(adapter.run(step.key, delivery), claimed)
        with tenant_scope(turn.tenant_id):
            outbox.note_done(claimed, step.key, done[step.key])


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
