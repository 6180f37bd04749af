"""Two people with one order open: the second is told what the first saved."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import shown
from tenants.models import AuditEntry
from timesheets import order_errors as errors
from timesheets.models import ServiceOrder

PLANNED = (
    "customer", "project", "title", "description", "site_address", "contact_name",
    "contact_phone", "planned_start_at", "planned_end_at", "technician",
)  # fmt: skip


def plan_of(order: ServiceOrder) -> dict[str, Any]:
    return {name: getattr(order, name) for name in PLANNED}


def refuse_changed_plan(
    order: ServiceOrder, seen: Mapping[str, str] | None, values: Mapping[str, Any]
) -> None:
    """The order is locked. Without `seen` nobody looked at a form."""
    if seen is None:
        return
    changed = shown.changed_by_others(seen, values, plan_of(order))
    if changed:
        raise errors.OrderChanged(fields=changed, **_last(order, "order.changed"))


def refuse_changed_report(order: ServiceOrder, seen: str | None, text: str) -> None:
    if seen is None or shown.digest(order.report) in (seen, shown.digest(text)):
        return
    raise errors.ReportChanged(**_last(order, "order.report_written"))


def _last(order: ServiceOrder, action: str) -> dict[str, str]:
    """Who did that last, and when."""
    told = AuditEntry.objects.filter(
        object_type=ServiceOrder._meta.label_lower, object_id=order.pk, action=action
    )
    entry = told.order_by("-pk").first()
    at = entry.at if entry else order.updated_at
    return {
        "by": (entry.actor_name if entry else "") or _("Somebody"),
        "at": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"),
    }
