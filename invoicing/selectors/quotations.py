"""What was offered: beside what was invoiced for it, and beside the version before."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from django.db.models import Max, Min, Q, Sum

from core.money import ZERO
from customers.models import Project
from invoicing.domain.quotations.comparing import Bar, Item, Row, bar_of, paired
from invoicing.models import (
    DocumentKind,
    FixedPrice,
    Invoice,
    InvoiceLine,
    Quotation,
    QuotationLine,
    Source,
)
from timesheets.models import ServiceOrder

# Of what nobody quoted so many lines are told one by one.
MOST_UNQUOTED = 12


@dataclass(frozen=True)
class Compared:
    """One accepted quotation, net, against the posted lines and the drafts of what it became.

    Without `rows` only the sums say something: a project at a fixed price is invoiced by its parts.
    """

    quotation: Quotation
    invoiced: Decimal
    drafted: Decimal
    rows: Sequence[Row]

    @property
    def quoted(self) -> Decimal:
        net: Decimal = self.quotation.net_total
        return net

    @property
    def left(self) -> Decimal:
        return self.quoted - self.invoiced - self.drafted

    @property
    def is_over(self) -> bool:
        return self.left < 0

    @property
    def over(self) -> Decimal:
        return -self.left

    @property
    def bar(self) -> Bar:
        return bar_of(self.quoted, self.invoiced, self.drafted)

    @property
    def shown(self) -> Sequence[Row]:
        return [row for row in self.rows if row.is_quoted] + self.unquoted[:MOST_UNQUOTED]

    @property
    def unquoted(self) -> list[Row]:
        return [row for row in self.rows if not row.is_quoted]

    @property
    def more(self) -> int:
        """Lines that nobody quoted, beyond those shown."""
        return max(len(self.unquoted) - MOST_UNQUOTED, 0)


def quotations_of(invoice: Invoice) -> list[Compared]:
    """Those that its project, or the service orders of its work, go back to."""
    orders = ServiceOrder.objects.filter(
        Q(timeentry_set__sources__line__invoice=invoice)
        | Q(charge_set__sources__line__invoice=invoice)
    )
    about = Q(service_order__in=orders.order_by().values("pk"))
    if invoice.project_id is not None:
        about |= Q(project=invoice.project_id, service_order=None)
    found = Quotation.objects.filter(
        about, status=Quotation.Status.ACCEPTED, currency=invoice.currency
    )
    return compared(found.select_related("project", "service_order").order_by("number", "pk"))


def quoted_for(project: Project) -> Decimal | None:
    """What the customer accepted for the project, net; service orders are invoiced apart."""
    accepted = Quotation.objects.filter(
        project=project,
        service_order=None,
        status=Quotation.Status.ACCEPTED,
        currency=project.customer.currency,
    )
    found: Decimal | None = accepted.aggregate(net=Sum("net_total"))["net"]
    return found


def compared(quotations: Iterable[Quotation]) -> list[Compared]:
    return [_compared(quotation) for quotation in quotations]


def _compared(quotation: Quotation) -> Compared:
    others = list(_invoiced_for(quotation))
    sums = {
        is_draft: sum((item.net for item in others if item.is_draft == is_draft), ZERO)
        for is_draft in (False, True)
    }
    fixed = FixedPrice.objects.filter(project=quotation.project)
    by_parts = quotation.service_order is None and fixed.exists()
    rows = [] if by_parts else paired(_quoted(quotation), others)
    return Compared(quotation, invoiced=sums[False], drafted=sums[True], rows=rows)


def _quoted(quotation: Quotation) -> Iterator[Item]:
    for line in quotation.lines.all():
        if line.kind == QuotationLine.Kind.ITEM:
            yield Item(line.text, line.unit, line.quantity, line.net, product_id=line.product_id)


def _invoiced_for(quotation: Quotation) -> Iterator[Item]:
    """The lines, net, of documents in the quotation's currency; what is credited is negative and
    is called as what it corrects."""
    lines = InvoiceLine.objects.filter(
        invoice__status__in=[Invoice.Status.POSTED, Invoice.Status.DRAFT],
        invoice__currency=quotation.currency,
        kind=InvoiceLine.Kind.ITEM,
    )
    if quotation.service_order is not None:
        of_order = _lines_of_order(quotation.service_order)
        lines = lines.filter(Q(pk__in=of_order) | Q(corrects_line__in=of_order))
    elif quotation.project is not None:
        lines = lines.filter(_of_project(quotation.project))
    else:
        return
    found = list(
        lines.order_by("pk").values_list(
            "pk", "corrects_line", "corrects_line__text", "text", "unit", "quantity", "net",
            "product", "invoice__kind", "invoice__status",
        )
    )  # fmt: skip
    tasks = _tasks_of({corrects or pk for pk, corrects, *_rest in found})
    for pk, corrects, corrected, text, unit, quantity, net, product, kind, status in found:
        sign = -1 if kind == DocumentKind.CREDIT_NOTE else 1
        yield Item(
            corrected or text,
            unit,
            sign * quantity,
            sign * net,
            product_id=product,
            task=tasks.get(corrects or pk, ""),
            is_draft=status == Invoice.Status.DRAFT,
        )


def _tasks_of(line_ids: Collection[int]) -> dict[int, str]:
    """Of lines whose hours are all of one task, its name."""
    if not line_ids:
        return {}
    sources = Source.objects.filter(line__in=line_ids, time_entry__isnull=False).order_by()
    found = sources.values_list("line").annotate(
        Min("time_entry__task__name"), Max("time_entry__task__name")
    )
    return {line: first for line, first, last in found if first and first == last}


def _lines_of_order(order: ServiceOrder) -> Any:
    work = Q(time_entry__service_order=order) | Q(charge__service_order=order)
    return Source.objects.filter(work).order_by().values("line_id")


def _of_project(project: Project) -> Q:
    """Documents about the project; of a document about several, the lines of its work."""
    work = Q(time_entry__project=project) | Q(charge__project=project)
    of_work = Source.objects.filter(work).order_by().values("line_id")
    return Q(invoice__project=project) | Q(pk__in=of_work) | Q(corrects_line__in=of_work)


@dataclass(frozen=True)
class ChangedLine:
    """A line that differs from the version before: without `old` it is new, without `new` gone."""

    old: QuotationLine | None
    new: QuotationLine | None

    @property
    def difference(self) -> Decimal:
        return (self.new.net if self.new else ZERO) - (self.old.net if self.old else ZERO)


def changed_lines(quotation: Quotation) -> list[ChangedLine]:
    """What a revision offers otherwise than the version it replaces, in the order of the lines."""
    if quotation.previous is None:
        return []
    old, new = list(quotation.previous.lines.all()), list(quotation.lines.all())
    pairs = list(_paired(old, new))
    return [ChangedLine(a, b) for a, b in pairs if a is None or b is None or _said(a) != _said(b)]


def _paired(
    old: list[QuotationLine], new: list[QuotationLine]
) -> Iterator[tuple[QuotationLine | None, QuotationLine | None]]:
    """By their texts; where these differ as well, one after the other."""
    before, now = ([line.text.casefold() for line in lines] for lines in (old, new))
    for _tag, a, b, c, d in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        yield from zip_longest(old[a:b], new[c:d])


def _said(line: QuotationLine) -> tuple[Any, ...]:
    return (
        line.kind, line.text, line.quantity, line.unit, line.unit_price, line.discount_percent,
        line.tax_percent, line.net,
    )  # fmt: skip
