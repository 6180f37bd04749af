"""Proofs over the journal, from the rows themselves and not from what wrote them."""

from collections.abc import Iterator

from tenants.rows import rows_of


def journal_faults() -> tuple[int, list[str]]:
    """How many entries were looked at, and what is wrong with them."""
    ((count, last, distinct),) = rows_of(
        """
        SELECT count(*), coalesce(max(number), 0), count(DISTINCT number)
        FROM invoicing_journalentry WHERE tenant_id = %(tenant)s
        """
    )
    faults = [*_unbalanced(), *_numbers(count, last, distinct)]
    return count, [*faults, *_without_entry(), *_misbooked(), *_after_closing()]


def _unbalanced() -> Iterator[str]:
    found = rows_of(
        """
        SELECT entry.number, sum(posting.amount)
        FROM invoicing_posting posting
        JOIN invoicing_journalentry entry
            ON entry.tenant_id = posting.tenant_id AND entry.id = posting.entry_id
        WHERE posting.tenant_id = %(tenant)s
        GROUP BY entry.id, entry.number HAVING sum(posting.amount) <> 0
        ORDER BY entry.number
        """
    )
    for number, amount in found:
        yield f"entry {number} is off by {amount.normalize():f}"


def _numbers(count: int, last: int, distinct: int) -> Iterator[str]:
    """Entries are numbered 1, 2, 3 ... up to where the books say they end."""
    if distinct != count:
        yield f"{count - distinct} entries have the number of another one"
    if distinct != last:
        yield f"the last entry is {last}, and there are {distinct}: {last - distinct} are missing"
    ended = rows_of("SELECT last_entry_number FROM invoicing_books WHERE tenant_id = %(tenant)s")
    expected = ended[0][0] if ended else 0
    if expected != last:
        yield f"the books end at entry {expected}, and the last one is {last}"


def _without_entry() -> Iterator[str]:
    """Every posted document has the one entry that books it, on its tax point; no other has any."""
    found = rows_of(
        """
        SELECT coalesce(document.number, 'draft ' || document.id), document.status, count(entry.id),
            count(entry.id) FILTER (WHERE entry.date <> document.tax_point
                OR entry.currency <> document.currency)
        FROM invoicing_invoice document
        LEFT JOIN invoicing_journalentry entry
            ON entry.tenant_id = document.tenant_id AND entry.invoice_id = document.id
        WHERE document.tenant_id = %(tenant)s
        GROUP BY document.id
        HAVING count(entry.id) <> (document.status = 'posted')::integer
            OR bool_or(entry.date <> document.tax_point OR entry.currency <> document.currency)
        ORDER BY document.id
        """
    )
    for number, status, entries, elsewhere in found:
        if status != "posted":
            yield f"{number}: is booked, and not posted"
        elif entries != 1:
            yield f"{number}: has {entries} entries that book it"
        elif elsewhere:
            yield f"{number}: its entry has another day or currency"


def _misbooked() -> Iterator[str]:
    """Each document's entry has on each account what its lines and taxes say, and the gross amount
    on the receivable, which is its first posting."""
    found = rows_of(
        """
        WITH document AS (
            SELECT id, number, gross_total, CASE kind WHEN 'invoice' THEN 1 ELSE -1 END AS sign
            FROM invoicing_invoice WHERE tenant_id = %(tenant)s AND status = 'posted'
        ), posted AS (
            SELECT entry.invoice_id, posting.account, posting.amount, row_number()
                OVER (PARTITION BY entry.id ORDER BY posting.id) AS place
            FROM invoicing_journalentry entry
            JOIN invoicing_posting posting
                ON posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
            WHERE entry.tenant_id = %(tenant)s AND entry.invoice_id IS NOT NULL
        ), said AS (
            SELECT invoice_id, account, -net AS amount FROM invoicing_invoiceline
            WHERE tenant_id = %(tenant)s AND kind = 'item'
            UNION ALL
            SELECT invoice_id, account, -tax FROM invoicing_invoicetax
            WHERE tenant_id = %(tenant)s AND shares = '{}'
            UNION ALL
            SELECT invoice_id, share.key, -share.value::numeric
            FROM invoicing_invoicetax, jsonb_each_text(shares) AS share
            WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT document.id, posted.account, document.gross_total
            FROM document JOIN posted ON posted.invoice_id = document.id AND posted.place = 1
            WHERE document.gross_total <> 0
        ), difference AS (
            SELECT invoice_id, account, sum(amount) AS amount FROM (
                SELECT said.invoice_id, said.account, said.amount * document.sign AS amount
                FROM said JOIN document ON document.id = said.invoice_id
                UNION ALL
                SELECT invoice_id, account, -amount FROM posted
            ) AS both_sides
            GROUP BY invoice_id, account HAVING sum(amount) <> 0
        )
        SELECT document.number, difference.account, difference.amount
        FROM difference JOIN document ON document.id = difference.invoice_id
        WHERE EXISTS (SELECT FROM posted WHERE posted.invoice_id = document.id)
        ORDER BY document.id, difference.account
        """
    )
    for number, account, amount in found:
        yield f"{number}: account {account} is off by {(-amount).normalize():f}"


def _after_closing() -> Iterator[str]:
    """Nothing was written into a month since it was closed."""
    found = rows_of(
        """
        SELECT DISTINCT entry.number, to_char(closing.month, 'YYYY-MM')
        FROM invoicing_journalentry entry
        JOIN invoicing_periodclosing closing ON closing.tenant_id = entry.tenant_id
            AND closing.month = date_trunc('month', entry.date)::date
            AND closing.reopened_at IS NULL AND entry.created_at > closing.closed_at
        WHERE entry.tenant_id = %(tenant)s
        ORDER BY entry.number
        """
    )
    for number, month in found:
        yield f"entry {number}: was written into {month} after that was closed"
