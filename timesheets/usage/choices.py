"""What a file of usage does not say by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.models import Unit
from timesheets.imports.values import DateOrder


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the columns are, and what the file does not say: whose usage it is, and its unit.

    `mark` is the decimal sign; empty leaves it to what the numbers show."""

    columns: Mapping[str, int]
    customer_id: int | None = None
    unit: str = Unit.PIECE
    order: DateOrder = DateOrder.DAY_FIRST
    mark: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": dict(self.columns),
            "customer": self.customer_id,
            "unit": self.unit,
            "order": self.order.value,
            "mark": self.mark,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Choices":
        return cls(
            columns=told.get("columns", {}),
            customer_id=told.get("customer"),
            unit=told.get("unit", Unit.PIECE),
            order=DateOrder(told.get("order", DateOrder.DAY_FIRST)),
            mark=told.get("mark", ""),
        )
