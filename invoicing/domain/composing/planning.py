"""Entries to lines, without the database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from catalog.models import TaxRate
from core.money import ZERO
from customers.domain.billing_terms import USUAL_HOURS_PER_DAY
from invoicing.domain.amounts import quantity_of, work_net
from invoicing.domain.composing.options import (
    Dimension,
    Level,
    LineOptions,
    Order,
    TextOf,
)
from invoicing.domain.composing.rounding import Rounding, billed_minutes, line_minutes
from invoicing.domain.composing.texts import Wording, joined, tidy
from invoicing.models import Unit


class Work(NamedTuple):
    """A time entry that is going to be billed, with the names a line may tell."""

    id: int
    project_id: int
    member_id: int
    task_id: int | None
    work_date: date
    minutes: int
    rate: Decimal
    project: str
    project_number: str
    order: str
    customer: str
    task: str
    person: str
    description: str
    # Only where the lines tell them.
    tags: tuple[str, ...] = ()


class ChargeWork(NamedTuple):
    """A charge that is going to be billed, or usage of one day that the database has summed up.

    Of a sum, `id` is that of its first charge, `records` how many they are, and `text` what all of
    them say.
    """

    id: int
    kind: str
    project_id: int | None
    charge_date: date
    text: str
    destination: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate_id: int | None
    account: str
    product_id: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    records: int = 1


@dataclass(slots=True, kw_only=True)
class PlannedLine:
    """A line to be, of hours or of charges.

    `minutes` were worked, `billed_minutes` are charged for.

    Quantity × price is `net` to the currency's smallest unit. Where no quantity does that, and
    where entries of several rates share the line, the quantity is 1 and the price the amount.
    """

    text: str
    quantity: Decimal
    unit: Unit
    unit_price: Decimal
    net: Decimal
    tax_rate: TaxRate
    minutes: int
    billed_minutes: int
    entries: list[Work]
    charges: list[ChargeWork] = field(default_factory=list)
    account: str = ""  # empty: that of the tax rate
    product_id: int | None = None
    start_date: date | None = None
    end_date: date | None = None

    @property
    def is_lump(self) -> bool:
        return self.unit == Unit.PIECE and bool(self.entries)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for the draft's work: its currency and language, and each project's terms."""

    currency: str
    language: str
    tax_rate: Callable[[int], TaxRate]
    rounding: Callable[[int], Rounding]
    hours_per_day: Decimal = USUAL_HOURS_PER_DAY
    # Of a project's sales at a rate; empty where it has none of its own.
    account: Callable[[int, TaxRate], str] = lambda _project_id, _rate: ""


@dataclass(slots=True)
class _Part:
    """Entries of one line that share rate and rounding."""

    entries: list[Work] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)


def plan_lines(works: Iterable[Work], options: LineOptions, rules: Rules) -> list[PlannedLine]:
    """The lines these entries become, in the order asked for. The same input gives the same."""
    ordered = sorted(works, key=attrgetter("work_date", "id"))
    wording = Wording(rules.language, rules.currency)
    rounding_of: Callable[[int], Rounding] = cache(
        lambda project_id: options.rounding or rules.rounding(project_id)
    )
    minutes = _billed(ordered, rounding_of)
    tax_of = cache(rules.tax_rate)
    account_of = cache(lambda project_id: rules.account(project_id, tax_of(project_id)))
    pricing = _Pricing(options, rules, wording)
    if options.level == Level.ENTRY:
        lines = [
            pricing.line(
                [work],
                [(work.rate, line_minutes([minutes[work.id]], rounding_of(work.project_id)))],
                tax_of(work.project_id),
                account_of(work.project_id),
            )
            for work in ordered
        ]
        return _ordered(lines, options)
    groups: dict[Any, dict[Any, _Part]] = {}
    key_of = _key_of(options)
    for work in ordered:
        key = key_of(work, (tax_of(work.project_id).pk, account_of(work.project_id)))
        parts = groups.setdefault(key, {})
        part_key = (work.rate, rounding_of(work.project_id))
        part = parts.get(part_key)
        if part is None:
            part = parts[part_key] = _Part()
        part.entries.append(work)
        part.minutes.append(minutes[work.id])
    lines = []
    for parts in groups.values():
        project_id = next(iter(parts.values())).entries[0].project_id
        lines.append(pricing.line_of_parts(parts, tax_of(project_id), account_of(project_id)))
    return _ordered(lines, options)


def _billed(ordered: Sequence[Work], rounding_of: Callable[[int], Rounding]) -> dict[int, int]:
    """Entry id -> the minutes it counts."""
    rules = {rounding_of(project_id) for project_id in {work.project_id for work in ordered}}
    by_rule: dict[Rounding, Sequence[Work]] = dict.fromkeys(rules, ordered)
    if len(rules) > 1:
        by_rule = {
            rule: [work for work in ordered if rounding_of(work.project_id) == rule]
            for rule in rules
        }
    return {
        work.id: minutes
        for rounding, works in by_rule.items()
        for work, minutes in zip(works, billed_minutes(works, rounding), strict=True)
    }


_KEYS: Mapping[Dimension, Callable[[Work], Any]] = {
    Dimension.PROJECT: attrgetter("project_id"),
    Dimension.PERSON: attrgetter("member_id"),
    Dimension.TASK: attrgetter("task_id"),
    Dimension.DAY: attrgetter("work_date"),
    Dimension.WEEK: lambda work: work.work_date.isocalendar()[:2],
    Dimension.MONTH: lambda work: (work.work_date.year, work.work_date.month),
    Dimension.RATE: attrgetter("rate"),
}


