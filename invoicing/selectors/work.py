"""Sums of billable hours, straight from the time entries: the reports' only heavy queries."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django.db import connection
from django.db.models import F, Q

from tenants.scope import current_tenant_id
from timesheets.models import BillingState, TimeEntry, TimeEntryQuerySet


class WorkSum(NamedTuple):
    """Hours of one person on one project at one rate: what becomes a line."""

    project_id: int
    member_id: int
    rate: Decimal | None
    minutes: int
    is_locked: bool  # wholly
    first_date: date
    last_date: date


class EarlierWork(NamedTuple):
    """Open hours from before the period, which nobody should forget."""

    minutes: int
    since: date


def _entries() -> TimeEntryQuerySet:
    return cast(TimeEntryQuerySet, TimeEntry.objects.all())


def open_work(start: date, end: date, project_ids: Collection[int] | None = None) -> list[WorkSum]:
    """Open billable hours of the period, by project, person and rate.

    Reads the index `timeentry_ready` and nothing else; every column added here must be in it.
    Plain SQL, because putting the same statement together takes the ORM a fifth of its time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT project_id, member_id, rate, sum(minutes), bool_and(is_locked),
                min(work_date), max(work_date)
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s
                AND is_billable AND billing_state = 'open'{_of_projects(project_ids)}
            GROUP BY project_id, member_id, rate
            """,  # noqa: S608 - the only thing put in is a constant condition
            _parameters(start, end, project_ids),
        )
        return [WorkSum(*row) for row in cursor.fetchall()]


def _of_projects(project_ids: Collection[int] | None) -> str:
    return "" if project_ids is None else " AND project_id = ANY(%(projects)s)"


def _parameters(start: date, end: date, project_ids: Collection[int] | None) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "start": start,
        "end": end,
        "projects": list(project_ids or []),
    }


def settled_work(
    start: date, end: date, project_ids: Collection[int] | None = None
) -> tuple[list[tuple[str, WorkSum]], EarlierWork | None]:
    """Drafted and invoiced hours of the period, and the open ones before it, in one round trip."""
    own = _of_projects(project_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT billing_state, project_id, member_id, rate,
                sum(minutes), true, min(work_date), max(work_date)
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s{own}
                AND is_billable AND billing_state IN ('drafted', 'billed')
            GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT 'open', NULL, NULL, NULL, sum(minutes), true, min(work_date), NULL
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date < %(start)s{own}
                AND is_billable AND billing_state = 'open'
            """,  # noqa: S608 - the only thing put in is a constant condition
            _parameters(start, end, project_ids),
        )
        rows = cursor.fetchall()
    # The second part is an aggregate without groups: always one row, and the last.
    *settled, (_state, *before) = rows
    open_before = WorkSum(*before)
    earlier = EarlierWork(open_before.minutes, open_before.first_date)
    return (
        [(state, WorkSum(*found)) for state, *found in settled],
        earlier if open_before.minutes else None,
    )


class DocumentOfWork(NamedTuple):
    project_id: int
    invoice_id: int
    number: str | None
    state: str


def documents_of_work(start: date, end: date, project_ids: Collection[int]) -> list[DocumentOfWork]:
    """The drafts and invoices that the projects' settled hours of the period are on."""
    if not project_ids:
        return []
    found = (
        _entries()
        .between(start, end)
        .filter(
            project_id__in=project_ids,
            is_billable=True,
            billing_state__in=[BillingState.DRAFTED, BillingState.BILLED],
            sources__released_at=None,
        )
        .order_by()
        .values_list(
            "project_id",
            "sources__line__invoice_id",
            "sources__line__invoice__number",
            "billing_state",
        )
        .distinct()
        .order_by(F("sources__line__invoice_id"))
    )
    return [DocumentOfWork(*row) for row in found]


def entries_of_line(
    start: date,
    end: date,
    *,
    project_id: int,
    member_id: int,
    rate: Decimal | None,
    state: BillingState,
) -> TimeEntryQuerySet:
    """The entries that `open_work` or `settled_work` has summed up, the first day first."""
    entries = _entries().between(start, end)
    return (
        entries.filter(
            project_id=project_id, member_id=member_id, is_billable=True, billing_state=state
        )
        .filter(Q(rate=rate) if rate is not None else Q(rate__isnull=True))
        .select_related("task")
        .order_by("work_date", "start_time", "pk")
    )
