"""What is written down during a turn with an export: what is begun, what came of it."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from integrations.domain.claiming import LEASE, Claimed
from integrations.domain.statements import begin_step, end_step
from integrations.models import Export, ExportStep
from integrations.ports import OutOfTurn, StepResult
from tenants.scope import tenant_scope

UNFINISHED = (Export.Status.WAITING, Export.Status.SENDING, Export.Status.FAILED)


class ClaimLost(Exception):
    """Another worker has the export now."""


class HandedOn(OutOfTurn):
    """Who sends it is not patient, and it takes long: the rest goes on in the slow lane."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, seconds=0)


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
    if not begin_step(claimed.door.tenant_id, claimed.export_id, claimed.claim, step_now(step)):
        raise ClaimLost


def note_done(claimed: Claimed, step: str, result: StepResult, *, has_written: bool = True) -> None:
    """Prolongs the turn as well, or raises ClaimLost."""
    tenant_id, export_id = claimed.door.tenant_id, claimed.export_id
    if not end_step(tenant_id, export_id, claimed.claim, step_now(step), result, lasts=has_written):
        raise ClaimLost


def held_by_others(
    claimed: Claimed, remote_ids: Iterable[str], /, *, unfinished: bool = False
) -> set[str]:
    """Which of these another export of the connection has, or has and is not through with. Asked
    outside the scope."""
    with tenant_scope(claimed.door.tenant_id):
        steps = ExportStep.objects.exclude(done_at=None).exclude(export=claimed.export_id)
        found = steps.filter(
            export__connection=claimed.export.connection_id, remote_id__in=list(remote_ids)
        )
        if unfinished:
            found = found.filter(export__status__in=UNFINISHED)
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


def step_now(step: str) -> dict[str, Any]:
    now = timezone.now()
    return {"key": step, "now": now, "until": now + LEASE}
