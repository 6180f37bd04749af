"""Money comes in, is paid back, and is reversed; a small difference is given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from core.money import ZERO
from core.templatetags.figures import money
from customers.models import Customer
from invoicing import payment_errors as errors
from invoicing.domain import ledger
from invoicing.domain.payments import settling
from invoicing.domain.payments.settling import Owed, Share, written
from invoicing.models import Allocation, Invoice, Payment
from tenants import audit
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

DIFFERENCES = {
    Allocation.Kind.DISCOUNT: "discount_account",
    Allocation.Kind.BANK_COST: "bank_cost_account",
    Allocation.Kind.BAD_DEBT: "bad_debt_account",
}


@dataclass(frozen=True, kw_only=True)
class NewPayment:
    """As somebody typed it. The token is the form's: sent twice it is one payment."""

    customer: Customer
    currency: str
    amount: Decimal
    payment_date: date
    token: UUID
    method: str = Payment.Method.TRANSFER
    account: str = ""
    reference: str = ""
    text: str = ""


@transaction.atomic
def register_payment(
    new: NewPayment,
    shares: Sequence[Share] = (),
    *,
    actor: User | None,
    closes: str = "",
    is_another: bool = True,
    today: date | None = None,
) -> Payment:
    """Book money that came in, and these shares of it on invoices. The rest is credit.

    `closes` gives up what is then still open of them. Unless it `is_another`, a payment of the
    same customer, day and amount is refused.
    """
    owed = settling.locked_invoices(share.invoice_id for share in shares)
    return _register(
        new, shares, owed, actor=actor, closes=closes, is_another=is_another, today=today
    )


@transaction.atomic
def pay_invoice(
    invoice: Invoice,
    new: NewPayment,
    *,
    seen_open: Decimal,
    actor: User | None,
    closes: str = "",
    is_another: bool = True,
    today: date | None = None,
) -> Payment:
    """Register a payment of this invoice: as much as is open settles it, the rest is credit.

    `seen_open` is what the person saw as open; where that has changed, nothing is registered.
    """
    owed = settling.locked_invoices([invoice.pk])
    found = owed[invoice.pk]
    if known := _sent_before(new, {invoice.pk: None}):
        return known
    _refuse_moved(found, seen_open)
    if found.open_amount <= 0:
        raise errors.NothingOpen(invoice=invoice)
    share = Share(invoice.pk, min(new.amount, found.open_amount))
    return _register(
        new, [share], owed, actor=actor, closes=closes, is_another=is_another, today=today
    )


def _register(
    new: NewPayment,
    shares: Sequence[Share],
    owed: dict[int, Owed],
    *,
    actor: User | None,
    closes: str,
    is_another: bool,
    today: date | None,
) -> Payment:
    books = ledger.locked_books()
    if known := _sent_before(new, {share.invoice_id: share.amount for share in shares}):
        return known
    tenant = Tenant.objects.get(pk=current_tenant_id())
    payment = Payment(
        token=new.token,
        customer=new.customer,
        currency=new.currency,
        amount=new.amount,
        payment_date=new.payment_date,
        method=new.method,
        account=new.account or tenant.bank_account,
        credit_account=tenant.credit_account,
        reference=new.reference,
        text=new.text,
        created_by=actor,
    )
    settling.check_amount(payment.amount, payment.currency)
    if payment.payment_date > (today or timezone.localdate()):
        raise errors.PaymentInFuture
    for share in shares:
        settling.check_share(
            owed.get(share.invoice_id), share.amount, payment, on=payment.payment_date
        )
    if sum((share.amount for share in shares), ZERO) > payment.amount:
        raise errors.AbovePayment(left=money(payment.amount, payment.currency))
    if not is_another:
        _refuse_known(payment)

    rows = [
        Allocation(
            invoice=owed[share.invoice_id].invoice,
            payment=payment,
            date=payment.payment_date,
            amount=share.amount,
            account=payment.credit_account,
        )
        for share in shares
    ]
    amounts = settling.booked(rows)
    for account, amount in (
        (payment.account, payment.amount), (payment.credit_account, -payment.amount),
    ):  # fmt: skip
        amounts[account] = amounts.get(account, ZERO) + amount
    payment.entry_id = settling.book(
        books, amounts, on=payment.payment_date, text=_text_of(payment), currency=payment.currency
    )
    payment.save(force_insert=True)
    settling.write(rows, entry_id=payment.entry_id, actor=actor)
    given_up = [
        _given_up(
            owed[row.invoice_id],
            closes,
            owed[row.invoice_id].open_amount - row.amount,
            tenant=tenant,
            on=payment.payment_date,
            beside=payment,
        )
        for row in rows
        if closes and owed[row.invoice_id].open_amount > row.amount
    ]
    settling.settle(books, given_up, text=_text_of(payment), actor=actor)
    audit.write(
        [
            audit.entry(
                "payment.registered",
                payment,
                actor=actor,
                customer=str(payment.customer),
                amount=written(payment.amount, payment.currency),
                date=str(payment.payment_date),
                account=payment.account,
                invoices=", ".join(str(row.invoice) for row in rows),
            ),
            *(settling.told_of(row, actor=actor) for row in [*rows, *given_up]),
        ]
    )
    return payment


