"""The months of a year: what is booked in them, and whether they are closed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from core.periods import month_of
from invoicing.models import Invoice, JournalEntry, PeriodClosing


@dataclass(frozen=True)
class Month:
    """`drafts` are those whose tax point lies in it: they could no longer be posted."""

    first: date
    entries: int
    drafts: int
    closings: Sequence[PeriodClosing] = field(default_factory=list)

    @property
    def last(self) -> date:
        return month_of(self.first).end

    @property
    def closing(self) -> PeriodClosing | None:
        """The one that holds."""
        return next((one for one in self.closings if one.reopened_at is None), None)


def months_of(year: int) -> list[Month]:
    """Three statements."""
    entries = _by_month(JournalEntry.objects.filter(date__year=year), "date")
    drafts = _by_month(
        Invoice.objects.filter(status=Invoice.Status.DRAFT, tax_point__year=year), "tax_point"
    )
    closings: dict[date, list[PeriodClosing]] = defaultdict(list)
    found = PeriodClosing.objects.filter(month__year=year).order_by("-closed_at", "-pk")
    for closing in found.select_related("closed_by", "reopened_by"):
        closings[closing.month].append(closing)
    return [
        Month(first, entries.get(first, 0), drafts.get(first, 0), closings[first])
        for first in (date(year, month, 1) for month in range(1, 13))
    ]


def _by_month(rows: QuerySet[Any], column: str) -> dict[date, int]:
    counted = (
        rows.order_by()
        .annotate(first=TruncMonth(column))
        .values_list("first")
        .annotate(count=Count("pk"))
    )
    return dict(counted)
