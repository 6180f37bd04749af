"""The file as such: its encoding, its delimiter, its header, its records with their lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from core.csv_files import Record, encoding_of, heads_of, records_below
from timesheets.imports.dialects import DIALECTS, Dialect
from timesheets.imports.errors import HeaderIncomplete, HeaderUnknown
from timesheets.imports.values import clean

# What the file of rejects adds to the columns of its origin, in every language the same.
REASON_COLUMN = "Import problem"
COPY_COLUMN = "Import copy"

# `Amount (EUR)`, `Amount (€)`, `Amount ()`; but `Duration (h)` keeps its bracket.
_CURRENCY_IN_HEADER = re.compile(r"\s*\((?:([A-Z]{3})|[€$£¥]?)\)$")
# Where to look for a field that a program writes elsewhere.
_STAND_INS = {
    "person": ("last_name", "email", "login"),
    "duration": ("duration_decimal", "minutes", "end"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A used column: where it is and what the file calls it."""

    index: int
    title: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A recognised file. It can be gone through any number of times."""

    file: BinaryIO
    encoding: str
    delimiter: str
    dialect: Dialect
    header: list[str]
    header_line: int
    columns: dict[str, Column]
    reason_index: int | None = None
    copy_index: int | None = None

    @property
    def is_rejects_file(self) -> bool:
        return self.reason_index is not None

    def title(self, key: str) -> str:
        """What the file calls a field, or what the program would call it."""
        keys = (key, *_STAND_INS.get(key, ()))
        if found := next((self.columns[one] for one in keys if one in self.columns), None):
            return found.title
        return next(
            (self.dialect.columns[one][0] for one in keys if one in self.dialect.columns), ""
        )

    def records(self) -> Iterator[Record]:
        return records_below(self.file, self.encoding, self.delimiter, self.header_line)


def recognise(file: BinaryIO) -> Source:
    """Find out which program wrote the file, or refuse it with a sentence that helps."""
    encoding = encoding_of(file)
    heads = [
        (record, delimiter, _match(record.cells)) for record, delimiter in heads_of(file, encoding)
    ]
    record, delimiter, found = max(heads, key=lambda head: len(head[2][1]) if head[2] else 0)
    if found is None:
        raise HeaderUnknown(header=_shortened(delimiter.join(record.cells)))
    dialect, columns = found
    for needed in dialect.needed:
        if not any(field in columns for field in needed):
            missing = _(" or ").join(dialect.columns[field][0] for field in needed)
            raise HeaderIncomplete(program=dialect.title, missing=missing)
    titles = [clean(cell) for cell in record.cells]
    return Source(
        file=file,
        encoding=encoding,
        delimiter=delimiter,
        dialect=dialect,
        header=record.cells,
        header_line=record.line,
        columns=columns,
        reason_index=titles.index(REASON_COLUMN) if REASON_COLUMN in titles else None,
        copy_index=titles.index(COPY_COLUMN) if COPY_COLUMN in titles else None,
    )


def _match(header: list[str]) -> tuple[Dialect, dict[str, Column]] | None:
    """The dialect that knows the header, with the place of each of its fields."""
    named: dict[str, Column] = {}
    for index, title in enumerate(header):
        column = _column(index, title)
        named.setdefault(_name(column.title), column)
    for dialect in DIALECTS:
        if any(sign <= named.keys() for sign in dialect.signs):
            columns = {}
            for field, names in dialect.columns.items():
                for name in names:
                    if column_found := named.get(name.casefold()):
                        columns[field] = column_found
                        break
            return dialect, columns
    return None


def _column(index: int, title: str) -> Column:
    title = clean(title)
    bracket = _CURRENCY_IN_HEADER.search(title)
    return Column(index, title, (bracket and bracket[1]) or "")


def _name(title: str) -> str:
    return _CURRENCY_IN_HEADER.sub("", title).casefold()


def _shortened(header: str) -> str:
    header = clean(header)
    return header if len(header) <= 120 else header[:119] + "…"
