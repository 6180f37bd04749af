"""What becomes of charges without an invoice of ours: the steps of `settling`, for charges.

The same steps for the same people, but charges have no locks.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants import audit
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import errors
from timesheets.domain.access import may_make_billable, may_write_charge
from timesheets.domain.charges import about
from timesheets.domain.holding import hold_hours
from timesheets.domain.settling import LeftOut, Step, checked_note, may_take
from timesheets.models import BillingState, Charge

_ACTIONS = {
    Step.BILLED: "charge.marked_billed",
    Step.WRITE_OFF: "charge.written_off",
    Step.FREE: "charge.freed",
    Step.BILLABLE: "charge.made_billable",
    Step.NOT_BILLABLE: "charge.made_not_billable",
}


@dataclass
class Settled:
    """How many took the step, and why the others did not."""

    charges: int = 0
    refused: Counter[LeftOut] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        return "; ".join(f"{self.refused[one]} {one.label}" for one in LeftOut if self.refused[one])


def charge_steps(charge: Charge, actor: Membership) -> list[Step]:
    """What this person may do with this one charge now."""
    return [step for step in Step if may_take(step, actor) and not left_out(charge, step, actor)]


@transaction.atomic
def settle_charges(
    charges: QuerySet[Any], *, step: Step, actor: Membership, note: str = ""
) -> Settled:
    """Take the step with all charges that can; the rest stays and is told."""
    if not may_take(step, actor):
        raise errors.NotYoursToSettle
    note = checked_note(note, step)
    hold_hours()
    # Their ids first: PostgreSQL locks no rows of a DISTINCT or of outer joins.
    found = list(
        Charge.objects.filter(pk__in=list(charges.order_by().values_list("pk", flat=True)))
        .select_related("customer", "project", "member")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not found:
        raise errors.NoChargesThere
    settled, fit = Settled(), []
    for charge in found:
        reason = left_out(charge, step, actor)
        if reason is None:
            fit.append(charge)
        else:
            settled.refused[reason] += 1
    if not fit:
        raise errors.NothingToSettle(reasons=settled.words)
    settled.charges = len(fit)
    Charge.objects.filter(pk__in=[charge.pk for charge in fit]).update(
        **_change(step, actor, note), updated_at=timezone.now()
    )
    told = {"note": note} if note else {}
    audit.write(
        audit.entry(_ACTIONS[step], charge, actor=actor.user, **about(charge), **told)
        for charge in fit
    )
    return settled


def left_out(charge: Charge, step: Step, actor: Membership) -> LeftOut | None:
    """Why the charge does not take the step, the first reason; None where it does."""
    reasons = _reasons(charge, step, actor)
    return next((reason for reason, applies in reasons if applies), None)


def _reasons(charge: Charge, step: Step, actor: Membership) -> list[tuple[LeftOut, bool]]:
    """In the order in which they are told."""
    state, project = charge.billing_state, charge.project
    is_billed = state == BillingState.BILLED
    is_elsewhere = is_billed and bool(charge.billing_note)
    is_written_off = state == BillingState.WRITTEN_OFF
    on_documents = [
        (LeftOut.DRAFTED, state == BillingState.DRAFTED),
        (LeftOut.INVOICED, is_billed and not is_elsewhere),
    ]
    settled = [(LeftOut.ELSEWHERE, is_elsewhere), (LeftOut.WRITTEN_OFF, is_written_off)]
    if step in (Step.BILLABLE, Step.NOT_BILLABLE):
        may_write = may_write_charge(actor, member_id=charge.member_id, project=project)
        is_internal = project is not None and not project.is_billable
        return [
            *on_documents,
            *settled,
            (LeftOut.THAT_ALREADY, charge.is_billable == (step == Step.BILLABLE)),
            (LeftOut.NOT_YOURS, not may_write),
            (
                LeftOut.INTERNAL,
                step == Step.BILLABLE
                and project is not None
                and is_internal
                and not may_make_billable(actor, project),
            ),
        ]
    manages = project is not None and project.manager_id == actor.pk
    not_seen = (LeftOut.NOT_YOURS, not (actor.may(Permission.VIEW_HOURS) or manages))
    if step != Step.FREE:
        return [
            not_seen,
            *on_documents,
            *settled,
            (LeftOut.NOT_BILLABLE, not charge.is_billable),
        ]
    return [
        not_seen,
        *on_documents,
        (LeftOut.OPEN, state == BillingState.OPEN),
        (LeftOut.NOT_YOURS, is_elsewhere and not actor.may(Permission.MARK_BILLED)),
        (LeftOut.NOT_YOURS, is_written_off and not actor.may(Permission.WRITE_OFF)),
    ]


def _change(step: Step, actor: Membership, note: str) -> dict[str, Any]:
    if step in (Step.BILLABLE, Step.NOT_BILLABLE):
        return {"is_billable": step == Step.BILLABLE}
    if step == Step.FREE:
        state, by, at = BillingState.OPEN, None, None
    else:
        state = BillingState.BILLED if step == Step.BILLED else BillingState.WRITTEN_OFF
        by, at = actor.user, timezone.now()
    return {"billing_state": state, "billing_note": note, "settled_by": by, "settled_at": at}
