"""Hours summed up by one or two things at once: customer, project, task, tag, person, day, week,
month.

The database sums up, whatever the number of entries; only the groups come here. An amount is
rounded where it is shown, in a group that holds no others; every sum above is the sum of those.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import (
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import TruncMonth, TruncWeek
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.lists import is_id
from core.money import ZERO, round_money
from core.periods import month_of
from customers.models import Customer, Project
from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets.domain.access import rate_is_visible
from timesheets.models import EntryTag, Tag, Task
from timesheets.selectors.buckets import BUCKET, Bucket, Segment, segments


class Dimension(models.TextChoices):
    CUSTOMER = "customer", gettext_lazy("Customer")
    PROJECT = "project", gettext_lazy("Project")
    TASK = "task", gettext_lazy("Task")
    TAG = "tag", gettext_lazy("Tag")
    PERSON = "person", gettext_lazy("Person")
    DAY = "day", gettext_lazy("Day")
    WEEK = "week", gettext_lazy("Week")
    MONTH = "month", gettext_lazy("Month")

    @property
    def is_time(self) -> bool:
        return self in (Dimension.DAY, Dimension.WEEK, Dimension.MONTH)


type Key = int | date | None
NONE = "none"  # what hours without a task are called in addresses


@dataclass(frozen=True)
class CurrencyAmount:
    currency: str
    amount: Decimal


@dataclass
class Sums:
    """Hours and what they are worth, by bucket; amounts also by currency."""

    entries: int = 0
    unpriced: int = 0
    minutes_in: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    amounts_in: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, other: "Sums") -> None:
        self.entries += other.entries
        self.unpriced += other.unpriced
        for bucket, minutes in other.minutes_in.items():
            self.minutes_in[bucket] += minutes
        for place, amount in other.amounts_in.items():
            self.amounts_in[place] += amount

    def rounded(self) -> None:
        for place, amount in self.amounts_in.items():
            self.amounts_in[place] = round_money(amount, place[1])

    @property
    def count(self) -> int:
        return self.entries

    @property
    def minutes(self) -> int:
        return sum(self.minutes_in.values())

    @property
    def billable_minutes(self) -> int:
        return self.minutes - self.minutes_in.get(Bucket.NOT_BILLABLE, 0)

    @property
    def billable_percent(self) -> int:
        return round(100 * self.billable_minutes / self.minutes) if self.minutes else 0

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for _bucket, currency in self.amounts_in})

    @property
    def values(self) -> list[CurrencyAmount]:
        """What all of it is worth, by currency."""
        return [
            CurrencyAmount(currency, sum((self.amount(b, currency) for b in Bucket), ZERO))
            for currency in self.currencies
        ]

    def amount(self, bucket: str, currency: str) -> Decimal:
        return self.amounts_in.get((bucket, currency), ZERO)

    @cached_property
    def segments(self) -> list[Segment]:
        return segments(self.minutes_in)

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Bucket by bucket: minutes and amounts, for the columns of a table."""
        return [
            {
                "bucket": bucket,
                "minutes": self.minutes_in.get(bucket, 0),
                "amounts": [
                    CurrencyAmount(currency, self.amount(bucket, currency))
                    for currency in self.currencies
                    if (bucket, currency) in self.amounts_in
                ],
            }
            for bucket in Bucket
        ]


