"""What customers owed at the end of a day, by how late it was, and what they had to their credit.

A day is that of the books: a document is owed from the day of its journal entry on, and a payment,
a credit note or anything else settles it on the day of its own. So the sums of any day are the
balance of the accounts of receivables, and of customers' credit, on that day. What is owed and to
their credit now comes from narrow rows; what was booked since then is taken away again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from tenants.rows import rows_of


class Bucket(TextChoices):
    NOT_DUE = "not_due", _("Not due")
    TO_30 = "to_30", _("1–30 days")
    TO_60 = "to_60", _("31–60 days")
    TO_90 = "to_90", _("61–90 days")
    OVER_90 = "over_90", _("Over 90 days")


# How many days after the due date: the first and the last.
DAYS: dict[Bucket, tuple[int | None, int | None]] = {
    Bucket.NOT_DUE: (None, 0),
    Bucket.TO_30: (1, 30),
    Bucket.TO_60: (31, 60),
    Bucket.TO_90: (61, 90),
    Bucket.OVER_90: (91, None),
}


def due_dates(bucket: Bucket, on: date) -> tuple[date | None, date | None]:
    """The first and the last due date of what is in the bucket on that day."""
    least, most = DAYS[bucket]
    return (
        None if most is None else on - timedelta(days=most),
        None if least is None else on - timedelta(days=least),
    )


def bucket_of(due_date: date, on: date) -> Bucket:
    late = (on - due_date).days
    return next(
        bucket
        for bucket, (least, most) in DAYS.items()
        if (least is None or late >= least) and (most is None or late <= most)
    )


@dataclass(frozen=True)
class Amounts:
    """Of one currency."""

    not_due: Decimal = ZERO
    to_30: Decimal = ZERO
    to_60: Decimal = ZERO
    to_90: Decimal = ZERO
    over_90: Decimal = ZERO
    credit: Decimal = ZERO
    documents: int = 0

    def of(self, bucket: str) -> Decimal:
        found: Decimal = getattr(self, bucket)
        return found

    @property
    def overdue(self) -> Decimal:
        return self.to_30 + self.to_60 + self.to_90 + self.over_90

    @property
    def total(self) -> Decimal:
        return self.not_due + self.overdue

    def __add__(self, other: "Amounts") -> "Amounts":
        names = [field.name for field in fields(Amounts)]
        return Amounts(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class AgedCustomer:
    customer_id: int
    number: str
    name: str
    currency: str
    amounts: Amounts


@dataclass(frozen=True)
class OwedDocument:
    invoice_id: int
    number: str
    issue_date: date
    due_date: date
    currency: str
    gross: Decimal
    amount: Decimal
    bucket: Bucket
    days_late: int


# What each document left open at the end of the day: open now, less what was booked since.
OWED = """
    later AS MATERIALIZED (
        SELECT id, invoice_id FROM invoicing_journalentry
        WHERE tenant_id = %(tenant)s AND date > %(on)s
    ),
    moved AS (
        SELECT invoice_id, open_amount AS amount FROM invoicing_documentindex
        WHERE tenant_id = %(tenant)s AND rank = 1
        UNION ALL
        SELECT allocation.invoice_id, allocation.amount
        FROM later
        JOIN invoicing_allocation allocation
            ON allocation.tenant_id = %(tenant)s AND allocation.entry_id = later.id
        UNION ALL
        SELECT coalesce(document.corrects_id, document.id),
            CASE document.kind WHEN 'credit_note' THEN document.gross_total
                ELSE -document.gross_total END
        FROM later
        JOIN invoicing_invoice document
            ON document.tenant_id = %(tenant)s AND document.id = later.invoice_id
    ),
    owed AS (
        SELECT invoice_id, sum(amount) AS amount FROM moved
        GROUP BY invoice_id HAVING sum(amount) <> 0
    )
