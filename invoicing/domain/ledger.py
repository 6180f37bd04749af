"""Journal entries of documents and payments. Debit is positive, credit negative."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from core.money import ZERO
from invoicing.models import Books, Invoice, InvoiceLine, InvoiceTax
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class NewEntry:
    """What an entry is to say; `invoice_id` only of the one that books the document itself."""

    date: date
    text: str
    currency: str
    amounts: Mapping[str, Decimal]
    invoice_id: int | None = None


def sale_entry(
    invoice: Invoice,
    lines: Iterable[InvoiceLine],
    taxes: Iterable[InvoiceTax],
    *,
    receivables_account: str,
) -> NewEntry:
    return NewEntry(
        invoice.tax_point,
        f"{invoice.number} {invoice.billing_name}",
        invoice.currency,
        sale_amounts(invoice, lines, taxes, receivables_account=receivables_account),
        invoice.pk,
    )


def sale_amounts(
    invoice: Invoice,
    lines: Iterable[InvoiceLine],
    taxes: Iterable[InvoiceTax],
    *,
    receivables_account: str,
) -> dict[str, Decimal]:
    """Account -> amount: the receivable against revenue and tax; of a credit note reversed."""
    amounts = {receivables_account: invoice.gross_total}
    for line in lines:
        if line.net:
            amounts[line.account] = amounts.get(line.account, ZERO) - line.net
    for tax in taxes:
        for account, amount in tax.booked.items() if tax.tax else ():
            amounts[account] = amounts.get(account, ZERO) - amount
    sign = -1 if invoice.is_credit_note else 1
    return {account: sign * amount for account, amount in amounts.items() if amount}


def receivable_accounts(invoice_ids: Iterable[int]) -> dict[int, str]:
    """The account each invoice was booked on, which the settings may no longer name.

    It is the first posting of the invoice's own entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (entry.invoice_id) entry.invoice_id, posting.account
            FROM invoicing_journalentry entry
            JOIN invoicing_posting posting
                ON posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
            WHERE entry.tenant_id = %s AND entry.invoice_id = ANY(%s)
            ORDER BY entry.invoice_id, posting.id
            """,
            [current_tenant_id(), list(invoice_ids)],
        )
        return dict(cursor.fetchall())


def was_for_receivables(account: str) -> bool:
    """Whether an invoice was ever booked on it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM invoicing_posting posting
                JOIN invoicing_journalentry entry
                    ON entry.tenant_id = posting.tenant_id AND entry.id = posting.entry_id
                JOIN invoicing_invoice document ON document.tenant_id = entry.tenant_id
                    AND document.id = entry.invoice_id AND document.gross_total > 0
                WHERE posting.tenant_id = %s AND posting.account = %s
                    AND NOT EXISTS (
                        SELECT FROM invoicing_posting before
                        WHERE before.tenant_id = posting.tenant_id
                            AND before.entry_id = posting.entry_id AND before.id < posting.id
                    )
            )
            """,
            [current_tenant_id(), account],
        )
        return bool(cursor.fetchone()[0])


def locked_books() -> Books:
    """In one statement, made on first use. What is counted on is stored with the next entries."""
    (books,) = Books.objects.raw(
        """
        INSERT INTO invoicing_books AS books
            (tenant_id, chain_position, last_hash, last_entry_number)
        VALUES (%s, 0, '', 0)
        ON CONFLICT (tenant_id) DO UPDATE SET chain_position = books.chain_position
        RETURNING *
        """,
        [current_tenant_id()],
    )
    locked: Books = books
    return locked


def write_entries(books: Books, wanted: Iterable[NewEntry]) -> list[int]:
    """Number and write these entries, and how far the books have come with them; returns their
    keys. `books` is locked by the caller.

    One statement however many there are: objects and their ids would double a posting's time.
    """
    entries, postings = [], []
    for entry in wanted:
        books.last_entry_number += 1
        number = books.last_entry_number
        entries.append((number, entry.date, entry.text[:200], entry.currency, entry.invoice_id))
        postings += [(number, account, amount) for account, amount in entry.amounts.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH entry AS (
                INSERT INTO invoicing_journalentry
                    (tenant_id, number, date, text, currency, invoice_id, created_at)
                SELECT %s, *, now()
                FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[])
                RETURNING tenant_id, number, id
            ), written AS (
                INSERT INTO invoicing_posting (tenant_id, entry_id, account, amount, text)
                SELECT entry.tenant_id, entry.id, posting.account, posting.amount, ''
                FROM unnest(%s::bigint[], %s::text[], %s::numeric[])
                    WITH ORDINALITY AS posting (number, account, amount, position)
                JOIN entry USING (number)
                ORDER BY position
            ), kept AS (
                UPDATE invoicing_books
                SET chain_position = %s, last_hash = %s, last_entry_number = %s
                WHERE tenant_id = %s
            )
            SELECT number, id FROM entry
            """,
            [
                current_tenant_id(),
                *_columns(entries, 5),
                *_columns(postings, 3),
                books.chain_position,
                books.last_hash,
                books.last_entry_number,
                books.tenant_id,
            ],
        )
        keys = dict(cursor.fetchall())
    return [keys[number] for number, *_rest in entries]


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
