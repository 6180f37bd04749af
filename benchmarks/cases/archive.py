"""The archive of a company with 200,000 documents: search, sort, count and sum."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Q
from django.test import RequestFactory

from benchmarks.companies import Company, make_company, vacuum
from benchmarks.measuring import Result, side_by_side
from customers.models import Customer, CustomField
from invoicing.domain.drafting import new_draft
from invoicing.domain.indexing import rebuild_index
from invoicing.views.archive.lists import list_context, totals
from tenants.models import Membership
from tenants.scope import tenant_scope

DOCUMENTS = 200_000
# Neighbours in the same tables, so that nobody has the pages to themselves.
NEIGHBOURS, THEIRS = 5, 10_000
TIMES = 7

# What is asked, and about how much of the archive it finds.
SEARCHES = (
    ("all of it", ""),
    ("a common word (two thirds)", "q=warehouse"),
    ("a rare word (200 documents)", "q=unit-0077"),
    ("a word of two letters", "q=oy"),
    ("a number", "q=2026-123456"),
    ("nothing at all", "q=zzzyx"),
    ("two words", "q=warehouse+hydraulics"),
    ("a phrase", "q=%22travel+from+helsinki%22"),
    ("an exclusion", "q=warehouse+-hydraulics"),
    ("an exclusion alone", "q=-warehouse"),
    ("one word or the other", "q=hydraulics+OR+unit-0077"),
    ("two rare words, one or the other", "q=unit-0078+OR+unit-0077"),
    ("an own field", "q=location%3Ahome"),
    ("an own field, a rare value", "q=location%3Abasement"),
    ("two letters found nowhere", "q=zq"),
    ("an own field that was never set", "q=location%3A%7E"),
    ("by status in the search", "q=status%3Aoverdue"),
    ("by amount in the search", "q=amount%3A%3E5000"),
    ("a customer", "q=customer%3A%22customer+77+%22"),
    ("the filter by status", "status=overdue"),
    ("the filter by days", "date_after=2026-01-01&date_before=2026-03-31"),
)
# Whatever is common is counted after the page is shown.
COUNTED = ("all of it", "a common word (two thirds)", "an exclusion", "an own field")
YARDSTICK = "reading the bodies of all its rows, by hand"
SORTS = ("number", "customer", "date", "due", "net", "gross", "open", "status", "currency", "kind")

# Each like the draft that the program itself made, except for what is named.
FILL = """
    INSERT INTO invoicing_invoice OVERRIDING SYSTEM VALUE
    SELECT made.* FROM invoicing_invoice AS pattern, generate_series(1, %(documents)s) AS n,
        LATERAL jsonb_populate_record(pattern, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('invoicing_invoice', 'id')),
            'status', 'posted', 'number', '2026-' || n, 'series_id', %(series)s::bigint,
            'posted_at', now(), 'chain_position', n, 'content_hash', 'x',
            'customer_id',
            (%(customers)s::bigint[])[1 + n %% cardinality(%(customers)s::bigint[])],
            'billing_name',
            'Customer ' || n %% cardinality(%(customers)s::bigint[]) || ' Logistics Oy',
            'issue_date', '2021-01-01'::date + (n::bigint * 7919 %% 2100)::int,
            'due_date', '2021-01-15'::date + (n::bigint * 7919 %% 2100)::int,
            'currency', CASE WHEN n %% 11 = 0 THEN 'SEK' ELSE 'EUR' END,
            'net_total', n %% 9000 + 0.5, 'gross_total', n %% 9000 + 0.5,
            'payment_reference', lpad(n::text, 12, '0'),
            'order_reference', 'PO-' || n::bigint * 31 %% 999983,
            'comment', CASE WHEN n %% 3 = 0
                THEN 'Thank you for the order, and please mention our reference'
                ELSE 'Meeting about the new warehouse, with the project manager' END,
            'custom_values', CASE WHEN n %% 1000 = 7 THEN '{"location": "Basement"}'::jsonb
                WHEN n %% 4 = 0 THEN '{"location": "Home office"}'::jsonb
                WHEN n %% 4 = 1 THEN '{"location": "Site"}' ELSE '{}' END
        )) AS made
    WHERE pattern.tenant_id = %(tenant)s AND pattern.id = %(pattern)s
