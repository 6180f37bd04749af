"""The bars of what is owed by age, as figures of an SVG that the page draws without a script."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import ZERO
from invoicing.selectors.receivables import Amounts, Bucket

# The height of the tallest bar, in units of the drawing.
TALLEST = 100


@dataclass(frozen=True)
class Bar:
    bucket: Bucket
    amount: Decimal
    percent: int
    top: str
    height: str

    @property
    def label(self) -> Any:
        return self.bucket.label


@dataclass(frozen=True)
class Chart:
    currency: str
    amounts: Amounts
    bars: list[Bar]


def chart_of(currency: str, amounts: Amounts) -> Chart:
    """Heights follow the amounts; what is not nought is seen. Nothing is drawn of what is below."""
    most = max((amounts.of(bucket) for bucket in Bucket), default=ZERO)
    return Chart(currency, amounts, [_bar(bucket, amounts, most) for bucket in Bucket])


def _bar(bucket: Bucket, amounts: Amounts, most: Decimal) -> Bar:
    amount = amounts.of(bucket)
    height = max(amount * TALLEST / most, Decimal("1.5")) if amount > 0 else ZERO
    percent = round(amount * 100 / amounts.total) if amounts.total > 0 and amount > 0 else 0
    return Bar(bucket, amount, percent, f"{TALLEST - height:.2f}", f"{height:.2f}")
