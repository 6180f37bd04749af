"""What stands above the rows of "ready to invoice": sums, and how much is in which state."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import ZERO
from invoicing.selectors.ready import ReadyRow, RowState


@dataclass(frozen=True)
class CurrencySum:
    currency: str
    net: Decimal
    gross: Decimal


@dataclass(frozen=True)
class Sums:
    """`amounts` by currency, the largest first; `lacking` rows are not wholly in them."""

    minutes: int
    amounts: list[CurrencySum]
    lacking: int

    @property
    def main(self) -> CurrencySum | None:
        return self.amounts[0] if self.amounts else None

    @property
    def others(self) -> list[CurrencySum]:
        return self.amounts[1:]


@dataclass(frozen=True)
class Share:
    """Rows and hours in one state, and their place on a bar that is 1000 wide."""

    state: str
    label: Any
    count: int
    minutes: int
    left: int
    width: int


def sums_of(rows: Iterable[ReadyRow]) -> Sums:
    nets: dict[str, Decimal] = {}
    gross: dict[str, Decimal] = {}
    minutes = lacking = 0
    for row in rows:
        minutes += row.minutes
        nets[row.currency] = nets.get(row.currency, ZERO) + row.net
        gross[row.currency] = gross.get(row.currency, ZERO) + (row.gross or ZERO)
        lacking += row.state == RowState.MEND
    amounts = [CurrencySum(currency, nets[currency], gross[currency]) for currency in nets]
    amounts.sort(key=lambda amount: (-amount.net, amount.currency))
    return Sums(minutes, amounts, lacking)


def shares_of(rows: Iterable[ReadyRow]) -> list[Share]:
    """By hours, because amounts may be in several currencies."""
    rows = list(rows)
    total = sum(row.minutes for row in rows) or 1
    shares, done = [], 0
    for state in RowState:
        mine = [row for row in rows if row.state == state]
        minutes = sum(row.minutes for row in mine)
        left, right = round(done * 1000 / total), round((done + minutes) * 1000 / total)
        shares.append(Share(state.value, state.label, len(mine), minutes, left, right - left))
        done += minutes
    return shares