@dataclass
class Group:
    dimension: Dimension
    key: Key
    label: str = ""
    hint: str = ""
    sums: Sums = field(default_factory=Sums)
    parts: list["Group"] = field(default_factory=list)
    # What a page adds: the query of the list of its hours, and its bar beside the others.
    query: str = ""
    bar: list[Segment] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in addresses."""
        return name_of(self.key)

    @property
    def filters(self) -> dict[str, str] | None:
        """The filters of the list that let exactly these hours through; None where none do. Those
        of a tag stand for what was asked about tags besides."""
        if self.dimension == Dimension.TAG:
            return {"tagged": "without"} if self.key is None else {"tags": self.name}
        if self.key is None:
            return None
        if not self.dimension.is_time:
            return {self.dimension.value: self.name}
        start, end = days_of(self.dimension, self.key)  # type: ignore[arg-type]
        return {"start": start.isoformat(), "end": end.isoformat()}


@dataclass(frozen=True)
class Grouped:
    groups: list[Group]
    sums: Sums


def read_groups(
    entries: QuerySet[Any], dimensions: Sequence[Dimension], reader: Membership
) -> Grouped:
    """The groups in the order of their names or days, and the sum of them all.

    Hours with several tags are in the group of each; a sum over these counts them once.
    """
    leaves = _rounded_leaves(entries, dimensions, reader)
    tops: dict[Key, Group] = {}
    total = Sums()
    others = [dimension for dimension in dimensions if dimension != Dimension.TAG]
    counted_once = len(others) < len(dimensions)
    for keys, sums in leaves.items():
        top = tops.setdefault(keys[0], Group(dimensions[0], keys[0]))
        if not counted_once:
            total.add(sums)
        if not (counted_once and others == dimensions[:1]):
            top.sums.add(sums)
        if len(keys) > 1:
            top.parts.append(Group(dimensions[1], keys[1], sums=sums))
    if counted_once:
        for keys, sums in _rounded_leaves(entries, others, reader).items():
            total.add(sums)
            if others == dimensions[:1]:
                tops[keys[0]].sums.add(sums)
    groups = list(tops.values())
    _name(groups)
    _name([part for group in groups for part in group.parts])
    for group in groups:
        group.parts.sort(key=_by_name)
    return Grouped(sorted(groups, key=_by_name), total)


def _rounded_leaves(
    entries: QuerySet[Any], dimensions: Sequence[Dimension], reader: Membership
) -> dict[tuple[Key, ...], Sums]:
    leaves = _leaves(entries, dimensions, reader)
    for sums in leaves.values():
        sums.rounded()
    return leaves


_COLUMNS: dict[Dimension, Any] = {
    # Customers are put together from their projects: the hours know only these.
    Dimension.CUSTOMER: F("project_id"),
    Dimension.PROJECT: F("project_id"),
    Dimension.TASK: F("task_id"),
    Dimension.TAG: F("tag_links__tag_id"),
    Dimension.PERSON: F("member_id"),
    Dimension.DAY: F("work_date"),
    Dimension.WEEK: TruncWeek("work_date"),
    Dimension.MONTH: TruncMonth("work_date"),
}


def _leaves(
    entries: QuerySet[Any], dimensions: Sequence[Dimension], reader: Membership
) -> dict[tuple[Key, ...], Sums]:
    """The innermost groups. Joins to the customers are made only where they tell a currency."""
    priced = Q(is_billable=True, rate__isnull=False) & rate_is_visible(reader)
    worth = ExpressionWrapper(
        F("minutes") * F("rate"), output_field=DecimalField(max_digits=24, decimal_places=4)
    )
    by_project = {Dimension.CUSTOMER, Dimension.PROJECT} & set(dimensions)
    projects = _projects() if by_project else {}
    currency: Any = Value("")
    if not by_project:
        currencies = _currencies()
        is_one = len(currencies) == 1
        currency = Value(currencies[0]) if is_one else F("project__customer__currency")
    columns = {f"key{number}": _COLUMNS[dimension] for number, dimension in enumerate(dimensions)}
    rows = (
        entries.order_by()
        .annotate(bucket=BUCKET, currency=currency, **columns)
        .values("bucket", "currency", *columns)
        .annotate(
            count=Count("pk"),
            worked=Sum("minutes"),
            worth=Sum(worth, filter=priced),
            unpriced=Count("pk", filter=Q(is_billable=True, rate=None) & rate_is_visible(reader)),
        )
        .values_list("bucket", "currency", "count", "worked", "worth", "unpriced", *columns)
    )
    found: dict[tuple[Key, ...], Sums] = defaultdict(Sums)
    for bucket, told, count, worked, value, unpriced, *keys in rows:
        code = told
        for number, dimension in enumerate(dimensions):
            if dimension in by_project:
                customer_id, code = projects[keys[number]]
                if dimension == Dimension.CUSTOMER:
                    keys[number] = customer_id
        sums = found[tuple(keys)]
        sums.entries += count
        sums.unpriced += unpriced
        sums.minutes_in[bucket] += worked
        if value is not None:
            sums.amounts_in[bucket, code] += value / 60
    return found


def _projects() -> dict[int, tuple[int, str]]:
    rows = Project.objects.order_by().values_list("pk", "customer_id", "customer__currency")
    return {pk: (customer_id, currency) for pk, customer_id, currency in rows}


def _currencies() -> list[str]:
    found = Customer.objects.order_by().values_list("currency", flat=True).distinct()
    return sorted(found) or [""]


def _name(groups: Iterable[Group]) -> None:
    """Labels and hints, in one question for each kind of thing."""
    by_dimension: dict[Dimension, list[Group]] = defaultdict(list)
    for group in groups:
        by_dimension[group.dimension].append(group)
    for dimension, found in by_dimension.items():
        if dimension.is_time:
            for group in found:
                assert isinstance(group.key, date)
                group.label, group.hint = _days_in_words(dimension, group.key)
            continue
        names = _names(dimension, {group.key for group in found} - {None})
        for group in found:
            missing = _("Without a tag") if dimension == Dimension.TAG else _("Without a task")
            group.label, group.hint = names.get(group.key, (missing, ""))


def _names(dimension: Dimension, keys: set[Any]) -> dict[Any, tuple[str, str]]:
    rows: Any
    if dimension == Dimension.PERSON:
        people = Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=keys)
        rows = people.order_by().values_list("pk", "name", "staff_number")
    elif dimension == Dimension.TAG:
        rows = Tag.objects.filter(pk__in=keys).order_by().values_list("pk", "name", Value(""))
    elif dimension == Dimension.CUSTOMER:
        rows = Customer.objects.filter(pk__in=keys).order_by().values_list("pk", "name", "number")
    elif dimension == Dimension.PROJECT:
        projects = Project.objects.filter(pk__in=keys).order_by()
        rows = projects.values_list("pk", "name", "customer__name")
    else:
        tasks = Task.objects.filter(pk__in=keys).order_by()
        rows = tasks.values_list("pk", "name", "project__name")
    return {pk: (name, hint or "") for pk, name, hint in rows}


def _days_in_words(dimension: Dimension, day: date) -> tuple[str, str]:
    if dimension == Dimension.MONTH:
        return date_format(day, "F Y"), ""
    if dimension == Dimension.DAY:
        return date_format(day, "SHORT_DATE_FORMAT"), date_format(day, "l")
    year, week, _weekday = day.isocalendar()
    start, end = days_of(dimension, day)
    hint = " – ".join(date_format(one, "SHORT_DATE_FORMAT") for one in (start, end))
    return _("Week %(week)d, %(year)d") % {"week": week, "year": year}, hint


def _by_name(group: Group) -> tuple[Any, ...]:
    if isinstance(group.key, date):
        return (group.key,)
    # What belongs to nothing comes last.
    return (group.key is None, group.label.casefold(), group.hint.casefold(), group.key or 0)


def days_of(dimension: Dimension, day: date) -> tuple[date, date]:
    """The first and last day of the day, week or month that begins on this day."""
    if dimension == Dimension.MONTH:
        month = month_of(day)
        return month.start, month.end
    return day, day + timedelta(days=6 if dimension == Dimension.WEEK else 0)


def name_of(key: Key) -> str:
    if key is None:
        return NONE
    return key.isoformat() if isinstance(key, date) else str(key)


_FIELDS = {
    Dimension.CUSTOMER: "project__customer_id",
    Dimension.PROJECT: "project_id",
    Dimension.TASK: "task_id",
    Dimension.PERSON: "member_id",
}


def entries_in(entries: QuerySet[Any], dimension: Dimension, name: str) -> QuerySet[Any]:
    """The entries of the group that is called so in addresses; of no group at all, none."""
    if dimension.is_time:
        try:
            day = parse_date(name)
        except ValueError:
            day = None
        return entries.filter(work_date__range=days_of(dimension, day)) if day else entries.none()
    if dimension == Dimension.TAG:
        return _carrying(entries, name)
    if name == NONE:
        return entries.filter(**{f"{_FIELDS[dimension]}__isnull": True})
    if not is_id(name):
        return entries.none()
    return entries.filter(**{_FIELDS[dimension]: int(name)})


def _carrying(entries: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Not by a join: each entry once."""
    links = EntryTag.objects.filter(time_entry=OuterRef("pk")).order_by()
    if name == NONE:
        return entries.filter(~Exists(links))
    if not is_id(name):
        return entries.none()
    return entries.filter(Exists(links.filter(tag=int(name))))


def dimensions_in(names: Iterable[str]) -> list[Dimension]:
    """At most two, each once; what is none is passed over."""
    known = [Dimension(name) for name in dict.fromkeys(names) if name in Dimension]
    return known[:2]


def in_order(groups: list[Group], asked: str) -> list[Group]:
    """As `?sort=` asks. They come in the order of their names; equal figures stay in it."""
    column, falling = asked.removeprefix("-"), asked.startswith("-")
    if column == "name":
        return groups[::-1] if falling else groups
    if column in _FIGURES or column in Bucket:
        figure = _FIGURES.get(column) or (lambda sums: sums.minutes_in.get(column, 0))
        ordered = sorted(groups, key=lambda group: figure(group.sums), reverse=falling)
        for group in ordered:
            group.parts.sort(key=lambda part: figure(part.sums), reverse=falling)
        return ordered
    return groups


_FIGURES: dict[str, Callable[[Sums], Any]] = {
    "worked": lambda sums: sums.minutes,
    "entries": lambda sums: sums.entries,
    "billable": lambda sums: sums.billable_minutes,
    "value": lambda sums: [value.amount for value in sums.values],
}
