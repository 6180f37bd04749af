"""Which invoiced lines belong to which quoted ones. Knows no database.

An accepted quotation becomes work, and the work becomes lines; nothing ties one to the other but
what they are: the same product, the same text, or hours of the task that was quoted. Hours that
say nothing of the kind are compared with the quoted hours that are left, all together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from core.money import ZERO
from invoicing.models import Unit

_HOURS = {Unit.HOUR: Decimal(1), Unit.DAY: Decimal(8), Unit.MINUTE: Decimal(1) / 60}


@dataclass(frozen=True)
class Item:
    """A line, quoted or invoiced. `task` is that of all its hours, where it is one."""

    text: str
    unit: str
    quantity: Decimal
    net: Decimal
    product_id: int | None = None
    task: str = ""
    is_draft: bool = False

    @property
    def name(self) -> str:
        return folded(self.text)

    @property
    def is_time(self) -> bool:
        return self.product_id is None and self.unit in _HOURS


class Quantity(NamedTuple):
    amount: Decimal
    unit: Unit


@dataclass(frozen=True)
class Bar:
    """Percents of its width: what was quoted, or more where more is invoiced."""

    quoted: int
    invoiced: int
    drafted: int
    share: int

    @property
    def over(self) -> int:
        return max(self.invoiced + self.drafted - self.quoted, 0)


def bar_of(quoted: Decimal, invoiced: Decimal, drafted: Decimal) -> Bar:
    """More credited than invoiced looks as nothing."""
    invoiced, drafted = max(invoiced, ZERO), max(drafted, ZERO)
    whole = max(quoted, invoiced + drafted) or Decimal(1)
    ends = [round(end / whole * 100) for end in (quoted, invoiced, invoiced + drafted)]
    share = round((invoiced + drafted) / quoted * 100) if quoted else 0
    return Bar(quoted=ends[0], invoiced=ends[1], drafted=ends[2] - ends[1], share=share)


@dataclass(eq=False)
class Row:
    """Quoted lines and what is invoiced for them; without quoted ones nobody offered it, without
    others nothing is invoiced yet."""

    quoted_items: list[Item] = field(default_factory=list)
    other_items: list[Item] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        items = self.quoted_items or self.other_items
        return list(dict.fromkeys(item.text for item in items))

    @property
    def is_quoted(self) -> bool:
        return bool(self.quoted_items)

    @property
    def quoted(self) -> Decimal:
        return _net(self.quoted_items)

    @property
    def invoiced(self) -> Decimal:
        return _net(item for item in self.other_items if not item.is_draft)

    @property
    def drafted(self) -> Decimal:
        return _net(item for item in self.other_items if item.is_draft)

    @property
    def together(self) -> Decimal:
        return self.invoiced + self.drafted

    @property
    def difference(self) -> Decimal:
        """Above nought where more is invoiced than was quoted."""
        return self.together - self.quoted

    @property
    def is_over(self) -> bool:
        return self.is_quoted and self.difference > 0

    @property
    def is_begun(self) -> bool:
        return bool(self.other_items)

    @property
    def bar(self) -> Bar:
        return bar_of(self.quoted, self.invoiced, self.drafted)

    @property
    def quoted_quantity(self) -> Quantity | None:
        return self._quantity(self.quoted_items)

    @property
    def other_quantity(self) -> Quantity | None:
        return self._quantity(self.other_items)

    def _quantity(self, items: Sequence[Item]) -> Quantity | None:
        """In the unit of both sides, hours where they are mixed with days; else in their own."""
        both = {item.unit for item in (*self.quoted_items, *self.other_items)}
        own = {item.unit for item in items}
        if not own:
            return None
        if len(both) > 1 and both <= _HOURS.keys():
            hours = sum((item.quantity * _HOURS[Unit(item.unit)] for item in items), ZERO)
            return Quantity(round(hours, 2), Unit.HOUR)
        if len(own) > 1:
            return None
        return Quantity(sum((item.quantity for item in items), ZERO), Unit(own.pop()))


def paired(quoted: Iterable[Item], others: Iterable[Item]) -> list[Row]:
    """The quoted lines in their order, then what was not quoted, the largest amounts first."""
    rows: list[Row] = []
    by_product: dict[int, Row] = {}
    by_name: dict[str, Row] = {}
    for item in quoted:
        row = _row_for(item, by_product, by_name)
        if row is None:
            row = Row()
            rows.append(row)
        row.quoted_items.append(item)
        if item.product_id is not None:
            by_product.setdefault(item.product_id, row)
        by_name.setdefault(item.name, row)
    hours: list[Item] = []
    unquoted: dict[tuple[int | str, bool], Row] = {}
    for item in others:
        row = _row_for(item, by_product, by_name) or by_name.get(folded(item.task))
        if row is None and item.is_time:
            hours.append(item)
            continue
        if row is None:
            key = (item.product_id or item.name, item.product_id is None)
            row = unquoted.setdefault(key, Row())
        row.other_items.append(item)
    rows = _with_hours(rows, hours, unquoted)
    return rows + sorted(unquoted.values(), key=lambda row: (-abs(row.together), row.texts))


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _row_for(item: Item, by_product: dict[int, Row], by_name: dict[str, Row]) -> Row | None:
    if item.product_id is not None and item.product_id in by_product:
        return by_product[item.product_id]
    return by_name.get(item.name)


def _with_hours(
    rows: list[Row], hours: list[Item], unquoted: dict[tuple[int | str, bool], Row]
) -> list[Row]:
    """Hours that name no quoted line go with those that nothing is invoiced for yet, which become
    one row; or with the only quoted ones there are."""
    quoted = [row for row in rows if all(item.is_time for item in row.quoted_items)]
    waiting = [row for row in quoted if not row.other_items]
    if not hours:
        return rows
    if not waiting and len(quoted) == 1:
        quoted[0].other_items += hours
        return rows
    if not waiting:
        for item in hours:
            unquoted.setdefault((item.name, True), Row()).other_items.append(item)
        return rows
    first, *others = waiting
    first.quoted_items += [item for row in others for item in row.quoted_items]
    first.other_items = hours
    return [row for row in rows if row not in others]


def _net(items: Iterable[Item]) -> Decimal:
    return sum((item.net for item in items), ZERO)
