"""The columns of a table of lines: which there are, in which order, and how wide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from invoicing.documents.designs.settings import USUAL_SIZE, Column, DesignSettings
from invoicing.documents.lines import Line
from invoicing.documents.words import Words

LEAST = {Column.QUANTITY: 15, Column.PRICE: 19, Column.DISCOUNT: 14, Column.NET: 18}


@dataclass(frozen=True)
class PrintedColumn:
    """`head` and `cells` are classes of the style sheet; the head's has the width, in millimetres.

    Widths are fixed before WeasyPrint sees them: having it find them costs as much as the layout.
    """

    key: Column
    label: str
    head: str
    cells: str


@dataclass(frozen=True)
class Row:
    """`cells` are pairs of class and text; the last one is as wide as `span` columns."""

    line: Line
    cells: tuple[tuple[str, str], ...]
    span: int = 1

    @property
    def is_even(self) -> bool:
        return self.line.position % 2 == 0


def columns_of(
    lines: Sequence[Line], settings: DesignSettings, words: Words, *, with_tax: bool = True
) -> tuple[PrintedColumn, ...]:
    """Those of the settings, so far as the lines have something to say in them. The tax is told
    where there is more than one rate, and a discount wherever there is one."""
    shown = dict.fromkeys(settings.columns)
    if not with_tax:
        shown.pop(Column.TAX, None)
    elif len({line.tax for line in lines if not line.is_text}) > 1:
        shown = _with(shown, Column.TAX)
    if any(line.discount for line in lines):
        shown = _with(shown, Column.DISCOUNT)
    else:
        shown.pop(Column.DISCOUNT, None)
    if not any(line.days for line in lines):
        shown.pop(Column.DAYS, None)
    scale = float(settings.size / USUAL_SIZE)
    return tuple(_column(key, lines, words, scale, shown) for key in shown)


def rows_of(lines: Iterable[Line], columns: Sequence[PrintedColumn]) -> Iterator[Row]:
    """A text has a cell of its own as wide as all others, behind that of the numbers."""
    numbered = columns[0].key == Column.POSITION
    keys = [column.key for column in columns]
    for line in lines:
        if line.is_text:
            text = ("text", line.text)
            cells = (("position", ""), text) if numbered else (text,)
            yield Row(line, cells, len(columns) - len(cells) + 1)
            continue
        yield Row(line, tuple((column.cells, _cell(line, column.key, keys)) for column in columns))


def _with(shown: dict[Column, None], column: Column) -> dict[Column, None]:
    if column in shown:
        return shown
    return dict.fromkeys([*(one for one in shown if one != Column.NET), column, Column.NET])


def _cell(line: Line, key: Column, keys: Sequence[Column]) -> str:
    if key == Column.QUANTITY:
        return line.quantity if Column.UNIT in keys else f"{line.quantity}\u00a0{line.unit}"
    if key == Column.POSITION:
        return str(line.position)
    if key == Column.TEXT and line.days and Column.DAYS not in keys:
        return f"{line.text} ({line.days})"
    cell: str = getattr(line, key.value)
    return cell


def _column(
    key: Column, lines: Sequence[Line], words: Words, scale: float, shown: Iterable[Column]
) -> PrintedColumn:
    if key == Column.TEXT:
        return PrintedColumn(key, words.description, "text", "text")
    if key == Column.POSITION:
        wide = _width([str(line.position) for line in lines[-1:]], scale, least=8, most=14)
        return PrintedColumn(key, "", f"position w{wide}", "position")
    if key == Column.DAYS:
        wide = _width([line.days for line in lines], scale, least=22, most=24)
        return PrintedColumn(key, words.day, f"days w{wide}", "days")
    if key == Column.UNIT:
        return PrintedColumn(key, words.unit, "unit w14", "unit")
    label = {
        Column.QUANTITY: words.quantity,
        Column.PRICE: words.unit_price,
        Column.DISCOUNT: words.discount,
        Column.TAX: words.tax,
        Column.NET: words.net,
    }[key]
    least = LEAST.get(key, 13)
    keys = tuple(shown)
    texts = [_cell(line, key, keys) for line in lines if not line.is_text]
    most = least if key in (Column.DISCOUNT, Column.TAX) else 30
    return PrintedColumn(
        key, label, f"figure w{_width(texts, scale, least=least, most=most)}", "figure"
    )


def _width(texts: Iterable[str], scale: float, *, least: int, most: int = 30) -> int:
    """Wide enough for the longest figure and no wider, so that the words keep the rest."""
    widest = max((sum(map(_letter_width, text)) for text in texts), default=0)
    return min(max(ceil(widest * scale), least), most)


def _letter_width(letter: str) -> float:
    """In millimetres, at nine points."""
    return 2.1 if letter.isalnum() else 1.1
