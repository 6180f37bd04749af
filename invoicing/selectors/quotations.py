"""What was offered: beside what was invoiced for it, and beside the version before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from django.db.models import Case, F, Q, Sum, When

from core.money import ZERO, MoneyField
from customers.models import Project
from invoicing.models import DocumentKind, Invoice, InvoiceLine, Quotation, QuotationLine, Source
from timesheets.models import ServiceOrder


@dataclass(frozen=True)
class Compared:
    """One accepted quotation, net, against the posted lines and the drafts of what it became."""

    quotation: Quotation
    invoiced: Decimal
    drafted: Decimal

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
    return [
        Compared(
            quotation,
            invoiced=_net_of(quotation, Invoice.Status.POSTED),
            drafted=_net_of(quotation, Invoice.Status.DRAFT),
        )
        for quotation in quotations
    ]


def _net_of(quotation: Quotation, status: str) -> Decimal:
    """Net, credit notes taken off, in the quotation's currency."""
    lines = InvoiceLine.objects.filter(invoice__status=status, invoice__currency=quotation.currency)
    if quotation.service_order is not None:
        of_order = _lines_of_order(quotation.service_order)
        lines = lines.filter(Q(pk__in=of_order) | Q(corrects_line__in=of_order))
    elif quotation.project is not None:
        lines = lines.filter(_of_project(quotation.project))
    else:
        return ZERO
    signed = Case(
        When(invoice__kind=DocumentKind.CREDIT_NOTE, then=-F("net")),
        default=F("net"),
        output_field=MoneyField(),
    )
    total: Decimal | None = lines.order_by().aggregate(total=Sum(signed))["total"]
    return total or ZERO


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
