"""What must hold of an hour before it is written; each check raises its refusal."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils import formats

from core.durations import MINUTES_OF_A_DAY
from core.templatetags.figures import hours
from customers.models import Project
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import errors, order_errors
from timesheets.documents import documents_of
from timesheets.domain.access import may_make_billable
from timesheets.models import (
    Billable,
    BillingState,
    HoursLock,
    ServiceOrder,
    Task,
    TimeEntry,
)

EARLIEST = date(2000, 1, 1)
FARTHEST_AHEAD = timedelta(days=366)
MAX_RATE = Decimal(10) ** 8  # what twelve digits with four places hold


def in_words(day: date) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")


def check_day(day: date, *, today: date) -> None:
    if day < EARLIEST:
        raise errors.DayTooEarly
    if day > today + FARTHEST_AHEAD:
        raise errors.DayTooFarAhead


def check_person(person: Membership) -> None:
    if not person.is_active:
        raise errors.PersonGone(person=person.name)
    if not person.may(Permission.RECORD_HOURS):
        raise errors.PersonWithoutHours(person=person.name)


def check_place(project: Project, task: Task | None) -> None:
    """The project and the task are open and belong together."""
    if not project.is_active or not project.customer.is_active:
        raise errors.ProjectClosed(project=project.name)
    if task is None:
        return
    if task.project_id not in (None, project.pk):
        raise errors.TaskOfAnotherProject(task=task.name, project=project.name)
    if not task.is_active:
        raise errors.TaskClosed(task=task.name)


def billable_by_default(project: Project, task: Task | None) -> bool:
    return project.is_billable and (task is None or task.is_billable)


def check_billable(entry: TimeEntry, actor: Membership) -> None:
    """Against project or task, only those who correct hours make work billable."""
    if not entry.is_billable or billable_by_default(entry.project, entry.task):
        return
    if not may_make_billable(actor, entry.project):
        internal = entry.task if entry.task and entry.project.is_billable else entry.project
        raise errors.NotBillableHere(place=internal.name)


def check_project_runs(project: Project, day: date) -> None:
    if project.start_date and day < project.start_date:
        raise errors.ProjectNotYetOpen(project=project.name, day=in_words(project.start_date))
    if project.end_date and day > project.end_date:
        raise errors.ProjectOver(project=project.name, day=in_words(project.end_date))


def check_times(entry: TimeEntry) -> None:
    """Minutes fit between start and end; a break makes them fewer. An end before the start is on
    the next day."""
    if not 1 <= entry.minutes <= MINUTES_OF_A_DAY:
        raise errors.MinutesOfADay
    if entry.end_time is None:
        return
    if entry.start_time is None:
        raise errors.EndWithoutStart
    if entry.start_time == entry.end_time:
        raise errors.StartIsEnd
    start = datetime.combine(date.min, entry.start_time)
    end = datetime.combine(date.min, entry.end_time)
    # The next day's end makes a negative difference, of which `seconds` is the part of a day.
    span = -(-(end - start).seconds // 60)
    if entry.minutes > span:
        raise errors.TimesTooShort(
            start=f"{entry.start_time:%H:%M}", end=f"{entry.end_time:%H:%M}", span=hours(span)
        )


def check_rate(rate: Decimal | None) -> None:
    if rate is None:
        return
    exponent = rate.as_tuple().exponent
    if not rate.is_finite() or not isinstance(exponent, int) or not 0 <= rate < MAX_RATE:
        raise errors.RateNotPossible
    if rate != rate.quantize(Decimal("0.0001")):
        raise errors.RateNotPossible


def check_lock(member: Membership, project: Project | None, day: date) -> None:
    """Call with the person's row locked: a lock of their hours waits for it."""
    locks = HoursLock.objects.filter(member=member, start_date__lte=day, end_date__gte=day)
    lock = (
        locks.filter(Q(project=None) | Q(project=project))
        .select_related("locked_by")
        .order_by("pk")
        .first()
    )
    if lock is not None:
        raise lock_refusal(lock, member, project)


def lock_refusal(
    lock: HoursLock, member: Membership, project: Project | None
) -> errors.PeriodLocked:
    params = {
        "who": str(lock.locked_by) if lock.locked_by_id else "—",
        "person": member.name,
        "start": in_words(lock.start_date),
        "end": in_words(lock.end_date),
    }
    if lock.project_id and project is not None:
        return errors.ProjectPeriodLocked(project=project.name, **params)
    return errors.PeriodLocked(**params)


def check_free(entry: TimeEntry, *, reader: Membership) -> None:
    """Work that is locked or on a document stays as it is."""
    if entry.billing_state == BillingState.WRITTEN_OFF:
        raise errors.WrittenOff(note=entry.billing_note)
    if entry.billing_state == BillingState.BILLED and entry.billing_note:
        raise errors.BilledElsewhere(note=entry.billing_note)
    if entry.billing_state != BillingState.OPEN:
        document = documents_of([entry], reader).get(entry.pk)
        label = document.label if document else entry.get_billing_state_display()
        refusal = (
            errors.OnDraft if entry.billing_state == BillingState.DRAFTED else errors.OnInvoice
        )
        raise refusal(document=label)
    if entry.is_locked:
        check_lock(entry.member, entry.project, entry.work_date)


def check_day_sum(member: Membership, day: date, *, added: int, without: list[int]) -> None:
    """Call with the person's row locked, so that two writers cannot both fill the day."""
    others = TimeEntry.objects.order_by().filter(member=member, work_date=day)
    there = others.exclude(pk__in=without).aggregate(total=Sum("minutes"))["total"] or 0
    if there + added > MINUTES_OF_A_DAY:
        raise errors.DayTooLong(person=member.name, total=hours(there + added), day=in_words(day))


def check_unchecked(works: Iterable[Billable], what: str) -> None:
    """What the office has checked on a service order stays; call with the work locked.

    One question for all of them, and none for work of no order. Not joined to the locked rows: then
    a check that somebody has just given would not be seen.
    """
    found = checked_orders((work.service_order_id for work in works), what)
    if found:
        raise order_errors.checked(found[0], what)


def checked_orders(order_ids: Iterable[int | None], what: str) -> list[ServiceOrder]:
    """Those of them on which the office has checked this."""
    ids = set(order_ids) - {None}
    if not ids:
        return []
    is_checked = Q(**{f"{what}_checked_at__isnull": False})
    return list(ServiceOrder.objects.filter(is_checked, pk__in=ids).order_by("number"))
