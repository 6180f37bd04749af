"""A run over 500, 1,000 and 2,000 customers with fifty hours each: drafted and posted, no PDF."""

import multiprocessing
import resource
from collections.abc import Iterator
from datetime import date, time
from functools import partial
from time import perf_counter
from uuid import uuid4

from django.db import connection

from benchmarks.companies import MONTH, Company, make_company, record_hours, vacuum
from benchmarks.measuring import Result, seconds_of
from core.periods import Period
from customers.models import Customer
from invoicing.domain.drafting import Proposals
from invoicing.domain.schedules.editing import ScheduleWords, add_schedule
from invoicing.domain.schedules.starting import run_now
from invoicing.domain.schedules.working import work_run
from invoicing.models import Invoice, InvoicingRun, Schedule
from tenants.models import Membership
from tenants.scope import tenant_scope

SIZES = (500, 1000, 2000)
ENTRIES = 50
WORKERS = 2
LIMIT_SECONDS = 60.0
# What the largest run may need beyond the smallest.
LIMIT_MEMORY = 1.15


def run(address: str) -> Iterator[Result]:
    least = 0.0
    for size in SIZES:
        ours, theirs = (
            make_company(f"{slug}-{size}", customers=size, projects=size, people=5)
            for slug in ("runs", "runs-by-hand")
        )
        for company in (ours, theirs):
            record_hours(address, company, entries=size * ENTRIES)
        vacuum(address)
        run_id = _started(ours)
        began = perf_counter()
        memory = _worked(ours, run_id)
        seconds = perf_counter() - began
        by_hand = seconds_of(partial(_by_hand, theirs))
        _prove(ours, size)
        least = least or max(memory)
        yield Result(
            f"run: {size:,} customers with {ENTRIES} hours each, drafted and posted by two workers",
            seconds,
            yardstick="claiming the same hours and writing the rows of drafts by hand, one worker",
            yardstick_seconds=by_hand,
            limit_seconds=LIMIT_SECONDS,
            growth=max(memory) / least,
            limit_growth=LIMIT_MEMORY,
            note=f"{size / seconds:,.0f} invoices a second; a worker needs {max(memory):.0f} MB",
        )


def _started(company: Company) -> int:
    with tenant_scope(company.tenant.pk):
        author = Membership.objects.get(tenant=company.tenant, user=company.accountant)
        schedule = add_schedule(
            ScheduleWords(name="All", kinds=("hours",), at=time(6), result=Schedule.Result.POST),
            actor=author,
        )
        period = Period(*MONTH)
        started = run_now(schedule, period, actor=company.accountant, token=uuid4())
    return started.pk


def _worked(company: Company, run_id: int) -> list[float]:
    """Work it off in two processes; returns what memory each needed at most, in megabytes."""
    connection.close()
    context = multiprocessing.get_context("fork")
    with context.Pool(WORKERS) as workers:
        return workers.starmap(_work, [(company.tenant.pk, run_id)] * WORKERS, chunksize=1)


def _work(tenant_id: int, run_id: int) -> float:
    work_run(tenant_id, run_id)
    connection.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _prove(company: Company, size: int) -> None:
    with tenant_scope(company.tenant.pk):
        assert InvoicingRun.objects.get().finished_at is not None
        assert Invoice.objects.filter(status="posted").count() == size


def _by_hand(company: Company) -> None:
    names: dict[str, int | date] = {
        "tenant": company.tenant.pk,
        "start": MONTH[0],
        "end": MONTH[1],
    }
    with tenant_scope(company.tenant.pk), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE timesheets_timeentry SET billing_state = 'drafted'
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s
                AND is_billable AND billing_state = 'open'
            """,
            names,
        )
        customers = list(Customer.objects.all())
        proposals = Proposals(customers)
        Invoice.objects.bulk_create(
            proposals.invoice(customer, actor=None, issue_date=MONTH[1]) for customer in customers
        )
        for statement in _STATEMENTS:
            cursor.execute(statement, names)


_STATEMENTS = (
    """
    INSERT INTO invoicing_invoiceline (
        tenant_id, invoice_id, position, kind, text, quantity, unit, unit_price, discount_percent,
        tax_rate_id, tax_percent, tax_category, account, net
    )
    SELECT %(tenant)s, invoice.id,
        row_number() OVER (PARTITION BY invoice.id ORDER BY entry.member_id), 'item', 'Work',
        sum(entry.minutes) / 60.0, 'HUR', entry.rate, 0,
        (SELECT min(id) FROM catalog_taxrate WHERE tenant_id = %(tenant)s), 25.5, 'S', '3000',
        round(sum(entry.minutes) / 60.0 * entry.rate, 2)
    FROM timesheets_timeentry entry
    JOIN customers_project project
        ON project.tenant_id = entry.tenant_id AND project.id = entry.project_id
    JOIN invoicing_invoice invoice
        ON invoice.tenant_id = entry.tenant_id AND invoice.customer_id = project.customer_id
    WHERE entry.tenant_id = %(tenant)s AND entry.billing_state = 'drafted'
    GROUP BY invoice.id, entry.member_id, entry.rate
    """,
    """
    INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)
    SELECT %(tenant)s, line.id, entry.id, entry.minutes
    FROM timesheets_timeentry entry
    JOIN customers_project project
        ON project.tenant_id = entry.tenant_id AND project.id = entry.project_id
    JOIN invoicing_invoice invoice
        ON invoice.tenant_id = entry.tenant_id AND invoice.customer_id = project.customer_id
    JOIN LATERAL (
        SELECT id FROM invoicing_invoiceline
        WHERE tenant_id = invoice.tenant_id AND invoice_id = invoice.id
        ORDER BY position LIMIT 1
    ) line ON true
    WHERE entry.tenant_id = %(tenant)s AND entry.billing_state = 'drafted'
    """,
)
