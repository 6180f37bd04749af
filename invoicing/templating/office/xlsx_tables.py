"""The tables that Excel itself keeps on a sheet."""

from invoicing.templating.office.opc import relations
from invoicing.templating.office.placeholders import Lookup, rendered, split
from invoicing.templating.office.xlsx_book import Book, Sheet, X
from invoicing.templating.office.xml import Node


def _tables(book: Book, sheet: Sheet) -> list[Node]:
    found = relations(book.parts, sheet.part).values()
    return [book.tree(part) for kind, part in found if kind == "table" and part in book.parts]


def rows_of_tables(book: Book, sheet: Sheet) -> set[int]:
    """Those that hold their data: a table has at least one."""
    rows: set[int] = set()
    for root in _tables(book, sheet):
        first, _, last = str(root.get("ref", "")).partition(":")
        numbers = [int("".join(filter(str.isdigit, end)) or 0) for end in (first, last or first)]
        heads = int(root.get("headerRowCount", "1"))
        totals = int(root.get("totalsRowCount", "0"))
        rows.update(range(numbers[0] + heads, numbers[1] - totals + 1))
    return rows


def name_columns(book: Book, sheet: Sheet, lookup: Lookup) -> None:
    """A column is named as its head says, or Excel calls the file damaged; no two are alike."""
    for root in _tables(book, sheet):
        names: set[str] = set()
        for number, column in enumerate(root.iter(f"{X}tableColumn"), 1):
            (pieces,) = split([column.get("name", "")])
            name = column.get("name", "") if pieces is None else rendered(pieces, lookup)
            if not name or name.lower() in names:
                name = f"{name}{number}"
            names.add(name.lower())
            column.set("name", name)
