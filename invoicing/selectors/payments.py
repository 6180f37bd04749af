"""What was paid of an invoice, and what customers have to their credit."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from core.money import ZERO, MoneyField
from invoicing.models import Allocation, CustomerCredit, DocumentKind, Invoice, Payment
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership


def settlements(invoices: Collection[Any]) -> QuerySet[Any]:
    """What settles these invoices, the first one first; `left` is what of it still does."""
    taken = (
        Allocation.objects.filter(reverses=OuterRef("pk"))
        .order_by()
        .values("reverses")
        .annotate(sum=Sum("amount"))
    )
    found: QuerySet[Any] = Allocation.objects.filter(invoice__in=invoices, reverses=None)
    rows: QuerySet[Any] = (
        found.select_related("payment", "created_by", "entry")
        .annotate(
            taken_back=Coalesce(Subquery(taken.values("sum")), ZERO, output_field=MoneyField()),
            left=F("amount") + F("taken_back"),
        )
        .order_by("date", "pk")
    )
    return rows


def given_up() -> Coalesce:
    """What of an invoice was closed without money, for annotating it."""
    return _settled(~Q(kind=Allocation.Kind.PAYMENT))


def received() -> Coalesce:
    """The money that settles an invoice, for annotating it."""
    return _settled(Q(kind=Allocation.Kind.PAYMENT))


def _settled(which: Q) -> Coalesce:
    found = (
        Allocation.objects.filter(which, invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
    )
    return Coalesce(Subquery(found.values("sum")), ZERO, output_field=MoneyField())


def credit() -> Coalesce:
    """What an invoice's customer has to their credit in its currency, for annotating it."""
    found = CustomerCredit.objects.filter(
        customer=OuterRef("customer"), currency=OuterRef("currency")
    )
    zero = Value(ZERO, MoneyField())
    return Coalesce(Subquery(found.values("amount")), zero, output_field=MoneyField())


def received_of(invoice: Invoice) -> Decimal:
    found: Decimal = (
        Invoice.objects.filter(pk=invoice.pk)
        .annotate(received=received())
        .values_list("received", flat=True)
        .get()
    )
    return found


@dataclass(frozen=True)
class PaymentSum:
    currency: str
    count: int
    amount: Decimal
    left: Decimal


def listed_payments() -> QuerySet[Any]:
    """Every movement of money, with what is left of it."""
    payments: Any = Payment.objects.all()
    found: QuerySet[Any] = payments.with_left().select_related("customer", "created_by")
    return found


def payment_sums(rows: QuerySet[Any]) -> list[PaymentSum]:
    """What came in less what went back, the largest currency first."""
    found = (
        rows.order_by()
        .values("currency")
        .annotate(count=Count("*"), sum=Sum("amount"), left=Sum("left_amount"))
        .order_by("-sum", "currency")
        .values_list("currency", "count", "sum", "left")
    )
    return [PaymentSum(*row) for row in found]


def settled_by(payments: Collection[Any]) -> dict[int, list[str]]:
    """The numbers of the invoices that each of these settles now; one statement."""
    numbers: dict[int, list[str]] = {}
    found = (
        Allocation.objects.filter(payment__in=payments, kind=Allocation.Kind.PAYMENT)
        .order_by()
        .values_list("payment_id", "invoice__number")
        .annotate(sum=Sum("amount"))
        .filter(sum__gt=0)
        .order_by("payment_id", "invoice__number")
    )
    for payment_id, number, _sum in found:
        numbers.setdefault(payment_id, []).append(number)
    return numbers


# So many invoices are offered for one payment; what it settles is always among them.
MOST_OFFERED = 200


def offered_invoices(
    payment: Payment, membership: Membership, *, also: Collection[int] = ()
) -> list[Any]:
    """What it settles (`settled`), and what else it could, the first one due first.

    `also` are invoices that were offered before, whatever became of them.
    """
    mine = (
        Allocation.objects.filter(
            invoice=OuterRef("pk"), payment=payment, kind=Allocation.Kind.PAYMENT
        )
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
    )
    invoices: Any = visible_invoices(membership).filter(
        customer_id=payment.customer_id,
        currency=payment.currency,
        kind=DocumentKind.INVOICE,
        status=Invoice.Status.POSTED,
    )
    found = (
        invoices.with_open_amount()
        .annotate(settled=Coalesce(Subquery(mine.values("sum")), ZERO, output_field=MoneyField()))
        .filter(Q(open_amount__gt=0) | Q(settled__gt=0) | Q(pk__in=also))
        .order_by(
            Case(When(Q(settled__gt=0) | Q(pk__in=also), then=0), default=1), "due_date", "pk"
        )
    )
    return list(found[: max(MOST_OFFERED, len(also))])


def movements_of(payment: Payment) -> list[Any]:
    """The rows that belong together: what came in, what of it went back, reversals."""
    key = payment.origin_id or payment.pk
    found = listed_payments().filter(Q(pk=key) | Q(origin=key)).order_by("pk")
    rows = list(found)
    return rows if len(rows) > 1 else []
