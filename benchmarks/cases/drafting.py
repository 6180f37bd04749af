"""A draft from ten thousand hours."""

from collections.abc import Iterator
from datetime import date

import psycopg
from django.db import connection

from benchmarks.companies import MONTH, Company, make_company, record_hours, vacuum
from benchmarks.measuring import Result, side_by_side
from invoicing.domain.drafting import discard_draft, draft_work
from invoicing.models import Invoice
from tenants.scope import tenant_scope

ENTRIES = 10_000
TIMES = 7


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

    times = side_by_side(
        lambda: _draft(ours),
        lambda: _by_hand(theirs),
        times=TIMES,
        after=free_again,
    )
    yield Result(
        "draft: from 10,000 entries, committed",
        times[0],
        yardstick="claiming and tying the same hours in three hand-written statements",
        yardstick_seconds=times[1],
        limit_seconds=0.5,
        note="100 lines",
    )


def _draft(company: Company) -> None:
    start, end = MONTH
    with tenant_scope(company.tenant.pk):
        draft_work(
            start=start, end=end, customer_id=company.customer_ids[0], actor=company.accountant
        )


def _discard(company: Company) -> None:
    with tenant_scope(company.tenant.pk):
        discard_draft(Invoice.objects.get(), actor=company.accountant)


def _by_hand(company: Company) -> None:
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
        cursor.execute(
            """
            INSERT INTO invoicing_invoice (
                tenant_id, kind, status, customer_id, issue_date, due_date, tax_point, currency,
                language, billing_name, billing_street, billing_postal_code, billing_city,
                billing_country, buyer_business_id, buyer_vat_id, delivery_name, delivery_street,
                delivery_postal_code, delivery_city, delivery_country, contact_name,
                contact_email, order_reference, buyer_reference, comment, internal_note,
                has_work_report, is_cancellation, reason, seller, payment_reference, net_total,
                tax_total, gross_total, version, created_at, changed_at, previous_hash, content_hash
            )
            SELECT tenant_id, 'invoice', 'draft', id, %(end)s, %(end)s, %(end)s, 'EUR', 'en', name,
                '', '', '', 'FI', '', '', '', '', '', '', '', '', '', '', '', '', '', false,
                false, '', '{}', '', 0, 0, 0, 1, now(), now(), '', ''
            FROM customers_customer WHERE tenant_id = %(tenant)s
            RETURNING id
            """,
            names,
        )
        names["invoice"] = cursor.fetchone()[0]
        cursor.execute(
            """
            WITH work AS (
                SELECT project_id, member_id, rate, sum(minutes) AS minutes,
                    row_number() OVER (ORDER BY project_id, member_id, rate) AS position
                FROM timesheets_timeentry
                WHERE tenant_id = %(tenant)s AND billing_state = 'drafted'
                GROUP BY project_id, member_id, rate
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
            JOIN work USING (project_id, member_id, rate)
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
