"""What settles an invoice: checked, booked and written, and taken back again.

Locked in the order of everybody: documents, hours, payments, then the books.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.formats import date_format

from core.money import places, round_money
from core.templatetags.figures import money
from invoicing import payment_errors as errors
from invoicing.domain import ledger
from invoicing.domain.books.periods import refuse_closed
from invoicing.domain.drafting import locked_documents
from invoicing.models import Allocation, Books, DocumentKind, Invoice, Payment
from tenants import audit
from tenants.models import AuditEntry, User
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class Share:
    """So much for this invoice."""

    invoice_id: int
    amount: Decimal


@dataclass(frozen=True)
class Owed:
    """An invoice, locked, with what is open of it."""

    invoice: Invoice
    open_amount: Decimal


def locked_invoices(ids: Iterable[int]) -> dict[int, Owed]:
    """Those there are. The amounts are read when the rows are held."""
    found = {one.pk: one for one in locked_documents(ids)}
    amounts = open_amounts(found)
    return {pk: Owed(invoice, amounts[pk]) for pk, invoice in found.items()}


def open_amounts(ids: Collection[int]) -> dict[int, Decimal]:
    invoices: Any = Invoice.objects.filter(pk__in=list(ids))
    return dict(invoices.with_open_amount().values_list("pk", "open_amount"))


def locked_payments(ids: Iterable[int]) -> dict[int, Any]:
    """With what is left of each."""
    payments: Any = Payment.objects.filter(pk__in=list(ids))
    list(payments.select_for_update().order_by("pk").values_list("pk"))
    return {one.pk: one for one in payments.with_left().select_related("customer")}


def check_share(owed: Owed | None, amount: Decimal, payment: Payment, *, on: date) -> None:
    """Refuse what a payment cannot settle."""
    if owed is None:
        raise errors.NotOwed(invoice="?")
    invoice = owed.invoice
    if not invoice.is_posted or invoice.kind != DocumentKind.INVOICE:
        raise errors.NotOwed(invoice=invoice)
    if invoice.customer_id != payment.customer_id:
        raise errors.OtherCustomer(invoice=invoice, customer=payment.customer)
    if invoice.currency != payment.currency:
        raise errors.OtherCurrency(invoice=invoice, theirs=invoice.currency, ours=payment.currency)
    check_amount(amount, invoice.currency)
    check_day(invoice, on)
    if amount > owed.open_amount:
        raise errors.AboveOpen(invoice=invoice, open=money(owed.open_amount, invoice.currency))


def check_amount(amount: Decimal, currency: str) -> None:
    if amount <= 0:
        raise errors.AmountNotPositive
    if amount != round_money(amount, currency):
        raise errors.AmountTooFine(currency=currency, places=places(currency))


def check_day(invoice: Invoice, on: date) -> None:
    if on < invoice.issue_date:
        raise errors.PaymentBeforeInvoice(
            invoice=invoice, day=date_format(invoice.issue_date, "SHORT_DATE_FORMAT")
        )


def booked(rows: Iterable[Allocation]) -> dict[str, Decimal]:
    """Account -> amount: what is settled against what settles it."""
    rows = list(rows)
    receivables = ledger.receivable_accounts([row.invoice_id for row in rows])
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        amounts[row.account] += row.amount
        amounts[receivables[row.invoice_id]] -= row.amount
    return amounts


def book(
    books: Books, amounts: Mapping[str, Decimal], *, on: date, text: str, currency: str
) -> int:
    refuse_closed(on)
    wanted = {account: amount for account, amount in amounts.items() if amount}
    (key,) = ledger.write_entries(books, [ledger.NewEntry(on, text, currency, wanted)])
    return key


def write(rows: Sequence[Allocation], *, entry_id: int, actor: User | None) -> None:
    for row in rows:
        row.entry_id, row.created_by = entry_id, actor
    Allocation.objects.bulk_create(rows)


def settle(books: Books, rows: Sequence[Allocation], *, text: str, actor: User | None) -> None:
    """Book rows of one day and currency in one entry, and write them."""
    if not rows:
        return
    first = rows[0]
    entry_id = book(books, booked(rows), on=first.date, text=text, currency=first.invoice.currency)
    write(rows, entry_id=entry_id, actor=actor)


def left_of(allocations: Iterable[Allocation]) -> dict[int, Decimal]:
    """What of each is not taken back yet."""
    found = {row.pk: row.amount for row in allocations}
    taken = (
        Allocation.objects.filter(reverses__in=found)
        .order_by()
        .values_list("reverses_id")
        .annotate(sum=Sum("amount"))
    )
    for key, amount in taken:
        found[key] += amount
    return found


def taking_back(allocation: Allocation, amount: Decimal, *, on: date, reason: str) -> Allocation:
    """The row that takes so much of it back; unsaved."""
    return Allocation(
        kind=allocation.kind,
        invoice=allocation.invoice,
        payment=allocation.payment,
        date=max(on, allocation.date),
        amount=-amount,
        account=allocation.account,
        reverses=allocation,
        reason=reason[:200],
    )


def settle_by_day(
    books: Books, rows: Sequence[Allocation], *, text: str, actor: User | None
) -> None:
    """In an entry for each day, since none lies before what it takes back or settles."""
    by_day: dict[date, list[Allocation]] = defaultdict(list)
    for row in rows:
        by_day[row.date].append(row)
    for day in sorted(by_day):
        settle(books, by_day[day], text=text, actor=actor)


def lock_payments_of(invoice_ids: Collection[int]) -> None:
    """Hold what settles these invoices; their rows are held already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM invoicing_payment WHERE tenant_id = %s AND id IN ("
            "SELECT payment_id FROM invoicing_allocation"
            " WHERE tenant_id = %s AND invoice_id = ANY(%s))"
            " ORDER BY id FOR UPDATE",
            [current_tenant_id(), current_tenant_id(), list(invoice_ids)],
        )