"""
LINES = """
    INSERT INTO invoicing_invoiceline (
        tenant_id, invoice_id, position, kind, text, quantity, unit, unit_price, discount_percent,
        tax_percent, tax_category, account, net
    )
    SELECT %(tenant)s, id, position, 'text',
        CASE position WHEN 1 THEN (array['Hydraulics', 'Consulting', 'Maintenance', 'Installation',
            'Programming'])[1 + chain_position %% 5] || ' in October, ' || md5(id::text)
        ELSE 'Inspection of unit-' || lpad((chain_position %% 1000)::text, 4, '0')
            || CASE WHEN id %% 7 = 0 THEN ', travel from Helsinki to Tampere' ELSE '' END END,
        0, 'HUR', 0, 0, 0, 'S', '', 0
    FROM invoicing_invoice, generate_series(1, 2) AS position
    WHERE tenant_id = %(tenant)s AND status = 'posted'
"""


def run(address: str) -> Iterator[Result]:
    ours = make_company("archive", customers=800, projects=1, people=1)
    fill(address, ours, DOCUMENTS)
    for number in range(NEIGHBOURS):
        slug = f"archive-neighbour-{number}"
        fill(address, make_company(slug, customers=50, projects=1, people=1), THEIRS)
    with tenant_scope(ours.tenant.pk):
        CustomField.objects.create(target="document", name="location", label="Location")
    vacuum(address)
    yardstick = _hand_written(ours)
    for name, query in SEARCHES:
        yield _measured(ours, f"archive: {name}", query, yardstick)
    for name, query in SEARCHES:
        if name in COUNTED:
            yield _counted(ours, f"archive: count and sums of {name}", query, yardstick)
    for sort in SORTS:
        for search in ("", "&q=warehouse"):
            told = f"archive: by {sort}{', of a common word' if search else ''}"
            yield _measured(ours, told, f"sort=-{sort}{search}", yardstick)
    yield _measured(ours, "archive: the last page", f"page={DOCUMENTS // 50}", yardstick)


def _measured(company: Company, name: str, query: str, yardstick: Callable[[], object]) -> Result:
    times = side_by_side(lambda: _page(company, query), yardstick, times=TIMES)
    return Result(
        name,
        times[0],
        yardstick=YARDSTICK,
        yardstick_seconds=times[1],
        limit_seconds=0.1,
        note="from the query string to the rows of the page",
    )


def _counted(company: Company, name: str, query: str, yardstick: Callable[[], object]) -> Result:
    times = side_by_side(lambda: _totals(company, query), yardstick, times=TIMES)
    return Result(
        name,
        times[0],
        yardstick=YARDSTICK,
        yardstick_seconds=times[1],
        limit=3,
        note="the second request, which the page does not wait for",
    )


def _page(company: Company, query: str) -> None:
    with _asked(company, query) as request:
        context = list_context(request, Q())
        assert not context["filter"].is_refused
        len(context["page"].object_list)


def _totals(company: Company, query: str) -> None:
    with _asked(company, f"{query}&totals=1") as request:
        assert totals(request, Q()).status_code == 200


@contextmanager
def _asked(company: Company, query: str) -> Iterator[Any]:
    with tenant_scope(company.tenant.pk):
        request: Any = RequestFactory().get(f"/?{query}")
        request.tenant, request.user = company.tenant, company.accountant
        request.membership = Membership.objects.select_related("tenant", "user").get(
            tenant=company.tenant, user=company.accountant
        )
        yield request


def _hand_written(company: Company) -> Callable[[], object]:
    """One pass over the texts of the same rows: what a search without an index cannot go below."""

    def count() -> None:
        with tenant_scope(company.tenant.pk), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), sum(signed_net), sum(signed_gross), sum(open_amount)"
                " FROM invoicing_documentindex WHERE tenant_id = %s AND body LIKE %s",
                [company.tenant.pk, "%warehouse%"],
            )
            cursor.fetchone()

    return count


def fill(address: str, company: Company, documents: int, *, then: str = "") -> None:
    """So many posted documents; `then` is what happened to them afterwards."""
    with tenant_scope(company.tenant.pk):
        draft = new_draft(
            customer=Customer.objects.earliest("pk"),
            actor=company.accountant,
            issue_date=date(2026, 10, 1),
        )
    with psycopg.connect(address) as superuser:
        superuser.execute("SET session_replication_role = replica")
        series = superuser.execute(
            "SELECT min(id) FROM invoicing_numberseries WHERE tenant_id = %s", [company.tenant.pk]
        ).fetchone()
        assert series is not None
        values = {
            "tenant": company.tenant.pk,
            "series": series[0],
            "customers": company.customer_ids,
            "documents": documents,
            "pattern": draft.pk,
        }
        superuser.execute(FILL, values)
        superuser.execute(LINES, values)
        superuser.execute("ANALYZE invoicing_invoice, invoicing_invoiceline")
        if then:
            superuser.execute(then, values)
    with tenant_scope(company.tenant.pk):
        rebuild_index()
