"""What is known when lines are matched, read in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from customers.models import Customer
from invoicing.domain.banking.matching import (
    DAYS_APART,
    BankLine,
    Book,
    BookedLine,
    KnownInvoice,
    KnownPayment,
)
from invoicing.domain.banking.names import SIMILAR, NameIndex, similarity
from invoicing.domain.banking.texts import words_of
from invoicing.domain.references import plain_reference, rf_reference
from invoicing.models import (
    Allocation,
    BankLinePayment,
    CustomerCredit,
    DocumentIndex,
    DocumentKind,
    Invoice,
    Payment,
)
from invoicing.models import BankLine as StoredLine


def matchable(
    lines: Sequence[StoredLine], *, twins: Collection[int] = frozenset()
) -> list[BankLine]:
    """As the rules want them; their accounts are read already."""
    return [
        BankLine(
            pk=one.pk,
            day=one.booking_date,
            amount=one.amount,
            currency=one.currency,
            name=one.name,
            iban=one.iban,
            reference=one.reference,
            text=one.text,
            end_to_end_id=one.end_to_end_id,
            charges=one.charges,
            is_reversal=one.is_reversal,
            account=one.account.ledger_account,
            is_twin=one.pk in twins,
        )
        for one in lines
    ]


def twins_of(lines: Sequence[StoredLine]) -> set[int]:
    """Those of one file that are like a line of another: of a day, an amount and a payer.

    Another form of file says the same money in other words, so that its key differs.
    """
    if not lines:
        return set()
    days = [one.booking_date for one in lines]
    others = StoredLine.objects.filter(
        account__in={one.account_id for one in lines},
        booking_date__range=(min(days), max(days)),
    ).exclude(source__in={one.source_id for one in lines})
    alike: dict[Any, list[StoredLine]] = defaultdict(list)
    fields = ("account", "booking_date", "amount", "name", "iban", "reference")
    for one in others.only(*fields).order_by().iterator():
        alike[one.account_id, one.booking_date, one.amount].append(one)
    return {
        one.pk
        for one in lines
        for other in alike.get((one.account_id, one.booking_date, one.amount), ())
        if _of_one_payer(one, other)
    }


def _of_one_payer(one: StoredLine, other: StoredLine) -> bool:
    """What one of the files does not say tells nothing apart."""
    if one.iban and other.iban:
        return one.iban == other.iban
    if one.name and other.name:
        return similarity(one.name, other.name) >= SIMILAR
    first, second = plain_reference(one.reference), plain_reference(other.reference)
    return not (first and second) or first == second


def book_for(lines: Sequence[BankLine]) -> Book:
    """All that is open, and of what is not only what these lines may name."""
    invoices = _open_invoices()
    invoices |= _named_invoices(lines, but=invoices)
    payments = _registered(lines)
    customers = {one.customer for one in invoices.values()} | {one.customer for one in payments}
    names = Customer.objects.filter(pk__in=customers).values_list("pk", "name")
    return Book(
        invoices=invoices,
        names=dict(names),
        ibans=_payers({one.iban for one in lines if one.iban}),
        credit=_credit(),
        payments=payments,
        booked=_booked([one for one in lines if one.is_reversal]),
        notes=_notes(invoices),
    )


_FIELDS = ("number", "customer_id", "currency", "issue_date", "due_date", "payment_reference")


def _open_invoices() -> dict[int, KnownInvoice]:
    found = DocumentIndex.objects.filter(kind=DocumentKind.INVOICE, open_amount__gt=0)
    columns = (f"invoice__{name}" for name in _FIELDS)
    return {
        row[0]: _known(*row) for row in found.values_list("invoice_id", "open_amount", *columns)
    }


def _named_invoices(lines: Sequence[BankLine], *, but: Collection[int]) -> dict[int, KnownInvoice]:
    """Posted ones, paid or not, whose reference or number a line bears as it is written."""
    plain = {found for one in lines if (found := plain_reference(one.reference))}
    references = plain | {rf_reference(one) for one in plain if len(one) <= 21}
    words = {word for one in lines for word in words_of(f"{one.reference} {one.text}")}
    posted: Any = Invoice.objects.filter(
        Q(payment_reference__in=references | words) | Q(number__in=words),
        kind=DocumentKind.INVOICE,
        status=Invoice.Status.POSTED,
    )
    rows = posted.with_open_amount().values_list("pk", "open_amount", *_FIELDS)
    return {row[0]: _known(*row) for row in rows if row[0] not in but}


def _known(pk: int, open_amount: Decimal, *fields: Any) -> KnownInvoice:
    number, customer, currency, issued, due, reference = fields
    return KnownInvoice(
        pk=pk,
        number=number,
        customer=customer,
        currency=currency,
        open_amount=open_amount,
        issue_date=issued,
        due_date=due,
        reference=reference,
    )


def _registered(lines: Sequence[BankLine]) -> list[KnownPayment]:
    """Payments and refunds of about these days that no line is known to be."""
    days: list[date] = [one.day for one in lines]
    if not days:
        return []
    payments: Any = Payment.objects.filter(
        payment_date__range=(min(days) - DAYS_APART, max(days) + DAYS_APART),
        amount__in={one.amount for one in lines},
        reversals=None,
    ).exclude(kind=Payment.Kind.REVERSAL)
    taken = BankLinePayment.objects.live().values("payment")
    rows = list(
        payments.exclude(pk__in=taken)
        .order_by("payment_date", "pk")
        .values_list("pk", "customer_id", "currency", "amount", "payment_date", "account")
    )
    settled: dict[int, set[int]] = defaultdict(set)
    allocated = Allocation.objects.filter(payment__in=[row[0] for row in rows])
    for payment, invoice in allocated.values_list("payment_id", "invoice_id"):
        settled[payment].add(invoice)
    return [
        KnownPayment(
            pk=pk,
            customer=customer,
            currency=currency,
            amount=amount,
            day=day,
            account=account,
            invoices=frozenset(settled[pk]),
        )
        for pk, customer, currency, amount, day, account in rows
    ]


def _payers(ibans: Collection[str]) -> dict[str, frozenset[int]]:
    """Who paid from these accounts before: learnt from what is booked."""
    found: dict[str, set[int]] = defaultdict(set)
    live = BankLinePayment.objects.live().filter(line__iban__in=ibans, payment__amount__gt=0)
    for iban, customer in live.values_list("line__iban", "payment__customer").distinct():
        found[iban].add(customer)
    return {iban: frozenset(customers) for iban, customers in found.items()}


def likely_payers(line: StoredLine) -> list[int]:
    """Whose money one line may be: who paid from its account before, or has its payer's name."""
    if line.iban and (known := _payers({line.iban}).get(line.iban)):
        return sorted(known)
    if not line.name:
        return []
    owing = DocumentIndex.objects.filter(kind=DocumentKind.INVOICE, open_amount__gt=0)
    names = Customer.objects.filter(pk__in=owing.values("customer_key"))
    return NameIndex(dict(names.values_list("pk", "name"))).like(line.name)


