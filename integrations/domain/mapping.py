"""Which of the system's products the lines of a document are.

A line's product decides, then the tasks of its hours, then its tax rate, then the connection's
default. Where its tasks are different products there, none of them decides.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Product, TaxRate
from integrations.models import Connection, ProductMapping
from invoicing.models import InvoiceLine, Source
from tenants.prepared import prepared
from timesheets.models import Task


@dataclass
class Mappings:
    """All mappings of one connection, by what they are of."""

    products: dict[int, str] = field(default_factory=dict)
    tasks: dict[int, str] = field(default_factory=dict)
    tax_rates: dict[int, str] = field(default_factory=dict)
    default: str = ""

    @classmethod
    def read(cls, connection: Connection) -> "Mappings":
        return cls.of_rows(mappings_of(connection.pk))

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[int | None, int | None, int | None, str]]) -> "Mappings":
        """As `mappings_of` finds them."""
        found = cls()
        for product, task, tax_rate, remote_id in rows:
            if product:
                found.products[product] = remote_id
            elif task:
                found.tasks[task] = remote_id
            elif tax_rate:
                found.tax_rates[tax_rate] = remote_id
            else:
                found.default = remote_id
        return found

    def of(self, product_id: int | None, task_ids: Collection[int], tax_rate_id: int | None) -> str:
        """The id there, or nothing."""
        if product_id in self.products:
            return self.products[product_id]
        by_task = {self.tasks.get(task_id, "") for task_id in task_ids}
        if len(by_task) == 1 and (only := by_task.pop()):
            return only
        if tax_rate_id in self.tax_rates:
            return self.tax_rates[tax_rate_id]
        return self.default


@prepared
def mappings_of(connection_id: int) -> QuerySet[Any]:
    found = ProductMapping.objects.filter(connection=connection_id).order_by()
    return found.values_list("product_id", "task_id", "tax_rate_id", "remote_id")


def tasks_of(lines: Iterable[InvoiceLine]) -> Mapping[int, set[int]]:
    """By line the tasks of its hours; a credited line's are those of the line it takes back."""
    own = {line.pk: line.corrects_line_id or line.pk for line in lines}
    found: dict[int, set[int]] = defaultdict(set)
    for line_id, task_id in (
        Source.objects.filter(line__in=set(own.values()), time_entry__task__isnull=False)
        .order_by()
        .values_list("line_id", "time_entry__task_id")
        .distinct()
    ):
        found[line_id].add(task_id)
    return {pk: found[source] for pk, source in own.items() if source in found}


@dataclass(frozen=True)
class Mapped:
    """`missing` are the lines that have no product there; empty when all have one."""

    products: Mapping[int, str]
    missing: Sequence[InvoiceLine]


def map_lines(mappings: Mappings, lines: Iterable[InvoiceLine]) -> Mapped:
    """One query at most, however many lines there are."""
    items = [line for line in lines if line.kind == InvoiceLine.Kind.ITEM]
    tasks = tasks_of(items) if mappings.tasks else {}
    products: dict[int, str] = {}
    missing = []
    for line in items:
        remote_id = mappings.of(line.product_id, tasks.get(line.pk, ()), line.tax_rate_id)
        if remote_id:
            products[line.pk] = remote_id
        else:
            missing.append(line)
    return Mapped(products, missing)


def names_of(lines: Sequence[InvoiceLine]) -> list[str]:
    """What to map so that these lines have a product there: the nearest thing each one has."""
    tasks = tasks_of(lines)
    task_names = dict(
        Task.objects.filter(pk__in={pk for found in tasks.values() for pk in found}).values_list(
            "pk", "name"
        )
    )
    products = {
        product.pk: str(product)
        for product in Product.objects.filter(pk__in={line.product_id for line in lines})
    }
    rates = dict(
        TaxRate.objects.filter(pk__in={line.tax_rate_id for line in lines}).values_list(
            "pk", "name"
        )
    )
    names: dict[str, None] = {}
    for line in lines:
        if line.product_id in products:
            names[products[line.product_id]] = None
        elif line.pk in tasks:
            for pk in sorted(tasks[line.pk]):
                names[_("task %(name)s") % {"name": task_names[pk]}] = None
        else:
            names[_("VAT %(name)s") % {"name": rates.get(line.tax_rate_id, "")}] = None
    return list(names)
