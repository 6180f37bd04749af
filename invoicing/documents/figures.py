"""Dates, amounts and quantities as a document's language writes them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from core.money import places, written
from invoicing.documents.words import Words
from invoicing.models import InvoiceLine


@dataclass(frozen=True)
class Figures:
    words: Words
    currency: str

    def day(self, day: date) -> str:
        return str(format_date(day, self.words.date_pattern, locale=self.words.locale))

    def days(self, first: date, last: date) -> str:
        return self.day(first) if first == last else f"{self.day(first)} – {self.day(last)}"

    def days_of(self, line: InvoiceLine) -> str:
        """The days the line is for."""
        first, last = line.start_date or line.end_date, line.end_date or line.start_date
        return self.days(first, last) if first and last else ""

    def text_of(self, line: InvoiceLine) -> str:
        """The line's text with the days it is for."""
        days = self.days_of(line)
        return f"{line.text} ({days})" if days else line.text

    def amount(self, amount: Decimal) -> str:
        """Without the currency, in its own number of places."""
        return self._decimal(amount, places(self.currency), places(self.currency))

    def money(self, amount: Decimal) -> str:
        return written(amount, self.currency, self.words.locale)

    def unit_price(self, price: Decimal) -> str:
        """In the currency's places, and more where the price has them."""
        return self._decimal(price, places(self.currency), 6)

    def quantity(self, quantity: Decimal) -> str:
        return self._decimal(quantity, 0, 6)

    def hours(self, quantity: Decimal) -> str:
        """Hours with two decimals, and more where they are needed to be exact."""
        return self._decimal(quantity, 2, 6)

    def percent(self, percent: Decimal) -> str:
        return str(format_percent(percent / 100, self._percent_pattern(), locale=self.words.locale))

    def discount(self, percent: Decimal) -> str:
        """A surcharge, which is a discount below nought, has its plus."""
        if not percent:
            return ""
        return f"+{self.percent(-percent)}" if percent < 0 else self.percent(percent)

    def _percent_pattern(self) -> str:
        return "0.####%" if self.words.locale == "en_GB" else "0.####\u00a0%"

    def _decimal(self, value: Decimal, least: int, most: int) -> str:
        digits = "0" * least + "#" * (most - least)
        pattern = "#,##0" + (f".{digits}" if digits else "")
        return str(format_decimal(value, pattern, locale=self.words.locale))


def clock(minutes: int) -> str:
    """Print minutes as hours and minutes, which is exact for any number: 95 is 1:35."""
    sign = "−" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


def whole_minutes(hours: Decimal) -> int | None:
    """The minutes that a stored quantity of hours stands for; None when it is not minutes."""
    minutes = (hours * 60).quantize(Decimal(1))
    # A third of an hour has no end; the sixth place is off by less than this.
    return int(minutes) if abs(hours * 60 - minutes) < Decimal("0.0001") else None
