"""What pages say of service orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from core.money import ZERO
from tenants.models import Membership
from timesheets.documents import WorkDocument
from timesheets.domain.orders.access import may_plan, may_work_on, sees_all, sees_projects
from timesheets.domain.orders.checking import Part
from timesheets.models import Charge, ServiceOrder, ServiceOrderPhoto, Standing, TimeEntry
from timesheets.selectors.charges import ChargeRow, charge_rows
from timesheets.selectors.entries import EntryRow, entry_rows

_TONES = {
    Standing.SCHEDULED: "info",
    Standing.IN_PROGRESS: "warning",
    Standing.DONE: "positive",
    Standing.DRAFTED: "info",
    Standing.INVOICED: "positive",
}
_ICONS = {
    Standing.NEW: "circle-dashed",
    Standing.SCHEDULED: "calendar",
    Standing.IN_PROGRESS: "progress",
    Standing.DONE: "check",
    Standing.DRAFTED: "pencil",
    Standing.INVOICED: "file-invoice",
    Standing.CANCELLED: "ban",
}


@dataclass(frozen=True)
class OrderRow:
    """An order with `standing`, and how it is shown."""

    order: Any
    standing: Standing

    @property
    def tone(self) -> str:
        return _TONES.get(self.standing, "neutral")

    @property
    def icon(self) -> str:
        return _ICONS[self.standing]

    @property
    def is_late(self) -> bool:
        """Planned for a day that is over, and not begun."""
        planned = self.order.planned_start_at
        return (
            self.standing in (Standing.NEW, Standing.SCHEDULED)
            and planned is not None
            and timezone.localtime(planned).date() < timezone.localdate()
        )


def order_rows(orders: Iterable[Any]) -> list[OrderRow]:
    return [order_row(order) for order in orders]


def order_row(order: Any) -> OrderRow:
    return OrderRow(order, Standing(order.standing))


@dataclass(frozen=True)
class Check:
    """One of the three things the office looks at."""

    part: Part
    at: datetime | None
    by: Any


@dataclass(frozen=True)
class OrderSheet:
    """All there is about an order, and what the reader may do with it."""

    row: OrderRow
    entries: list[EntryRow]
    parts: list[ChargeRow]
    photos: list[ServiceOrderPhoto]
    may_plan: bool
    may_work: bool
    may_reopen: bool
    sees_rates: bool

    @property
    def order(self) -> Any:
        return self.row.order

    @property
    def minutes(self) -> int:
        return sum(row.work.minutes for row in self.entries)

    @property
    def hours_value(self) -> Decimal:
        return sum((row.value for row in self.entries if row.value is not None), ZERO)

    @property
    def parts_net(self) -> Decimal:
        return sum((row.work.net for row in self.parts if row.work.is_billable), ZERO)

    @property
    def checks(self) -> list[Check]:
        order = self.order
        return [
            Check(one, getattr(order, f"{one}_checked_at"), getattr(order, f"{one}_checked_by"))
            for one in Part
        ]

    @property
    def documents(self) -> list[WorkDocument]:
        """Drafts and invoices its work is on, each once."""
        found = (row.document for row in (*self.entries, *self.parts))
        return list(dict.fromkeys(one for one in found if one is not None))

    @property
    def may_change(self) -> bool:
        return self.may_plan and self.order.is_open

    @property
    def is_billed(self) -> bool:
        return self.row.standing in (Standing.DRAFTED, Standing.INVOICED) or bool(self.documents)


def order_sheet(order: Any, reader: Membership) -> OrderSheet:
    """`order` comes with `standing` and its references."""
    entries = entry_rows(
        TimeEntry.objects.filter(service_order=order)
        .select_related("member", "project__customer", "task", "settled_by")
        .order_by("work_date", "start_time", "pk"),
        reader,
    )
    parts = charge_rows(
        Charge.objects.filter(service_order=order)
        .select_related("member", "customer", "project", "tax_rate", "settled_by")
        .order_by("charge_date", "pk"),
        reader,
    )
    plans = may_plan(reader, order.project)
    works = may_work_on(reader, order)
    any_check = order.report_checked_at or order.hours_checked_at or order.parts_checked_at
    return OrderSheet(
        row=order_row(order),
        entries=entries,
        parts=parts,
        photos=list(ServiceOrderPhoto.objects.filter(order=order).order_by("pk")),
        may_plan=plans,
        may_work=works,
        may_reopen=plans or (works and not any_check),
        sees_rates=any(row.may_see_rate for row in entries) or plans,
    )


def technicians(reader: Membership) -> list[Membership]:
    """Those who can stand in the list the reader sees."""
    people = Membership.objects.filter(tenant_id=reader.tenant_id)
    if not (sees_all(reader) or sees_projects(reader)):
        return [reader]
    orders = ServiceOrder.objects.order_by().exclude(technician=None)
    if not sees_all(reader):
        orders = orders.filter(Q(technician=reader) | Q(project__manager=reader))
    return list(people.filter(pk__in=orders.values("technician_id")).order_by("name", "pk"))


@dataclass(frozen=True)
class MyDay:
    """One person's orders as they are to be done."""

    running: list[OrderRow]
    today: list[OrderRow]
    late: list[OrderRow]
    later: list[OrderRow]
    done_today: list[OrderRow]

    @property
    def is_empty(self) -> bool:
        return not (self.running or self.today or self.late or self.later or self.done_today)


SHOWN_LATER = 20


def my_day(person: Membership, today: date) -> MyDay:
    """What is going on, what is planned for today, what was missed, and what comes."""
    mine: Any = ServiceOrder.objects.filter(technician=person)
    orders = mine.with_standing().select_related("customer", "project")
    morning = timezone.make_aware(datetime.combine(today, time.min))
    evening = timezone.make_aware(datetime.combine(today + timedelta(days=1), time.min))
    status = ServiceOrder.Status
    open_ones = orders.filter(
        Q(status=status.IN_PROGRESS)
        | Q(status__in=[status.NEW, status.SCHEDULED], planned_start_at__lt=evening)
    ).order_by("planned_start_at", "pk")
    later = orders.filter(
        Q(planned_start_at__gte=evening) | Q(planned_start_at=None),
        status__in=[status.NEW, status.SCHEDULED],
    ).order_by("planned_start_at", "pk")[:SHOWN_LATER]
    finished = orders.filter(
        status=status.DONE, done_at__gte=morning, done_at__lt=evening
    ).order_by("done_at", "pk")
    found = order_rows(open_ones)
    waiting = [row for row in found if row.order.status != status.IN_PROGRESS]
    return MyDay(
        running=[row for row in found if row.order.status == status.IN_PROGRESS],
        today=[row for row in waiting if not row.is_late],
        late=[row for row in waiting if row.is_late],
        later=order_rows(later),
        done_today=order_rows(finished),
    )
