"""Documents of more lines than one form or one page holds: read a page of lines at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from invoicing.models import Invoice, InvoiceLine, Source

# So many lines can be edited in one form. A longer document opens its lines one by one.
MOST_LINES = 1000
LINES_PER_PAGE = 100
LONGEST_SEARCH = 200


def line_count(**which: Any) -> Coalesce:
    """Of each document of a statement."""
    lines = InvoiceLine.objects.filter(invoice=OuterRef("pk"), **which).order_by()
    counted = lines.values("invoice").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted), 0)


def with_size(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """With what `size_of` tells, in the statement that reads them."""
    work = Source.objects.filter(line__invoice=OuterRef("pk"), released_at=None).order_by()
    return invoices.annotate(
        line_count=line_count(),
        item_count=line_count(kind=InvoiceLine.Kind.ITEM),
        has_hours=Exists(work.filter(charge=None)),
        has_charges=Exists(work.filter(charge__isnull=False)),
    )


@dataclass(frozen=True)
class Size:
    lines: int
    items: int
    has_hours: bool
    has_charges: bool

    @property
    def has_work(self) -> bool:
        return self.has_hours or self.has_charges

    @property
    def is_long(self) -> bool:
        return self.lines > MOST_LINES


def size_of(invoice: Any) -> Size:
    """Of a document that was read `with_size`."""
    return Size(invoice.line_count, invoice.item_count, invoice.has_hours, invoice.has_charges)


def words_in(asked: str) -> list[str]:
    return asked[:LONGEST_SEARCH].split()


def lines_with(lines: QuerySet[InvoiceLine], words: Sequence[str]) -> QuerySet[InvoiceLine]:
    """Those whose text has every word, in the order of the document."""
    for word in words:
        lines = lines.filter(text__icontains=word)
    return lines.order_by("position", "pk")
