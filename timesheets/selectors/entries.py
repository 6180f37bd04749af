"""The list of hours: its rows with what the reader may do, and the sums above it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum

from core.money import round_money
from tenants.models import Membership
from timesheets.documents import documents_of
from timesheets.domain.access import decides_on, may_see_rate, may_write, rate_is_visible
from timesheets.domain.tags.wearing import Worn, tags_on
from timesheets.models import TimeEntry
from timesheets.selectors.rows import WorkRow


@dataclass(frozen=True)
class EntryRow(WorkRow[TimeEntry]):
    """`decides`: on what becomes of the hours, billable or not, billed elsewhere, written off."""

    may_see_rate: bool
    decides: bool = False
    tags: Sequence[Worn] = ()

    @property
    def entry(self) -> TimeEntry:
        return self.work

    @property
    def is_locked(self) -> bool:
        return self.work.is_locked

    @property
    def may_tick(self) -> bool:
        return self.may_change or self.decides

    @property
    def value(self) -> Decimal | None:
        """What the hours are worth; unbilled kinds and unpriced hours have no value."""
        entry = self.work
        if not self.may_see_rate or not entry.is_billable or entry.rate is None:
            return None
        return round_money(entry.minutes * entry.rate / 60, entry.project.customer.currency)


def entry_rows(entries: Iterable[TimeEntry], reader: Membership) -> list[EntryRow]:
    found = list(entries)
    documents = documents_of(found, reader)
    worn = tags_on([entry.pk for entry in found])
    return [
        EntryRow(
            entry,
            may_write=may_write(reader, member_id=entry.member_id, project=entry.project),
            may_see_rate=may_see_rate(reader, entry.project),
            document=documents.get(entry.pk),
            decides=decides_on(reader, entry.project),
            tags=worn.get(entry.pk, ()),
        )
        for entry in found
    ]


@dataclass(frozen=True)
class Value:
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Sums:
    count: int
    minutes: int
    billable_minutes: int
    values: list[Value]
    unpriced: int  # billable entries without a rate

    @property
    def billable_percent(self) -> int:
        return round(100 * self.billable_minutes / self.minutes) if self.minutes else 0


def sums_of(entries: QuerySet[Any], reader: Membership) -> Sums:
    """One question, whatever the number of entries; money by currency."""
    priced = Q(is_billable=True, rate__isnull=False) & rate_is_visible(reader)
    worth = ExpressionWrapper(
        F("minutes") * F("rate"), output_field=DecimalField(max_digits=24, decimal_places=4)
    )
    rows = list(
        entries.order_by()
        .values(currency=F("project__customer__currency"))
        .annotate(
            count=Count("pk"),
            worked=Sum("minutes"),
            billable=Sum("minutes", filter=Q(is_billable=True)),
            worth=Sum(worth, filter=priced),
            unpriced=Count("pk", filter=Q(is_billable=True, rate=None) & rate_is_visible(reader)),
        )
        .order_by("currency")
    )
    return Sums(
        count=sum(row["count"] for row in rows),
        minutes=sum(row["worked"] or 0 for row in rows),
        billable_minutes=sum(row["billable"] or 0 for row in rows),
        values=[
            Value(row["currency"], round_money(row["worth"] / 60, row["currency"]))
            for row in rows
            if row["worth"] is not None
        ],
        unpriced=sum(row["unpriced"] for row in rows),
    )
