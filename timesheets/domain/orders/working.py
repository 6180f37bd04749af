"""On site: start, the clock, hours, parts, the report, done."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Product, Unit
from core.templatetags.figures import hours
from tenants.audit import log
from tenants.models import Membership
from tenants.sent_forms import answer_once
from timesheets import order_errors as errors
from timesheets.domain.charges import record_charge
from timesheets.domain.entries import record_entry
from timesheets.domain.orders.access import held_order, may_plan, order_to_work_on
from timesheets.domain.orders.billing import refuse_billed
from timesheets.domain.orders.shown import refuse_changed_report
from timesheets.models import Charge, ChargeKind, ServiceOrder, Task, TimeEntry

Status = ServiceOrder.Status
# Longer than anybody works: somebody forgot to stop the clock.
LONGEST_CLOCK = timedelta(hours=16)


@transaction.atomic
def start_order(order_id: int, *, actor: Membership, now: datetime) -> ServiceOrder:
    """The work begins; it has a project and somebody who does it."""
    order = order_to_work_on(order_id, actor)
    if order.status not in (Status.NEW, Status.SCHEDULED):
        raise errors.OrderStartedAlready(order=order.label, state=order.state_in_words)
    if order.project is None or order.technician is None:
        raise errors.OrderNotReady(order=order.label)
    order.status, order.started_at = Status.IN_PROGRESS, now
    order.save()
    log("order.started", order, actor=actor.user)
    return order


@transaction.atomic
def start_clock(order_id: int, *, actor: Membership, now: datetime) -> ServiceOrder:
    """Count the actor's time from now. A person has one clock."""
    order = order_to_work_on(order_id, actor)
    if order.status != Status.IN_PROGRESS:
        raise errors.OrderNotStarted(order=order.label)
    _refuse_running(order)
    other = ServiceOrder.objects.filter(clock_member=actor).exclude(pk=order.pk).first()
    if other is not None:
        raise errors.ClockElsewhere(order=other.label)
    order.clock_started_at, order.clock_member = now, actor
    order.save(update_fields=["clock_started_at", "clock_member", "updated_at"])
    log("order.clock_started", order, actor=actor.user)
    return order


