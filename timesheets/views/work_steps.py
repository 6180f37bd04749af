"""What a list of hours or charges offers to do with all that its filters let through, and with
those that are ticked."""

from typing import Any

from django.db.models import QuerySet

from tenants.access import TenantRequest
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.actions import actions_for
from timesheets.domain.settling import Step, may_take
from timesheets.work_filters import ALL_STATES, MEANINGS, UNBILLED
from timesheets.work_kinds import WorkKind


def narrowed(request: TenantRequest, rows: QuerySet[Any]) -> tuple[QuerySet[Any], dict[str, Any]]:
    """The rows of a tab: without what is billed, as in the lists, unless `?state=all` is asked."""
    shows_all = request.GET.get("state") == ALL_STATES
    found = rows if shows_all else rows.filter(MEANINGS[UNBILLED])
    return found, {"shows_all": shows_all, "other_state": UNBILLED if shows_all else ALL_STATES}


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