def _key_of(options: LineOptions) -> Callable[[Work, tuple[int, str]], Any]:
    """What entries of one line have in common; the second argument is tax rate and account."""
    keys = [_KEYS[dimension] for dimension in options.dimensions]
    if options.is_lump or options.level == Level.ONE:
        return lambda work, tax: (*(key(work) for key in keys), tax)
    return lambda work, tax: (*(key(work) for key in keys), tax, work.rate)


class _Pricing:
    def __init__(self, options: LineOptions, rules: Rules, wording: Wording) -> None:
        self.options, self.rules, self.wording = options, rules, wording
        day = options.hours_per_day or rules.hours_per_day
        self.hours_per_unit = day if options.unit == Unit.DAY else Decimal(1)
        # Many entries are as long and as dear as another one.
        self.priced = cache(self._priced)

    def line_of_parts(
        self, parts: Mapping[tuple[Any, ...], _Part], tax_rate: TaxRate, account: str
    ) -> PlannedLine:
        entries = list(chain.from_iterable(part.entries for part in parts.values()))
        if len(parts) > 1:
            entries.sort(key=attrgetter("work_date", "id"))
        charged = [
            (rate, line_minutes(part.minutes, rounding)) for (rate, rounding), part in parts.items()
        ]
        return self.line(entries, charged, tax_rate, account)

    def line(
        self,
        entries: list[Work],
        charged: Sequence[tuple[Decimal, int]],
        tax_rate: TaxRate,
        account: str,
    ) -> PlannedLine:
        """`charged` are the minutes at each rate."""
        first_rate, billed = charged[0]
        if len(charged) > 1:
            billed = sum(minutes for _rate, minutes in charged)
        if len(charged) == 1 or all(rate == first_rate for rate, _minutes in charged):
            quantity, unit, price, net = self.priced(billed, first_rate)
        else:
            net = sum(
                (work_net(minutes, rate, self.rules.currency) for rate, minutes in charged), ZERO
            )
            quantity, unit, price = Decimal(1), Unit.PIECE, net
        return PlannedLine(
            text=self._text(entries, billed),
            quantity=quantity,
            unit=unit,
            unit_price=price,
            net=net,
            tax_rate=tax_rate,
            minutes=sum([work.minutes for work in entries]),
            billed_minutes=billed,
            entries=entries,
            account=account,
        )

    def _priced(self, minutes: int, rate: Decimal) -> tuple[Decimal, Unit, Decimal, Decimal]:
        currency = self.rules.currency
        net = work_net(minutes, rate, currency)
        price = rate * self.hours_per_unit
        quantity = quantity_of(minutes, price, net, currency, hours_per_unit=self.hours_per_unit)
        if quantity is None:
            return Decimal(1), Unit.PIECE, net, net
        return quantity, self.options.unit, price, net

    def _text(self, entries: Sequence[Work], billed: int) -> str:
        options = self.options
        if options.text == TextOf.PATTERN:
            text = self.wording.fill(options.pattern, entries, billed)
        elif options.text == TextOf.GROUP:
            text = tidy(" · ".join(self._titles(entries)))
        else:
            told = [getattr(work, options.text.value) for work in entries]
            text = tidy(told[0] if len(told) == 1 else joined(told))
        return text or tidy(joined(work.project for work in entries))

    def _titles(self, entries: Sequence[Work]) -> list[str]:
        first, wording = entries[0], self.wording
        if self.options.level == Level.ENTRY:
            return [wording.day(first.work_date), first.person, first.description or first.task]
        titles: Mapping[Dimension, Callable[[], str]] = {
            Dimension.PROJECT: lambda: first.project,
            Dimension.PERSON: lambda: first.person,
            Dimension.TASK: lambda: first.task or wording.no_task,
            Dimension.DAY: lambda: wording.day(first.work_date),
            Dimension.WEEK: lambda: wording.week(first.work_date),
            Dimension.MONTH: lambda: wording.month(first.work_date),
            Dimension.RATE: lambda: wording.rate(first.rate),
        }
        return [titles[dimension]() for dimension in self.options.dimensions]


def _ordered(lines: list[PlannedLine], options: LineOptions) -> list[PlannedLine]:
    """Ends on the first entry, so that equal lines keep the order of their work."""
    if options.level == Level.ENTRY and options.order in (Order.GROUP, Order.DATE):
        # Theirs; sorting ten thousand anew takes as long as pricing them.
        return lines

    def named(line: PlannedLine) -> tuple[Any, ...]:
        first = line.entries[0]
        return (first.work_date, first.id, -line.unit_price)

    def by_group(line: PlannedLine) -> tuple[Any, ...]:
        first = line.entries[0]
        # Days, weeks and months by the calendar, the rest by its name.
        titles: Mapping[Dimension, Any] = {
            Dimension.PROJECT: (first.project.casefold(), first.project_id),
            Dimension.PERSON: (first.person.casefold(), first.member_id),
            Dimension.TASK: (first.task.casefold(), first.task_id or 0),
            Dimension.DAY: first.work_date,
            Dimension.WEEK: first.work_date.isocalendar()[:2],
            Dimension.MONTH: (first.work_date.year, first.work_date.month),
            Dimension.RATE: -first.rate,
        }
        dimensions = tuple(titles[dimension] for dimension in options.dimensions)
        return (*dimensions, -line.unit_price, *named(line))

    keys: Mapping[Order, Callable[[PlannedLine], tuple[Any, ...]]] = {
        Order.GROUP: by_group,
        Order.DATE: named,
        Order.PERSON: lambda line: (line.entries[0].person.casefold(), *named(line)),
        Order.TASK: lambda line: (line.entries[0].task.casefold(), *named(line)),
        Order.AMOUNT: lambda line: (-line.net, *named(line)),
    }
    if options.order == Order.GROUP and not options.dimensions:
        return sorted(lines, key=named)
    return sorted(lines, key=keys[options.order])
