"""How far a posting of many drafts is, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.utils import timezone

from invoicing.models import PostingRun, PostingRunItem
from tenants.models import User

Outcome = PostingRunItem.Outcome
# Refused drafts are still to be mended; what went well is old news soon.
REFUSALS_MENTIONED_FOR = timedelta(hours=12)
SUCCESS_MENTIONED_FOR = timedelta(minutes=10)
WAITING_LONG = timedelta(seconds=30)


@dataclass(frozen=True)
class RunProgress:
    total: int
    posted: int
    refused: int
    # What was posted comes to, gross, the largest sum first.
    sums: Sequence[tuple[str, Decimal]]

    @property
    def done(self) -> int:
        return self.posted + self.refused


def runs() -> QuerySet[PostingRun]:
    """With their counts, and who started them."""
    found: QuerySet[PostingRun] = PostingRun.objects.select_related("started_by").annotate(
        total=Count("items"),
        posted=Count("items", filter=Q(items__outcome=Outcome.POSTED)),
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
    if run is None or run.finished_at is None or run.refused:
        return run
    return run if run.finished_at > now - SUCCESS_MENTIONED_FOR else None


def progress_of(run: PostingRun) -> RunProgress:
    """In one statement."""
    counts = dict.fromkeys(Outcome.values, 0)
    sums: dict[str, Decimal] = {}
    found = (
        run.items.order_by()
        .values_list("outcome", "invoice__currency")
        .annotate(count=Count("*"), gross=Sum("invoice__gross_total"))
    )
    for outcome, currency, count, gross in found:
        counts[outcome] += count
        if outcome == Outcome.POSTED:
            sums[currency] = gross
    return RunProgress(
        total=sum(counts.values()),
        posted=counts[Outcome.POSTED],
        refused=counts[Outcome.REFUSED],
        sums=sorted(sums.items(), key=lambda pair: -pair[1]),
    )


def items_of(run: PostingRun) -> QuerySet[PostingRunItem]:
    """The refused first: they are what is left to do."""
    return run.items.select_related("invoice").order_by(
        Case(When(outcome=Outcome.REFUSED, then=0), default=1), "position", "pk"
    )


def is_waiting_long(run: PostingRun) -> bool:
    return run.finished_at is None and timezone.now() - run.updated_at > WAITING_LONG
