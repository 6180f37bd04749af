"""Who has locked which hours of a period, person by person, as one reader may see it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.periods import Period
from customers.models import Project
from tenants.audit_words import action_words
from tenants.models import AuditEntry, Membership
from tenants.roles import Permission
from timesheets.domain.access import visible_entries
from timesheets.domain.locks import locks_over, may_unlock
from timesheets.models import BillingState, HoursLock, HoursReminder, TimeEntry

ONE_DAY = timedelta(days=1)
LOG_ACTIONS = ("hours.locked", "hours.unlocked", "hours.reminded")


class LockState(models.TextChoices):
    """In the order in which somebody has to act."""

    OPEN = "open", _("Not locked")
    PARTLY = "partly", _("Partly locked")
    NO_HOURS = "none", _("No hours")
    LOCKED = "locked", _("Locked")


STATE_ORDER = {state.value: number for number, state in enumerate(LockState)}


@dataclass
class PersonRow:
    member: Membership
    minutes: int = 0
    locked_minutes: int = 0
    locks: list[HoursLock] = field(default_factory=list)
    reminder: HoursReminder | None = None
    may_lock: bool = False
    is_reader: bool = False
    period_is_covered: bool = False

    @property
    def open_minutes(self) -> int:
        return self.minutes - self.locked_minutes

    @property
    def state(self) -> LockState:
        if self.minutes == 0:
            return LockState.LOCKED if self.period_is_covered else LockState.NO_HOURS
        if self.open_minutes == 0:
            return LockState.LOCKED
        return LockState.PARTLY if self.locked_minutes else LockState.OPEN

    @property
    def last_lock(self) -> HoursLock | None:
        return max(self.locks, key=lambda lock: (lock.locked_at, lock.pk), default=None)

    @property
    def has_open_days(self) -> bool:
        """Whether locking the period would change anything."""
        return self.open_minutes > 0 or not self.period_is_covered

    @property
    def can_be_reminded(self) -> bool:
        """Those who can sign in, have an address and something left to lock."""
        member = self.member
        reachable = bool(member.email and member.user_id) and member.is_active
        return reachable and not self.is_reader and self.state != LockState.LOCKED


def locks_everybody(reader: Membership) -> bool:
    return reader.may(Permission.LOCK_HOURS)


def sees_others(reader: Membership) -> bool:
    return reader.may(Permission.VIEW_HOURS) or reader.may(Permission.VIEW_PROJECT_HOURS)


def locks_others(reader: Membership) -> bool:
    return locks_everybody(reader) or reader.may(Permission.LOCK_PROJECT_HOURS)


def read_people(
    reader: Membership, period: Period, *, member_ids: Iterable[int] | None = None
) -> list[PersonRow]:
    """One row per person: who records hours, or has some in the period. Four queries."""
    worked = _worked(reader, period, member_ids)
    people = _people(reader, period, worked.keys(), member_ids)
    locks = _locks(reader, period, people)
    reminders = _reminders(period, people) if sees_others(reader) else {}
    rows = []
    for person in people:
        row = _row(reader, person, period, worked.get(person.pk), locks.get(person.pk, []))
        row.reminder = reminders.get(person.pk)
        rows.append(row)
    return rows


def read_row(reader: Membership, person: Membership, period: Period) -> PersonRow:
    """The same for one person, whether or not the list would show them. Two queries."""
    worked = _worked(reader, period, [person.pk])
    locks = _locks(reader, period, [person])
    return _row(reader, person, period, worked.get(person.pk), locks.get(person.pk, []))


def _row(
    reader: Membership,
    person: Membership,
    period: Period,
    sums: dict[str, Any] | None,
    locks: list[HoursLock],
) -> PersonRow:
    whole = [lock for lock in locks if lock.project_id is None]
    row = PersonRow(
        member=person,
        locks=locks,
        is_reader=person.pk == reader.pk,
        period_is_covered=not open_spans(period, whole),
    )
    if sums:
        row.minutes, row.locked_minutes = sums["total"], sums["locked"]
    row.may_lock = _may_lock_row(reader, row)
    return row


def _may_lock_row(reader: Membership, row: PersonRow) -> bool:
    if locks_everybody(reader) or (row.is_reader and reader.may(Permission.RECORD_HOURS)):
        return row.has_open_days
    return locks_others(reader) and row.open_minutes > 0


def _worked(
    reader: Membership, period: Period, member_ids: Iterable[int] | None
) -> dict[int, dict[str, Any]]:
    entries: Any = visible_entries(reader)
    entries = entries.between(period.start, period.end)
    if member_ids is not None:
        entries = entries.filter(member_id__in=list(member_ids))
    sums = (
        entries.order_by()
        .values("member_id")
        .annotate(
            total=Sum("minutes"),
            locked=Coalesce(Sum("minutes", filter=Q(is_locked=True)), 0),
        )
    )
    return {row["member_id"]: row for row in sums}


def _people(
    reader: Membership,
    period: Period,
    with_hours: Iterable[int],
    member_ids: Iterable[int] | None,
) -> list[Membership]:
    people = Membership.objects.filter(tenant_id=reader.tenant_id).select_related("user")
    recording = Q(is_active=True, role__in=reader.role_book.keys_with(Permission.RECORD_HOURS))
    if reader.may(Permission.VIEW_HOURS):
        shown = recording | Q(pk__in=list(with_hours))
    else:
        # A manager's people are those who worked on the projects in the period.
        shown = Q(pk__in=list(with_hours)) | (recording & Q(pk=reader.pk))
    if member_ids is not None:
        shown &= Q(pk__in=list(member_ids))
    return list(people.filter(shown).order_by("name", "pk"))


def visible_locks(reader: Membership) -> "QuerySet[HoursLock]":
    locks: QuerySet[HoursLock] = HoursLock.objects.all()
    if reader.may(Permission.VIEW_HOURS):
        return locks
    seen = Q(member=reader)
    if reader.may(Permission.VIEW_PROJECT_HOURS):
        own = Project.objects.filter(manager=reader)
        worked = TimeEntry.objects.filter(project__in=own).order_by().values("member_id")
        seen |= Q(project__in=own) | Q(project=None, member__in=worked)
    return locks.filter(seen)


def _locks(
    reader: Membership, period: Period, people: Iterable[Membership]
) -> dict[int, list[HoursLock]]:
    found: dict[int, list[HoursLock]] = defaultdict(list)
    locks = locks_over(period.start, period.end).filter(member__in=list(people))
    if not reader.may(Permission.VIEW_HOURS):
        locks = locks.filter(Q(project=None) | Q(member=reader) | Q(project__manager=reader))
    for lock in locks.select_related("locked_by", "project").order_by("start_date", "pk"):
        found[lock.member_id].append(lock)
    return found


def _reminders(period: Period, people: Iterable[Membership]) -> dict[int, HoursReminder]:
    latest = (
        HoursReminder.objects.filter(
            member__in=list(people), start_date__lte=period.end, end_date__gte=period.start
        )
        .order_by("tenant_id", "member_id", "-asked_at", "-pk")
        .distinct("tenant_id", "member_id")
        .select_related("asked_by")
    )
    return {reminder.member_id: reminder for reminder in latest}


def open_spans(period: Period, locks: Iterable[HoursLock]) -> list[Period]:
    """The stretches of the period that none of these locks covers."""
    spans, day = [], period.start
    for lock in sorted(locks, key=lambda lock: lock.start_date):
        if lock.start_date > day:
            spans.append(Period(day, min(lock.start_date - ONE_DAY, period.end)))
        day = max(day, lock.end_date + ONE_DAY)
        if day > period.end:
            return spans
    spans.append(Period(day, period.end))
    return spans


@dataclass(frozen=True)
class ProjectSum:
    project_id: int
    name: str
    customer: str
    minutes: int
    locked_minutes: int


@dataclass(frozen=True)
class PersonHours:
    """One person's period for whoever is about to lock it."""

    projects: list[ProjectSum]
    idle_days: list[date]

    @property
    def minutes(self) -> int:
        return sum(project.minutes for project in self.projects)

    @property
    def locked_minutes(self) -> int:
        return sum(project.locked_minutes for project in self.projects)


