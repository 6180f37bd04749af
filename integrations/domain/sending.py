"""One turn of one export: the steps that are still to do, each stored as soon as it is done."""

from functools import partial

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.domain import outbox
from integrations.domain.outbox import Claimed, ClaimLost
from integrations.http import ForbiddenHost
from integrations.ports import AdapterError, Delivery, OutgoingFile, Rejected, StepResult
from invoicing.documents.storing import StoredFileDamaged, plain_name, stored_bytes
from tenants.scope import tenant_scope


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
        with claimed.door.open() as (adapter, http):
            try:
                done: dict[str, StepResult] = dict(claimed.done)
                pdf = _file(claimed)
                for step in adapter.plan(claimed.invoice):
                    if step.key in done:
                        continue
                    with tenant_scope(tenant_id):
                        outbox.hold(claimed)
                    delivery = Delivery(
                        claimed.invoice,
                        pdf,
                        done,
                        write=partial(_note_writing, tenant_id, claimed, step.key),
                        written_at=claimed.written.get(step.key),
                    )
                    done[step.key] = adapter.run(step.key, delivery)
                    with tenant_scope(tenant_id):
                        outbox.note_done(claimed, step.key, done[step.key])
            except AdapterError as error:
                failure = error
            except ForbiddenHost as host:
                failure = Rejected(_("“%(host)s” is no address of this system.") % {"host": host})
            except ClaimLost:
                # Whoever has it now writes down how it ends.
                return None
        with tenant_scope(tenant_id):
            return outbox.settle(claimed, failure, http.calls)


def _note_writing(tenant_id: int, claimed: Claimed, step: str) -> None:
    with tenant_scope(tenant_id):
        outbox.note_writing(claimed, step)


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
