"""What of an invoice is left to be credited, and what a credit of a part of it comes to.

The tax of a credit is that of its own amounts, rounded once per rate like any other, but kept so
close to the ordinary tax of what is then left that the two differ by one smallest unit at most.
Whoever empties a rate group takes the rest of its tax, so that everything credited in parts ends
at nought.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from django.db import connection

from core.money import ZERO, places, tax_of
from invoicing import errors
from invoicing.domain.amounts import QUANTITY_STEP, TaxedLine, TaxGroup, Totals, line_net
from invoicing.domain.lines import shares_of
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.scope import current_tenant_id

type GroupKey = tuple[str, Decimal]
type Pair = tuple[Decimal, Decimal]


@dataclass(frozen=True)
class LeftLine:
    """A line of the invoice with what no posted credit note has taken back of it yet."""

    line: InvoiceLine
    quantity: Decimal
    net: Decimal

    @property
    def is_empty(self) -> bool:
        return not (self.net or (self.quantity and not self.line.net))

    def net_of(self, quantity: Decimal, currency: str) -> Decimal:
        """What a part of the quantity comes to; the last part takes the rest."""
        if quantity == self.quantity:
            return self.net
        line = self.line
        net = line_net(quantity, line.unit_price, line.discount_percent, currency)
        return _towards_nought(net, self.net)

    def quantity_of(self, net: Decimal, currency: str) -> Decimal:
        """The quantity, at most six places, that comes to this amount, or as near as can be."""
        line = self.line
        price = line.unit_price * (100 - line.discount_percent) / 100
        if net == self.net or not price:
            return self.quantity
        quantity = ZERO
        for rounding in (ROUND_HALF_UP, ROUND_CEILING, ROUND_FLOOR):
            quantity = (net / price).quantize(QUANTITY_STEP, rounding)
            if line_net(quantity, line.unit_price, line.discount_percent, currency) == net:
                break
        return _towards_nought(quantity, self.quantity)


@dataclass(frozen=True)
class Left:
    """All that is left of one invoice."""

    invoice: Invoice
    lines: dict[int, LeftLine]
    taxes: dict[GroupKey, InvoiceTax]
    groups: dict[GroupKey, Pair]

    @property
    def gross(self) -> Decimal:
        return sum((taxable + tax for taxable, tax in self.groups.values()), ZERO)

    @property
    def is_empty(self) -> bool:
        return all(line.is_empty for line in self.lines.values())

    @property
    def is_spent(self) -> bool:
        """Whether no amount is left, whatever of its lines is known."""
        return not any(taxable or tax for taxable, tax in self.groups.values())

    def totals(self, lines: Iterable[TaxedLine]) -> Totals:
        """The sums of a credit note with these lines; more than is left is refused."""
        taxable: dict[GroupKey, Decimal] = defaultdict(Decimal)
        for line in lines:
            taxable[line.tax_category, line.tax_percent.normalize()] += line.net
        groups = []
        for key, amount in sorted(taxable.items(), key=lambda item: (-item[0][1], item[0][0])):
            left_taxable, left_tax = self.groups.get(key, (ZERO, ZERO))
            if not _is_part_of(amount, left_taxable):
                raise errors.CreditAboveGroup(
                    percent=f"{key[1]:f}", left=self.written(left_taxable)
                )
            tax = tax_of_credit(amount, left_taxable, left_tax, key[1], self.invoice.currency)
            groups.append(TaxGroup(key[0], key[1], amount, tax))
        net = sum((group.taxable for group in groups), ZERO)
        tax = sum((group.tax for group in groups), ZERO)
        if net + tax < 0:
            raise errors.CreditNegative
        return Totals(net, tax, net + tax, tuple(groups))

    def tax_rows(self, note: Invoice, groups: Sequence[TaxGroup]) -> list[InvoiceTax]:
        """With accounts and wording of the invoice: a credit note takes back what was booked."""
        rows = []
        for group in groups:
            charged = self.taxes[group.category, group.percent]
            rows.append(
                InvoiceTax(
                    invoice=note,
                    category=group.category,
                    percent=group.percent,
                    taxable=group.taxable,
                    tax=group.tax,
                    account=charged.account,
                    shares=self._shares(group, charged),
                    exemption_reason=charged.exemption_reason,
                )
            )
        return rows

    def _shares(self, group: TaxGroup, charged: InvoiceTax) -> dict[str, str]:
        """Of each account as much as it got of the tax, and from the last credit all that is left
        there, so that none keeps a cent."""
        if not charged.shares or not group.tax:
            return {}
        left = charged.booked
        given = InvoiceTax.objects.filter(
            invoice__corrects=self.invoice,
            invoice__status=Invoice.Status.POSTED,
            category=group.category,
            percent=group.percent,
        )
        for tax in given:
            for account, amount in tax.booked.items():
                left[account] = left.get(account, ZERO) - amount
        return shares_of(group.tax, left, self.invoice.currency)

    def check(self, line: InvoiceLine) -> None:
        """Refuse a credit note's line that takes back more than is left of the one it corrects."""
        left = self.lines.get(line.corrects_line_id or 0)
        if left is None:
            raise errors.CreditLineGone
        if not (_is_part_of(line.quantity, left.quantity) and _is_part_of(line.net, left.net)):
            raise errors.CreditAboveLine(
                line=left.line.text,
                quantity=f"{left.quantity.normalize():f}",
                left=self.written(left.net),
            )

    def written(self, amount: Decimal) -> str:
        step = Decimal(1).scaleb(-places(self.invoice.currency))
        return f"{amount.quantize(step):f} {self.invoice.currency}"


