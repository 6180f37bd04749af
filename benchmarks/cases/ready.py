"""What is ready to invoice: a month of one of fifty companies, and a company with a million."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.companies import MONTH, YEAR, Company, make_company, record_hours, vacuum
from benchmarks.measuring import Result, seconds_of, side_by_side
from invoicing.selectors.work import billable_work
from tenants.scope import tenant_scope

COMPANIES = 50
ENTRIES = 20_000
MILLION = 1_000_000


def run(address: str) -> Iterator[Result]:
    companies = [
        make_company(f"ready{number:02}", customers=10, projects=20, people=10)
        for number in range(COMPANIES)
    ]
    for company in companies:
        record_hours(address, company, entries=ENTRIES)
    large = make_company("large", customers=50, projects=100, people=50)
    record_hours(address, large, entries=MILLION, period=YEAR)
    vacuum(address)

    yield _query("ready: query, 20,000 entries in 200 groups", companies[25], MONTH, limit=1.3)
    yield _page("ready: page, 20,000 entries, by project", companies[25], MONTH, "")
    yield _page("ready: page, 20,000 entries, by customer", companies[25], MONTH, "customer")
    yield _query("ready: query, a month of a million entries", large, MONTH)
    yield _page("ready: page, a month of a million entries", large, MONTH, "")
    yield _query("ready: query, all of a million entries", large, YEAR)
    yield _page("ready: page, all of a million entries", large, YEAR, "")


def _query(
    name: str, company: Company, period: tuple[date, date], limit: float | None = None
) -> Result:
    with tenant_scope(company.tenant.pk):
        ours, theirs = side_by_side(
            lambda: billable_work(*period, tenant=company.tenant),
            _by_hand(company, *period),
            times=15,
        )
        groups = len(billable_work(*period, tenant=company.tenant).sums)
    return Result(
        name,
        ours,
        yardstick="the open hours of the period in hand-written SQL",
        yardstick_seconds=theirs,
        limit=limit,
        note=f"{groups:,} groups; ours also looks for drafted, billed and earlier hours",
    )


def _by_hand(company: Company, start: date, end: date) -> Callable[[], object]:
    def work() -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT project_id, member_id, rate, sum(minutes), bool_and(is_locked),
                    min(work_date), max(work_date)
                FROM timesheets_timeentry
                WHERE tenant_id = %s AND work_date BETWEEN %s AND %s
                    AND is_billable AND billing_state = 'open'
                GROUP BY project_id, member_id, rate
                """,
                [company.tenant.pk, start, end],
            )
            return cursor.fetchall()

    return work


def _page(name: str, company: Company, period: tuple[date, date], grouping: str) -> Result:
    client = Client()
    client.force_login(company.accountant)
    start, end = period
    address = f"/{company.tenant.slug}/ready/?start={start}&end={end}&group={grouping}"

    def open_it() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code

    open_it()
    times = sorted(seconds_of(open_it) for _ in range(5))
    with CaptureQueriesContext(connection) as queries:
        open_it()
    # Opening and closing the transaction and naming the tenant are counted too.
    return Result(name, times[2], queries=len(queries), limit_queries=12)
