"""What a draft's lines and the document's stored sums have to do with each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from catalog.models import TaxRate
from core.money import ZERO
from customers.models import Customer, Project
from invoicing.domain.amounts import TaxGroup, Totals, line_net, totals
from invoicing.domain.books.revenue import RevenueAccounts
from invoicing.domain.books.shares import shared_out
from invoicing.domain.composing.planning import PlannedLine
from invoicing.domain.following import FOLLOWS, follow_lines
from invoicing.errors import NoTaxRate
from invoicing.models import Invoice, InvoiceLine, InvoiceTax, Unit
from invoicing.models.priced_lines import PricedLine

# With this much the sums still fit their columns.
MOST_TOTAL = Decimal(10) ** 12


def price_line(line: PricedLine, *, currency: str) -> None:
    """Set what follows from the line's quantity, price and tax rate; the line is not saved."""
    if line.kind == PricedLine.Kind.TEXT or line.tax_rate is None:
        line.net = line.quantity = line.unit_price = line.discount_percent = ZERO
        return
    line.net = line_net(line.quantity, line.unit_price, line.discount_percent, currency)
    line.tax_percent = line.tax_rate.percent
    line.tax_category = line.tax_rate.category
    line.account = line.account or line.tax_rate.revenue_account


def append_item(
    invoice: Invoice,
    text: str,
    *,
    unit_price: Decimal,
    tax_rate: TaxRate,
    quantity: Decimal = Decimal(1),
    unit: Unit = Unit.PIECE,
    account: str = "",
) -> InvoiceLine:
    """A line at the end of the draft, whose sums do not follow yet. Without an account it has that
    of its project, or of its rate."""
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    line = InvoiceLine(
        invoice=invoice,
        position=last + 1,
        text=text[:500],
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        tax_rate=tax_rate,
        account=account or RevenueAccounts().of(invoice.project_id, tax_rate),
    )
    price_line(line, currency=invoice.currency)
    line.save()
    return line


def tax_rows(
    invoice: Invoice, lines: Sequence["InvoiceLine | RateSum"], groups: Sequence[TaxGroup]
) -> list[InvoiceTax]:
    """The document's tax groups, each with the accounts and the wordings of its lines' rates."""
    nets: dict[tuple[str, object], list[tuple[TaxRate, Decimal]]] = {}
    for line in lines:
        if line.tax_rate is not None:
            group = nets.setdefault((line.tax_category, line.tax_percent.normalize()), [])
            group.append((line.tax_rate, line.net))
    return [_tax_row(invoice, group, nets[group.category, group.percent]) for group in groups]


def _tax_row(
    invoice: Invoice, group: TaxGroup, nets: Sequence[tuple[TaxRate, Decimal]]
) -> InvoiceTax:
    by_account: dict[str, Decimal] = {}
    for rate, net in nets:
        by_account[rate.tax_account] = by_account.get(rate.tax_account, ZERO) + net
    reasons = dict.fromkeys(rate.exemption_reason for rate, _net in nets if rate.exemption_reason)
    return InvoiceTax(
        invoice=invoice,
        category=group.category,
        percent=group.percent,
        taxable=group.taxable,
        tax=group.tax,
        account=next(iter(by_account)),
        shares=shares_of(group.tax, by_account, invoice.currency),
        exemption_reason=" · ".join(reasons)[:500],
    )


def shares_of(tax: Decimal, by_account: Mapping[str, Decimal], currency: str) -> dict[str, str]:
    """What each account gets of a tax that was rounded once; nothing to say where there is one."""
    if len(by_account) < 2 or not tax:
        return {}
    shares = shared_out(tax, by_account, currency)
    return {account: f"{amount.normalize():f}" for account, amount in shares.items()}


