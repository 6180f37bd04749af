"""What was paid of an invoice, and what customers have to their credit."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from core.money import ZERO, MoneyField
from invoicing.models import Allocation, Payment


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
    found = (
        Allocation.objects.filter(invoice=OuterRef("pk"))
        .exclude(kind=Allocation.Kind.PAYMENT)
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
    )
    return Coalesce(Subquery(found.values("sum")), ZERO, output_field=MoneyField())


def credit() -> Coalesce:
    """What an invoice's customer has to their credit in its currency, for annotating it."""
    of_customer = {"customer": OuterRef("customer"), "currency": OuterRef("currency")}
    moved = (
        Payment.objects.filter(**of_customer)
        .order_by()
        .values("customer")
        .annotate(sum=Sum("amount"))
    )
    used = (
        Allocation.objects.filter(
            kind=Allocation.Kind.PAYMENT,
            **{f"payment__{name}": value for name, value in of_customer.items()},
        )
        .order_by()
        .values("payment__customer")
        .annotate(sum=Sum("amount"))
    )
    zero = Value(ZERO, MoneyField())
    return Coalesce(
        Coalesce(Subquery(moved.values("sum")), zero)
        - Coalesce(Subquery(used.values("sum")), zero),
        zero,
        output_field=MoneyField(),
    )
