"""A file of usage: how it is written, and which column is which."""

import hashlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from core.csv_files import Record, encoding_of, head_of, records_below
from timesheets.imports.values import clean

# Field -> what its column may be called, in small letters.
FIELDS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "customer": (
        _("Customer"),
        ("customer number", "customer", "account", "client", "asiakasnumero", "asiakas",
         "kundennummer", "kunde", "kundnummer", "kund"),
    ),
    "date": (
        _("Date"),
        ("date", "day", "time", "start", "started", "timestamp", "päivä", "pvm", "päivämäärä",
         "datum", "tag"),
    ),
    "time": (
        _("Time of day"),
        ("time", "start time", "time of day", "kellonaika", "klo", "uhrzeit", "klockslag"),
    ),
    "destination": (
        _("Destination"),
        ("destination", "service", "country", "product", "kohde", "palvelu", "maa", "ziel",
         "dienst", "land"),
    ),
    "quantity": (
        _("Quantity"),
        ("quantity", "amount", "units", "minutes", "duration", "count", "määrä", "minuutit",
         "menge", "minuten", "anzahl"),
    ),
    "rate": (
        _("Rate"),
        ("rate", "unit price", "price", "hinta", "yksikköhinta", "preis", "einzelpreis"),
    ),
    "unit": (_("Unit"), ("unit", "yksikkö", "einheit")),
    "identifier": (
        _("Number of the record"),
        ("id", "record", "record id", "call id", "number", "tunniste", "tunnus", "kennung"),
    ),
}  # fmt: skip
NEEDED = ("date", "destination", "quantity")


@dataclass(frozen=True)
class Layout:
    """How the file is written."""

    encoding: str
    delimiter: str
    header: list[str]
    header_line: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def signature(self) -> str:
        """The same for files of the same columns, whatever stands in them."""
        names = "\x1f".join(name.casefold() for name in self.header)
        return hashlib.sha256(names.encode()).hexdigest()


def layout_of(file: BinaryIO) -> Layout:
    """Find out how the file is written. Raises ImportRefused for what is no text."""
    encoding = encoding_of(file)
    record, delimiter = head_of(file, encoding)
    return Layout(encoding, delimiter, [clean(cell) for cell in record.cells], record.line)


def proposed(header: Sequence[str]) -> dict[str, int]:
    """Field -> column, by what the columns are called; each column once."""
    names = [name.casefold() for name in header]
    found: dict[str, int] = {}
    for field, (_label, titles) in FIELDS.items():
        for title in titles:
            if title in names and names.index(title) not in found.values():
                found[field] = names.index(title)
                break
    return found


def rows_of(file: Any, layout: Layout) -> "closing[Generator[Record]]":
    """Closed before the file they come from."""
    return closing(records_below(file, layout.encoding, layout.delimiter, layout.header_line))
