"""Money, hours and other figures as the reader's language writes them."""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal
from django import template
from django.utils.translation import get_language

from core.money import places, written

register = template.Library()

NOTHING = "—"
# English is read in Finland and Germany here: 24-hour clock, point, comma between thousands.
LOCALES = {"en": "en_GB", "fi": "fi", "sv": "sv", "de": "de"}


def _locale() -> str:
    return LOCALES.get((get_language() or "en").partition("-")[0], "en_GB")


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """Print an amount in its currency's own number of places: `{{ net|money:"EUR" }}`."""
    if amount is None:
        return NOTHING
    if not currency:
        return str(format_decimal(amount, format="#,##0.00", locale=_locale()))
    return written(amount, currency, _locale())


@register.filter
def figure(amount: Decimal | None, currency: str = "EUR") -> str:
    """Print an amount without its currency, for columns whose head or neighbour names it."""
    if amount is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * places(currency) if places(currency) else "")
    return str(format_decimal(amount, format=pattern, locale=_locale()))


@register.filter
def rate(amount: Decimal | None, currency: str) -> str:
    """Print the price of one unit: as many places as it has, at least the currency's own."""
    if amount is None:
        return NOTHING
    least = places(currency)
    digits = "0." + "0" * least + "#" * (6 - least)
    pattern = Locale.parse(_locale()).currency_formats["standard"].pattern
    return written(
        amount,
        currency,
        _locale(),
        format=pattern.replace("0.00", digits),
        currency_digits=False,
    )


@register.filter
def number(value: Decimal | int | None) -> str:
    """Print a quantity, rate or percentage without idle zeros: 25.50 is 25,5 in Finnish."""
    if value is None:
        return NOTHING
    return str(format_decimal(value, format="#,##0.######", locale=_locale()))


@register.filter
def hours(minutes: int | None) -> str:
    """Print minutes as hours and minutes: 95 is 1:35."""
    if minutes is None:
        return NOTHING
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


@register.filter
def decimal_hours(minutes: int | None) -> str:
    """Print minutes as hours with two decimals, as documents do: 95 is 1,58."""
    if minutes is None:
        return NOTHING
    return str(format_decimal(Decimal(minutes) / 60, format="#,##0.00", locale=_locale()))