"""


def aged_customers(on: date) -> list[AgedCustomer]:
    """One row for each customer and currency with anything owed or to its credit; one statement,
    however many documents there are."""
    found = rows_of(
        f"""
        WITH {OWED}, parts AS (
            SELECT document.customer_key AS customer_id, document.currency, owed.amount,
                %(on)s::date - document.due_date AS late, 0 AS credit, 1 AS documents
            FROM owed
            JOIN invoicing_documentindex document ON document.tenant_id = %(tenant)s
                AND document.invoice_id = owed.invoice_id
            UNION ALL
            SELECT customer_id, currency, 0, NULL, amount, 0 FROM invoicing_customercredit
            WHERE tenant_id = %(tenant)s AND amount <> 0
            UNION ALL
            SELECT customer_id, currency, 0, NULL, -amount, 0 FROM invoicing_payment
            WHERE tenant_id = %(tenant)s AND payment_date > %(on)s
            UNION ALL
            SELECT payment.customer_id, payment.currency, 0, NULL, allocation.amount, 0
            FROM later
            JOIN invoicing_allocation allocation ON allocation.tenant_id = %(tenant)s
                AND allocation.entry_id = later.id AND allocation.kind = 'payment'
            JOIN invoicing_payment payment
                ON payment.tenant_id = %(tenant)s AND payment.id = allocation.payment_id
        ), aged AS (
            SELECT customer_id, currency,
                coalesce(sum(amount) FILTER (WHERE late <= 0), 0) AS not_due,
                coalesce(sum(amount) FILTER (WHERE late BETWEEN 1 AND 30), 0) AS to_30,
                coalesce(sum(amount) FILTER (WHERE late BETWEEN 31 AND 60), 0) AS to_60,
                coalesce(sum(amount) FILTER (WHERE late BETWEEN 61 AND 90), 0) AS to_90,
                coalesce(sum(amount) FILTER (WHERE late > 90), 0) AS over_90,
                sum(credit) AS credit, sum(documents) AS documents
            FROM parts GROUP BY customer_id, currency
        )
        SELECT customer.id, customer.number, customer.name, aged.currency, aged.not_due, aged.to_30,
            aged.to_60, aged.to_90, aged.over_90, aged.credit, aged.documents
        FROM aged
        JOIN customers_customer customer
            ON customer.tenant_id = %(tenant)s AND customer.id = aged.customer_id
        WHERE aged.documents > 0 OR aged.credit <> 0
        ORDER BY customer.name, customer.id, aged.currency
        """,  # noqa: S608 - the text above, no values
        on=on,
    )
    return [AgedCustomer(*(*row[:4], Amounts(*row[4:]))) for row in found]


def owed_documents(
    on: date, *, customer_id: int, currency: str = "", bucket: str = ""
) -> list[OwedDocument]:
    """What a customer owed, the first due first."""
    found = rows_of(
        f"""
        WITH {OWED}
        SELECT document.id, document.number, document.issue_date, document.due_date,
            document.currency, document.gross_total, owed.amount
        FROM owed
        JOIN invoicing_invoice document
            ON document.tenant_id = %(tenant)s AND document.id = owed.invoice_id
        WHERE document.customer_id = %(customer)s AND %(currency)s IN ('', document.currency)
        ORDER BY document.due_date, document.id
        """,  # noqa: S608 - the text above, no values
        on=on,
        customer=customer_id,
        currency=currency,
    )
    documents = [
        OwedDocument(*(*row, bucket_of(row[3], on), max((on - row[3]).days, 0))) for row in found
    ]
    return [one for one in documents if bucket in ("", one.bucket)]


def sums_of(rows: Iterable[AgedCustomer]) -> dict[str, Amounts]:
    """By currency, the one that most is owed in first."""
    sums: dict[str, Amounts] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, Amounts()) + row.amounts
    return dict(sorted(sums.items(), key=lambda pair: (-pair[1].total, pair[0])))
