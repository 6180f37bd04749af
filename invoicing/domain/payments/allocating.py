"""What of a payment settles which invoices, changed and undone later."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.money import ZERO
from core.templatetags.figures import money
from customers.models import Customer
from invoicing import payment_errors as errors
from invoicing.domain import ledger
from invoicing.domain.payments import settling
from invoicing.domain.payments.settling import Owed
from invoicing.models import Allocation, Invoice, Payment
from tenants import audit
from tenants.models import User


@transaction.atomic
def allocate(
    payment: Payment,
    wanted: Mapping[int, Decimal],
    *,
    actor: User | None,
    seen: Mapping[int, Decimal] | None = None,
    on: date | None = None,
) -> list[Allocation]:
    """Make so much of the payment settle each of these invoices; others keep what they have.

    Less than before takes the difference back, 0 all of it. `seen` is what the person saw it
    settle of each; where that has changed, nothing is.
    """
    owed = settling.locked_invoices(wanted)
    held = settling.locked_payments([payment.pk])[payment.pk]
    on = max(on or timezone.localdate(), held.payment_date)
    before, back, more = _settled(held, wanted), [], []
    if seen is not None:
        for pk in wanted:
            _refuse_moved(held, pk, before[pk][1], seen[pk])
    for pk, amount in wanted.items():
        rows, settled = before[pk]
        if amount < 0:
            raise errors.AmountNotPositive
        if amount < settled:
            back += _taken(rows, settled - amount, on=on)
        elif amount > settled:
            more.append(_new(held, owed.get(pk), amount - settled, on=on))
    left = held.left_amount - sum((row.amount for row in [*back, *more]), ZERO)
    if left < 0:
        freed = sum((row.amount for row in back), ZERO)
        raise errors.AbovePayment(left=money(held.left_amount - freed, held.currency))
    books = ledger.locked_books()
    text = f"{held.customer} {held.reference}".strip()
    settling.settle_by_day(books, back, text=text, actor=actor)
    settling.settle(books, more, text=text, actor=actor)
    _tell(held, [*back, *more], actor=actor)
    return [*back, *more]


@transaction.atomic
def use_credit(invoice: Invoice, *, actor: User | None, on: date | None = None) -> list[Allocation]:
    """Settle the invoice, as far as it goes, with what the customer has to their credit.

    The oldest money first.
    """
    owed = settling.locked_invoices([invoice.pk])[invoice.pk]
    if owed.open_amount <= 0:
        raise errors.NothingOpen(invoice=invoice)
    known = credit_of(invoice.customer, invoice.currency)
    held = settling.locked_payments(one.pk for one in known)
    on = max(on or timezone.localdate(), invoice.issue_date)
    rows, still_open = [], owed.open_amount
    for payment in sorted(held.values(), key=lambda one: (one.payment_date, one.pk)):
        amount = min(payment.left_amount, still_open)
        if amount > 0:
            day = max(on, payment.payment_date)
            rows.append(_new(payment, Owed(owed.invoice, still_open), amount, on=day))
            still_open -= amount
    if not rows:
        raise errors.NoCredit(customer=invoice.customer, currency=invoice.currency)
    books = ledger.locked_books()
    text = f"{invoice.number} {invoice.billing_name}"
    settling.settle_by_day(books, rows, text=text, actor=actor)
    for payment in held.values():
        _tell(payment, [row for row in rows if row.payment_id == payment.pk], actor=actor)
    return rows


@transaction.atomic
def take_back(
    allocation: Allocation, *, actor: User | None, reason: str = "", on: date | None = None
) -> Allocation:
    """Undo what settles an invoice: so much of it is open again."""
    settling.locked_invoices([allocation.invoice_id])
    if allocation.payment_id is not None:
        settling.locked_payments([allocation.payment_id])
    found = Allocation.objects.select_related("invoice", "payment__customer")
    kept = found.get(pk=allocation.pk)
    left = settling.left_of([kept])[kept.pk]
    if kept.reverses_id is not None or left <= 0:
        raise errors.AllocationGone
    row = settling.taking_back(kept, left, on=on or timezone.localdate(), reason=reason)
    books = ledger.locked_books()
    text = f"{kept.invoice.number} {kept.invoice.billing_name}"
    settling.settle(books, [row], text=text, actor=actor)
    if kept.kind == Allocation.Kind.PAYMENT and kept.payment is not None:
        _tell(kept.payment, [row], actor=actor)
    else:
        audit.write([settling.told_of(row, actor=actor)])
    return row


def credit_of(customer: Customer, currency: str) -> list[Any]:
    """Payments of which something is left, the oldest first."""
    payments: Any = Payment.objects.filter(customer=customer, currency=currency)
    found = payments.received().with_left().filter(left_amount__gt=0)
    return list(found.order_by("payment_date", "pk"))


def _settled(
    payment: Payment, wanted: Mapping[int, Decimal]
) -> dict[int, tuple[list[tuple[Allocation, Decimal]], Decimal]]:
    """By invoice: the rows of which something is left, the latest first, and their sum."""
    found = Allocation.objects.filter(
        payment=payment, kind=Allocation.Kind.PAYMENT, invoice__in=list(wanted), reverses=None
    ).select_related("invoice", "payment__customer")
    rows = list(found.order_by("-pk"))
    left = settling.left_of(rows)
    by_invoice: dict[int, list[tuple[Allocation, Decimal]]] = defaultdict(list)
    for row in rows:
        if left[row.pk]:
            by_invoice[row.invoice_id].append((row, left[row.pk]))
    return {
        pk: (by_invoice[pk], sum((amount for _row, amount in by_invoice[pk]), ZERO))
        for pk in wanted
    }


def _refuse_moved(payment: Payment, invoice_id: int, settled: Decimal, seen: Decimal) -> None:
    if settled == seen:
        return
    found = Allocation.objects.filter(payment=payment, kind=Allocation.Kind.PAYMENT)
    last = found.filter(invoice=invoice_id).select_related("created_by").order_by("pk").last()
    raise errors.SettledMeanwhile(
        by=(last and last.created_by) or "?",
        settled=money(settled, payment.currency),
        invoice=Invoice.objects.filter(pk=invoice_id).first() or "?",
    )


def _taken(
    rows: list[tuple[Allocation, Decimal]], amount: Decimal, *, on: date
) -> list[Allocation]:
    back = []
    for row, left in rows:
        part = min(left, amount)
        if part > 0:
            back.append(settling.taking_back(row, part, on=on, reason=""))
            amount -= part
    return back


def _new(payment: Any, owed: Owed | None, amount: Decimal, *, on: date) -> Allocation:
    if owed is not None:
        on = max(on, owed.invoice.issue_date)
    settling.check_share(owed, amount, payment, on=on)
    assert owed is not None  # refused above
    return Allocation(
        invoice=owed.invoice,
        payment=payment,
        date=on,
        amount=amount,
        account=payment.credit_account,
    )


def _tell(payment: Payment, rows: list[Allocation], *, actor: User | None) -> None:
    if not rows:
        return
    amounts = [settling.written(row.amount, payment.currency) for row in rows]
    invoices = ", ".join(
        f"{row.invoice} {amount}" for row, amount in zip(rows, amounts, strict=True)
    )
    audit.write(
        [
            audit.entry("payment.allocated", payment, actor=actor, invoices=invoices),
            *(settling.told_of(row, actor=actor) for row in rows),
        ]
    )
