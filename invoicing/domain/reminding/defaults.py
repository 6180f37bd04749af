"""What holds where a company has entered nothing: terms by country, and known reference rates.

Sources: docs/receivables.md.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.models import ReferenceArea, ReminderTerms

Interest = ReminderTerms.Interest


@dataclass(frozen=True)
class Level:
    number: int
    days: int
    consumer_fee: Decimal
    business_fee: Decimal
    has_interest: bool = True
    has_lump_sum: bool = False


@dataclass(frozen=True)
class Terms:
    """As a row of `ReminderTerms` with its levels."""

    interest: str
    area: str
    consumer_points: Decimal
    business_points: Decimal
    lump_sum: Decimal
    gap_days: int
    pay_within_days: int
    least_amount: Decimal
    levels: tuple[Level, ...]


FIVE, NOTHING = Decimal(5), Decimal(0)
# The most a consumer in Finland pays for a reminder, and the least days before and between them.
FINLAND_MOST_FEE, FINLAND_LEAST_DAYS = FIVE, 14
FINLAND = Terms(
    interest=Interest.STATUTORY,
    area=ReferenceArea.FINLAND,
    consumer_points=Decimal(7),
    business_points=Decimal(8),
    lump_sum=NOTHING,
    gap_days=14,
    pay_within_days=14,
    least_amount=FIVE,
    levels=(Level(1, 14, FIVE, FIVE), Level(2, 28, FIVE, FIVE), Level(3, 42, NOTHING, NOTHING)),
)
GERMANY = Terms(
    interest=Interest.STATUTORY,
    area=ReferenceArea.GERMANY,
    consumer_points=Decimal(5),
    business_points=Decimal(9),
    lump_sum=Decimal(40),
    gap_days=10,
    pay_within_days=10,
    least_amount=FIVE,
    levels=(
        Level(1, 7, NOTHING, NOTHING, has_interest=False),
        Level(2, 21, Decimal("2.50"), NOTHING, has_lump_sum=True),
        Level(3, 35, Decimal("2.50"), NOTHING, has_lump_sum=True),
    ),
)
# By country of the address on the invoice; elsewhere the terms of the company's own country hold.
COUNTRIES: dict[str, Terms] = {"FI": FINLAND, "DE": GERMANY}

RATES: dict[str, list[tuple[date, Decimal]]] = {
    ReferenceArea.FINLAND: [
        (date(2020, 1, 1), Decimal(0)),
        (date(2023, 1, 1), Decimal("2.5")),
        (date(2023, 7, 1), Decimal(4)),
        (date(2024, 1, 1), Decimal("4.5")),
        (date(2025, 1, 1), Decimal("3.5")),
        (date(2025, 7, 1), Decimal("2.5")),
        (date(2026, 1, 1), Decimal("2.5")),
    ],
    ReferenceArea.GERMANY: [
        (date(2020, 1, 1), Decimal("-0.88")),
        (date(2023, 1, 1), Decimal("1.62")),
        (date(2023, 7, 1), Decimal("3.12")),
        (date(2024, 1, 1), Decimal("3.62")),
        (date(2024, 7, 1), Decimal("3.37")),
        (date(2025, 1, 1), Decimal("2.27")),
        (date(2025, 7, 1), Decimal("1.27")),
        (date(2026, 1, 1), Decimal("1.27")),
    ],
}


def half_year_of(day: date) -> date:
    """The day from which the rate of this day is set: 1 January or 1 July."""
    return date(day.year, 7 if day.month > 6 else 1, 1)
