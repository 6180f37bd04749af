"""What a person decides about an import."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from timesheets.imports.names import DefaultProject
from timesheets.imports.values import DateOrder


class RatesFrom(StrEnum):
    """Our own rates, found as for hours typed in, or the file's, kept as if set by hand."""

    RULES = "rules"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    date_order: DateOrder | None = None
    default_project: DefaultProject | None = None
    rates: RatesFrom = RatesFrom.RULES

    def as_json(self) -> dict[str, Any]:
        return {
            "dates": self.date_order,
            "project": str(self.default_project) if self.default_project else None,
            "rates": self.rates,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            date_order=DateOrder(data["dates"]) if data.get("dates") else None,
            default_project=(
                DefaultProject.parse(data["project"]) if data.get("project") else None
            ),
            rates=RatesFrom(data.get("rates") or RatesFrom.RULES),
        )