def let_go_of_credited(
    books: Books, notes: Sequence[Invoice], *, actor: User | None
) -> list[AuditEntry]:
    """Take back what these credit notes leave settled twice.

    What was given up goes first, since nobody paid it; then money, the latest first, which is the
    customer's credit from then on.
    """
    by_invoice = {note.corrects_id: note for note in notes if note.corrects_id}
    too_much = {pk: -amount for pk, amount in open_amounts(list(by_invoice)).items() if amount < 0}
    if not too_much:
        return []
    found = Allocation.objects.filter(invoice__in=too_much, reverses=None)
    rows = list(found.select_related("invoice", "payment__customer").order_by("-date", "-pk"))
    rows.sort(key=lambda row: row.kind == Allocation.Kind.PAYMENT)
    left, told = left_of(rows), []
    back: dict[int, list[Allocation]] = defaultdict(list)
    for row in rows:
        amount = min(left[row.pk], too_much[row.invoice_id])
        if amount <= 0:
            continue
        too_much[row.invoice_id] -= amount
        note = by_invoice[row.invoice_id]
        back[row.invoice_id].append(
            taking_back(row, amount, on=note.issue_date, reason=str(note.number))
        )
    for pk, taken in back.items():
        note = by_invoice[pk]
        text = f"{note.number} {note.billing_name}"
        settle_by_day(books, taken, text=text, actor=actor)
        told += [told_of(row, actor=actor) for row in taken]
    return told


def told_of(row: Allocation, *, actor: User | None) -> AuditEntry:
    """For the history of the invoice."""
    action = "invoice.allocation_taken_back" if row.amount < 0 else "invoice.settled"
    detail = {"kind": row.kind, "amount": written(abs(row.amount), row.invoice.currency)}
    if row.payment_id:
        detail["payment"] = str(row.payment_id)
    if row.reason:
        detail["reason"] = row.reason
    return audit.entry(action, row.invoice, actor=actor, **detail)


def written(amount: Decimal, currency: str) -> str:
    """For the log, which has one language."""
    return f"{round_money(amount, currency)} {currency}"
