"""Rows of a file to usage records, without the database: a thousand of them take a few hundredths
of a second."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Unit
from core.csv_files import Record
from core.money import ZERO
from core.numbers import mark_of, read_number
from timesheets.imports.values import BadValue, DateOrder, clean, read_date

LARGEST_QUANTITY, LARGEST_RATE = Decimal(10) ** 10, Decimal(10) ** 12
LONGEST_DESTINATION = 120
FIRST_DAY = date(2000, 1, 1)
STEP = Decimal("0.000001")

_UNITS = {
    **{code.casefold(): code for code in Unit.values},
    **dict.fromkeys(("min", "minute", "minutes", "minuutti", "minuten", "minuter"), "MIN"),
    **dict.fromkeys(("h", "hour", "hours", "tunti", "stunden", "std"), "HUR"),
    **dict.fromkeys(("pcs", "piece", "pieces", "kpl", "st", "stk", "stück"), "C62"),
    **dict.fromkeys(("mo", "month", "kk", "monat"), "MON"),
    **dict.fromkeys(("d", "day", "days", "pv", "tag", "tage"), "DAY"),
    **dict.fromkeys(("km",), "KMT"),
    **dict.fromkeys(("kg",), "KGM"),
    **dict.fromkeys(("l", "litre"), "LTR"),
    **dict.fromkeys(("m", "metre"), "MTR"),
}


class Usage(NamedTuple):
    """A row that could be read."""

    line: int
    customer_id: int
    day: date
    destination: str
    quantity: Decimal
    unit: str
    rate: Decimal | None
    fingerprint: str
    cells: list[str]


class Problem(NamedTuple):
    line: int
    reason: str
    cells: list[str]


@dataclass(frozen=True)
class Names:
    """Customers by number and by name; a name that two have is in neither."""

    by_number: Mapping[str, int]
    by_name: Mapping[str, int]
    several: frozenset[str]

    def find(self, text: str) -> int:
        folded = text.casefold()
        found = self.by_number.get(folded) or self.by_name.get(folded)
        if found is not None:
            return found
        if not text:
            raise BadValue(_("The customer is missing."))
        if folded in self.several:
            sentence = _("Several customers are called “%(name)s”. Write the customer number.")
        else:
            sentence = _("There is no customer “%(name)s”, neither by number nor by name.")
        raise BadValue(sentence % {"name": text})


class Reader:
    """Turns rows into usage. It remembers what it has read: of several equal rows each counts."""

    def __init__(
        self,
        columns: Mapping[str, int],
        *,
        names: Names,
        customer_id: int | None,
        unit: str,
        order: DateOrder,
        mark: str,
        today: date,
    ) -> None:
        self.columns, self.names = columns, names
        self.customer_id, self.unit, self.order, self.mark = customer_id, unit, order, mark
        self.latest = date(today.year + 1, 12, 31)
        self._seen: defaultdict[bytes, int] = defaultdict(int)

    def read(self, record: Record) -> Usage | Problem:
        """The usage, or why there is none."""
        try:
            return self._read(record)
        except BadValue as bad:
            return Problem(record.line, str(bad.reason), record.cells)

    def _read(self, record: Record) -> Usage:
        if record.broken:
            raise BadValue(gettext_lazy("The quotation marks of this line make no sense."))
        customer_id = self.customer_id or self.names.find(self._cell(record, "customer"))
        day = self._day(record)
        destination = self._cell(record, "destination")
        if not destination:
            raise BadValue(_("The destination is missing."))
        if len(destination) > LONGEST_DESTINATION:
            raise BadValue(_("The destination has more than 120 letters."))
        quantity = _quantity(self._cell(record, "quantity"), self.mark)
        rate = _rate(self._cell(record, "rate"), self.mark)
        unit = self._unit(record)
        if identifier := self._cell(record, "identifier"):
            fingerprint = _digest(customer_id, identifier).hex()
        else:
            when = f"{day} {self._time(record)}".strip()
            # The empty place is that of the number of its own.
            fingerprint = self._counted(customer_id, when, destination, quantity, unit, rate, "")
        return Usage(
            record.line,
            customer_id,
            day,
            destination,
            quantity,
            unit,
            rate,
            fingerprint,
            record.cells,
        )

    def _cell(self, record: Record, field: str) -> str:
        place = self.columns.get(field)
        if place is None or place >= len(record.cells):
            return ""
        return _tidy(record.cells[place])

    def _day(self, record: Record) -> date:
        day = read_date(self._cell(record, "date"), self.order)
        if not FIRST_DAY <= day <= self.latest:
            raise BadValue(_("This day is too far away. Check the year."))
        return day

    def _time(self, record: Record) -> str:
        """As it is written, behind the day or in a column of its own: two calls of a day are two.
        Midnight is what programs write that know the day only."""
        _day, *behind = _BEHIND_THE_DAY.split(self._cell(record, "date"), maxsplit=1)
        said = " ".join(filter(None, (*behind, self._cell(record, "time"))))
        return said if said.strip("0:. Z") else ""

    def _unit(self, record: Record) -> str:
        text = self._cell(record, "unit")
        if not text:
            return self.unit
        unit = _UNITS.get(text.casefold().rstrip("."))
        if unit is None:
            raise BadValue(
                _("“%(unit)s” is no unit. Write min, h, pcs or the like.") % {"unit": text}
            )
        return unit

    def _counted(self, *said: object) -> str:
        """Of rows that are equal in all they say, each has its own fingerprint."""
        digest = _digest(*said)
        self._seen[digest] += 1
        copy = self._seen[digest]
        if copy == 1:
            return digest.hex()
        return hashlib.blake2b(digest + str(copy).encode(), digest_size=16).hexdigest()


_BEHIND_THE_DAY = re.compile(r"[T ,]+")


def _digest(*said: object) -> bytes:
    return hashlib.blake2b("\x1f".join(map(str, said)).encode(), digest_size=16).digest()


@lru_cache(maxsize=50_000)
def _tidy(text: str) -> str:
    return clean(text)


@lru_cache(maxsize=50_000)
def _quantity(text: str, mark: str) -> Decimal:
    quantity = _number(text, _("The quantity is missing."), mark)
    if quantity <= 0:
        raise BadValue(_("A quantity is above 0."))
    if quantity >= LARGEST_QUANTITY:
        raise BadValue(_("This quantity is too large."))
    return quantity


@lru_cache(maxsize=50_000)
def _rate(text: str, mark: str) -> Decimal | None:
    if not text:
        return None
    rate = _number(text, "", mark)
    if rate < ZERO:
        raise BadValue(_("A rate cannot be negative."))
    if rate >= LARGEST_RATE:
        raise BadValue(_("This rate is too high."))
    return rate


def _number(text: str, missing: str, mark: str) -> Decimal:
    if not text:
        raise BadValue(missing)
    if not mark and mark_of(text) is None:
        raise BadValue(
            _("“%(text)s” may have thousands or decimals. Import it with the decimal sign chosen.")
            % {"text": text}
        )
    try:
        number = read_number(text, mark)
    except ValueError:
        raise BadValue(_("“%(text)s” is no number.") % {"text": text}) from None
    if number != number.quantize(STEP):
        raise BadValue(_("“%(text)s” has more than six decimal places.") % {"text": text})
    # 1.50 and 1.5 are the same, and so is their fingerprint.
    return number.normalize() + ZERO
