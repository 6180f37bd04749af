"""Two people with one order open: the second is told what the first saved."""

from collections.abc import Mapping
from typing import Any

from core import shown
from tenants.models import AuditEntry, Membership
from timesheets import order_errors as errors
from timesheets.models import ServiceOrder

PLANNED = (
    "customer", "project", "title", "description", "site_address", "contact_name",
    "contact_phone", "planned_start_at", "planned_end_at", "technician",
)  # fmt: skip


def plan_of(order: ServiceOrder) -> dict[str, Any]:
    return {name: getattr(order, name) for name in PLANNED}


def refuse_changed_plan(
    order: ServiceOrder,
    seen: Mapping[str, str] | None,
    values: Mapping[str, Any],
    *,
    actor: Membership,
) -> None:
    """The order is locked. Without `seen` nobody looked at a form."""
    if seen is None:
        return
    changed = shown.changed_by_others(seen, values, plan_of(order))
    if changed:
        raise errors.OrderChanged(fields=changed, **_last(order, "order.changed", actor))


def refuse_changed_report(
    order: ServiceOrder, seen: str | None, text: str, *, actor: Membership
) -> None:
    if seen is None or shown.digest(order.report) in (seen, shown.digest(text)):
        return
    raise errors.ReportChanged(**_last(order, "order.report_written", actor))


def _last(order: ServiceOrder, action: str, actor: Membership) -> dict[str, Any]:
    """Who did that last, and when."""
    told = AuditEntry.objects.filter(
        object_type=ServiceOrder._meta.label_lower, object_id=order.pk, action=action
    )
    entry = told.select_related("actor").order_by("-pk").first()
    if entry is None:
        return {"who": None, "reader": actor.user, "at": order.updated_at}
    return {"who": entry.actor or entry.actor_name, "reader": actor.user, "at": entry.at}
