"""A draft from ten thousand hours."""

from collections.abc import Iterator
from datetime import date
from functools import partial

import psycopg
from django.db import connection

from benchmarks.companies import MONTH, Company, make_company, record_hours, vacuum
from benchmarks.measuring import Result, side_by_side
from customers.models import Customer
from invoicing.domain.composing.options import (
    EVERY_ENTRY,
    STANDARD,
    Dimension,
    Level,
    LineOptions,
)
from invoicing.domain.discarding import delete_drafts
from invoicing.domain.drafting import Proposals, draft_work
from invoicing.models import Invoice
from tenants.scope import tenant_scope

ENTRIES = 10_000
TIMES = 5
# With the columns whose values the entries of a line share.
LEVELS = {
    "a line per project and person": (STANDARD, "project_id, member_id, rate"),
    "every entry a line": (EVERY_ENTRY, "id, rate"),
    "a line per day and person": (
        LineOptions(dimensions=(Dimension.DAY, Dimension.PERSON)),
        "work_date, member_id, rate",
    ),
    "all in one line": (LineOptions(level=Level.ONE, dimensions=()), "rate"),
}


def run(address: str) -> Iterator[Result]:
    ours, theirs = (
        make_company(slug, customers=1, projects=10, people=10)
        for slug in ("drafts", "drafts-by-hand")
    )
    for company in (ours, theirs):
        record_hours(address, company, entries=ENTRIES)
    vacuum(address)

    def free_again() -> None:
        _discard(ours)
        _reopen(address, theirs)
        vacuum(address)

    for name, (options, shared) in LEVELS.items():
        times = side_by_side(
            partial(_draft, ours, options),
            partial(_by_hand, theirs, shared),
            times=TIMES,
            after=free_again,
        )
        yield Result(
            f"draft: from 10,000 entries, {name}, committed",
            times[0],
            yardstick="claiming the hours and writing the same lines in three statements by hand",
            yardstick_seconds=times[1],
            limit_seconds=0.5,
        )


def _draft(company: Company, options: LineOptions) -> None:
    start, end = MONTH
    with tenant_scope(company.tenant.pk):
        draft_work(
            start=start,
            end=end,
            customer_id=company.customer_ids[0],
            actor=company.accountant,
            options=options,
        )


def _discard(company: Company) -> None:
    with tenant_scope(company.tenant.pk):
        delete_drafts([Invoice.objects.get().pk], actor=company.accountant)


def _by_hand(company: Company, shared: str) -> None:
    with tenant_scope(company.tenant.pk), connection.cursor() as cursor:
        names: dict[str, int | date] = {
            "tenant": company.tenant.pk,
            "start": MONTH[0],
            "end": MONTH[1],
        }
        cursor.execute(
            """
            UPDATE timesheets_timeentry SET billing_state = 'drafted'
            WHERE tenant_id = %(tenant)s AND work_date BETWEEN %(start)s AND %(end)s
                AND is_billable AND billing_state = 'open'
            """,
            names,
        )
        customer = Customer.objects.get()
        invoice = Proposals([customer]).invoice(customer, actor=None, issue_date=MONTH[1])
        invoice.save()
        names["invoice"] = invoice.pk
        # PostgreSQL expects few rows of what a statement has just written, and would look through
        # all lines for each entry.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"""
            WITH work AS (
                SELECT {shared}, sum(minutes) AS minutes,
                    row_number() OVER (ORDER BY {shared}) AS position
                FROM timesheets_timeentry
                WHERE tenant_id = %(tenant)s AND billing_state = 'drafted'
                GROUP BY {shared}
            ), lines AS (
                INSERT INTO invoicing_invoiceline (
                    tenant_id, invoice_id, position, kind, text, quantity, unit, unit_price,
                    discount_percent, tax_rate_id, tax_percent, tax_category, account, net
                )
                SELECT %(tenant)s, %(invoice)s, position, 'item', 'Work', minutes / 60.0, 'HUR',
                    rate, 0, (SELECT min(id) FROM catalog_taxrate WHERE tenant_id = %(tenant)s),
                    25.5, 'S', '3000', round(minutes / 60.0 * rate, 2)
                FROM work
                RETURNING id, position
            )
            INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)
            SELECT %(tenant)s, lines.id, entry.id, entry.minutes
            FROM timesheets_timeentry entry
            JOIN work USING ({shared})
            JOIN lines USING (position)
            WHERE entry.tenant_id = %(tenant)s AND entry.billing_state = 'drafted'
            """,
            names,
        )


def _reopen(address: str, company: Company) -> None:
    with psycopg.connect(address) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for table in ("source", "invoiceline", "invoice"):
            superuser.execute(
                f"DELETE FROM invoicing_{table} WHERE tenant_id = %s",
                [company.tenant.pk],
            )
        superuser.execute(
            "UPDATE timesheets_timeentry SET billing_state = 'open' WHERE tenant_id = %s",
            [company.tenant.pk],
        )
