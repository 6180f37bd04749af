"""Which overdue invoice gets which reminder on a day, what it asks for, and why others get none.

Read in six statements however many invoices there are; every amount follows from rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from customers.models import Customer
from invoicing.domain.reminding.defaults import Interest, Level, Terms
from invoicing.domain.reminding.interest import Stretch, interest_of, stretches
from invoicing.domain.reminding.terms import TermsBook, terms_book
from invoicing.domain.sending.requesting import usual_address
from invoicing.models import (
    Allocation,
    Dispute,
    DocumentIndex,
    DocumentKind,
    Invoice,
    Rank,
    Reminder,
)


class Standing(TextChoices):
    """Whether an invoice gets a reminder on that day."""

    DUE = "due", _("To remind")
    WAITING = "waiting", _("Later")
    DISPUTED = "disputed", _("Disputed")
    NEVER = "never", _("No reminders")
    SMALL = "small", _("Too small")
    USED_UP = "used_up", _("All levels sent")


@dataclass(frozen=True)
class Earlier:
    """What was sent of an invoice before, and left."""

    level: int
    on: date
    fees: Decimal
    had_lump_sum: bool


@dataclass(frozen=True)
class Proposal:
    """The next reminder of an invoice, as of a day."""

    invoice: Any
    standing: Standing
    on: date
    level: int
    levels: int
    # When it is due for this level; None where no level is left.
    due_on: date | None
    earlier: Earlier | None
    open_amount: Decimal
    fee: Decimal
    earlier_fees: Decimal
    lump_sum: Decimal
    stretches: tuple[Stretch, ...]
    interest: Decimal
    pay_by: date
    is_consumer: bool
    email: str
    dispute: str

    @property
    def days_late(self) -> int:
        late: int = (self.on - self.invoice.due_date).days
        return max(late, 0)

    @property
    def fees(self) -> Decimal:
        """Everything but the invoice and the interest."""
        return self.fee + self.earlier_fees + self.lump_sum

    @property
    def total(self) -> Decimal:
        return self.open_amount + self.fees + self.interest

    @property
    def is_due(self) -> bool:
        return self.standing == Standing.DUE


def proposals(
    on: date, *, keys: Collection[int] | None = None, book: TermsBook | None = None
) -> list[Proposal]:
    """Of every invoice that is overdue on the day, or of these, the longest overdue first."""
    invoices = list(_overdue(on, keys))
    if not invoices:
        return []
    found = [invoice.pk for invoice in invoices]
    book = book or terms_book()
    paid, earlier = _payments(found), _earlier(found)
    return [
        _proposal(
            invoice,
            on,
            book,
            paid=paid.get(invoice.pk, ()),
            earlier=earlier.get(invoice.pk),
        )
        for invoice in invoices
    ]


def proposal_of(invoice_id: int, on: date) -> Proposal | None:
    """None where nothing of it is open."""
    return next(iter(proposals(on, keys=[invoice_id])), None)


def _overdue(on: date, keys: Collection[int] | None) -> QuerySet[Any]:
    row = DocumentIndex.objects.filter(invoice=OuterRef("pk"))
    dispute = Dispute.objects.filter(invoice=OuterRef("pk"), closed_at=None)
    invoices: QuerySet[Any] = Invoice.objects.filter(
        kind=DocumentKind.INVOICE, status=Invoice.Status.POSTED
    )
    if keys is None:
        overdue = DocumentIndex.objects.filter(rank=Rank.OWED, due_date__lt=on)
        invoices = invoices.filter(pk__in=overdue.values("invoice"))
    else:
        invoices = invoices.filter(pk__in=list(keys))
    found: QuerySet[Any] = (
        invoices.select_related("customer")
        .annotate(
            open_amount=Subquery(row.values("open_amount")[:1]),
            dispute=Subquery(dispute.values("reason")[:1]),
            address=usual_address(),
        )
        .filter(open_amount__gt=0)
        .order_by("due_date", "pk")
    )
    return found


def _payments(keys: list[int]) -> Mapping[int, list[tuple[date, Decimal]]]:
    """The money that settles each, by day. What was credited or given up was never owed."""
    rows = Allocation.objects.filter(
        invoice__in=list(keys), kind=Allocation.Kind.PAYMENT
    ).values_list("invoice_id", "date", "amount")
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for invoice_id, day, amount in rows.order_by("date", "pk"):
        found[invoice_id].append((day, amount))
    return found


def _earlier(keys: list[int]) -> dict[int, Earlier]:
    reminders: Any = Reminder.objects.filter(invoice__in=list(keys))
    rows = reminders.in_force().order_by("date", "pk")
    found: dict[int, Earlier] = {}
    for pk, level, on, fee, lump_sum in rows.values_list(
        "invoice_id", "level", "date", "fee", "lump_sum"
    ):
        before = found.get(pk)
        found[pk] = Earlier(
            level=max(level, before.level if before else 0),
            on=on,
            fees=fee + lump_sum + (before.fees if before else ZERO),
            had_lump_sum=bool(lump_sum) or bool(before and before.had_lump_sum),
        )
    return found


def _proposal(
    invoice: Any,
    on: date,
    book: TermsBook,
    *,
    paid: Iterable[tuple[date, Decimal]],
    earlier: Earlier | None,
) -> Proposal:
    terms = book.of(invoice.billing_country)
    number = (earlier.level if earlier else 0) + 1
    level = next((one for one in terms.levels if one.number == number), None)
    due_on = _due_on(invoice, level, terms, earlier) if level else None
    is_consumer = invoice.customer.is_consumer
    # What a letter costs is known in the company's own currency.
    costs = invoice.currency == book.currency and level is not None
    fee = lump_sum = ZERO
    if costs and level:
        fee = level.consumer_fee if is_consumer else level.business_fee
        if level.has_lump_sum and not is_consumer and not (earlier and earlier.had_lump_sum):
            lump_sum = terms.lump_sum
    late = (
        _late_interest(invoice, on, terms, book, paid=paid, is_consumer=is_consumer)
        if level and level.has_interest
        else []
    )
    return Proposal(
        invoice=invoice,
        standing=_standing(invoice, on, terms, due_on),
        on=on,
        level=number,
        levels=len(terms.levels),
        due_on=due_on,
        earlier=earlier,
        open_amount=invoice.open_amount,
        fee=fee,
        earlier_fees=earlier.fees if earlier else ZERO,
        lump_sum=lump_sum,
        stretches=tuple(late),
        interest=interest_of(late, invoice.currency),
        pay_by=on + timedelta(days=terms.pay_within_days),
        is_consumer=is_consumer,
        email=invoice.address,
        dispute=invoice.dispute or "",
    )


def _due_on(invoice: Any, level: Level, terms: Terms, earlier: Earlier | None) -> date:
    day: date = invoice.due_date + timedelta(days=max(level.days, 1))
    return max(day, earlier.on + timedelta(days=terms.gap_days)) if earlier else day


def _standing(invoice: Any, on: date, terms: Terms, due_on: date | None) -> Standing:
    if invoice.dispute:
        return Standing.DISPUTED
    if invoice.customer.reminders == Customer.Reminders.NEVER:
        return Standing.NEVER
    if due_on is None:
        return Standing.USED_UP
    if invoice.open_amount < terms.least_amount:
        return Standing.SMALL
    return Standing.DUE if due_on <= on else Standing.WAITING


def _late_interest(
    invoice: Any,
    on: date,
    terms: Terms,
    book: TermsBook,
    *,
    paid: Iterable[tuple[date, Decimal]],
    is_consumer: bool,
) -> list[Stretch]:
    """On what was owed since the due date: what is open, and what was paid of it until then."""
    if terms.interest == Interest.NONE:
        return []
    paid = [(day, amount) for day, amount in paid if day <= on]
    principal = invoice.open_amount + sum((amount for _day, amount in paid), ZERO)
    rates, points = book.rates[terms.area], terms.business_points
    printed = invoice.seller.get("late_interest_percent") or ""
    if is_consumer:
        points = terms.consumer_points
    elif terms.interest == Interest.PRINTED and printed:
        rates, points = [(invoice.due_date, Decimal(printed))], ZERO
    return stretches(
        principal,
        due_date=invoice.due_date,
        until=on,
        rates=rates,
        points=points,
        paid=paid,
    )