@transaction.atomic
def give_up(
    invoice: Invoice,
    *,
    kind: str,
    reason: str,
    seen_open: Decimal,
    on: date,
    actor: User | None,
    today: date | None = None,
) -> Allocation:
    """Close what is still open of an invoice as discount, bank cost or bad debt."""
    owed = settling.locked_invoices([invoice.pk])[invoice.pk]
    _refuse_moved(owed, seen_open)
    if owed.open_amount <= 0:
        raise errors.NothingOpen(invoice=invoice)
    if on > (today or timezone.localdate()):
        raise errors.PaymentInFuture
    settling.check_day(invoice, on)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    row = _given_up(owed, kind, owed.open_amount, tenant=tenant, on=on, reason=reason)
    books = ledger.locked_books()
    text = f"{invoice.number} {invoice.billing_name}"
    settling.settle(books, [row], text=text, actor=actor)
    audit.write([settling.told_of(row, actor=actor)])
    return row


@transaction.atomic
def pay_back(
    payment: Payment,
    *,
    amount: Decimal,
    payment_date: date,
    token: UUID,
    actor: User | None,
    method: str = Payment.Method.TRANSFER,
    account: str = "",
    text: str = "",
    today: date | None = None,
) -> Payment:
    """Give the customer back what of a payment settles nothing."""
    origin = settling.locked_payments([payment.pk])[payment.pk]
    books = ledger.locked_books()
    if known := _known(token):
        same = {
            "origin_id": origin.pk, "amount": -amount, "payment_date": payment_date,
            "method": method, "account": account or known.account, "text": text,
        }  # fmt: skip
        return _the_same(known, **same)
    settling.check_amount(amount, origin.currency)
    if origin.left_amount <= 0:
        raise errors.NothingToGiveBack
    if amount > origin.left_amount:
        raise errors.AbovePayment(left=money(origin.left_amount, origin.currency))
    if payment_date > (today or timezone.localdate()) or payment_date < origin.payment_date:
        raise errors.RefundDay(day=date_format(origin.payment_date, "SHORT_DATE_FORMAT"))
    refund = Payment(
        token=token,
        kind=Payment.Kind.REFUND,
        origin=origin,
        customer=origin.customer,
        currency=origin.currency,
        amount=-amount,
        payment_date=payment_date,
        method=method,
        account=account or origin.account,
        credit_account=origin.credit_account,
        text=text,
        created_by=actor,
    )
    _book_movement(books, refund)
    audit.log(
        "payment.refunded",
        origin,
        actor=actor,
        customer=str(origin.customer),
        amount=written(amount, origin.currency),
        refund=str(refund.pk),
    )
    return refund


@transaction.atomic
def reverse_payment(
    payment: Payment, *, reason: str, actor: User | None, on: date | None = None
) -> Payment:
    """Undo a payment or a refund: what it settled is open again. Both rows stay."""
    if not reason.strip():
        raise errors.ReasonMissing
    on = on or timezone.localdate()
    settled = list(
        Allocation.objects.filter(payment=payment).values_list("invoice_id", flat=True).distinct()
    )
    settling.locked_invoices(settled)
    keys = {payment.pk, payment.origin_id or payment.pk}
    reversed_one = settling.locked_payments(keys)[payment.pk]
    if reversed_one.kind == Payment.Kind.REVERSAL:
        raise errors.ReversalStays
    if reversed_one.is_reversed:
        raise errors.AlreadyReversed
    if reversed_one.given_back:
        back = money(-reversed_one.given_back, reversed_one.currency)
        raise errors.RefundedFirst(amount=back)
    books = ledger.locked_books()
    found = Allocation.objects.filter(payment=payment, reverses=None)
    rows = list(found.select_related("invoice", "payment__customer").order_by("pk"))
    left = settling.left_of(rows)
    back_rows = [
        settling.taking_back(row, left[row.pk], on=on, reason=reason)
        for row in rows
        if left[row.pk]
    ]
    settling.settle_by_day(books, back_rows, text=_text_of(reversed_one), actor=actor)
    reversal = Payment(
        token=uuid4(),
        kind=Payment.Kind.REVERSAL,
        reverses=reversed_one,
        origin_id=reversed_one.origin_id or reversed_one.pk,
        customer=reversed_one.customer,
        currency=reversed_one.currency,
        amount=-reversed_one.amount,
        payment_date=max(on, reversed_one.payment_date),
        method=reversed_one.method,
        account=reversed_one.account,
        credit_account=reversed_one.credit_account,
        text=reason.strip()[:200],
        created_by=actor,
    )
    _book_movement(books, reversal)
    audit.write(
        [
            audit.entry(
                "payment.reversed",
                reversed_one,
                actor=actor,
                customer=str(reversed_one.customer),
                amount=written(reversed_one.amount, reversed_one.currency),
                reason=reason.strip()[:200],
            ),
            *(settling.told_of(row, actor=actor) for row in back_rows),
        ]
    )
    return reversal