def tax_of_credit(
    taxable: Decimal, left_taxable: Decimal, left_tax: Decimal, percent: Decimal, currency: str
) -> Decimal:
    """The tax of a credit of `taxable` where so much is left of its rate group."""
    if taxable == left_taxable:
        return left_tax
    if left_taxable < 0:
        return -tax_of_credit(-taxable, -left_taxable, -left_tax, percent, currency)
    unit = Decimal(1).scaleb(-places(currency))
    # This much would leave the rest with exactly its ordinary tax.
    even = left_tax - tax_of(left_taxable - taxable, percent, currency)
    lowest, highest = max(even - unit, ZERO), min(even + unit, left_tax)
    return min(max(tax_of(taxable, percent, currency), lowest), highest)


def left_of(
    invoices: Collection[Invoice], *, lines: Iterable[InvoiceLine] | None = None
) -> dict[int, Left]:
    """By invoice, in three statements however many; the caller holds their rows. With `lines` it
    knows only of these, and the sums of all."""
    given_lines, given_taxes = _given([invoice.pk for invoice in invoices])
    found: dict[int, dict[int, LeftLine]] = defaultdict(dict)
    if lines is None:
        items = InvoiceLine.objects.filter(invoice__in=invoices, kind=InvoiceLine.Kind.ITEM)
        lines = items.order_by("position", "pk")
    for line in lines:
        quantity, net = given_lines.get(line.pk, (ZERO, ZERO))
        found[line.invoice_id][line.pk] = LeftLine(line, line.quantity - quantity, line.net - net)
    taxes: dict[int, dict[GroupKey, InvoiceTax]] = defaultdict(dict)
    groups: dict[int, dict[GroupKey, Pair]] = defaultdict(dict)
    for tax in InvoiceTax.objects.filter(invoice__in=invoices):
        key = tax.category, tax.percent.normalize()
        taxable, taken = given_taxes.get((tax.invoice_id, *key), (ZERO, ZERO))
        taxes[tax.invoice_id][key] = tax
        groups[tax.invoice_id][key] = (tax.taxable - taxable, tax.tax - taken)
    return {
        invoice.pk: Left(invoice, found[invoice.pk], taxes[invoice.pk], groups[invoice.pk])
        for invoice in invoices
    }


def _given(ids: list[int]) -> tuple[dict[int, Pair], dict[tuple[int, str, Decimal], Pair]]:
    """What posted credit notes took back: quantity and net by line, taxable and tax by group."""
    by_line, by_group = {}, {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH note AS MATERIALIZED (
                SELECT id, corrects_id FROM invoicing_invoice
                WHERE tenant_id = %(tenant)s AND corrects_id = ANY(%(ids)s) AND status = 'posted'
            )
            SELECT line.corrects_line_id, NULL, NULL::numeric, sum(line.quantity), sum(line.net)
            FROM note JOIN invoicing_invoiceline line
                ON line.tenant_id = %(tenant)s AND line.invoice_id = note.id
            WHERE line.corrects_line_id IS NOT NULL
            GROUP BY line.corrects_line_id
            UNION ALL
            SELECT note.corrects_id, tax.category, tax.percent, sum(tax.taxable), sum(tax.tax)
            FROM note JOIN invoicing_invoicetax tax
                ON tax.tenant_id = %(tenant)s AND tax.invoice_id = note.id
            GROUP BY note.corrects_id, tax.category, tax.percent
            """,
            {"tenant": current_tenant_id(), "ids": ids},
        )
        for pk, category, percent, first, second in cursor.fetchall():
            if category is None:
                by_line[pk] = (first, second)
            else:
                by_group[pk, category, percent.normalize()] = (first, second)
    return by_line, by_group


def _is_part_of(part: Decimal, whole: Decimal) -> bool:
    return min(whole, ZERO) <= part <= max(whole, ZERO)


def _towards_nought(amount: Decimal, limit: Decimal) -> Decimal:
    """The amount, no farther from nought than the limit."""
    return min(amount, limit) if limit >= 0 else max(amount, limit)
