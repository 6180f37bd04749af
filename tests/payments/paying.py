"""What the tests of payments have in common."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db.models import Sum

from invoicing.domain.payments.registering import NewPayment, pay_invoice, register_payment
from invoicing.domain.payments.settling import Share
from invoicing.domain.verifying import verify_books
from invoicing.models import (
    Allocation,
    DocumentIndex,
    Invoice,
    JournalEntry,
    Payment,
    Posting,
)

ON = date(2026, 11, 20)
TODAY = date(2026, 11, 21)


def new(customer: Any, amount: str, **fields: Any) -> NewPayment:
    return NewPayment(
        **{
            "customer": customer,
            "currency": "EUR",
            "amount": Decimal(amount),
            "payment_date": ON,
            "token": uuid4(),
        }
        | fields
    )


def pay(invoice: Invoice, amount: str, **fields: Any) -> Payment:
    """What somebody registers on the invoice's page."""
    options = {
        name: fields.pop(name)
        for name in ("closes", "actor", "seen_open", "is_another")
        if name in fields
    }
    fields.setdefault("currency", invoice.currency)
    return pay_invoice(
        invoice,
        new(invoice.customer, amount, **fields),
        **{"seen_open": open_amount(invoice), "actor": None, "today": TODAY} | options,
    )


def receive(
    customer: Any, amount: str, shares: dict[Invoice, str] | None = None, **fields: Any
) -> Payment:
    """Money, and what it is for."""
    return register_payment(
        new(customer, amount, **fields),
        [Share(invoice.pk, Decimal(share)) for invoice, share in (shares or {}).items()],
        actor=None,
        today=TODAY,
    )


def open_amount(invoice: Invoice) -> Any:
    rows: Any = Invoice.objects.all()
    return rows.with_open_amount().get(pk=invoice.pk).open_amount


def left(payment: Payment) -> Any:
    rows: Any = Payment.objects.all()
    return rows.with_left().get(pk=payment.pk).left_amount


def standing(invoice: Invoice) -> str:
    return str(DocumentIndex.objects.get(invoice=invoice).standing)


def booked(entry: JournalEntry) -> dict[str, Decimal]:
    return {posting.account: posting.amount for posting in entry.postings.all()}


def settled(invoice: Invoice) -> list[tuple[str, Decimal]]:
    rows = Allocation.objects.filter(invoice=invoice).order_by("pk")
    return [(row.kind, row.amount) for row in rows]


def balances() -> dict[str, Decimal]:
    """Of every account that is not at nought."""
    found = Posting.objects.order_by().values_list("account").annotate(sum=Sum("amount"))
    return {account: amount for account, amount in found if amount}


def faults() -> list[str]:
    return [fault for check in verify_books() for fault in check.faults]
