"""Proofs over payments, from the rows themselves. An account is one that an entry of its kind
used, whatever the settings say today."""

from tenants.rows import rows_of

# The account each invoice was booked on: the first posting of its entry.
RECEIVABLES = """
    receivables AS (
        SELECT DISTINCT account FROM (
            SELECT DISTINCT ON (entry.invoice_id) posting.account
            FROM invoicing_journalentry entry
            JOIN invoicing_posting posting
                ON posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
            JOIN invoicing_invoice document ON document.tenant_id = entry.tenant_id
                AND document.id = entry.invoice_id AND document.gross_total > 0
            WHERE entry.tenant_id = %(tenant)s
            ORDER BY entry.invoice_id, posting.id
        ) AS firsts
    )
"""

# What payments and allocations put on those accounts beside settling invoices: an account that once
# was for receivables may be the one for customers' credit, or the other way round.
BESIDE = """
    beside AS (
        SELECT moved.entry_id, moved.currency, sum(moved.amount) AS amount FROM (
            SELECT entry_id, currency, account, amount FROM invoicing_payment
            WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT entry_id, currency, credit_account, -amount FROM invoicing_payment
            WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT allocation.entry_id, invoice.currency, allocation.account, allocation.amount
            FROM invoicing_allocation allocation
            JOIN invoicing_invoice invoice ON invoice.tenant_id = allocation.tenant_id
                AND invoice.id = allocation.invoice_id
            WHERE allocation.tenant_id = %(tenant)s
        ) AS moved
        JOIN receivables USING (account)
        GROUP BY moved.entry_id, moved.currency
    )
"""


def payment_faults() -> tuple[int, list[str]]:
    """How many rows were looked at, and what is wrong with them."""
    (count,) = rows_of(
        "SELECT (SELECT count(*) FROM invoicing_payment WHERE tenant_id = %(tenant)s)"
        " + (SELECT count(*) FROM invoicing_allocation WHERE tenant_id = %(tenant)s)"
    )[0]
    return count, [*_overdrawn(), *_miscounted(), *_oversettled(), *_misbooked(), *_unequal()]


def _overdrawn() -> list[str]:
    found = rows_of(
        """
        SELECT payment.id
        FROM invoicing_payment payment
        WHERE payment.tenant_id = %(tenant)s AND payment.kind = 'received' AND (
            SELECT sum(amount) FROM invoicing_payment moved
            WHERE moved.tenant_id = payment.tenant_id
                AND (moved.id = payment.id OR moved.origin_id = payment.id)
        ) < (
            SELECT coalesce(sum(amount), 0) FROM invoicing_allocation allocation
            WHERE allocation.tenant_id = payment.tenant_id
                AND allocation.payment_id = payment.id AND allocation.kind = 'payment'
        )
        ORDER BY payment.id
        """
    )
    return [f"payment {pk}: more of it is used than there is" for (pk,) in found]


def _miscounted() -> list[str]:
    """The credit that is kept of each customer is what their payments leave."""
    found = rows_of(
        """
        SELECT customer.number, moved.currency
        FROM (
            SELECT customer_id, currency, -amount AS amount FROM invoicing_customercredit
            WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT customer_id, currency, amount FROM invoicing_payment
            WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT payment.customer_id, payment.currency, -allocation.amount
            FROM invoicing_allocation allocation
            JOIN invoicing_payment payment ON payment.tenant_id = allocation.tenant_id
                AND payment.id = allocation.payment_id
            WHERE allocation.tenant_id = %(tenant)s AND allocation.kind = 'payment'
        ) AS moved
        JOIN customers_customer customer
            ON customer.tenant_id = %(tenant)s AND customer.id = moved.customer_id
        GROUP BY customer.id, customer.number, moved.currency HAVING sum(moved.amount) <> 0
        ORDER BY customer.id, moved.currency
        """
    )
    return [
        f"customer {number}: the credit in {currency} is not what payments leave"
        for number, currency in found
    ]


