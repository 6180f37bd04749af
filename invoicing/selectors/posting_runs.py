"""How far a posting of many drafts is, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.utils import timezone

from core.money import ZERO
from invoicing.exported import Need
from invoicing.models import Invoice, PostingRun, PostingRunItem
from invoicing.numbers_elsewhere import troubles_of
from tenants.models import User

Outcome = PostingRunItem.Outcome
# What becomes of an item whose document gets its number elsewhere: it waits for that, or is a draft
# like any other again.
HANDED, WITHDRAWN = "handed", "withdrawn"
# Refused drafts are still to be mended; what went well is old news soon.
REFUSALS_MENTIONED_FOR = timedelta(hours=12)
SUCCESS_MENTIONED_FOR = timedelta(minutes=10)
WAITING_LONG = timedelta(seconds=30)


@dataclass(frozen=True)
class RunProgress:
    total: int
    waiting: int
    posted: int
    refused: int
    # Those that wait for their number from another system.
    handed: int
    # What was posted comes to, gross, the largest sum first.
    sums: Sequence[tuple[str, Decimal]]

    @property
    def done(self) -> int:
        return self.total - self.handed - self.waiting


_DONE = Q(items__outcome=Outcome.POSTED)
_WAITS = Q(items__invoice__status=Invoice.Status.DRAFT) & ~Q(items__invoice__number_giver="")


def runs() -> QuerySet[PostingRun]:
    """With their counts, and who started them."""
    found: QuerySet[PostingRun] = PostingRun.objects.select_related("started_by").annotate(
        total=Count("items"),
        posted=Count("items", filter=_DONE & Q(items__invoice__status=Invoice.Status.POSTED)),
        handed=Count("items", filter=_DONE & _WAITS),
        refused=Count("items", filter=Q(items__outcome=Outcome.REFUSED)),
    )
    return found


def last_run_of(user: User) -> Any:
    """Their latest, while they may want to come back to it."""
    now = timezone.now()
    run: Any = (
        runs()
        .filter(started_by=user, updated_at__gte=now - REFUSALS_MENTIONED_FOR)
        .order_by("-pk")
        .first()
    )
    if run is None or run.finished_at is None or run.refused or run.handed:
        return run
    return run if run.finished_at > now - SUCCESS_MENTIONED_FOR else None


def progress_of(run: PostingRun) -> RunProgress:
    """In one statement."""
    counts = dict.fromkeys([*Outcome.values, HANDED, WITHDRAWN], 0)
    sums: dict[str, Decimal] = {}
    found = (
        run.items.order_by()
        .values_list("outcome", "invoice__currency", "invoice__status", "invoice__number_giver")
        .annotate(count=Count("*"), gross=Sum("invoice__gross_total"))
    )
    for outcome, currency, status, number_giver, count, gross in found:
        became = _since(outcome, status, number_giver)
        counts[became] += count
        if became == Outcome.POSTED:
            sums[currency] = sums.get(currency, ZERO) + gross
    return RunProgress(
        total=sum(counts.values()),
        waiting=counts[Outcome.WAITING],
        posted=counts[Outcome.POSTED],
        refused=counts[Outcome.REFUSED],
        handed=counts[HANDED],
        sums=sorted(sums.items(), key=lambda pair: -pair[1]),
    )


def _since(outcome: str, status: str | None, number_giver: str | None) -> str:
    """What has become of an item by now: one that was handed over is posted some time later."""
    if outcome != Outcome.POSTED or status == Invoice.Status.POSTED:
        return outcome
    return HANDED if number_giver else WITHDRAWN


def items_of(run: PostingRun) -> QuerySet[PostingRunItem]:
    """The refused first, then what waits for its number: they are what is left to do."""
    waits = Q(outcome=Outcome.POSTED) & ~Q(invoice__status=Invoice.Status.POSTED)
    return run.items.select_related("invoice").order_by(
        Case(When(outcome=Outcome.REFUSED, then=0), When(waits, then=1), default=2),
        "position",
        "pk",
    )


def troubles_in(run: PostingRun) -> dict[int, Need]:
    """By draft of the run: why it gets no number by itself, and where to see to it."""
    return troubles_of(_waiting(run).values("invoice"))


def giver_of(run: PostingRun) -> str:
    """Who numbers what was handed over and waits."""
    found = _waiting(run).values_list("invoice__number_giver", flat=True).first()
    return found or ""


def _waiting(run: PostingRun) -> QuerySet[PostingRunItem]:
    return (
        run.items.order_by("position")
        .filter(outcome=Outcome.POSTED, invoice__status=Invoice.Status.DRAFT)
        .exclude(invoice__number_giver="")
    )


def became(item: PostingRunItem) -> str:
    """The same of one item, whose invoice was read with it."""
    invoice = item.invoice
    return _since(item.outcome, invoice and invoice.status, invoice and invoice.number_giver)


def is_waiting_long(run: PostingRun) -> bool:
    return run.finished_at is None and timezone.now() - run.updated_at > WAITING_LONG