@transaction.atomic
def stop_clock(
    order_id: int, *, actor: Membership, now: datetime, description: str = ""
) -> TimeEntry:
    """Write what the clock counted as hours of the person it ran for, in whole minutes."""
    order = order_to_work_on(order_id, actor)
    began, person = order.clock_started_at, order.clock_member
    if began is None or person is None:
        raise errors.ClockStands
    if now - began > LONGEST_CLOCK:
        raise errors.ClockRanTooLong(hours=hours(int((now - began).total_seconds()) // 60))
    start, minutes = began.replace(second=0, microsecond=0), _minutes_between(began, now)
    local_start = timezone.localtime(start)
    local_end = timezone.localtime(start + timedelta(minutes=minutes))
    # Where the clocks are put back the wall says less than was worked; then only the start is kept.
    shown = (local_end.replace(tzinfo=None) - local_start.replace(tzinfo=None)) // timedelta(
        minutes=1
    )
    order.clock_started_at = order.clock_member = None
    order.save(update_fields=["clock_started_at", "clock_member", "updated_at"])
    return record_hours(
        order_id,
        actor=actor,
        member=person,
        work_date=local_start.date(),
        minutes=minutes,
        start_time_of=local_start,
        end_time_of=local_end if shown >= minutes else None,
        description=description,
    )


@transaction.atomic
def discard_clock(order_id: int, *, actor: Membership) -> ServiceOrder:
    """Take the clock back; no hours come of it."""
    order = order_to_work_on(order_id, actor)
    if order.clock_started_at is None:
        raise errors.ClockStands
    since = order.clock_started_at.isoformat()
    order.clock_started_at = order.clock_member = None
    order.save(update_fields=["clock_started_at", "clock_member", "updated_at"])
    log("order.clock_discarded", order, actor=actor.user, since=since)
    return order


@transaction.atomic
def record_hours(
    order_id: int,
    *,
    actor: Membership,
    member: Membership,
    work_date: date,
    minutes: int,
    task: Task | None = None,
    start_time_of: datetime | None = None,
    end_time_of: datetime | None = None,
    description: str = "",
    token: UUID | None = None,
) -> TimeEntry:
    """Hours of somebody for this order, on its project, at the rate that is found there."""
    order = order_to_work_on(order_id, actor)
    answer_once(token)
    refuse_closed(order, "hours")
    assert order.project is not None  # a constraint: what is started has one
    return record_entry(
        actor=actor,
        member=member,
        project=order.project,
        task=task,
        work_date=work_date,
        minutes=minutes,
        start_time=start_time_of.time() if start_time_of else None,
        end_time=end_time_of.time() if end_time_of else None,
        description=description or order.title,
        service_order=order,
    )


@transaction.atomic
def record_part(
    order_id: int,
    *,
    actor: Membership,
    text: str,
    quantity: Decimal,
    unit: Unit,
    unit_price: Decimal | None,
    charge_date: date,
    product: Product | None = None,
    token: UUID | None = None,
) -> Charge:
    """A part that was used. Whoever does not know its price leaves it to the office."""
    order = order_to_work_on(order_id, actor)
    answer_once(token)
    refuse_closed(order, "parts")
    return record_charge(
        actor=actor,
        kind=ChargeKind.PART,
        customer=order.customer,
        project=order.project,
        member=order.technician,
        charge_date=charge_date,
        text=text,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price if unit_price is not None else Decimal(0),
        product=product,
        service_order=order,
    )


@transaction.atomic
def write_report(
    order_id: int, *, text: str, actor: Membership, seen: str | None = None
) -> ServiceOrder:
    """What was done, in words. Whoever signs it signs these words.

    With `seen`, the digest of what a form showed, nothing that others wrote since is overwritten.
    """
    order = order_to_work_on(order_id, actor)
    text = text.replace("\r\n", "\n").strip()
    if text == order.report:
        return order
    refuse_closed(order, "report")
    if order.signed_at:
        raise errors.ReportSigned(name=order.signed_by)
    if not text and order.status == Status.DONE:
        raise errors.ReportMissing
    refuse_changed_report(order, seen, text, actor=actor)
    order.report = text
    order.save(update_fields=["report", "updated_at"])
    log("order.report_written", order, actor=actor.user)
    return order


@transaction.atomic
def finish_order(order_id: int, *, actor: Membership, now: datetime) -> ServiceOrder:
    """The work is done; from here on the office checks it."""
    order = order_to_work_on(order_id, actor)
    if order.status != Status.IN_PROGRESS:
        if order.is_open:
            raise errors.OrderNotStarted(order=order.label)
        raise errors.OrderStartedAlready(order=order.label, state=order.state_in_words)
    _refuse_running(order)
    if not order.report:
        raise errors.ReportMissing
    order.status, order.done_at = Status.DONE, now
    order.save()
    log("order.done", order, actor=actor.user)
    return order


@transaction.atomic
def reopen_order(order_id: int, *, actor: Membership) -> ServiceOrder:
    """Done was said too early. Its checks fall; the technician may until one is given."""
    order = held_order(order_id)
    any_check = order.report_checked_at or order.hours_checked_at or order.parts_checked_at
    is_theirs = order.technician_id == actor.pk and not any_check
    if not (is_theirs or may_plan(actor, order.project)):
        raise errors.OrderNotYours
    if order.status != Status.DONE:
        raise errors.OrderStartedAlready(order=order.label, state=order.state_in_words)
    refuse_billed(order)
    order.status, order.done_at = Status.IN_PROGRESS, None
    for what in ("report", "hours", "parts"):
        setattr(order, f"{what}_checked_at", None)
        setattr(order, f"{what}_checked_by", None)
    order.save()
    log("order.reopened", order, actor=actor.user)
    return order


def refuse_closed(order: ServiceOrder, what: str) -> None:
    """Nothing is written before the start, nor what has been checked."""
    if order.status in (Status.NEW, Status.SCHEDULED):
        raise errors.OrderNotStarted(order=order.label)
    if order.status == Status.CANCELLED:
        raise errors.OrderIsOver(order=order.label, state=order.state_in_words)
    if getattr(order, f"{what}_checked_at"):
        raise errors.checked(order, what)


def _refuse_running(order: ServiceOrder) -> None:
    if order.clock_started_at is not None and order.clock_member is not None:
        since = date_format(timezone.localtime(order.clock_started_at), "TIME_FORMAT")
        raise errors.ClockRuns(person=order.clock_member.name, since=since)


def _minutes_between(began: datetime, now: datetime) -> int:
    """From the minute it began in to the minute it ended in, one at least."""
    whole = now.replace(second=0, microsecond=0) - began.replace(second=0, microsecond=0)
    return max(int(whole.total_seconds()) // 60, 1)