def _oversettled() -> list[str]:
    found = rows_of(
        """
        SELECT settled.number, settled.currency
        FROM (
            SELECT invoice.number, invoice.currency, invoice.gross_total - coalesce((
                SELECT sum(note.gross_total) FROM invoicing_invoice note
                WHERE note.tenant_id = invoice.tenant_id AND note.corrects_id = invoice.id
                    AND note.status = 'posted'
            ), 0) AS owed, sum(allocation.amount) AS settled
            FROM invoicing_allocation allocation
            JOIN invoicing_invoice invoice ON invoice.tenant_id = allocation.tenant_id
                AND invoice.id = allocation.invoice_id
            WHERE allocation.tenant_id = %(tenant)s
            GROUP BY invoice.tenant_id, invoice.id
        ) AS settled
        WHERE settled.settled NOT BETWEEN 0 AND settled.owed
        ORDER BY settled.number
        """
    )
    return [f"{number}: is settled by more than it owes" for number, _currency in found]


def _misbooked() -> list[str]:
    """Each entry moves on the money account what its payment says, and on receivables what its
    allocations say: so what is right for each is right for every customer."""
    found = rows_of(
        f"""
        WITH {RECEIVABLES}, {BESIDE}
        SELECT entry.number
        FROM invoicing_journalentry entry
        LEFT JOIN (
            SELECT entry_id, sum(amount) AS settled FROM invoicing_allocation
            WHERE tenant_id = %(tenant)s GROUP BY entry_id
        ) AS allocations ON allocations.entry_id = entry.id
        LEFT JOIN invoicing_payment payment
            ON payment.tenant_id = entry.tenant_id AND payment.entry_id = entry.id
        LEFT JOIN beside ON beside.entry_id = entry.id
        WHERE entry.tenant_id = %(tenant)s
            AND (allocations.entry_id IS NOT NULL OR payment.id IS NOT NULL)
            AND (
                coalesce(beside.amount, 0) - coalesce(allocations.settled, 0) <> (
                    SELECT coalesce(sum(posting.amount), 0) FROM invoicing_posting posting
                    JOIN receivables USING (account)
                    WHERE posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
                )
                OR payment.amount <> (
                    SELECT coalesce(sum(posting.amount), 0) FROM invoicing_posting posting
                    WHERE posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
                        AND posting.account = payment.account
                )
            )
        ORDER BY entry.number
        """  # noqa: S608 - the text above, no values
    )
    return [f"entry {number}: is not what was paid and settled" for (number,) in found]


def _unequal() -> list[str]:
    """By currency: receivables in the journal against what the documents leave open."""
    found = rows_of(
        f"""
        WITH {RECEIVABLES}, {BESIDE}, booked AS (
            SELECT currency, sum(amount) AS amount FROM (
                SELECT entry.currency, posting.amount
                FROM invoicing_posting posting
                JOIN receivables USING (account)
                JOIN invoicing_journalentry entry
                    ON entry.tenant_id = posting.tenant_id AND entry.id = posting.entry_id
                WHERE posting.tenant_id = %(tenant)s
                UNION ALL
                SELECT currency, -amount FROM beside
            ) AS on_receivables
            GROUP BY currency
        ), documents AS (
            SELECT currency,
                sum(CASE kind WHEN 'invoice' THEN gross_total ELSE -gross_total END) AS amount
            FROM invoicing_invoice
            WHERE tenant_id = %(tenant)s AND status = 'posted'
            GROUP BY currency
        ), settled AS (
            SELECT invoice.currency, sum(allocation.amount) AS amount
            FROM invoicing_allocation allocation
            JOIN invoicing_invoice invoice ON invoice.tenant_id = allocation.tenant_id
                AND invoice.id = allocation.invoice_id
            WHERE allocation.tenant_id = %(tenant)s
            GROUP BY invoice.currency
        )
        SELECT documents.currency, coalesce(booked.amount, 0),
            documents.amount - coalesce(settled.amount, 0)
        FROM documents
        LEFT JOIN booked USING (currency)
        LEFT JOIN settled USING (currency)
        WHERE coalesce(booked.amount, 0) <> documents.amount - coalesce(settled.amount, 0)
        ORDER BY documents.currency
        """  # noqa: S608 - the text above, no values
    )
    return [
        f"{currency}: receivables are {booked.normalize():f}, and {owed.normalize():f} is open"
        for currency, booked, owed in found
    ]
