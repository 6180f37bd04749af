"""CSV files of banks: found out about, and read by a mapping of their columns."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext as _

from core.csv_files import DELIMITERS, Record, encoding_of, records, text_of_file
from core.money import CURRENCY_CODES, ZERO, is_amount_of, places
from core.numbers import DecimalMarks
from core.search.folding import fold
from invoicing import bank_errors as errors
from invoicing.domain.banking.columns import LABELS, Column, known_columns
from invoicing.domain.banking.entries import Entry
from timesheets.imports.values import (
    BadValue,
    DateOrder,
    clean,
    is_undecided,
    order_shown_by,
    read_currency,
    read_date,
)

# The names of the columns stand among the first lines; before them banks write what the file is.
SEARCHED_LINES = 40
SAMPLE_ROWS = 5
_SNIFFED_ROWS = 2_000
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
# A sign and the currency may stand on either side; a letter between digits is no part of an amount.
_BESIDE = r"[^\d,.+\-−()]*"
_AMOUNT = re.compile(rf"{_BESIDE}([+\-−(]?){_BESIDE}([\d,.]+){_BESIDE}([+\-−)]?){_BESIDE}")
_BETWEEN = re.compile(r"[\s'’]")
LONGEST_AMOUNT = 60
_NOT_BOOKED = frozenset({"umsatz vorgemerkt", "vorgemerkt", "odottaa", "katevaraus", "pending"})
_OUT = frozenset({"s", "d", "soll", "debit", "dbit", "debet", "ausgang", "otto", "-"})
_IN = frozenset({"h", "c", "k", "haben", "credit", "crdt", "kredit", "eingang", "pano", "+"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is read."""

    columns: Mapping[Column, Sequence[int]]
    date_order: DateOrder | None = None
    decimal_mark: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file whose columns have names. It can be gone through any number of times."""

    file: BinaryIO = field(repr=False)
    encoding: str
    delimiter: str
    header: list[str]
    header_line: int
    # What stands before it, which may name the account.
    preamble: str

    @property
    def fingerprint(self) -> str:
        """The same for all files with these columns, whatever stands between them."""
        return sha256("\x1f".join(fold(name) for name in self.header).encode()).hexdigest()

    def rows(self) -> Iterator[Record]:
        with text_of_file(self.file, self.encoding) as text:
            for record in records(text, self.delimiter):
                if record.line > self.header_line and (record.broken or any(record.cells)):
                    yield record

    def sample(self) -> list[list[str]]:
        return [
            [clean(cell)[:80] for cell in record.cells]
            for record in islice(self.rows(), SAMPLE_ROWS)
        ]


def open_table(file: BinaryIO) -> Table:
    """Find encoding, delimiter and the names of the columns. Raises FileRefused."""
    encoding = encoding_of(file)
    found = [
        (score, -place, delimiter, record)
        for place, delimiter in enumerate(DELIMITERS)
        for score, record in [_header(file, encoding, delimiter)]
        if record is not None
    ]
    if not found:
        raise errors.HeaderNotFound
    _score, _place, delimiter, record = max(found, key=lambda one: one[:2])
    with text_of_file(file, encoding) as text:
        preamble = "".join(islice(text, record.line - 1))
    return Table(
        file=file,
        encoding=encoding,
        delimiter=delimiter,
        header=[clean(cell)[:80] for cell in record.cells],
        header_line=record.line,
        preamble=preamble[:4000],
    )


def _header(file: BinaryIO, encoding: str, delimiter: str) -> tuple[int, Record | None]:
    """The likeliest line with names of columns, and how likely it is."""
    best: tuple[int, Record | None] = (0, None)
    with text_of_file(file, encoding) as text:
        rows = list(islice(records(text, delimiter), SEARCHED_LINES))
    for row, below in zip(rows, [*rows[1:], None], strict=True):
        names = [clean(cell) for cell in row.cells]
        if row.broken or len(names) < 2 or any(_is_value(name) for name in names):
            continue
        alike = below is None or len(below.cells) == len(names)
        score = 10 * len(known_columns(names)) + (len(names) if alike else 0)
        if len(list(filter(None, names))) >= 2 and score > best[0]:
            best = (score, row)
    return best


def _is_value(text: str) -> bool:
    """Names of columns are neither days nor amounts."""
    return bool(text) and not any(sign.isalpha() for sign in text) and any(map(str.isdigit, text))


def guessed_layout(table: Table) -> Layout:
    """By the names of the columns and what stands in them. Without an order, days leave it open;
    without a mark, amounts do."""
    columns = known_columns(table.header)
    dates = list(_cells(table, columns.get(Column.DATE, ())))
    orders = {found for text in dates if (found := order_shown_by(text))}
    order = next(iter(orders)) if len(orders) == 1 else None
    if order is None and not orders and not any(is_undecided(text) for text in dates):
        order = DateOrder.DAY_FIRST
    amounts = [
        index
        for column in (Column.AMOUNT, Column.CREDIT, Column.DEBIT)
        for index in columns.get(column, ())
    ]
    return Layout(
        columns=columns, date_order=order, decimal_mark=DecimalMarks(_cells(table, amounts)).mark
    )


def _cells(table: Table, places: Sequence[int]) -> Iterator[str]:
    for record in islice(table.rows(), _SNIFFED_ROWS):
        for index in places:
            if index < len(record.cells) and (text := record.cells[index].strip()):
                yield text


def is_complete(layout: Layout) -> bool:
    """Whether a file can be read by it without asking anybody."""
    return not missing(layout) and layout.date_order is not None and layout.decimal_mark != ""


def missing(layout: Layout) -> str:
    """What no column is said to hold, in words."""
    if not layout.columns.get(Column.DATE):
        return str(LABELS[Column.DATE])
    both = layout.columns.get(Column.CREDIT) and layout.columns.get(Column.DEBIT)
    return "" if layout.columns.get(Column.AMOUNT) or both else str(LABELS[Column.AMOUNT])


@dataclass(slots=True)
class TableReader:
    """Reads the booked rows of a table; `skipped` counts the others: announced, or for sums."""

    table: Table
    layout: Layout
    currency: str
    skipped: int = 0
    _cells: list[str] = field(default_factory=list)
    _line: int = 0
    _in: str = ""

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Each with the account its row names, nothing where it names none."""
        for record in self.table.rows():
            self._cells, self._line = record.cells, record.line
            if record.broken:
                raise errors.CellUnreadable(
                    line=record.line, column="—", text=clean(record.cells[0])[:60],
                    what=_("a line of a table"),
                )  # fmt: skip
            if self._is_beside():
                self.skipped += 1
                continue
            account = "".join(self._text(Column.ACCOUNT).split()).upper()
            yield account, self._entry()

    def _is_beside(self) -> bool:
        """A line for sums, or a payment that is announced and not booked."""
        if fold(self._text(Column.STATUS)) in _NOT_BOOKED:
            return True
        money = (Column.AMOUNT, Column.CREDIT, Column.DEBIT)
        has_amount = any(self._text(column) for column in money)
        if not has_amount or not self._text(Column.DATE):
            return True
        needed = max(index for places in self.layout.columns.values() for index in places)
        return len(self._cells) * 2 < needed

    def _entry(self) -> Entry:
        booked = self._value(Column.DATE, self._day, _("a day"))
        value = (
            self._value(Column.VALUE_DATE, self._day, _("a day"))
            if self._text(Column.VALUE_DATE)
            else None
        )
        currency = (
            self._value(Column.CURRENCY, self._currency, _("a currency"))
            if self._text(Column.CURRENCY)
            else self.currency
        )
        self._in = currency
        return Entry(
            booking_date=booked,
            value_date=value,
            amount=self._signed_amount(),
            currency=currency,
            name=self._text(Column.NAME)[:140],
            iban="".join(self._text(Column.IBAN).split()).upper()[:34],
            reference=self._text(Column.REFERENCE)[:80],
            text=self._text(Column.TEXT)[:1000],
            end_to_end_id=self._given(Column.END_TO_END)[:80],
            bank_reference=self._given(Column.BANK_REFERENCE)[:100],
            line=self._line,
        )

    def _signed_amount(self) -> Decimal:
        if not self._text(Column.AMOUNT):
            credit, debit = (
                abs(self._value(column, self._number, _("an amount")))
                if self._text(column)
                else ZERO
                for column in (Column.CREDIT, Column.DEBIT)
            )
            return credit - debit
        amount = self._value(Column.AMOUNT, self._number, _("an amount"))
        if self._text(Column.DIRECTION):
            return self._value(
                Column.DIRECTION, lambda text: _towards(text, amount), _("in or out")
            )
        return amount

    def _text(self, column: Column) -> str:
        places = self.layout.columns.get(column, ())
        texts = (clean(self._cells[index]) for index in places if index < len(self._cells))
        return " ".join(filter(None, texts))

    def _given(self, column: Column) -> str:
        text = self._text(column)
        return "" if text.upper() in ("NOTPROVIDED", "NONREF", "-") else text

    def _value[T](self, column: Column, read: Callable[[str], T], what: str) -> T:
        text = self._text(column)
        try:
            return read(text)
        except (BadValue, ValueError, InvalidOperation):
            place = self.layout.columns[column][0]
            raise errors.CellUnreadable(
                line=self._line,
                column=self.table.header[place] or place + 1,
                text=text[:40] or "—",
                what=what,
            ) from None

    def _day(self, text: str) -> date:
        if found := _COMPACT.fullmatch(text):
            day = date(int(found[1]), int(found[2]), int(found[3]))
        else:
            day = read_date(text, self.layout.date_order)
        if not 1990 <= day.year <= 2200:
            raise ValueError(text)
        return day

    def _number(self, text: str) -> Decimal:
        amount = read_amount(text, self.layout.decimal_mark)
        _number, _mark, rest = f"{amount:f}".partition(".")
        # 12,345 EUR were twelve thousand in a file with the other mark.
        if len(rest) > max(2, places(self._in)) or not is_amount_of(amount, self._in):
            raise ValueError(text)
        return amount

    def _currency(self, text: str) -> str:
        code = read_currency(text)
        if code not in CURRENCY_CODES:
            raise ValueError(text)
        return code


def _towards(text: str, amount: Decimal) -> Decimal:
    folded = fold(text)
    if folded in _OUT:
        return -abs(amount)
    if folded in _IN:
        return abs(amount)
    raise ValueError(text)


def read_amount(text: str, mark: str) -> Decimal:
    """1.234,56, -12, 12-, +12,00 EUR; banks put the sign on either side. Raises ValueError."""
    found = _AMOUNT.fullmatch(_BETWEEN.sub("", text[:LONGEST_AMOUNT]))
    if found is None or len(text) > LONGEST_AMOUNT:
        raise ValueError(f"no amount: {text}")
    before, plain, after = found.groups()
    is_negative = not {before, after}.isdisjoint("-−()")
    other = "." if mark == "," else ","
    whole, _mark, rest = plain.partition(mark)
    groups = whole.split(other)
    if (
        not all(map(str.isdecimal, groups))
        or any(len(group) != 3 for group in groups[1:])
        or (rest and not rest.isdecimal())
        or len(rest) > 3
        or len(whole) > 18
    ):
        raise ValueError(f"no amount: {text}")
    amount = Decimal("".join(groups) + ("." + rest if rest else ""))
    return -amount if is_negative else amount
