"""A thousand ten-line drafts at once, and drafts one by one."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import count

from django.db import connection
from psycopg import Cursor

from benchmarks.companies import Company, make_company, vacuum
from benchmarks.measuring import Result, side_by_side
from catalog.models import TaxRate
from customers.models import Customer
from invoicing.domain.amounts import totals
from invoicing.domain.drafting import Proposals
from invoicing.domain.lines import price_line, tax_rows
from invoicing.domain.posting import post_invoices
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.scope import tenant_scope

BULK = 1000
SINGLE = 100
TIMES = 5
DAY = date(2026, 10, 31)
_numbers = count(1)


def run(address: str) -> Iterator[Result]:
    ours, theirs = (
        make_company(slug, customers=20, projects=1, people=1)
        for slug in ("posts", "posts-by-hand")
    )
    drafts: dict[str, list[int]] = {}

    def make(number: int) -> None:
        drafts["ours"], drafts["theirs"] = (
            make_drafts(company, number) for company in (ours, theirs)
        )
        vacuum(address)

    times = side_by_side(
        lambda: _post(ours, drafts["ours"]),
        lambda: _write_rows(theirs, drafts["theirs"]),
        times=TIMES,
        before=lambda: make(BULK),
    )
    yield Result(
        f"posting: {BULK:,} ten-line drafts at once",
        times[0],
        yardstick="psycopg's executemany writing the rows that posting writes",
        yardstick_seconds=times[1],
        limit=4,
        note=f"{BULK / times[0]:,.0f} a second, with numbers, journal, audit and hash chain",
    )
    times = side_by_side(
        lambda: _post_singly(ours, drafts["ours"]),
        lambda: _write_singly(theirs, drafts["theirs"]),
        times=TIMES,
        before=lambda: make(SINGLE),
    )
    yield Result(
        f"posting: {SINGLE} ten-line drafts one by one",
        times[0],
        yardstick="one hand-written transaction each",
        yardstick_seconds=times[1],
        limit=4,
        note=f"{times[0] / SINGLE * 1000:.1f} ms each",
    )


def make_drafts(company: Company, number: int, *, lines_each: int = 10) -> list[int]:
    with tenant_scope(company.tenant.pk):
        rate = TaxRate.objects.get()
        customers = list(Customer.objects.all())
        invoices, lines, taxes = [], [], []
        proposals = Proposals(customers)
        for index in range(number):
            invoice = proposals.invoice(
                customers[index % len(customers)], actor=company.accountant, issue_date=DAY
            )
            items = [_line(invoice, rate, position) for position in range(1, lines_each + 1)]
            sums = totals(items, invoice.currency)
            invoice.net_total, invoice.tax_total, invoice.gross_total = (
                sums.net, sums.tax, sums.gross,
            )  # fmt: skip
            invoices.append(invoice)
            lines += items
            taxes += tax_rows(invoice, items, sums.groups)
        Invoice.objects.bulk_create(invoices)
        InvoiceLine.objects.bulk_create(lines)
        InvoiceTax.objects.bulk_create(taxes)
        return [invoice.pk for invoice in invoices]


def _line(invoice: Invoice, rate: TaxRate, position: int) -> InvoiceLine:
    line = InvoiceLine(
        invoice=invoice, position=position, text=f"Work {position}",
        quantity=Decimal(position) + Decimal("0.25"), unit_price=Decimal("95.50"), tax_rate=rate,
    )  # fmt: skip
    price_line(line, currency=invoice.currency)
    return line


def _post(company: Company, ids: Sequence[int]) -> None:
    with tenant_scope(company.tenant.pk):
        post_invoices(ids, actor=company.accountant)


def _post_singly(company: Company, ids: Sequence[int]) -> None:
    for pk in ids:
        with tenant_scope(company.tenant.pk):
            post_invoices([pk], actor=company.accountant)


UPDATE_INVOICE = """
    UPDATE invoicing_invoice SET status = 'posted', number = %s, series_id = %s, seller = %s,
        posted_at = now(), posted_by_id = %s, chain_position = %s, payment_reference = %s,
        previous_hash = %s, content_hash = %s
    WHERE tenant_id = %s AND id = %s
