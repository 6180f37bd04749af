"""Money: Decimal, in the currency's own number of places, rounded half away from zero.

The rule set for every country is that of EN 16931; see `round_money` and `tax_of`.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision
from django.db import models

ZERO = Decimal(0)
# Of what a `MoneyField` holds, a little less, so that sums of such amounts have a place as well.
MOST = Decimal(10) ** 12
CURRENCIES: list[tuple[str, str]] = [
    (code, code)
    for code in (
        "EUR", "USD", "GBP", "SEK", "NOK", "DKK", "CHF", "PLN", "CZK", "HUF", "RON", "BGN", "ISK",
        "JPY", "CAD", "AUD", "KWD", "BHD", "TND",
    )
]  # fmt: skip
CURRENCY_CODES = frozenset(code for code, _name in CURRENCIES)


@cache
def places(currency: str) -> int:
    """Decimal places of an ISO 4217 currency: EUR 2, JPY 0, KWD 3."""
    if currency not in get_global("all_currencies"):
        raise ValueError(f"{currency!r} is no currency")
    return int(get_currency_precision(currency))


def written(amount: Decimal, currency: str, locale: str, **options: Any) -> str:
    """Write an amount with its currency; Babel forgets CLDR's blank between a code and a digit."""
    text = format_currency(amount, currency, locale=locale, **options)
    return re.sub(r"(?<=[A-Za-z])(?=[0-9])", "\u00a0", text)


@cache
def _quantum(currency: str) -> Decimal:
    return Decimal(1).scaleb(-places(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half away from zero, as EN 16931 and both tax offices have it; never half to even."""
    return amount.quantize(_quantum(currency), ROUND_HALF_UP)


def is_amount_of(amount: Decimal, currency: str) -> bool:
    """Whether there is such an amount: none of half a cent, and none beyond what is kept."""
    return amount == round_money(amount, currency) and abs(amount) < MOST


def tax_of(taxable: Decimal, percent: Decimal, currency: str) -> Decimal:
    """The tax of a whole rate group (EN 16931 BT-117), rounded once."""
    return round_money(taxable * percent / 100, currency)


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """An amount. Three places because some currencies have them; EUR uses two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):  # type: ignore[type-arg]
    """The price of an hour, at most four places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)
