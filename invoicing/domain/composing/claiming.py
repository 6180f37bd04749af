"""Taking open hours and charges for a draft: whoever comes second finds none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import starmap
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from customers.models import Project
from invoicing.domain.composing.planning import ChargeWork, Work
from invoicing.errors import HoursNotLocked, RateMissing
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours
from timesheets.domain.tags.wearing import names_on
from timesheets.models import ChargeKind, Task


class Entry(NamedTuple):
    """A time entry as the database has it."""

    id: int
    project_id: int
    member_id: int
    task_id: int | None
    work_date: date
    minutes: int
    rate: Decimal | None
    is_locked: bool
    description: str


# What is done on a service order is invoiced with its order.
_NO_ORDER = " AND work.service_order_id IS NULL"


# Asked only of schedules with tags.
_TAGGED = (
    " AND EXISTS (SELECT FROM timesheets_entrytag link WHERE link.tenant_id = work.tenant_id"
    " AND link.time_entry_id = work.id AND link.tag_id = ANY(%s))"
)


def claim_period(
    project_ids: Sequence[int],
    start: date,
    end: date,
    *,
    with_orders: bool = True,
    tag_ids: Collection[int] = (),
) -> list[Entry]:
    """Mark the projects' open hours of these days as drafted; with tags, those that carry one."""
    return _claim(
        Entry,
        "WHERE work.project_id = ANY(%s) AND work.work_date BETWEEN %s AND %s"
        + ("" if with_orders else _NO_ORDER)
        + (_TAGGED if tag_ids else ""),
        [list(project_ids), start, end, *([list(tag_ids)] if tag_ids else [])],
    )


def claim_charges_of_period(
    start: date,
    end: date,
    *,
    project_ids: Sequence[int],
    loose_of: Collection[int] = (),
    kinds: Collection[str] = tuple(ChargeKind.values),
    with_orders: bool = True,
) -> list[ChargeWork]:
    """The same with charges, and those that the customers `loose_of` have without a project."""
    return _claim(
        ChargeWork,
        "WHERE (work.project_id = ANY(%s)"
        " OR work.project_id IS NULL AND work.customer_id = ANY(%s))"
        " AND work.charge_date BETWEEN %s AND %s AND work.kind = ANY(%s)"
        + ("" if with_orders else _NO_ORDER),
        [list(project_ids), list(loose_of), start, end, list(kinds)],
    )


def claim_entries(entry_ids: Collection[int], *, customer_id: int) -> list[Entry]:
    """Mark these as drafted as far as they are open, billable and the customer's."""
    # A join: comparing each entry with an array of many ids would take their square.
    return _claim(
        Entry,
        "FROM unnest(%s::bigint[]) AS wanted (id) WHERE work.id = wanted.id"
        " AND EXISTS (SELECT FROM customers_project project"
        " WHERE project.tenant_id = work.tenant_id AND project.id = work.project_id"
        " AND project.customer_id = %s)",
        [list(entry_ids), customer_id],
    )


def claim_charges(charge_ids: Collection[int], *, customer_id: int) -> list[ChargeWork]:
    """Mark these as drafted as far as they are open, billable and the customer's."""
    return _claim(
        ChargeWork,
        "FROM unnest(%s::bigint[]) AS wanted (id)"
        " WHERE work.id = wanted.id AND work.customer_id = %s",
        [list(charge_ids), customer_id],
    )


_TABLES: dict[type, str] = {Entry: "timesheets_timeentry", ChargeWork: "timesheets_charge"}
_COLUMNS = {
    Entry: ", ".join(f"work.{name}" for name in Entry._fields),
    ChargeWork: ", ".join(f"work.{name}" for name in ChargeWork._fields if name != "records"),
}


def _claim[Row: (Entry, ChargeWork)](row: type[Row], which: str, params: list[Any]) -> list[Row]:
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_TABLES[row]} work SET billing_state = 'drafted' {which}"  # noqa: S608
            " AND work.tenant_id = %s AND work.is_billable AND work.billing_state = 'open'"
            f" RETURNING {_COLUMNS[row]}",
            [*params, current_tenant_id()],
        )
        return list(starmap(row, cursor.fetchall()))


