"""Line nets, totals and the quantity of worked minutes; the rounding of EN 16931."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Protocol

from core.money import ZERO, round_money, tax_of

QUANTITY_STEP = Decimal("0.000001")


class TaxedLine(Protocol):
    @property
    def net(self) -> Decimal: ...
    @property
    def tax_category(self) -> str: ...
    @property
    def tax_percent(self) -> Decimal: ...


@dataclass(frozen=True)
class TaxGroup:
    category: str
    percent: Decimal
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    net: Decimal
    tax: Decimal
    gross: Decimal
    groups: tuple[TaxGroup, ...]


def line_net(
    quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str
) -> Decimal:
    """EN 16931 BT-131, rounded once, after the discount."""
    return round_money(quantity * unit_price * (100 - discount_percent) / 100, currency)


def totals(lines: Iterable[TaxedLine], currency: str) -> Totals:
    """Sums of stored line nets; the tax is rounded once per (category, percent)."""
    taxable: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        key = (line.tax_category, line.tax_percent.normalize())
        taxable[key] = taxable.get(key, ZERO) + line.net
    groups = tuple(
        TaxGroup(category, percent, amount, tax_of(amount, percent, currency))
        for (category, percent), amount in sorted(
            taxable.items(), key=lambda item: (-item[0][1], item[0][0])
        )
    )
    net = sum((group.taxable for group in groups), ZERO)
    tax = sum((group.tax for group in groups), ZERO)
    return Totals(net, tax, net + tax, groups)


def work_net(minutes: int, rate: Decimal, currency: str) -> Decimal:
    """What worked minutes cost, rounded once for all of them."""
    return round_money(minutes * rate / 60, currency)


def quantity_of(
    minutes: int,
    unit_price: Decimal,
    net: Decimal,
    currency: str,
    *,
    hours_per_unit: Decimal = Decimal(1),
) -> Decimal | None:
    """The quantity of hours or days, at most six places, of which quantity × price rounds to `net`.

    20 minutes are no finite number of hours; where the nearest sixth place would tip a half cent,
    its neighbour is taken. There is one while a millionth of the price is below the currency's
    smallest unit, up to 10,000 EUR an hour; above it may be None.
    """
    exact = Decimal(minutes) / 60 / hours_per_unit
    for rounding in (ROUND_HALF_UP, ROUND_CEILING, ROUND_FLOOR):
        quantity = exact.quantize(QUANTITY_STEP, rounding)
        if round_money(quantity * unit_price, currency) == net:
            return quantity
    return None
