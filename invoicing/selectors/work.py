"""Sums of billable hours, straight from the time entries: the reports' only heavy queries."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django.db import connection
from django.db.models import Q

from invoicing.selectors.ready_charges import CHARGES_AS_TEXT, ChargeSum, charges_of_text
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from timesheets.models import BillingState, Charge, TimeEntry, WorkQuerySet


class WorkSum(NamedTuple):
    """Hours of one person on one project at one rate: what becomes a line."""

    project_id: int
    member_id: int
    rate: Decimal | None
    minutes: int
    is_locked: bool  # wholly
    first_date: date
    last_date: date


class RoundedWork(NamedTuple):
    """Equally long entries of a day whose project's time is rounded for billing."""

    state: str
    project_id: int
    member_id: int
    rate: Decimal | None
    work_date: date
    minutes: int
    entries: int


class EarlierWork(NamedTuple):
    """Open hours from before the period, which nobody should forget."""

    minutes: int
    since: date


def _entries() -> WorkQuerySet[Any]:
    return cast(WorkQuerySet[Any], TimeEntry.objects.all())


class BillableWork(NamedTuple):
    sums: list[tuple[str, WorkSum]]
    rounded: list[RoundedWork]
    earlier: EarlierWork | None
    charges: list[ChargeSum]


def billable_work(
    start: date,
    end: date,
    project_ids: Collection[int] | None = None,
    *,
    tenant: Tenant,
    loose_of: int | None = None,
) -> BillableWork:
    """Billable hours of the period by state, project, person and rate, and the open ones before it;
    beside them the charges, of `loose_of` also those without a project.

    Five parts in one round trip, each planned for itself. The first, which is the large one, reads
    the index `timeentry_ready` and nothing else; every column added to it must be in that index.
    Plain SQL, because putting the same statement together takes the ORM a fifth of its time.
    """
    own = "" if project_ids is None else " AND project_id = ANY(%(projects)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT 'open', project_id, member_id, rate, sum(minutes), bool_and(is_locked),
                min(work_date), max(work_date), NULL::bigint, NULL
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s{own}
                AND is_billable AND billing_state = 'open'
            GROUP BY project_id, member_id, rate
            UNION ALL
            SELECT billing_state, project_id, member_id, rate, sum(minutes), true,
                min(work_date), max(work_date), NULL::bigint, NULL
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s{own}
                AND is_billable AND billing_state IN ('drafted', 'billed')
            GROUP BY billing_state, project_id, member_id, rate
            UNION ALL
            SELECT 'earlier', NULL, NULL, NULL, sum(minutes), true, min(work_date), NULL,
                NULL::bigint, NULL
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date < %(start)s{own}
                AND is_billable AND billing_state = 'open'
            UNION ALL
            SELECT 'rounded ' || billing_state, project_id, member_id, rate, minutes, true,
                work_date, NULL, count(*), NULL
            FROM timesheets_timeentry
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s{own}
                AND is_billable AND billing_state IN ('open', 'drafted', 'billed')
                AND project_id = ANY(ARRAY(
                    SELECT project.id FROM customers_project project
                    JOIN customers_customer customer ON customer.tenant_id = project.tenant_id
                        AND customer.id = project.customer_id
                    WHERE project.tenant_id = %(tenant)s AND (
                        coalesce(project.rounding_minutes, customer.rounding_minutes,
                            %(rounding)s, 0) > 0
                        OR coalesce(project.minimum_minutes, customer.minimum_minutes,
                            %(minimum)s, 0) > 0)))
            GROUP BY billing_state, project_id, member_id, rate, work_date, minutes
            UNION ALL
            SELECT 'charges', NULL, NULL, NULL, NULL, true, NULL, NULL, NULL::bigint,
                ({CHARGES_AS_TEXT})
            """,  # noqa: S608 - the only thing put in is a constant condition
            {
                "tenant": current_tenant_id(),
                "start": start,
                "end": end,
                "projects": list(project_ids or []),
                "all_projects": project_ids is None,
                "loose_of": loose_of,
                "rounding": tenant.rounding_minutes,
                "minimum": tenant.minimum_minutes,
            },
        )
        found = cursor.fetchall()
    sums, rounded, charges, earlier = [], [], [], None
    for part, project_id, member_id, rate, minutes, is_locked, first, last, count, text in found:
        if part == "charges":
            charges = charges_of_text(text)
        elif part == "earlier":
            earlier = EarlierWork(minutes, first) if minutes else None
        elif count is not None:
            state = part.removeprefix("rounded ")
            rounded.append(RoundedWork(state, project_id, member_id, rate, first, minutes, count))
        else:
            work = WorkSum(project_id, member_id, rate, minutes, is_locked, first, last)
            sums.append((part, work))
    return BillableWork(sums, rounded, earlier, charges)


class DocumentOfWork(NamedTuple):
    project_id: int
    invoice_id: int
    number: str | None
    state: str


def documents_of_work(start: date, end: date, project_ids: Collection[int]) -> list[DocumentOfWork]:
    """The drafts and invoices that the projects' settled hours of the period are on, and those on
    which they were paid in advance."""
    if not project_ids:
        return []
    settled = (
        _entries()
        .between(start, end)
        .filter(
            project_id__in=project_ids,
            is_billable=True,
            billing_state__in=[BillingState.DRAFTED, BillingState.BILLED],
        )
        .order_by()
    )
    on_lines = settled.filter(sources__released_at=None, sources__line__isnull=False)
    drawn = settled.filter(prepaid_draws__isnull=False)
    found = on_lines.values_list(
        "project_id",
        "sources__line__invoice_id",
        "sources__line__invoice__number",
        "billing_state",
    ).union(
        drawn.values_list(
            "project_id",
            "prepaid_draws__prepaid__line__invoice_id",
            "prepaid_draws__prepaid__line__invoice__number",
            "billing_state",
        )
    )
    return [DocumentOfWork(*row) for row in found.order_by()]


def documents_of_charged_work(
    start: date, end: date, customer_ids: Collection[int]
) -> list[tuple[int, DocumentOfWork]]:
    """The same of the customers' charges, each with its customer; those without a project have the
    project 0."""
    if not customer_ids:
        return []
    found = (
        Charge.objects.filter(
            charge_date__range=(start, end),
            customer_id__in=customer_ids,
            is_billable=True,
            billing_state__in=[BillingState.DRAFTED, BillingState.BILLED],
            sources__released_at=None,
            sources__isnull=False,
        )
        .order_by()
        .values_list(
            "customer_id",
            "project_id",
            "sources__line__invoice_id",
            "sources__line__invoice__number",
            "billing_state",
        )
        .distinct()
        .order_by("sources__line__invoice_id")
    )
    return [
        (customer, DocumentOfWork(project or 0, invoice, number, state))
        for customer, project, invoice, number, state in found
    ]


def entries_of_line(
    start: date,
    end: date,
    *,
    project_id: int,
    member_id: int,
    rate: Decimal | None,
    state: BillingState,
) -> WorkQuerySet[Any]:
    """The entries that `billable_work` has summed up, the first day first."""
    entries = _entries().between(start, end)
    return (
        entries.filter(
            project_id=project_id, member_id=member_id, is_billable=True, billing_state=state
        )
        .filter(Q(rate=rate) if rate is not None else Q(rate__isnull=True))
        .select_related("task")
        .order_by("work_date", "start_time", "pk")
    )
