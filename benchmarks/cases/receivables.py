"""Who owes how much by age, of a company with 200,000 documents: today, and half a year ago."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection

from benchmarks.cases.archive import DOCUMENTS, fill
from benchmarks.companies import Company, make_company, vacuum
from benchmarks.measuring import Result, side_by_side
from invoicing.selectors.receivables import aged_customers
from tenants.scope import tenant_scope

TODAY, THEN = date(2026, 10, 1), date(2026, 4, 1)
# Two of three are paid, each by a payment of its own, two weeks after the due date.
SETTLE = """
    WITH entries AS (
        INSERT INTO invoicing_journalentry
            (tenant_id, number, date, text, currency, invoice_id, created_at)
        SELECT tenant_id, chain_position, issue_date, number, currency, id, now()
        FROM invoicing_invoice WHERE tenant_id = %(tenant)s AND status = 'posted'
    ), paid AS (
        SELECT * FROM invoicing_invoice
        WHERE tenant_id = %(tenant)s AND status = 'posted' AND chain_position %% 3 > 0
    ), booked AS (
        INSERT INTO invoicing_journalentry (tenant_id, number, date, text, currency, created_at)
        SELECT tenant_id, 1000000 + chain_position, due_date + 14, number, currency, now()
        FROM paid RETURNING id, number
    ), payments AS (
        INSERT INTO invoicing_payment (tenant_id, token, kind, customer_id, payment_date, currency,
            amount, method, account, credit_account, reference, text, entry_id, created_at)
        SELECT paid.tenant_id, gen_random_uuid(), 'received', paid.customer_id, paid.due_date + 14,
            paid.currency, paid.gross_total, 'transfer', '1910', '2860', paid.number, '',
            booked.id, now()
        FROM paid JOIN booked ON booked.number = 1000000 + paid.chain_position
        RETURNING id, entry_id
    )
    INSERT INTO invoicing_allocation (tenant_id, kind, invoice_id, payment_id, date, amount,
        account, reason, entry_id, created_at)
    SELECT paid.tenant_id, 'payment', paid.id, payments.id, paid.due_date + 14, paid.gross_total,
        '2860', '', payments.entry_id, now()
    FROM paid
    JOIN booked ON booked.number = 1000000 + paid.chain_position
    JOIN payments ON payments.entry_id = booked.id
"""


def run(address: str) -> Iterator[Result]:
    company = make_company("receivables", customers=800, projects=1, people=1)
    fill(address, company, DOCUMENTS, then=SETTLE)
    vacuum(address)
    for name, day in (("today", TODAY), ("half a year ago", THEN)):
        times = side_by_side(_aged(company, day), _by_hand(company, day), times=5)
        yield Result(
            f"receivables: {DOCUMENTS:,} documents by age, {name}",
            times[0],
            yardstick="every document with all that settles it, by hand",
            yardstick_seconds=times[1],
            limit=1,
            note="one statement, to the rows of the page",
        )


def _aged(company: Company, day: date) -> Callable[[], object]:
    def work() -> None:
        with tenant_scope(company.tenant.pk):
            assert aged_customers(day)

    return work


def _by_hand(company: Company, day: date) -> Callable[[], object]:
    """Without the archive's rows: what one would write first."""

    def work() -> None:
        with tenant_scope(company.tenant.pk), connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT customer_id, currency, due_date, sum(open) FROM (
                    SELECT customer_id, currency, due_date, gross_total - coalesce((
                        SELECT sum(amount) FROM invoicing_allocation settled
                        WHERE settled.tenant_id = invoice.tenant_id
                            AND settled.invoice_id = invoice.id AND settled.date <= %(on)s
                    ), 0) AS open
                    FROM invoicing_invoice invoice
                    WHERE tenant_id = %(tenant)s AND status = 'posted' AND issue_date <= %(on)s
                ) AS documents WHERE open > 0 GROUP BY customer_id, currency, due_date
                """,
                {"tenant": company.tenant.pk, "on": day},
            )
            assert cursor.fetchall()

    return work
