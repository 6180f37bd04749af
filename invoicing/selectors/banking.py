"""Lines of bank statements as pages show them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.utils import timezone

from customers.models import Customer
from invoicing.domain.banking.knowledge import likely_payers
from invoicing.models import (
    Allocation,
    BankLine,
    BankLinePayment,
    BankStatement,
    DocumentKind,
    Invoice,
    LineState,
    Payment,
    StatementImport,
)
from invoicing.selectors.posting_runs import WAITING_LONG
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership

# So many invoices are offered to choose from at once.
MOST_OFFERED = 30


def listed_lines() -> QuerySet[Any]:
    lines: QuerySet[Any] = BankLine.objects.with_state().select_related("account", "source")
    return lines


@dataclass(frozen=True)
class StateSum:
    """Of one state: how many lines, and how much in each currency."""

    state: LineState
    count: int
    amounts: list[tuple[str, Decimal]]


def sums_by_state(lines: QuerySet[Any]) -> list[StateSum]:
    """In the order of the tabs; one statement."""
    found: dict[str, list[tuple[str, int, Decimal]]] = defaultdict(list)
    rows = (
        lines.order_by()
        .values("state", "currency")
        .annotate(count=Count("pk"), sum=Sum("amount"))
        .order_by("-sum", "currency")
    )
    for state, currency, count, amount in rows.values_list("state", "currency", "count", "sum"):
        found[state].append((currency, count, amount))
    return [
        StateSum(
            state,
            sum(count for _currency, count, _amount in found[state]),
            [(currency, amount) for currency, _count, amount in found[state]],
        )
        for state in LineState
    ]


@dataclass
class ShownLine:
    """A line, what it is found to pay, and what it paid."""

    line: Any
    customer: str = ""
    invoices: list[tuple[int, str]] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    @property
    def match(self) -> dict[str, Any] | None:
        return self.line.match if self.line.state == LineState.OFFERED else None


def shown_lines(lines: Sequence[Any]) -> list[ShownLine]:
    """In four statements at most, however many there are."""
    shown = {line.pk: ShownLine(line) for line in lines}
    matches = {pk: one.match for pk, one in shown.items() if one.match}
    keys = {pk for match in matches.values() for pk, _amount in match["shares"]}
    numbers, names = {}, {}
    if keys:
        named = Invoice.objects.filter(pk__in=keys)
        for pk, number, customer, name in named.values_list(
            "pk", "number", "customer_id", "customer__name"
        ):
            numbers[pk], names[customer] = number, name
    # Of money that would be credit there is no invoice.
    others = {match["customer"] for match in matches.values()} - {*names, None}
    if others:
        names |= dict(Customer.objects.filter(pk__in=others).values_list("pk", "name"))
    for pk, match in matches.items():
        shown[pk].customer = names.get(match["customer"], "")
        shown[pk].invoices = [
            (key, numbers[key]) for key, _amount in match["shares"] if key in numbers
        ]
    _add_what_is_booked(shown)
    return list(shown.values())


def _add_what_is_booked(shown: dict[int, ShownLine]) -> None:
    keys = [pk for pk, one in shown.items() if one.line.state == LineState.BOOKED]
    if not keys:
        return
    links = list(
        BankLinePayment.objects.live()
        .filter(line__in=keys)
        .select_related("payment__customer")
        .order_by("pk")
    )
    settled: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = (
        Allocation.objects.filter(payment__in=[one.payment_id for one in links])
        .order_by()
        .values_list("payment_id", "invoice_id", "invoice__number")
        .annotate(sum=Sum("amount"))
        .filter(sum__gt=0)
        .order_by("invoice__number")
    )
    for payment, invoice, number, _sum in rows:
        settled[payment].append((invoice, number))
    for link in links:
        one = shown[link.line_id]
        one.payments.append(link.payment)
        one.customer = str(link.payment.customer)
        one.invoices += [pair for pair in settled[link.payment_id] if pair not in one.invoices]


def line_of(payment: Payment) -> BankLine | None:
    """The line whose money it is."""
    link = BankLinePayment.objects.live().filter(payment=payment).select_related("line").first()
    return link.line if link else None


def links_of(line: BankLine) -> QuerySet[Any]:
    """Every payment it ever had, undone ones among them."""
    reversal = Payment.objects.filter(reverses=OuterRef("payment")).values("pk")[:1]
    links: QuerySet[Any] = (
        BankLinePayment.objects.filter(line=line)
        .select_related("payment__customer", "created_by")
        .annotate(reversal=Subquery(reversal))
        .order_by("pk")
    )
    return links


def choosable_invoices(
    line: Any, membership: Membership, *, search: str = "", also: Collection[int] = ()
) -> list[Any]:
    """Open invoices in the line's currency, the likeliest first; `also` are shown in any case."""
    invoices: Any = visible_invoices(membership).filter(
        currency=line.currency, kind=DocumentKind.INVOICE, status=Invoice.Status.POSTED
    )
    open_ones = invoices.with_open_amount().filter(Q(open_amount__gt=0) | Q(pk__in=also))
    open_ones = open_ones.select_related("customer")
    for word in search.split()[:5]:
        open_ones = open_ones.filter(
            Q(pk__in=also)
            | Q(number__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(billing_name__icontains=word)
            | Q(customer__number__icontains=word)
            | Q(payment_reference__startswith=word)
        )
    likely = likely_payers(line)
    order = [
        Case(When(pk__in=also, then=0), default=1),
        Case(When(customer__in=likely, then=0), default=1),
        Case(When(open_amount=line.amount, then=0), default=1),
        "due_date",
        "pk",
    ]
    return list(open_ones.order_by(*order)[: max(MOST_OFFERED, len(also))])


@dataclass(frozen=True)
class BalanceFault:
    """A statement whose lines do not lead from its one balance to the other."""

    statement: BankStatement
    difference: Decimal


def balance_faults(statements: Sequence[BankStatement]) -> list[BalanceFault]:
    faults = []
    for one in statements:
        if one.opening_balance is not None and one.closing_balance is not None:
            difference = one.closing_balance - one.opening_balance - one.line_total
            if difference:
                faults.append(BalanceFault(one, difference))
    return faults


@dataclass(frozen=True)
class ImportProgress:
    done: int
    total: int


def import_progress(source: StatementImport) -> ImportProgress:
    """How many of its lines wait for nothing any more."""
    waiting = BankLine.objects.filter(source=source, waits=True).count()
    if source.state != StatementImport.State.BOOKING:
        return ImportProgress(0, source.new_count)
    return ImportProgress(source.new_count - waiting, source.new_count)


def is_waiting_long(source: StatementImport) -> bool:
    """Whether no worker has taken it up for a while."""
    return source.is_working and timezone.now() - source.updated_at > WAITING_LONG


def listed_imports() -> QuerySet[Any]:
    """Without the file, which no page shows; with its days and what is left to decide."""
    imports: QuerySet[Any] = StatementImport.objects.defer("content", "question")
    return imports.select_related("created_by").order_by("-pk")


def left_to_decide(imports: Collection[Any]) -> dict[int, int]:
    """Offered and open lines of each; one statement."""
    lines = BankLine.objects.with_state().filter(
        source__in=imports, state__in=[LineState.OFFERED, LineState.OPEN]
    )
    counted = lines.order_by().values_list("source_id").annotate(count=Count("pk"))
    return dict(counted.values_list("source_id", "count"))


def statements_of(imports: Collection[Any]) -> dict[int, list[BankStatement]]:
    found: dict[int, list[BankStatement]] = defaultdict(list)
    rows = BankStatement.objects.filter(source__in=imports).select_related("account")
    for statement in rows.order_by("pk"):
        found[statement.source_id].append(statement)
    return found