def _book_movement(books: Any, payment: Payment) -> None:
    """Money that moves between the bank and the customer's credit."""
    amounts = {payment.account: payment.amount, payment.credit_account: -payment.amount}
    payment.entry_id = settling.book(
        books, amounts, on=payment.payment_date, text=_text_of(payment), currency=payment.currency
    )
    payment.save(force_insert=True)


def _given_up(
    owed: Owed,
    kind: str,
    amount: Decimal,
    *,
    tenant: Tenant,
    on: date,
    beside: Payment | None = None,
    reason: str = "",
) -> Allocation:
    try:
        account = getattr(tenant, DIFFERENCES[Allocation.Kind(kind)])
    except (KeyError, ValueError):
        raise errors.DifferenceUnknown from None
    return Allocation(
        kind=kind,
        invoice=owed.invoice,
        payment=beside,
        date=on,
        amount=amount,
        account=account,
        reason=reason.strip()[:200],
    )


def _known(token: UUID) -> Payment | None:
    found: Payment | None = Payment.objects.filter(token=token).first()
    return found


def _sent_before(new: NewPayment, shares: Mapping[int, Decimal | None]) -> Payment | None:
    """The payment that this form made when it was sent first; None is what was open then."""
    known = _known(new.token)
    if known is None:
        return None
    rows = Allocation.objects.filter(entry=known.entry_id)
    settled = dict(rows.values_list("invoice_id", "amount"))
    if settled != {pk: settled.get(pk) if part is None else part for pk, part in shares.items()}:
        raise _sent_already(known)
    return _the_same(
        known,
        kind=Payment.Kind.RECEIVED,
        customer_id=new.customer.pk,
        currency=new.currency,
        amount=new.amount,
        payment_date=new.payment_date,
        method=new.method,
        account=new.account or known.account,
        reference=new.reference,
        text=new.text,
    )


def _the_same(known: Payment, **typed: Any) -> Payment:
    """Refuse a form that was sent, gone back to and filled in anew."""
    if any(getattr(known, name) != value for name, value in typed.items()):
        raise _sent_already(known)
    return known


def _sent_already(known: Payment) -> errors.SentAlready:
    return errors.SentAlready(
        by=known.created_by or "?",
        amount=money(abs(known.amount), known.currency),
        customer=known.customer,
        day=date_format(known.payment_date, "SHORT_DATE_FORMAT"),
    )


def _refuse_moved(owed: Owed, seen: Decimal) -> None:
    if owed.open_amount == seen:
        return
    invoice = owed.invoice
    is_open = money(owed.open_amount, invoice.currency)
    last = Allocation.objects.filter(invoice=invoice).order_by("-pk").first()
    if last is None or last.amount < 0 or owed.open_amount > seen:
        raise errors.OpenMoved(invoice=invoice, open=is_open)
    raise errors.PaidMeanwhile(
        by=last.created_by or "?",
        amount=money(last.amount, invoice.currency),
        invoice=invoice,
        open=is_open,
    )


def _refuse_known(payment: Payment) -> None:
    same: Any = Payment.objects.filter(
        kind=Payment.Kind.RECEIVED,
        customer=payment.customer,
        currency=payment.currency,
        amount=payment.amount,
        payment_date=payment.payment_date,
    )
    known = same.with_left().filter(is_reversed=False).order_by("-pk").first()
    if known is not None:
        raise errors.LooksKnown(
            by=known.created_by or "?",
            amount=money(known.amount, known.currency),
            day=date_format(known.payment_date, "SHORT_DATE_FORMAT"),
        )


def _text_of(payment: Payment) -> str:
    return " ".join(
        filter(None, [str(payment.get_kind_display()), payment.customer.name, payment.reference])
    )