"""
INSERT_ENTRY = """
    INSERT INTO invoicing_journalentry
        (id, tenant_id, number, date, text, currency, invoice_id, created_at)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, 'EUR', %s, now())
"""
INSERT_POSTING = """
    INSERT INTO invoicing_posting (tenant_id, entry_id, account, amount, text)
    VALUES (%s, %s, %s, %s, '')
"""
INSERT_AUDIT = """
    INSERT INTO tenants_auditentry (tenant_id, at, actor_id, actor_name, action, object_type,
        object_id, object_label, detail)
    VALUES (%s, now(), %s, %s, 'invoice.posted', 'invoicing.invoice', %s, %s, %s)
"""
SELLER = '{"name": "posts-by-hand Oy", "business_id": "2077474-0", "street": "Testikatu 1"}'


def _write_rows(company: Company, ids: Sequence[int]) -> None:
    """The figures are made up beforehand as far as they can be: only the writing counts."""
    with tenant_scope(company.tenant.pk), connection.cursor() as wrapped:
        _write(wrapped.connection.connection.cursor(), company, ids)


def _write_singly(company: Company, ids: Sequence[int]) -> None:
    """As careful as ours about who comes second, and one statement per table."""
    tenant = company.tenant.pk
    for pk in ids:
        with tenant_scope(tenant), connection.cursor() as wrapped:
            cursor = wrapped.connection.connection.cursor()
            for table, key in (("invoice", "id"), ("invoiceline", "invoice_id")):
                cursor.execute(
                    f"SELECT * FROM invoicing_{table} WHERE tenant_id = %s AND {key} = %s"
                    " FOR UPDATE",
                    [tenant, pk],
                )
                cursor.fetchall()
            cursor.execute(
                "INSERT INTO invoicing_books"
                " (tenant_id, chain_position, last_hash, last_entry_number)"
                " VALUES (%s, 1, '', 1)"
                " ON CONFLICT (tenant_id) DO UPDATE SET"
                " chain_position = invoicing_books.chain_position + 1",
                [tenant],
            )
            _write(cursor, company, [pk])


def _write(cursor: "Cursor[tuple]", company: Company, ids: Sequence[int]) -> None:
    tenant, person = company.tenant.pk, company.accountant.pk
    cursor.execute("SELECT min(id) FROM invoicing_numberseries WHERE tenant_id = %s", [tenant])
    series = cursor.fetchone()
    assert series is not None
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence('invoicing_journalentry', 'id'))"
        " FROM generate_series(1, %s)",
        [len(ids)],
    )
    rows = [
        (pk, entry, number)
        for pk, (entry,), number in zip(ids, cursor.fetchall(), _numbers, strict=False)
    ]
    hash_ = "0123456789abcdef" * 4
    cursor.executemany(
        UPDATE_INVOICE,
        [
            (f"B-{number}", series[0], SELLER, person, number, "260000000012", hash_, hash_,
             tenant, pk)
            for pk, entry, number in rows
        ],
    )  # fmt: skip
    cursor.executemany(
        INSERT_ENTRY,
        [(entry, tenant, number, DAY, f"B-{number} Customer", pk) for pk, entry, number in rows],
    )
    cursor.executemany(
        INSERT_POSTING,
        [
            (tenant, entry, account, Decimal(amount))
            for pk, entry, number in rows
            for account, amount in (("1700", "125.50"), ("3000", "-100"), ("2939", "-25.50"))
        ],
    )
    cursor.executemany(
        INSERT_AUDIT,
        [
            (tenant, person, "accountant", pk, f"B-{number}", f'{{"number": "B-{number}"}}')
            for pk, entry, number in rows
        ],
    )
