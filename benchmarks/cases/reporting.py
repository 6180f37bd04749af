"""Where the work went, and the list of hours in groups, of a company with a million entries."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.companies import YEAR, Company, make_company, record_hours, vacuum
from benchmarks.measuring import Result, seconds_of, side_by_side
from tenants.models import Membership
from tenants.scope import tenant_scope
from timesheets.domain.settling import Step, settle
from timesheets.selectors.grouping import Dimension, read_groups
from timesheets.selectors.selection import selected_entries

MILLION, MONTHLY = 1_000_000, 100_000
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def run(address: str) -> Iterator[Result]:
    large = make_company("reporting", customers=50, projects=100, people=50)
    record_hours(address, large, entries=MILLION, period=YEAR)
    listed = make_company("listing", customers=50, projects=100, people=50)
    record_hours(address, listed, entries=MONTHLY)
    vacuum(address)

    yield _query("report: query, a million entries by project", large, YEAR)
    yield _page("report: page, a million entries by project", large, "hours/where/", YEAR, "")
    yield _page(
        "report: page, a million entries by person", large, "hours/where/", YEAR, "&group=person"
    )
    yield _page("list: page, 100,000 entries", listed, "hours/entries/", OCTOBER, "")
    yield _page(
        "list: page, 100,000 entries by project and person", listed, "hours/entries/", OCTOBER,
        "&group=project&group=person",
    )  # fmt: skip
    yield _settling("settling: 100,000 entries at once, with their log", listed)


def _asked(period: tuple[date, date]) -> str:
    return f"start={period[0]}&end={period[1]}&state=all"


def _query(name: str, company: Company, period: tuple[date, date]) -> Result:
    with tenant_scope(company.tenant.pk):
        reader = Membership.objects.get(user=company.accountant, tenant=company.tenant)
        entries = selected_entries(QueryDict(_asked(period)), reader)
        ours, theirs = side_by_side(
            lambda: read_groups(entries, [Dimension.PROJECT], reader),
            _by_hand(company, *period),
            times=7,
        )
    return Result(
        name,
        ours,
        yardstick="the same sums in hand-written SQL",
        yardstick_seconds=theirs,
        limit=1.5,
    )


def _by_hand(company: Company, start: date, end: date) -> Callable[[], object]:
    def work() -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT project_id, is_billable, billing_state, count(*), sum(minutes),
                    sum(minutes * rate) FILTER (WHERE is_billable)
                FROM timesheets_timeentry
                WHERE tenant_id = %s AND work_date BETWEEN %s AND %s
                GROUP BY project_id, is_billable, billing_state
                """,
                [company.tenant.pk, start, end],
            )
            return cursor.fetchall()

    return work


def _page(name: str, company: Company, page: str, period: tuple[date, date], more: str) -> Result:
    client = Client()
    client.force_login(company.accountant)
    address = f"/{company.tenant.slug}/{page}?{_asked(period)}{more}"

    def open_it() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code

    open_it()
    times = sorted(seconds_of(open_it) for _ in range(5))
    with CaptureQueriesContext(connection) as queries:
        open_it()
    return Result(name, times[2], queries=len(queries), limit_queries=15)


def _settling(name: str, company: Company) -> Result:
    """There and back; the way there is timed."""

    def step(which: Step) -> None:
        with tenant_scope(company.tenant.pk):
            reader = Membership.objects.get(user=company.accountant, tenant=company.tenant)
            entries = selected_entries(QueryDict(_asked(OCTOBER)), reader)
            settle(entries, step=which, actor=reader, note="R-17")

    times = []
    for _ in range(3):
        times.append(seconds_of(lambda: step(Step.BILLED)))
        step(Step.FREE)
    return Result(name, sorted(times)[1])
