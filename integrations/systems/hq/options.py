"""The settings of a connection, read from what its form stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

FILE, V1, V2 = "file", "v1", "v2"
PERCENT, FRACTION = "percent", "fraction"
NESTED, SINGLE = "nested", "single"
BY_HAND, OVER_API = "hand", "api"


@dataclass(frozen=True)
class Options:
    dialect: str = FILE
    template: int | None = None
    payment_condition: int | None = None
    company_type: int | None = None
    # Empty: nobody knows yet.
    tax_scale: str = ""
    positions: str = NESTED
    corrections: str = BY_HAND
    units: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Mapping[str, str], lists: Mapping[str, list[list[str]]]) -> "Options":
        scale = settings.get("tax_scale", "")
        if scale not in (PERCENT, FRACTION):
            # As the last check found it.
            found = lists.get("tax_scale") or [[""]]
            scale = found[0][0]
        return cls(
            dialect=settings.get("dialect") or FILE,
            template=_id(settings.get("template", "")),
            payment_condition=_id(settings.get("payment_condition", "")),
            company_type=_id(settings.get("company_type", "")),
            tax_scale=scale,
            positions=settings.get("positions") or NESTED,
            corrections=settings.get("corrections") or BY_HAND,
            units=read_units(settings.get("units", "")),
        )

    def tax(self, percent: Decimal) -> Decimal:
        return percent / 100 if self.tax_scale == FRACTION else percent


def read_units(text: str) -> dict[str, int]:
    """`HUR 3` on a line each: our unit's code, and the id that it has there."""
    units = {}
    for line in text.splitlines():
        words = line.replace("=", " ").replace(":", " ").split()
        if len(words) == 2 and words[1].isdecimal():
            units[words[0].upper()] = int(words[1])
    return units


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
