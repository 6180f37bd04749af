"""Lists as files for spreadsheets: CSV as continental Excel reads it, and XLSX.

Numbers stay numbers and text stays text: what somebody typed as a name is never run as a formula.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils.timezone import localtime
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What Excel, LibreOffice and Google's sheets take for the beginning of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# LibreOffice reads on past blanks and an invisible mark; so do we.
IDLE = " \u00a0\ufeff"
NARROWEST, WIDEST, MEASURED_ROWS = 8, 60, 200


def inert(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.lstrip(IDLE).startswith(FORMULA_STARTS) else text


def csv_cell(value: Any) -> str:
    """Write a decimal comma: beside semicolons a point would make 10.12 the tenth of December."""
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}".replace(".", ",")
        case datetime():
            return f"{_naive(value):%Y-%m-%d %H:%M}"
        case int() | date():
            return str(value)
        case _:
            return inert(str(value))


class _Echo:
    """A file whose write returns the line: the csv module has no other way to hand it over."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the file line by line, so that a long list needs no memory."""
    writer = csv.writer(_Echo(), delimiter=";")
    # The mark by which Excel knows UTF-8.
    yield "\ufeff"
    yield writer.writerow([csv_cell(str(cell)) for cell in head])
    for row in rows:
        yield writer.writerow([csv_cell(value) for value in row])


def xlsx_bytes(title: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet with a frozen head, filters, column widths, and typed cells."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title=_sheet_title(title))
    names = [str(cell) for cell in head]
    kept = [list(row) for row in rows]
    for index, name in enumerate(names):
        sampled = (_shown(row[index]) for row in kept[:MEASURED_ROWS])
        widest = max((len(name) + 3, *(len(text) for text in sampled)))
        sheet.column_dimensions[get_column_letter(index + 1)].width = min(
            max(widest + 2, NARROWEST), WIDEST
        )
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{len(kept) + 1}"
    sheet.append([_head_cell(sheet, name) for name in names])
    for row in kept:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _head_cell(sheet: Any, name: str) -> Cell:
    cell = _xlsx_cell(sheet, name)
    cell.font = Font(bold=True)
    return cell


def _xlsx_cell(sheet: Any, value: Any) -> Cell:
    cell = Cell(sheet, row=1, column=1)
    match value:
        case datetime():
            cell.value = _naive(value)
            cell.number_format = "yyyy-mm-dd hh:mm"
        case date():
            cell.value = value
            cell.number_format = "yyyy-mm-dd"
        case Decimal():
            cell.value = value
            places = max(-int(value.as_tuple().exponent), 0)
            cell.number_format = "#,##0" + ("." + "0" * places if places else "")
        case int() | None:
            cell.value = value
        case _:
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", str(value))
            # openpyxl takes "=…" for a formula and "#N/A" for an error; here it is a text.
            cell.data_type = "s"
    return cell


def _naive(moment: datetime) -> datetime:
    """A spreadsheet knows no time zones: the reader's wall clock."""
    return localtime(moment).replace(tzinfo=None) if moment.tzinfo else moment


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, (int, Decimal)) else str(value)


def _sheet_title(title: str) -> str:
    """Excel allows 31 characters and not these."""
    return "".join(" " if letter in "[]:*?/\\" else letter for letter in title)[:31] or "1"
