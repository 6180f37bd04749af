"""What drafts, ready work and waiting documents would need a product for and have none."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from catalog.models import Product, TaxRate
from integrations.domain.mapping import Mappings
from integrations.models import Connection, Export
from invoicing.models import Invoice, InvoiceLine, Source
from timesheets.models import Charge, Task, TimeEntry

type Kind = Literal["product", "task", "rate"]


@dataclass(frozen=True)
class Needed:
    """`lines` are of drafts and waiting documents, `work` entries and charges still to draft."""

    kind: Kind
    pk: int
    name: str
    lines: int
    work: int


def products_needed(connection: Connection) -> list[Needed]:
    """The nearest thing each line or entry has; none where the connection has a default.

    Its tax rate is decided when work is drafted, so work counts unless all rates are mapped.
    """
    mappings = Mappings.read(connection)
    if mappings.default:
        return []
    lines: Counter[tuple[Kind, int]] = Counter()
    for product, rate, tasks, count in _lines(connection):
        if mappings.of(product, tasks, rate):
            continue
        for nearest in _nearest(product, tasks, rate):
            lines[nearest] += count
    work: Counter[tuple[Kind, int]] = Counter()
    if not _are_rates_mapped(mappings):
        work = _work(mappings)
    return _named(lines, work)


def _lines(connection: Connection) -> Iterable[tuple[int | None, int | None, list[int], int]]:
    """Lines counted by what decides on their product."""
    waiting = Export.objects.filter(
        connection=connection,
        status__in=[Export.Status.WAITING, Export.Status.FAILED, Export.Status.SENDING],
    )
    tasks = (
        Source.objects.filter(
            line=Coalesce(OuterRef("corrects_line"), OuterRef("pk")),
            time_entry__task__isnull=False,
        )
        .order_by("time_entry__task")
        .values_list("time_entry__task")
        .distinct()
    )
    found: Iterable[tuple[int | None, int | None, list[int], int]] = (
        InvoiceLine.objects.filter(kind=InvoiceLine.Kind.ITEM)
        .filter(Q(invoice__status=Invoice.Status.DRAFT) | Q(invoice__in=waiting.values("invoice")))
        .annotate(tasks=ArraySubquery(tasks))
        .order_by()
        .values_list("product", "tax_rate", "tasks")
        .annotate(count=Count("pk"))
    )
    return found


def _work(mappings: Mappings) -> Counter[tuple[Kind, int]]:
    """Hours and charges that are ready to invoice."""
    work: Counter[tuple[Kind, int]] = Counter()
    hours: Any = TimeEntry.objects
    for (task,), count in _counted(hours.open_for_billing(), "task"):
        if task and not mappings.of(None, [task], None):
            work["task", task] += count
    charges: Any = Charge.objects
    for (product, rate), count in _counted(charges.open_for_billing(), "product", "tax_rate"):
        if not mappings.of(product, (), rate):
            for nearest in _nearest(product, (), rate):
                work[nearest] += count
    return work


def _nearest(product: int | None, tasks: Iterable[int], rate: int | None) -> list[tuple[Kind, int]]:
    if product:
        return [("product", product)]
    if tasks := list(tasks):
        return [("task", task) for task in tasks]
    return [("rate", rate)] if rate else []


def _are_rates_mapped(mappings: Mappings) -> bool:
    rates = set(TaxRate.objects.values_list("pk", flat=True))
    return bool(rates) and rates <= set(mappings.tax_rates)


def _counted(rows: QuerySet[Any], *names: str) -> Iterable[tuple[tuple[int | None, ...], int]]:
    found = rows.order_by().values_list(*names).annotate(count=Count("pk"))
    return (((*keys,), count) for *keys, count in found)


def _named(lines: Counter[tuple[Kind, int]], work: Counter[tuple[Kind, int]]) -> list[Needed]:
    keys = set(lines) | set(work)
    models: dict[Kind, type[Product] | type[Task] | type[TaxRate]] = {
        "product": Product, "task": Task, "rate": TaxRate,
    }  # fmt: skip
    names = {
        (kind, one.pk): str(one)
        for kind, model in models.items()
        for one in model.objects.filter(pk__in={pk for of, pk in keys if of == kind})
    }
    return sorted(
        (
            Needed(kind, pk, names[kind, pk], lines[kind, pk], work[kind, pk])
            for kind, pk in keys
            if (kind, pk) in names
        ),
        key=lambda one: (-one.lines, -one.work, one.name),
    )
