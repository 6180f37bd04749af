"""Who locks what, what a lock does to hours, and how it is taken away again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.periods import Period
from tenants.models import AuditEntry, Membership
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TenantFactory,
    TimeEntryFactory,
)
from timesheets import errors
from timesheets.domain.entries import change_entry, record_entry
from timesheets.domain.locks import lock_hours, lock_people, unlock_hours
from timesheets.models import BillingState, HoursLock, TimeEntry
from timesheets.selectors.locks import LockState, open_spans, read_people

OCTOBER: dict[str, Any] = {"start": date(2026, 10, 1), "end": date(2026, 10, 31)}
PERIOD = Period(OCTOBER["start"], OCTOBER["end"])


def locked(**filters: Any) -> list[bool]:
    entries = TimeEntry.objects.filter(**filters).order_by("work_date", "pk")
    return list(entries.values_list("is_locked", flat=True))


def spans(**filters: Any) -> list[tuple[int, int]]:
    locks = HoursLock.objects.filter(**filters).order_by("member_id", "project_id", "start_date")
    return [(lock.start_date.day, lock.end_date.day) for lock in locks]


def test_people_lock_their_own_period(member: Membership) -> None:
    for day in (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)):
        TimeEntryFactory(member=member, work_date=day)

    lock = lock_hours(actor=member, member=member, **OCTOBER)

    assert locked() == [False, True, True, False]
    assert (lock.locked_by, lock.project) == (member.user, None)
    logged = AuditEntry.objects.get(action="hours.locked")
    assert (logged.actor, logged.object_id) == (member.user, member.pk)
    assert logged.detail == {"start": "2026-10-01", "end": "2026-10-31"}
    with pytest.raises(errors.PeriodLocked):
        record_entry(
            actor=member,
            member=member,
            project=ProjectFactory(),
            work_date=date(2026, 10, 7),
            minutes=60,
        )
    with pytest.raises(errors.PeriodLocked):
        change_entry(TimeEntry.objects.filter(is_locked=True)[0].pk, actor=member, minutes=30)


@pytest.mark.parametrize("days", [(1, 31), (15, 20), (31, 31), (1, 1)])
def test_an_overlap_is_refused_and_names_the_other_lock(
    member: Membership, days: tuple[int, int]
) -> None:
    lock_hours(actor=member, member=member, **OCTOBER)
    with pytest.raises(errors.LockedAlready) as refused:
        lock_hours(
            actor=member,
            member=member,
            start=date(2026, 10, days[0]),
            end=date(2026, 10, days[1]) + timedelta(days=3),
        )
    assert str(refused.value).startswith(
        "Member locked the hours of Member from 2026-10-01 to 2026-10-31 already."
    )
    assert HoursLock.objects.count() == 1


def test_neighbouring_days_do_not_overlap(member: Membership) -> None:
    lock_hours(actor=member, member=member, **OCTOBER)
    for start, end in ((date(2026, 9, 28), date(2026, 9, 30)), (date(2026, 11, 1),) * 2):
        lock_hours(actor=member, member=member, start=start, end=end)
    assert HoursLock.objects.count() == 3


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (date(2026, 10, 2), date(2026, 10, 1), errors.LockTurned),
        (date(1999, 12, 1), date(2000, 1, 5), errors.LockTooEarly),
        (date(2026, 1, 1), date(2077, 1, 1), errors.LockTooFarAhead),
        (date(2024, 1, 1), date(2025, 6, 1), errors.LockTooLong),
    ],
)
def test_impossible_periods(
    accountant: Membership, start: date, end: date, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        lock_hours(actor=accountant, member=accountant, start=start, end=end)
    with pytest.raises(refusal):
        lock_people(actor=accountant, member_ids=[accountant.pk], start=start, end=end)
    assert HoursLock.objects.count() == 0


def test_a_manager_locks_the_hours_on_their_projects_only(
    manager: Membership, member: Membership
) -> None:
    mine, other = ProjectFactory(manager=manager), ProjectFactory()
    for project in (mine, other):
        TimeEntryFactory(member=member, project=project)

    lock_hours(actor=manager, member=member, project=mine, **OCTOBER)

    assert locked(project=mine) == [True]
    assert locked(project=other) == [False]
    for place in (other, None):
        with pytest.raises(errors.NotYoursToLock):
            lock_hours(actor=manager, member=member, project=place, **OCTOBER)


def test_members_and_auditors_lock_for_nobody_else(
    member: Membership, auditor: Membership, accountant: Membership
) -> None:
    project = ProjectFactory(manager=member)
    for actor in (member, auditor):
        with pytest.raises(errors.NotYoursToLock):
            lock_hours(actor=actor, member=accountant, project=project, **OCTOBER)
        with pytest.raises(errors.NotYoursToLock):
            lock_people(actor=actor, member_ids=[accountant.pk], **OCTOBER)
    with pytest.raises(errors.NotYoursToLock):
        lock_hours(actor=auditor, member=auditor, **OCTOBER)


def test_a_project_lock_inside_a_lock_of_everything_is_refused(accountant: Membership) -> None:
    member, project = MembershipFactory(), ProjectFactory()
    lock_hours(actor=accountant, member=member, **OCTOBER)
    with pytest.raises(errors.LockedAlready):
        lock_hours(actor=accountant, member=member, project=project, **OCTOBER)


def test_many_are_locked_where_they_are_open(accountant: Membership) -> None:
    fresh, halfway, holed, done = [MembershipFactory() for _ in range(4)]
    HoursLockFactory(member=halfway, end_date=date(2026, 10, 15))
    for day in (5, 20):
        HoursLockFactory(
            member=holed, start_date=date(2026, 10, day), end_date=date(2026, 10, day + 1)
        )
    HoursLockFactory(member=done, start_date=date(2026, 9, 1), end_date=date(2026, 11, 30))
    people = [fresh, halfway, holed, done]
    for person in people[:3]:
        TimeEntryFactory(member=person, work_date=date(2026, 10, 31))
    result = lock_people(actor=accountant, member_ids=[p.pk for p in people], **OCTOBER)

    assert (result.people, result.untouched) == ([fresh, halfway, holed], [done])
    assert spans(member=fresh) == [(1, 31)]
    assert spans(member=halfway) == [(1, 15), (16, 31)]
    assert spans(member=holed) == [(1, 4), (5, 6), (7, 19), (20, 21), (22, 31)]
    assert locked() == [True] * 3
    assert AuditEntry.objects.filter(action="hours.locked").count() == 5
    again = lock_people(actor=accountant, member_ids=[p.pk for p in people], **OCTOBER)
    assert (again.locks, len(again.untouched)) == ([], 4)


def test_a_manager_locks_many_on_the_projects_they_worked_on(manager: Membership) -> None:
    web, app = [ProjectFactory(manager=manager) for _ in range(2)]
    other = ProjectFactory()
    anna, bo, idle = [MembershipFactory() for _ in range(3)]
    TimeEntryFactory(member=anna, project=web)
    TimeEntryFactory(member=anna, project=app)
    TimeEntryFactory(member=bo, project=web)
    TimeEntryFactory(member=bo, project=other)
    HoursLockFactory(member=bo, project=web, end_date=date(2026, 10, 3))

    done = lock_people(actor=manager, member_ids=[anna.pk, bo.pk, idle.pk], **OCTOBER)

    assert (done.people, done.untouched) == ([anna, bo], [idle])
    assert spans(member=anna) == [(1, 31), (1, 31)]
    assert spans(member=bo) == [(1, 3), (4, 31)]
    assert locked(project=other) == [False]


def test_the_number_of_statements_does_not_grow_with_the_people(accountant: Membership) -> None:
    counts = []
    for number in (1, 12):
        people = [MembershipFactory() for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            lock_people(actor=accountant, member_ids=[p.pk for p in people], **OCTOBER)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


DAYS = st.integers(1, 31)


@pytest.mark.usefixtures("tenant")
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(there=st.lists(st.tuples(DAYS, DAYS), max_size=6), wish=st.tuples(DAYS, DAYS))
def test_locking_many_fills_the_gaps_exactly(
    there: list[tuple[int, int]], wish: tuple[int, int]
) -> None:
    actor = MembershipFactory(role=Role.ACCOUNTANT)
    member = MembershipFactory()
    days: set[int] = set()
    for first, last in map(sorted, there):
        if not days & set(range(first, last + 1)):
            days |= set(range(first, last + 1))
            HoursLockFactory(
                member=member, start_date=date(2026, 10, first), end_date=date(2026, 10, last)
            )
    first, last = sorted(wish)
    period = Period(date(2026, 10, first), date(2026, 10, last))
    expected = [
        (span.start, span.end)
        for span in open_spans(period, HoursLock.objects.filter(member=member))
    ]

    done = lock_people(actor=actor, member_ids=[member.pk], start=period.start, end=period.end)

    assert [(lock.start_date, lock.end_date) for lock in done.locks] == expected
    covered = [day for start, end in spans(member=member) for day in range(start, end + 1)]
    assert sorted(covered) == sorted(days | set(range(first, last + 1)))


def test_unlocking_takes_a_reason_and_is_logged(member: Membership, accountant: Membership) -> None:
    TimeEntryFactory(member=member)
    lock = lock_hours(actor=member, member=member, **OCTOBER)
    for reason in ("", "  \n "):
        with pytest.raises(errors.ReasonMissing):
            unlock_hours(lock.pk, actor=accountant, reason=reason)
    with pytest.raises(errors.ReasonTooLong):
        unlock_hours(lock.pk, actor=accountant, reason="x" * 501)
    assert locked() == [True]

    unlock_hours(lock.pk, actor=accountant, reason="  A trip was\nforgotten ")

    assert locked() == [False]
    logged = AuditEntry.objects.get(action="hours.unlocked")
    assert (logged.actor, logged.object_id) == (accountant.user, member.pk)
    assert logged.detail["reason"] == "A trip was forgotten"
    assert logged.detail["locked_by"] == "Member"
    with pytest.raises(errors.LockGone):
        unlock_hours(lock.pk, actor=accountant, reason="Twice")


def test_under_two_locks_hours_stay_locked_until_both_are_gone(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    whole = lock_hours(actor=accountant, member=entry.member, **OCTOBER)
    partly = HoursLockFactory(member=entry.member, project=entry.project)
    unlock_hours(whole.pk, actor=accountant, reason="First")
    assert locked() == [True]
    unlock_hours(partly.pk, actor=accountant, reason="Second")
    assert locked() == [False]


def test_who_may_unlock(
    member: Membership, manager: Membership, accountant: Membership, auditor: Membership
) -> None:
    project = ProjectFactory(manager=manager)
    own = HoursLockFactory(member=member, locked_by=member.user)
    for stranger in (manager, auditor, MembershipFactory()):
        with pytest.raises(errors.NotYoursToUnlock):
            unlock_hours(own.pk, actor=stranger, reason="Please")
    unlock_hours(own.pk, actor=member, reason="Forgot a day")

    by_accountant = HoursLockFactory(member=member, locked_by=accountant.user)
    with pytest.raises(errors.NotYoursToUnlock, match="Accountant locked these hours"):
        unlock_hours(by_accountant.pk, actor=member, reason="Please")

    on_project = HoursLockFactory(member=member, project=project, locked_by=accountant.user)
    unlock_hours(on_project.pk, actor=manager, reason="Wrong task")
    assert list(HoursLock.objects.all()) == [by_accountant]


def test_hours_on_documents_stay_read_only_when_unlocked(
    member: Membership, accountant: Membership
) -> None:
    drafted = TimeEntryFactory(member=member, minutes=90, billing_state=BillingState.DRAFTED)
    free = TimeEntryFactory(member=member)
    lock = lock_hours(actor=member, member=member, **OCTOBER)
    with pytest.raises(errors.OwnHoursOnDocuments, match=r"^1:30 hours of this lock"):
        unlock_hours(lock.pk, actor=member, reason="Forgot a day")

    unlock_hours(lock.pk, actor=accountant, reason="The customer asked")

    assert AuditEntry.objects.get(action="hours.unlocked").detail["hours_on_documents"] == "1:30"
    change_entry(free.pk, actor=member, minutes=30)
    with pytest.raises(errors.OnDraft):
        change_entry(drafted.pk, actor=member, minutes=30)


def states(reader: Membership) -> dict[str, tuple[str, int, int]]:
    rows = read_people(reader, PERIOD)
    return {row.member.name: (row.state.value, row.minutes, row.locked_minutes) for row in rows}


def test_the_list_tells_who_has_not_locked(accountant: Membership) -> None:
    people = {}
    for name in ("None", "Open", "Partly", "Locked", "Empty but locked"):
        people[name] = MembershipFactory(name=name)
    for name in ("Open", "Partly", "Locked"):
        for day in (5, 20):
            TimeEntryFactory(member=people[name], work_date=date(2026, 10, day))
    TimeEntryFactory(member=people["Open"], work_date=date(2026, 11, 1))
    HoursLockFactory(member=people["Partly"], end_date=date(2026, 10, 10))
    HoursLockFactory(member=people["Locked"], end_date=date(2026, 10, 20))
    HoursLockFactory(member=people["Empty but locked"])
    gone = MembershipFactory(name="Gone", is_active=False)
    TimeEntryFactory(member=gone)
    MembershipFactory(name="Long gone", is_active=False)

    assert states(accountant) == {
        "Accountant": ("none", 0, 0),
        "None": ("none", 0, 0),
        "Open": ("open", 120, 0),
        "Partly": ("partly", 120, 60),
        "Locked": ("locked", 120, 120),
        "Empty but locked": ("locked", 0, 0),
        "Gone": ("open", 60, 0),
    }
    with CaptureQueriesContext(connection) as queries:
        read_people(accountant, PERIOD)
    assert len(queries) == 4


def test_readers_see_what_is_theirs(
    manager: Membership, member: Membership, auditor: Membership
) -> None:
    anna = MembershipFactory(name="Anna")
    TimeEntryFactory(member=anna, project=ProjectFactory(manager=manager))
    TimeEntryFactory(member=anna, minutes=30)
    TimeEntryFactory(member=MembershipFactory(name="Bo"))

    assert states(manager) == {"Anna": ("open", 60, 0), "Project manager": ("none", 0, 0)}
    assert states(member) == {"Member": ("none", 0, 0)}
    assert states(auditor)["Anna"] == (LockState.OPEN, 90, 0)


def at_once[T](work: Callable[[int], T], times: int) -> list[T]:
    barrier = Barrier(times)

    def run(number: int) -> T:
        try:
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(run, range(times)))


def test_many_locking_the_same_people_at_once_leave_one_lock_each(committed_db: None) -> None:
    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        actor = MembershipFactory(role=Role.ACCOUNTANT)
        people = [MembershipFactory().pk for _ in range(5)]

    def lock(number: int) -> int:
        order = people if number % 2 else people[::-1]
        with tenant_scope(tenant.pk):
            return len(lock_people(actor=actor, member_ids=order, **OCTOBER).locks)

    assert sum(at_once(lock, 8)) == 5
    with tenant_scope(tenant.pk):
        assert spans() == [(1, 31)] * 5


def test_writing_and_locking_at_once_leaves_no_open_entry_under_a_lock(
    committed_db: None,
) -> None:
    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        member = MembershipFactory()
        project = ProjectFactory()

    def work(number: int) -> str:
        try:
            with tenant_scope(tenant.pk):
                if number % 4 == 0:
                    lock_hours(actor=member, member=member, **OCTOBER)
                    return "locked"
                record_entry(
                    actor=member,
                    member=member,
                    project=project,
                    work_date=date(2026, 10, 1 + number),
                    minutes=60,
                )
                return "written"
        except DomainError:
            return "refused"

    done = at_once(work, 12)

    assert done.count("locked") == 1
    with tenant_scope(tenant.pk):
        assert locked() == [True] * done.count("written")