def save_totals(invoice: Invoice) -> Totals:
    """Recompute the draft's tax groups and sums from its stored lines."""
    rows = sums_by_rate(invoice)
    if any(row.shares for row in rows):
        own: dict[TaxRate, Decimal] = {}
        for row in rows:
            if row.has_own and row.tax_rate is not None:
                own[row.tax_rate] = own.get(row.tax_rate, ZERO) + row.own_net
        follow_lines(invoice, own)
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
    # How many of them follow the others; whether there are others than discounts and
    # surcharges for the whole document, and what those come to.
    shares: int = 0
    has_own: bool = True
    own_net: Decimal = ZERO


def sums_of_planned(lines: Iterable[PlannedLine]) -> list[RateSum]:
    """The same of lines that are not stored yet."""
    nets: dict[int, Decimal] = {}
    rates: dict[int, TaxRate] = {}
    for line in lines:
        rate = line.tax_rate
        rates[rate.id] = rate
        nets[rate.id] = nets.get(rate.id, ZERO) + line.net
    return [RateSum(nets[key], rate.category, rate.percent, rate) for key, rate in rates.items()]


def sums_by_rate(invoice: Invoice) -> list[RateSum]:
    """Summed by the database, whatever the number of lines; the first line's rate first."""
    found = (
        invoice.lines.filter(kind=InvoiceLine.Kind.ITEM)
        .order_by()
        .values_list("tax_rate", "tax_category", "tax_percent")
        .annotate(
            first=Min("position"),
            shares=Count("pk", filter=FOLLOWS),
            own=Count("pk", filter=Q(for_document=False)),
            own_net=Sum("net", filter=Q(for_document=False), default=ZERO),
            # Last: it has the column's own name.
            net=Sum("net"),
        )
        .order_by("first")
    )
    rows = list(found)
    rates = TaxRate.objects.in_bulk({row[0] for row in rows})
    return [
        RateSum(net, category, percent, rates[rate_id], shares, bool(own), own_net)
        for rate_id, category, percent, _first, shares, own, own_net, net in rows
    ]


class TaxRates:
    """The company's tax rates, read once for any number of lines."""

    def __init__(self) -> None:
        self.all: list[TaxRate] = list(tax_rates())
        self.by_id = {rate.pk: rate for rate in self.all}

    @cached_property
    def revenue_accounts(self) -> RevenueAccounts:
        """Where projects have their sales booked; read when it is first asked for."""
        return RevenueAccounts()

    def version(self, rate_id: int, day: date) -> TaxRate:
        return version_on(self.by_id[rate_id], day, self.all)

    def chosen_for(self, invoice: Invoice, chosen: TaxRate | None) -> TaxRate:
        """The chosen rate as it is on the draft's tax point; none is that of its hours."""
        if chosen is not None:
            return self.version(chosen.pk, invoice.tax_point)
        return self.default(invoice.tax_point, customer=invoice.customer, project=invoice.project)

    def default(self, day: date, *, customer: Customer, project: Project | None = None) -> TaxRate:
        """The project's, the customer's, or the company's rate that is valid on `day`."""
        own = [project.tax_rate_id if project else None, customer.tax_rate_id]
        rate = pick_tax_rate(day, [self.by_id.get(rate_id or 0) for rate_id in own], self.all)
        if rate is None:
            raise NoTaxRate(day=day)
        return rate


def tax_rates() -> QuerySet[TaxRate]:
    """In the order in which the company's own are tried: the latest first."""
    rates: QuerySet[TaxRate] = TaxRate.objects.order_by("-valid_from", "id")
    return rates


def pick_tax_rate(
    day: date, own: Iterable[TaxRate | None], every: Sequence[TaxRate]
) -> TaxRate | None:
    """The first own one, in its version of the day; else the company's usual one of the day."""
    for rate in own:
        if rate is not None and (found := version_on(rate, day, every)).is_valid_on(day):
            return found
    return next((rate for rate in every if rate.is_default and rate.is_valid_on(day)), None)


def version_on(rate: TaxRate, day: date, every: Iterable[TaxRate]) -> TaxRate:
    """The version of this rate that is valid on the day; itself where there is none."""
    if rate.is_valid_on(day) or not rate.code:
        return rate
    return next((one for one in every if one.code == rate.code and one.is_valid_on(day)), rate)
