"""The statement of a customer's account: what they were charged and paid, as they know it.

By the dates on the documents and not by those of the books: a customer has never heard of the day
on which an invoice of November was booked in October.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from customers.models import Customer
from invoicing.selectors.receivables import Amounts, Bucket, bucket_of
from tenants.rows import rows_of


class Movement(TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    RECEIVED = "received", _("Payment")
    REFUND = "refund", _("Paid back")
    REVERSAL = "reversal", _("Payment reversed")
    DISCOUNT = "discount", _("Discount")
    BANK_COST = "bank_cost", _("Bank cost")
    BAD_DEBT = "bad_debt", _("Given up")


@dataclass(frozen=True)
class Line:
    """`amount` is what the customer owes more by it; `number` the document's, or what was paid."""

    day: date
    kind: Movement
    number: str
    due_date: date | None
    amount: Decimal
    invoice_id: int | None
    payment_id: int | None
    balance: Decimal = ZERO

    @property
    def settled(self) -> Decimal:
        """The other way round: what they owe less by it."""
        return -self.amount


@dataclass(frozen=True)
class OpenDocument:
    invoice_id: int
    number: str
    issue_date: date
    due_date: date
    gross: Decimal
    amount: Decimal
    days_late: int


@dataclass(frozen=True)
class Statement:
    customer: Customer
    currency: str
    start: date
    end: date
    opening: Decimal
    lines: list[Line]
    closing: Decimal
    open_documents: list[OpenDocument]
    ageing: Amounts

    @property
    def charged(self) -> Decimal:
        return self._sum(Movement.INVOICE)

    @property
    def credited(self) -> Decimal:
        return -self._sum(Movement.CREDIT_NOTE)

    @property
    def paid(self) -> Decimal:
        return -self._sum(Movement.RECEIVED, Movement.REFUND, Movement.REVERSAL)

    @property
    def given_up(self) -> Decimal:
        return -self._sum(Movement.DISCOUNT, Movement.BANK_COST, Movement.BAD_DEBT)

    def _sum(self, *kinds: Movement) -> Decimal:
        return sum((line.amount for line in self.lines if line.kind in kinds), ZERO)


# What payments and credit have to do with each other changes no balance: an allocation of money
# only says which invoice it is for.
MOVEMENTS = """
    movements AS (
        SELECT issue_date AS date, kind, number,
            CASE kind WHEN 'invoice' THEN due_date END AS due_date,
            CASE kind WHEN 'invoice' THEN gross_total ELSE -gross_total END AS amount,
            id AS invoice_id, NULL::bigint AS payment_id
        FROM invoicing_invoice
        WHERE tenant_id = %(tenant)s AND customer_id = %(customer)s AND currency = %(currency)s
            AND status = 'posted' AND issue_date <= %(end)s
        UNION ALL
        SELECT payment_date, kind, reference, NULL, -amount, NULL, id
        FROM invoicing_payment
        WHERE tenant_id = %(tenant)s AND customer_id = %(customer)s AND currency = %(currency)s
            AND payment_date <= %(end)s
        UNION ALL
        SELECT allocation.date, allocation.kind, invoice.number, NULL, -allocation.amount,
            invoice.id, NULL
        FROM invoicing_invoice invoice
        JOIN invoicing_allocation allocation
            ON allocation.tenant_id = invoice.tenant_id AND allocation.invoice_id = invoice.id
        WHERE invoice.tenant_id = %(tenant)s AND invoice.customer_id = %(customer)s
            AND invoice.currency = %(currency)s AND allocation.kind <> 'payment'
            AND allocation.date <= %(end)s
    )
"""
OPEN = """
    SELECT invoice.id, invoice.number, invoice.issue_date, invoice.due_date, invoice.gross_total,
        invoice.gross_total - coalesce((
            SELECT sum(note.gross_total) FROM invoicing_invoice note
            WHERE note.tenant_id = invoice.tenant_id AND note.corrects_id = invoice.id
                AND note.status = 'posted' AND note.issue_date <= %(end)s
        ), 0) - coalesce((
            SELECT sum(allocation.amount) FROM invoicing_allocation allocation
            WHERE allocation.tenant_id = invoice.tenant_id AND allocation.invoice_id = invoice.id
                AND allocation.date <= %(end)s
        ), 0) AS amount
    FROM invoicing_invoice invoice
    WHERE invoice.tenant_id = %(tenant)s AND invoice.customer_id = %(customer)s
        AND invoice.currency = %(currency)s AND invoice.status = 'posted'
        AND invoice.kind = 'invoice' AND invoice.issue_date <= %(end)s
"""


def statement_of(customer: Customer, *, currency: str, start: date, end: date) -> Statement:
    """In three statements of SQL: what came before in one sum, the period, and what is open."""
    values = {"customer": customer.pk, "currency": currency, "start": start, "end": end}
    ((before,),) = rows_of(
        f"WITH {MOVEMENTS} SELECT coalesce(sum(amount), 0) FROM movements WHERE date < %(start)s",  # noqa: S608
        **values,
    )
    moved = rows_of(
        f"""
        WITH {MOVEMENTS}
        SELECT date, kind, number, due_date, amount, invoice_id, payment_id FROM movements
        WHERE date >= %(start)s
        ORDER BY date, kind NOT IN ('invoice', 'credit_note'), invoice_id, payment_id
        """,  # noqa: S608 - the text above, no values
        **values,
    )
    lines, balance = [], before
    for when, kind, *rest in moved:
        line = Line(when, Movement(kind), *rest)
        balance += line.amount
        lines.append(replace(line, balance=balance))
    documents = _open(values)
    return Statement(
        customer=customer,
        currency=currency,
        start=start,
        end=end,
        opening=before,
        lines=lines,
        closing=balance,
        open_documents=documents,
        ageing=_aged(documents, balance, end),
    )


def currencies_of(customer: Customer) -> list[str]:
    """Those the customer has documents or payments in; their own one first."""
    found = rows_of(
        """
        SELECT currency FROM invoicing_documentindex
        WHERE tenant_id = %(tenant)s AND customer_key = %(customer)s AND status = 'posted'
        UNION
        SELECT currency FROM invoicing_payment
        WHERE tenant_id = %(tenant)s AND customer_id = %(customer)s
        """,
        customer=customer.pk,
    )
    others = sorted({currency for (currency,) in found} - {customer.currency})
    return [customer.currency, *others]


def _open(values: dict[str, Any]) -> list[OpenDocument]:
    found = rows_of(
        f"SELECT * FROM ({OPEN}) AS documents WHERE amount <> 0 ORDER BY due_date, id",  # noqa: S608
        **values,
    )
    return [OpenDocument(*(*row, max((values["end"] - row[3]).days, 0))) for row in found]


def _aged(documents: list[OpenDocument], balance: Decimal, on: date) -> Amounts:
    """What is open by age; what of it the balance does not show is credit."""
    sums: dict[str, Decimal] = {bucket.value: ZERO for bucket in Bucket}
    for document in documents:
        sums[bucket_of(document.due_date, on)] += document.amount
    owed = sum(sums.values(), ZERO)
    return Amounts(**sums, credit=owed - balance, documents=len(documents))
