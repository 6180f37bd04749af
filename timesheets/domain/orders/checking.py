"""The office looks at report, hours and parts before they are invoiced."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tenants.audit import log
from tenants.models import Membership
from timesheets import order_errors as errors
from timesheets.domain.orders.access import order_to_plan
from timesheets.domain.orders.billing import refuse_billed
from timesheets.models import Charge, ServiceOrder, TimeEntry


class Part(models.TextChoices):
    """What is looked at, each for itself."""

    REPORT = "report", _("Report")
    HOURS = "hours", _("Hours")
    PARTS = "parts", _("Parts")


@transaction.atomic
def check(order_id: int, part: Part, *, actor: Membership, now: datetime) -> ServiceOrder:
    """Say that this part is right. From here on it does not change, until the check is taken
    back."""
    order = order_to_plan(order_id, actor)
    if order.status != ServiceOrder.Status.DONE:
        raise errors.NotDoneYet(order=order.label, state=order.state_in_words)
    if getattr(order, f"{part}_checked_at"):
        return order
    if part == Part.HOURS:
        _check_hours(order)
    elif part == Part.PARTS:
        _check_parts(order)
    _set(order, part, actor, now)
    log("order.checked", order, actor=actor.user, part=part.value)
    return order


@transaction.atomic
def uncheck(order_id: int, part: Part, *, actor: Membership) -> ServiceOrder:
    """Take a check back, so that the part can change, unless it is on a document."""
    order = order_to_plan(order_id, actor)
    if not getattr(order, f"{part}_checked_at"):
        return order
    refuse_billed(order)
    _set(order, part, None, None)
    log("order.unchecked", order, actor=actor.user, part=part.value)
    return order


def _set(order: ServiceOrder, part: Part, by: Membership | None, at: datetime | None) -> None:
    setattr(order, f"{part}_checked_by", by.user if by else None)
    setattr(order, f"{part}_checked_at", at)
    order.save(update_fields=[f"{part}_checked_by", f"{part}_checked_at", "updated_at"])


def _check_hours(order: ServiceOrder) -> None:
    # Locked, so that a change that is under way is waited for, and seen.
    entries = list(
        TimeEntry.objects.filter(service_order=order)
        .select_related("member")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    without = {one.member.name for one in entries if one.is_billable and one.rate is None}
    if without:
        raise errors.HoursWithoutRate(names=", ".join(sorted(without)))


def _check_parts(order: ServiceOrder) -> None:
    parts = Charge.objects.filter(service_order=order).select_for_update(of=("self",))
    for part in sorted(parts.order_by("pk"), key=lambda part: part.charge_date):
        if part.is_billable and not part.unit_price:
            raise errors.PartWithoutPrice(part=str(part))
