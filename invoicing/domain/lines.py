"""What a draft's lines and the document's stored sums have to do with each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain

from django.db.models import Min, QuerySet, Sum

from catalog.models import TaxRate
from core.money import ZERO
from customers.models import Customer, Project
from invoicing.domain.amounts import TaxGroup, Totals, line_net, totals
from invoicing.errors import NoTaxRate
from invoicing.models import Invoice, InvoiceLine, InvoiceTax

# With this much the sums still fit their columns.
MOST_TOTAL = Decimal(10) ** 12


def price_line(line: InvoiceLine, *, currency: str) -> None:
    """Set what follows from the line's quantity, price and tax rate; the line is not saved."""
    if line.kind == InvoiceLine.Kind.TEXT or line.tax_rate is None:
        line.net = line.quantity = line.unit_price = line.discount_percent = ZERO
        return
    line.net = line_net(line.quantity, line.unit_price, line.discount_percent, currency)
    line.tax_percent = line.tax_rate.percent
    line.tax_category = line.tax_rate.category
    line.account = line.account or line.tax_rate.revenue_account


def tax_rows(
    invoice: Invoice, lines: Sequence["InvoiceLine | RateSum"], groups: Sequence[TaxGroup]
) -> list[InvoiceTax]:
    """The document's tax groups, each with account and wording of its first line's rate."""
    rates: dict[tuple[str, object], TaxRate] = {}
    for line in lines:
        if line.tax_rate is not None:
            rates.setdefault((line.tax_category, line.tax_percent.normalize()), line.tax_rate)
    return [
        InvoiceTax(
            invoice=invoice,
            category=group.category,
            percent=group.percent,
            taxable=group.taxable,
            tax=group.tax,
            account=rates[group.category, group.percent].tax_account,
            exemption_reason=rates[group.category, group.percent].exemption_reason,
        )
        for group in groups
    ]


def save_totals(invoice: Invoice) -> Totals:
    """Recompute the draft's tax groups and sums from its stored lines."""
    rows = sums_by_rate(invoice)
    sums = totals(rows, invoice.currency)
    store_totals(invoice, sums, tax_rows(invoice, rows, sums.groups))
    return sums


def store_totals(invoice: Invoice, sums: Totals, taxes: Iterable[InvoiceTax]) -> None:
    invoice.taxes.all().delete()
    InvoiceTax.objects.bulk_create(taxes)
    invoice.net_total, invoice.tax_total, invoice.gross_total = sums.net, sums.tax, sums.gross
    invoice.save(update_fields=["net_total", "tax_total", "gross_total", "changed_at"])


@dataclass(frozen=True)
class RateSum:
    """What the lines of one tax rate come to."""

    net: Decimal
    tax_category: str
    tax_percent: Decimal
    tax_rate: TaxRate | None


def sums_by_rate(invoice: Invoice) -> list[RateSum]:
    """Summed by the database, whatever the number of lines; the first line's rate first."""
    found = (
        invoice.lines.filter(kind=InvoiceLine.Kind.ITEM)
        .order_by()
        .values_list("tax_rate", "tax_category", "tax_percent")
        .annotate(net=Sum("net"), first=Min("position"))
        .order_by("first")
    )
    rows = list(found)
    rates = TaxRate.objects.in_bulk({row[0] for row in rows})
    return [
        RateSum(net, category, percent, rates[rate_id])
        for rate_id, category, percent, net, _first in rows
    ]


class TaxRates:
    """The company's tax rates, read once for any number of lines."""

    def __init__(self) -> None:
        self.all: list[TaxRate] = list(tax_rates())
        self.by_id = {rate.pk: rate for rate in self.all}

    def default(self, day: date, *, customer: Customer, project: Project | None = None) -> TaxRate:
        """The project's, the customer's, or the company's rate that is valid on `day`."""
        own = [project.tax_rate_id if project else None, customer.tax_rate_id]
        rate = pick_tax_rate(
            day,
            [self.by_id.get(rate_id or 0) for rate_id in own],
            [rate for rate in self.all if rate.is_default],
        )
        if rate is None:
            raise NoTaxRate(day=day)
        return rate


def tax_rates() -> QuerySet[TaxRate]:
    """In the order in which the company's own are tried: the latest first."""
    rates: QuerySet[TaxRate] = TaxRate.objects.order_by("-valid_from", "id")
    return rates


def pick_tax_rate(
    day: date, own: Iterable[TaxRate | None], company: Iterable[TaxRate]
) -> TaxRate | None:
    """The first that is valid on `day`; the company's are read only when no own one is."""
    for rate in chain(own, company):
        if rate is not None and rate.is_valid_on(day):
            return rate
    return None