def _credit() -> dict[tuple[int, str], Decimal]:
    found = CustomerCredit.objects.filter(amount__gt=0).order_by()
    return {
        (customer, currency): amount
        for customer, currency, amount in found.values_list("customer_id", "currency", "amount")
    }


def _booked(reversals: Sequence[BankLine]) -> list[BookedLine]:
    """The lines that these may take back."""
    if not reversals:
        return []
    live = BankLinePayment.objects.live().filter(
        was_made=True,
        payment__kind=Payment.Kind.RECEIVED,
        line__amount__in={-one.amount for one in reversals},
    )
    columns = (
        "payment_id", "payment__customer", "payment__amount", "line__booking_date", "line__iban",
        "line__reference", "line__end_to_end_id",
    )  # fmt: skip
    return [
        BookedLine(
            payment=payment,
            customer=customer,
            amount=amount,
            day=day,
            iban=iban,
            reference=reference,
            end_to_end_id=end_to_end,
        )
        for payment, customer, amount, day, iban, reference, end_to_end in live.order_by(
            "payment_id"
        ).values_list(*columns)
    ]


def _notes(invoices: Collection[int]) -> dict[str, int]:
    """Credit notes of what may be named, by their numbers: they are deducted already."""
    notes = Invoice.objects.filter(
        kind=DocumentKind.CREDIT_NOTE, status=Invoice.Status.POSTED, corrects__in=invoices
    )
    return {str(number): corrects for number, corrects in notes.values_list("number", "corrects")}