def read_work[Row: (Entry, ChargeWork)](row: type[Row], ids: Collection[int]) -> list[Row]:
    """These as they are now, in no particular order."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS[row]} FROM {_TABLES[row]} work"  # noqa: S608
            " JOIN unnest(%s::bigint[]) AS wanted (id) ON work.id = wanted.id"
            " WHERE work.tenant_id = %s",
            [list(ids), current_tenant_id()],
        )
        return [row(*values) for values in cursor.fetchall()]


class Names:
    """What the work's references are called, in three queries for any number of them; in one where
    the names of people and tasks came with the work."""

    def __init__(
        self,
        entries: Iterable[Entry],
        charges: Iterable[ChargeWork] = (),
        *,
        members: Mapping[int, str] | None = None,
        tasks: Mapping[int, str] | None = None,
    ) -> None:
        found = list(entries)
        project_ids = {entry.project_id for entry in found}
        project_ids |= {one.project_id for one in charges if one.project_id is not None}
        self.projects: dict[int, Project] = (
            Project.objects.select_related("customer").order_by().in_bulk(project_ids)
        )
        if members is None:
            of_tenant = Membership.objects.filter(tenant_id=current_tenant_id())
            members = _called(of_tenant, {entry.member_id for entry in found})
        if tasks is None:
            tasks = _called(Task.objects.all(), {entry.task_id for entry in found} - {None})
        self.members, self.tasks = members, tasks
        self._entries = found

    @cached_property
    def tags(self) -> Mapping[int, Sequence[str]]:
        """By entry. Read when a line tells them, of all the work at once."""
        return names_on([entry.id for entry in self._entries])

    def works(self, entries: Iterable[Entry], *, with_tags: bool = False) -> list[Work]:
        """With their names. Every entry has a rate: `refuse_unfit` comes before."""
        works = list(map(self._work, entries))
        if not with_tags:
            return works
        return [work._replace(tags=tuple(self.tags.get(work.id, ()))) for work in works]

    @cached_property
    def _of_projects(self) -> dict[int, tuple[str, str, str, str]]:
        return {
            pk: (project.name, project.number, project.order_reference, project.customer.name)
            for pk, project in self.projects.items()
        }

    def _work(self, entry: Entry) -> Work:
        assert entry.rate is not None
        # By place, which takes a third of the time of names.
        return Work(
            *entry[:6],
            entry.rate,
            *self._of_projects[entry.project_id],
            "" if entry.task_id is None else self.tasks[entry.task_id],
            self.members[entry.member_id],
            entry.description,
        )


def _called(things: QuerySet[Any], ids: Collection[int | None]) -> dict[int, str]:
    rows = things.filter(pk__in=ids).order_by().values_list("pk", "name")
    return dict(rows) if ids else {}


def refuse_unfit(
    entries: Iterable[Entry], names: Names, *, allow_unlocked: bool, tenant: Tenant | None = None
) -> None:
    """Refuse hours without a rate, and those not locked unless that was allowed."""
    found = list(entries)
    without_rate = {entry.member_id for entry in found if entry.rate is None}
    if without_rate:
        raise RateMissing(names=_listed(without_rate, names))
    unlocked = {entry.member_id for entry in found if not entry.is_locked}
    if unlocked:
        tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
        if tenant.unlocked_hours == Tenant.UnlockedHours.REFUSE or not allow_unlocked:
            raise HoursNotLocked(names=_listed(unlocked, names))


def _listed(member_ids: Iterable[int], names: Names) -> str:
    return ", ".join(sorted(names.members[member_id] for member_id in member_ids))


def entries_on(line_ids: Collection[int]) -> dict[int, list[Entry]]:
    """The live entries of each of these lines."""
    found: dict[int, list[Entry]] = {line_id: [] for line_id in line_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT source.line_id, {_COLUMNS[Entry]} FROM invoicing_source source"  # noqa: S608
            " JOIN timesheets_timeentry work"
            " ON work.tenant_id = source.tenant_id AND work.id = source.time_entry_id"
            " WHERE source.tenant_id = %s AND source.line_id = ANY(%s)"
            " AND source.released_at IS NULL ORDER BY work.work_date, work.id",
            [current_tenant_id(), list(line_ids)],
        )
        for line_id, *row in cursor.fetchall():
            found[line_id].append(Entry(*row))
    return found