def read_person(
    reader: Membership, member: Membership, period: Period, *, today: date
) -> PersonHours:
    """Hours by project, and the weekdays until today without any. One query."""
    entries: Any = visible_entries(reader)
    rows = (
        entries.between(period.start, period.end)
        .filter(member=member)
        .order_by("project__name", "project_id", "work_date")
        .values_list("project_id", "project__name", "project__customer__name", "work_date")
        .annotate(
            total=Sum("minutes"),
            locked=Coalesce(Sum("minutes", filter=Q(is_locked=True)), 0),
        )
    )
    sums: dict[tuple[int, str, str], list[int]] = {}
    days = set()
    for project_id, name, customer, day, minutes, locked in rows:
        total = sums.setdefault((project_id, name, customer), [0, 0])
        total[0] += minutes
        total[1] += locked
        days.add(day)
    idle = [
        day
        for number in range((min(period.end, today) - period.start).days + 1)
        if (day := period.start + timedelta(days=number)).isoweekday() <= 5 and day not in days
    ]
    return PersonHours([ProjectSum(*key, *total) for key, total in sums.items()], idle)


def locks_of_person(reader: Membership, member: Membership, *, most: int) -> list[HoursLock]:
    """The newest locks with their hours and what the reader may do with them. One query."""
    locks = list(
        _with_minutes(visible_locks(reader).filter(member=member))
        .select_related("project", "locked_by")
        .order_by("-start_date", "-pk")[:most]
    )
    for lock in locks:
        lock.may_be_unlocked = may_unlock(reader, lock)
    return locks


