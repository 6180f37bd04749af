"""What a list of hours or charges offers to do with all that its filters let through, and with
those that are ticked."""

from typing import Any

from tenants.models import Membership
from tenants.roles import Permission
from timesheets.actions import actions_for
from timesheets.domain.settling import Step, may_take
from timesheets.work_kinds import WorkKind


def steps_below(kind: WorkKind, reader: Membership) -> dict[str, Any]:
    """For the templates of the list. On their own work people decide by ticking it."""
    corrects = reader.may(Permission.EDIT_HOURS) or reader.may(Permission.EDIT_PROJECT_HOURS)
    switches = (Step.BILLABLE, Step.NOT_BILLABLE)
    steps = [step for step in Step if may_take(step, reader) and (corrects or step not in switches)]
    return {
        "kind": kind,
        "steps": steps,
        # Billable or not has buttons of its own below ticked ones.
        "settles": [step for step in steps if step not in switches],
        "actions": actions_for(reader),
    }
