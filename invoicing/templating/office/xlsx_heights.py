"""Heights of rows whose text runs over several lines.

A workbook keeps the height that its program found for the placeholders, and nobody finds another
one before it is printed. So it is reckoned here, rather a little too high than cut off.
"""

import textwrap
from math import ceil
from typing import Final

from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import range_boundaries

from invoicing.templating.office.xlsx_book import Book, Sheet, X
from invoicing.templating.office.xlsx_cells import column_of
from invoicing.templating.office.xml import Node

_USUAL_WIDTH, _USUAL_SIZE, _USUAL_HEIGHT = 8.43, 11.0, 15.0
# Of a line, by the size of its letters.
_LINE: Final = 1.28
# Widths are counted in digits of the usual size, and words are as wide or a little narrower.
_LETTERS: Final = 1.05
_MOST: Final = 409.0


class Heights:
    def __init__(self, book: Book, sheet: Sheet) -> None:
        styles = book.tree(book.styles_part) if book.styles_part else None
        self._formats = styles.find(f"{X}cellXfs") if styles is not None else None
        self._fonts = styles.find(f"{X}fonts") if styles is not None else None
        usual = sheet.root.find(f"{X}sheetFormatPr")
        self._least = float((usual is not None and usual.get("defaultRowHeight")) or _USUAL_HEIGHT)
        width = float((usual is not None and usual.get("defaultColWidth")) or _USUAL_WIDTH)
        self._widths = _Widths(sheet, width)

    def fit(self, row: Node) -> None:
        """Gives a row the height that its wrapped texts need."""
        if row.get("customHeight") in ("1", "true"):
            return
        needed = [
            height
            for cell in row.iterfind(f"{X}c[@t='inlineStr']")
            if (height := self._height(cell)) is not None
        ]
        if needed:
            row.set("ht", f"{min(_MOST, max(self._least, *needed)):g}")
        else:
            row.attrib.pop("ht", None)

    def _height(self, cell: Node) -> float | None:
        form = self._format(cell)
        alignment = form.find(f"{X}alignment") if form is not None else None
        if alignment is None or alignment.get("wrapText") not in ("1", "true"):
            return None
        size = self._size(form)
        width = self._widths.of(cell.get("r"))
        if width is None:
            return None
        room = width * _LETTERS * _USUAL_SIZE / size
        text = "".join(cell.itertext(f"{X}t"))
        lines = sum(
            max(1, len(textwrap.wrap(line, max(1, int(room))))) for line in text.split("\n")
        )
        return ceil(lines * size * _LINE + 2)

    def _format(self, cell: Node) -> Node:
        number = int(cell.get("s", "0"))
        if self._formats is None or number >= len(self._formats):
            return None
        return self._formats[number]

    def _size(self, form: Node) -> float:
        number = int(form.get("fontId", "0"))
        if self._fonts is None or number >= len(self._fonts):
            return _USUAL_SIZE
        size = self._fonts[number].find(f"{X}sz")
        return float(size.get("val", _USUAL_SIZE)) if size is not None else _USUAL_SIZE


class _Widths:
    """Of columns, and of cells that reach over several; as they are in the template."""

    def __init__(self, sheet: Sheet, usual: float) -> None:
        self._usual = usual
        self._columns: list[tuple[int, int, float]] = [
            (int(node.get("min")), int(node.get("max")), float(node.get("width") or usual))
            for node in sheet.root.iterfind(f"{X}cols/{X}col")
        ]
        self._merged: dict[str, int] = {}
        self._tall: set[str] = set()
        for node in sheet.root.iterfind(f"{X}mergeCells/{X}mergeCell"):
            _first, top, last, bottom = range_boundaries(node.get("ref"))
            reference = node.get("ref").partition(":")[0]
            self._merged[reference] = int(last or 0)
            if top != bottom:
                self._tall.add(reference)

    def of(self, reference: str) -> float | None:
        """None where a text has the room of several rows."""
        if reference in self._tall:
            return None
        first = column_index_from_string(column_of(reference))
        last = self._merged.get(reference, first)
        return sum(self._width(column) for column in range(first, last + 1))

    def _width(self, column: int) -> float:
        return next(
            (width for first, last, width in self._columns if first <= column <= last), self._usual
        )
