"""Locking periods of people's hours, and unlocking them with a reason.

The person's row is held first, as everybody does who writes their hours: a lock comes wholly
before or wholly after each entry.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.templatetags.figures import hours
from customers.models import Project
from tenants import audit
from tenants.audit import log
from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import errors
from timesheets.domain.checks import EARLIEST, FARTHEST_AHEAD, in_words
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, HoursLock, TimeEntry

LONGEST = timedelta(days=366)
LONGEST_REASON = 500


@dataclass(frozen=True)
class Locked:
    """What became of a wish to lock many: the new locks, and who had nothing left to lock."""

    locks: list[HoursLock]
    people: list[Membership]
    untouched: list[Membership]


def may_lock(actor: Membership, *, member_id: int, project: Project | None) -> bool:
    if actor.may(Permission.LOCK_HOURS):
        return True
    if member_id == actor.pk and actor.may(Permission.RECORD_HOURS):
        return True
    return project is not None and _manages(actor, project)


def may_unlock(actor: Membership, lock: HoursLock) -> bool:
    """Everybody's, those on one's own projects, and what one locked for oneself."""
    if actor.may(Permission.LOCK_HOURS):
        return True
    if lock.project is not None and _manages(actor, lock.project):
        return True
    return _locked_by_oneself(actor, lock)


def _manages(actor: Membership, project: Project) -> bool:
    return project.manager_id == actor.pk and actor.may(Permission.LOCK_PROJECT_HOURS)


def _locked_by_oneself(actor: Membership, lock: HoursLock) -> bool:
    return (
        lock.member_id == actor.pk
        and actor.user_id is not None
        and lock.locked_by_id == actor.user_id
    )


def check_period(start: date, end: date) -> None:
    if end < start:
        raise errors.LockTurned
    if start < EARLIEST:
        raise errors.LockTooEarly
    if end > timezone.localdate() + FARTHEST_AHEAD:
        raise errors.LockTooFarAhead
    if end - start > LONGEST:
        raise errors.LockTooLong


@transaction.atomic
def lock_hours(
    *,
    actor: Membership,
    member: Membership,
    start: date,
    end: date,
    project: Project | None = None,
) -> HoursLock:
    """Lock a period of one person, on one project or on all. Days locked already are refused."""
    check_period(start, end)
    if not may_lock(actor, member_id=member.pk, project=project):
        raise errors.NotYoursToLock
    hold_hours()
    _hold([member.pk])
    there = locks_over(start, end).filter(member=member)
    # With a lock of everything, one of a project alone would change nothing.
    scope = Q(project=None) if project is None else Q(project=None) | Q(project=project)
    lock = there.filter(scope).order_by("start_date", "pk").first()
    if lock is not None:
        raise _already(lock, member)
    lock = HoursLock(
        member=member, project=project, start_date=start, end_date=end, locked_by=actor.user
    )
    lock.save(force_insert=True)
    log("hours.locked", member, actor=actor.user, **_about(lock))
    return lock


@transaction.atomic
def lock_people(
    *, actor: Membership, member_ids: Collection[int], start: date, end: date
) -> Locked:
    """Lock what is not locked yet of everybody's period; a manager's part are their projects.

    Two statements whatever the number of people: the days between existing locks are found and
    locked by the database.
    """
    check_period(start, end)
    whole = {pk for pk in member_ids if may_lock(actor, member_id=pk, project=None)}
    on_projects = set(member_ids) - whole
    projects: list[int] = []
    if on_projects:
        if not actor.may(Permission.LOCK_PROJECT_HOURS):
            raise errors.NotYoursToLock
        managed = Project.objects.order_by().filter(manager=actor)
        projects = list(managed.values_list("pk", flat=True))
    hold_hours()
    people = _hold(member_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK_WHAT_IS_OPEN,
            {
                "tenant": current_tenant_id(),
                "whole": sorted(whole & people.keys()),
                "on_projects": sorted(on_projects & people.keys()),
                "projects": projects,
                "start": start,
                "end": end,
                "actor": actor.user_id,
                "now": timezone.now(),
            },
        )
        made = [row[0] for row in cursor.fetchall()]
    locks = list(
        HoursLock.objects.filter(pk__in=made)
        .select_related("project")
        .order_by("member_id", "start_date", "pk")
    )
    audit.write(
        audit.entry("hours.locked", people[lock.member_id], actor=actor.user, **_about(lock))
        for lock in locks
    )
    touched = {lock.member_id for lock in locks}
    return Locked(
        locks=locks,
        people=[person for pk, person in people.items() if pk in touched],
        untouched=[person for pk, person in people.items() if pk not in touched],
    )


_LOCK_WHAT_IS_OPEN = """
    WITH wanted AS (
        SELECT unnest(%(whole)s::bigint[]) AS member_id, NULL::bigint AS project_id
        UNION ALL
        SELECT DISTINCT member_id, project_id FROM timesheets_timeentry
        WHERE tenant_id = %(tenant)s AND member_id = ANY(%(on_projects)s)
            AND project_id = ANY(%(projects)s) AND work_date BETWEEN %(start)s AND %(end)s
    ), gaps AS (
        SELECT member_id, project_id, unnest(
            datemultirange(daterange(%(start)s, %(end)s, '[]')) - coalesce((
                SELECT range_agg(daterange(held.start_date, held.end_date, '[]'))
                FROM timesheets_hourslock held
                WHERE held.tenant_id = %(tenant)s AND held.member_id = wanted.member_id
                    AND (held.project_id IS NULL OR held.project_id = wanted.project_id)
                    AND held.start_date <= %(end)s AND held.end_date >= %(start)s
            ), '{}')
        ) AS days
        FROM wanted
    )
    INSERT INTO timesheets_hourslock
        (tenant_id, member_id, project_id, start_date, end_date, locked_by_id, locked_at)
    SELECT %(tenant)s, member_id, project_id, lower(days), upper(days) - 1, %(actor)s, %(now)s
    FROM gaps ORDER BY member_id, project_id, days
    RETURNING id
