"""How far an invoicing run is, what came of it, and what is still to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.utils import timezone

from invoicing.models import InvoicingRun, InvoicingRunItem

Outcome = InvoicingRunItem.Outcome
NAMED = 5
WAITING_LONG = timedelta(seconds=30)


@dataclass(frozen=True)
class Amounts:
    currency: str
    net: Decimal
    gross: Decimal


@dataclass(frozen=True)
class Reason:
    """What several have in common; `names` are the first of them."""

    outcome: str
    text: str
    count: int
    names: Sequence[str]

    @property
    def is_more(self) -> bool:
        return self.count > len(self.names)


@dataclass(frozen=True)
class RunProgress:
    total: int
    made: int
    skipped: int
    failed: int
    unsent: int
    # Hours and charges that were recorded too late for their own period.
    earlier: int
    # The largest sum first.
    sums: Sequence[Amounts]

    @property
    def done(self) -> int:
        return self.made + self.skipped + self.failed


def run_progress(run: InvoicingRun) -> RunProgress:
    """In one statement."""
    counts = dict.fromkeys(Outcome.values, 0)
    sums: list[Amounts] = []
    unsent = earlier = 0
    found = (
        run.items.order_by()
        .values_list("outcome", "currency")
        .annotate(
            count=Count("*"),
            net=Sum("net_total"),
            gross=Sum("gross_total"),
            noted=Count("pk", filter=~Q(note="")),
            late=Sum("earlier_count"),
        )
    )
    for outcome, currency, count, net, gross, noted, late in found:
        counts[outcome] += count
        unsent += noted
        earlier += late
        if outcome == Outcome.MADE:
            sums.append(Amounts(currency, net, gross))
    return RunProgress(
        total=sum(counts.values()),
        made=counts[Outcome.MADE],
        skipped=counts[Outcome.SKIPPED],
        failed=counts[Outcome.FAILED],
        unsent=unsent,
        earlier=earlier,
        sums=sorted(sums, key=lambda one: -one.gross),
    )


def reasons_of(run: InvoicingRun) -> list[Reason]:
    """Why nothing was made of some, the failures first, each reason with how many share it."""
    found = (
        run.items.filter(outcome__in=[Outcome.FAILED, Outcome.SKIPPED])
        .order_by()
        .values_list("outcome", "short_reason")
        .annotate(count=Count("*"), names=ArrayAgg("name", order_by="position"))
    )
    return sorted(
        (Reason(how, why, count, names[:NAMED]) for how, why, count, names in found),
        key=lambda one: (one.outcome, -one.count, one.text),
    )


def run_items(run: InvoicingRun) -> QuerySet[InvoicingRunItem]:
    """What failed first: it is what is left to do."""
    rank = Case(
        When(outcome=Outcome.FAILED, then=0),
        When(outcome=Outcome.MADE, then=1),
        When(outcome=Outcome.SKIPPED, then=2),
        default=3,
    )
    return run.items.select_related("invoice").order_by(rank, "position", "pk")


def next_item(run: InvoicingRun) -> InvoicingRunItem | None:
    """Whom the workers are at now, or come to next."""
    waiting = run.items.filter(outcome=Outcome.WAITING)
    found: InvoicingRunItem | None = waiting.order_by("position").first()
    return found


def ends_at(run: InvoicingRun, progress: RunProgress, *, now: datetime) -> datetime | None:
    """When it will be done if it goes on as it went; nobody knows before some are."""
    done = progress.done - run.done_before
    if run.going_since is None or done <= 0 or not is_going(run):
        return None
    pace = (run.updated_at - run.going_since) / done
    return max(run.updated_at + pace * (progress.total - progress.done), now)


def is_going(run: InvoicingRun) -> bool:
    return run.finished_at is None and run.stopped_at is None


def is_waiting_long(run: InvoicingRun) -> bool:
    return is_going(run) and timezone.now() - run.updated_at > WAITING_LONG
