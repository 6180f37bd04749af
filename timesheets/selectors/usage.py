"""Usage summed up: customer by customer, or of one of them by day, week or month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    TextChoices,
    Value,
)
from django.db.models.functions import TruncMonth, TruncWeek
from django.utils.translation import gettext_lazy as _

from catalog.models import Unit
from core.money import ZERO, round_money
from core.periods import Period, month_of
from customers.models import Customer
from timesheets.models import BillingState, UsageCharge, UsageRecord

MOST_DESTINATIONS = 12


class By(TextChoices):
    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    DESTINATION = "destination", _("Destination")


_WORTH = ExpressionWrapper(
    F("charge__quantity") * F("charge__unit_price"),
    output_field=DecimalField(max_digits=34, decimal_places=12),
)
_OPEN = Q(charge__billing_state=BillingState.OPEN, charge__is_billable=True)


@dataclass
class Part:
    """What was used of one unit, and what of it is charged for."""

    unit: str
    records: int = 0
    quantity: Decimal = ZERO
    charged: Decimal = ZERO  # quantity beyond what is included
    worth: Decimal = ZERO
    open_worth: Decimal = ZERO

    @property
    def unit_label(self) -> Any:
        return Unit(self.unit).label

    @property
    def uncharged(self) -> Decimal:
        """Included in a package, free beyond it, or without a price."""
        return max(self.quantity - self.charged, ZERO)


@dataclass
class Bucket:
    """A row: a customer, a destination, or days. `height` of its bar is of a hundred."""

    key: Any
    label: str
    currency: str
    parts: list[Part]
    start: date | None = None
    end: date | None = None
    height: int = 0
    place: int = 0

    @property
    def amount(self) -> Decimal:
        return round_money(sum((part.worth for part in self.parts), ZERO), self.currency)

    @property
    def open_amount(self) -> Decimal:
        return round_money(sum((part.open_worth for part in self.parts), ZERO), self.currency)

    @property
    def records(self) -> int:
        return sum(part.records for part in self.parts)

    @property
    def quantity(self) -> Decimal:
        return sum((part.quantity for part in self.parts), ZERO)


def customers_of_usage(period: Period) -> list[Bucket]:
    """Everybody who used something, by name."""
    buckets = _buckets(period, F("customer"), {})
    customers: Mapping[int, Customer] = Customer.objects.in_bulk([one.key for one in buckets])
    for bucket in buckets:
        bucket.label = customers[bucket.key].name
        bucket.currency = customers[bucket.key].currency
    return sorted(buckets, key=lambda one: (one.label.casefold(), one.key))


def usage_of_customer(customer: Customer, period: Period, by: By) -> list[Bucket]:
    """Days, weeks or months in their order, also those without usage; or destinations, the most
    used first."""
    which = {"customer": customer}
    if by is By.DESTINATION:
        buckets = _buckets(period, F("destination"), which)
        for bucket in buckets:
            bucket.label = bucket.key
        buckets.sort(key=lambda one: (-one.quantity, one.label))
    else:
        found = {one.key: one for one in _buckets(period, _DATES[by], which)}
        buckets = [
            found.get(start) or Bucket(start, "", customer.currency, [])
            for start in _starts(period, by)
        ]
        for bucket in buckets:
            bucket.start = max(bucket.key, period.start)
            bucket.end = min(_end_of(bucket.key, by), period.end)
    highest = max((one.quantity for one in buckets), default=ZERO)
    for place, bucket in enumerate(buckets):
        bucket.currency, bucket.place = customer.currency, place
        bucket.height = round(bucket.quantity * 100 / highest) if highest else 0
    return buckets


def sum_of(buckets: Iterable[Bucket], currency: str) -> Bucket:
    """All of them as one."""
    parts: dict[str, Part] = {}
    for bucket in buckets:
        for part in bucket.parts:
            whole = parts.setdefault(part.unit, Part(part.unit))
            whole.records += part.records
            whole.quantity += part.quantity
            whole.charged += part.charged
            whole.worth += part.worth
            whole.open_worth += part.open_worth
    return Bucket(None, "", currency, list(parts.values()))


_DATES: Mapping[By, Any] = {
    By.DAY: F("usage_date"),
    By.WEEK: TruncWeek("usage_date"),
    By.MONTH: TruncMonth("usage_date"),
}


def _buckets(period: Period, key: Any, which: dict[str, Any]) -> list[Bucket]:
    """Two questions: what was used, and what is charged for it."""
    days = {"usage_date__range": (period.start, period.end), **which}
    found: dict[Any, dict[str, Part]] = {}
    used: QuerySet[Any] = (
        UsageRecord.objects.filter(**days)
        .order_by()
        .values("unit", key=key)
        .annotate(records=Count("pk"), total=Sum("quantity"))
    )
    for row in used:
        part = found.setdefault(row["key"], {}).setdefault(row["unit"], Part(row["unit"]))
        part.records, part.quantity = row["records"], row["total"]
    charged: QuerySet[Any] = (
        UsageCharge.objects.filter(**days)
        .order_by()
        .values("unit", key=key)
        .annotate(
            charged=Sum("charge__quantity"),
            worth=Sum(_WORTH),
            open_worth=Sum(_WORTH, filter=_OPEN, default=Value(ZERO)),
        )
    )
    for row in charged:
        part = found.setdefault(row["key"], {}).setdefault(row["unit"], Part(row["unit"]))
        part.charged, part.worth = row["charged"], row["worth"]
        part.open_worth = row["open_worth"]
    return [
        Bucket(key, "", "EUR", sorted(parts.values(), key=lambda part: part.unit))
        for key, parts in found.items()
    ]


def _starts(period: Period, by: By) -> list[date]:
    """The first days of what the period is divided into."""
    if by is By.MONTH:
        starts, day = [], period.start.replace(day=1)
        while day <= period.end:
            starts.append(day)
            day = month_of(day).end + timedelta(days=1)
        return starts
    step = timedelta(days=7 if by is By.WEEK else 1)
    day = period.start
    if by is By.WEEK:
        day -= timedelta(days=day.weekday())
    starts = []
    while day <= period.end:
        starts.append(day)
        day += step
    return starts


def _end_of(start: date, by: By) -> date:
    if by is By.MONTH:
        return month_of(start).end
    return start + timedelta(days=6) if by is By.WEEK else start