"""


@transaction.atomic
def unlock_hours(lock_id: int, *, actor: Membership, reason: str) -> HoursLock:
    """Take a lock away and keep the reason. Hours on drafts and invoices stay read-only by that."""
    reason = " ".join(reason.split())
    if not reason:
        raise errors.ReasonMissing
    if len(reason) > LONGEST_REASON:
        raise errors.ReasonTooLong(most=LONGEST_REASON)
    member_id = HoursLock.objects.filter(pk=lock_id).values_list("member_id", flat=True).first()
    if member_id is None:
        raise errors.LockGone
    hold_hours()
    people = _hold([member_id])
    lock: HoursLock | None = (
        HoursLock.objects.filter(pk=lock_id)
        .select_related("project", "locked_by")
        .select_for_update(of=("self",))
        .first()
    )
    if lock is None:
        raise errors.LockGone
    if not may_unlock(actor, lock):
        raise errors.NotYoursToUnlock(who=_who(lock))
    billed = minutes_on_documents(lock)
    if billed and not _may_unlock_billed(actor, lock):
        raise errors.OwnHoursOnDocuments(hours=hours(billed))
    detail = {
        **_about(lock),
        "reason": reason,
        "locked_by": _who(lock),
        "locked_at": lock.locked_at.isoformat(timespec="seconds"),
    }
    if billed:
        detail["hours_on_documents"] = hours(billed)
    log("hours.unlocked", people[lock.member_id], actor=actor.user, **detail)
    lock.delete()
    return lock


def _may_unlock_billed(actor: Membership, lock: HoursLock) -> bool:
    if actor.may(Permission.LOCK_HOURS):
        return True
    return lock.project is not None and _manages(actor, lock.project)


def locks_over(start: date, end: date) -> Any:
    """The locks that cover at least one of these days."""
    return HoursLock.objects.filter(start_date__lte=end, end_date__gte=start)


def entries_of(lock: HoursLock) -> Any:
    entries = TimeEntry.objects.filter(
        member_id=lock.member_id, work_date__gte=lock.start_date, work_date__lte=lock.end_date
    )
    return entries.filter(project_id=lock.project_id) if lock.project_id else entries


def minutes_on_documents(lock: HoursLock) -> int:
    states = [BillingState.DRAFTED, BillingState.BILLED]
    entries = entries_of(lock).order_by().filter(billing_state__in=states)
    return int(entries.aggregate(total=Sum("minutes"))["total"] or 0)


def _hold(member_ids: Collection[int]) -> dict[int, Membership]:
    """The people, locked in one order: nobody else writes or locks their hours meanwhile.

    As strongly as the trigger on locks does, which would otherwise have to wait for a second
    holder of the weaker lock while we wait for them.
    """
    people = (
        Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=set(member_ids))
        .order_by("pk")
        .select_for_update()
    )
    return {person.pk: person for person in people}


def _already(lock: HoursLock, member: Membership) -> errors.LockedAlready:
    params = {
        "who": _who(lock),
        "person": member.name,
        "start": in_words(lock.start_date),
        "end": in_words(lock.end_date),
    }
    if lock.project is not None:
        return errors.ProjectLockedAlready(project=lock.project.name, **params)
    return errors.LockedAlready(**params)


def _who(lock: HoursLock) -> str:
    return str(lock.locked_by) if lock.locked_by is not None else _("The system")


def _about(lock: HoursLock) -> dict[str, Any]:
    detail = {"start": lock.start_date.isoformat(), "end": lock.end_date.isoformat()}
    if lock.project is not None:
        detail["project"] = lock.project.name
    return detail