def with_minutes(lock: HoursLock) -> HoursLock:
    """Add the hours it covers, and those of them that are on drafts and invoices."""
    sums = _with_minutes(HoursLock.objects.filter(pk=lock.pk)).values(
        "minutes", "minutes_on_documents"
    )
    for name, value in sums.get().items():
        setattr(lock, name, value)
    return lock


def _with_minutes(locks: "QuerySet[HoursLock]") -> Any:
    worked = TimeEntry.objects.filter(
        member_id=OuterRef("member_id"),
        work_date__gte=OuterRef("start_date"),
        work_date__lte=OuterRef("end_date"),
        project_id=Coalesce(OuterRef("project_id"), F("project_id")),
    )
    on_documents = worked.filter(billing_state__in=[BillingState.DRAFTED, BillingState.BILLED])
    return locks.annotate(minutes=_total_of(worked), minutes_on_documents=_total_of(on_documents))


def _total_of(entries: Any) -> Coalesce:
    summed = entries.order_by().values("tenant_id").annotate(total=Sum("minutes")).values("total")
    return Coalesce(Subquery(summed), 0)


@dataclass(frozen=True)
class Event:
    """A line of the history: locked, unlocked and why, or reminded."""

    action: str
    words: str
    at: datetime
    who: str
    period: Period | None
    project: str
    reason: str

    @property
    def is_lock(self) -> bool:
        return self.action == "hours.locked"

    @property
    def is_unlock(self) -> bool:
        return self.action == "hours.unlocked"


def history_of(reader: Membership, member: Membership, *, most: int) -> list[Event]:
    """Who locked and unlocked this person's hours, and why; of managers' projects only theirs."""
    entries = AuditEntry.objects.filter(
        object_type=Membership._meta.label_lower, object_id=member.pk, action__in=LOG_ACTIONS
    ).order_by("-pk")
    if not (reader.may(Permission.VIEW_HOURS) or reader.pk == member.pk):
        own = Project.objects.filter(manager=reader).values_list("name", flat=True)
        entries = entries.filter(Q(detail__project__isnull=True) | Q(detail__project__in=list(own)))
    return [_event(entry) for entry in entries[:most]]


def _event(entry: AuditEntry) -> Event:
    start, end = (entry.detail.get(name) for name in ("start", "end"))
    return Event(
        action=entry.action,
        words=action_words(entry.action),
        at=entry.at,
        who=entry.actor_name,
        period=Period(date.fromisoformat(start), date.fromisoformat(end))
        if start and end
        else None,
        project=entry.detail.get("project", ""),
        reason=entry.detail.get("reason", ""),
    )
