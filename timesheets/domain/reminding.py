"""Reminding people by mail to lock their hours; the mail itself is `tasks.send_reminder`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from core.periods import Period
from tenants import audit
from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets import errors
from timesheets.domain.locks import check_period
from timesheets.models import HoursReminder
from timesheets.selectors.locks import LockState, PersonRow, locks_others, read_people
from timesheets.tasks import send_reminder

PAUSE = timedelta(days=1)


@dataclass(frozen=True)
class ReminderPlan:
    """Who of those that were asked for gets a mail, and why the others do not."""

    due: list[PersonRow]
    recent: list[PersonRow]  # had one within the last day
    unreachable: list[PersonRow]  # no address, or nothing to sign in with
    locked: list[PersonRow]


def plan_reminders(
    *, actor: Membership, member_ids: Collection[int], period: Period, now: datetime
) -> ReminderPlan:
    if not locks_others(actor):
        raise errors.NotYoursToRemind
    check_period(period.start, period.end)
    plan = ReminderPlan([], [], [], [])
    for row in read_people(actor, period, member_ids=member_ids):
        if row.state == LockState.LOCKED:
            plan.locked.append(row)
        elif not row.can_be_reminded:
            plan.unreachable.append(row)
        elif row.reminder and now - row.reminder.asked_at < PAUSE:
            plan.recent.append(row)
        else:
            plan.due.append(row)
    return plan


@transaction.atomic
def remind(
    *,
    actor: Membership,
    member_ids: Collection[int],
    period: Period,
    again: bool = False,
    now: datetime | None = None,
) -> list[HoursReminder]:
    """Queue a mail to each who has something to lock; twice within a day only with `again`."""
    # Two managers at once: the second one sees what the first has asked for.
    list(
        Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=set(member_ids))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    plan = plan_reminders(
        actor=actor, member_ids=member_ids, period=period, now=now or timezone.now()
    )
    chosen = [row.member for row in (*plan.due, *(plan.recent if again else []))]
    reminders: list[HoursReminder] = HoursReminder.objects.bulk_create(
        HoursReminder(
            member=member, start_date=period.start, end_date=period.end, asked_by=actor.user
        )
        for member in chosen
    )
    days = {"start": period.start.isoformat(), "end": period.end.isoformat()}
    audit.write(
        audit.entry("hours.reminded", member, actor=actor.user, **days, to=member.email)
        for member in chosen
    )
    for reminder in reminders:
        transaction.on_commit(
            partial(send_reminder.delay, tenant_id=reminder.tenant_id, reminder_id=reminder.pk)
        )
    return reminders
