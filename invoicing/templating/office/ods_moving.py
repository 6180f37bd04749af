"""What in a spreadsheet of OpenDocument names rows: it moves and grows with them."""

import re
from collections.abc import Iterator
from typing import Final

from invoicing.templating.office.growth import Copy
from invoicing.templating.office.ods_book import CALCEXT, OFFICE, ROW, STYLE, TABLE, Book
from invoicing.templating.office.references import ODF_RANGE, Growths, moved_odf, moved_range
from invoicing.templating.office.xml import Node

_ADDRESSES: Final = (
    f"{TABLE}cell-range-address", f"{TABLE}base-cell-address", f"{TABLE}target-range-address",
    f"{TABLE}print-ranges", f"{TABLE}end-cell-address", f"{TABLE}cell-address",
    f"{CALCEXT}target-range-address", f"{CALCEXT}base-cell-address", f"{STYLE}base-cell-address",
)  # fmt: skip
_FORMULAS: Final = (
    f"{TABLE}expression", f"{TABLE}condition", f"{CALCEXT}value", f"{STYLE}condition",
)  # fmt: skip


def move_book(book: Book, growths: Growths) -> None:
    """Names, print ranges, formats by condition, checks of input and databases."""
    if not any(growth.blocks for growth in growths.values()):
        return
    for sheet in book.sheets:
        for child in [*sheet.root]:
            if child.tag != ROW:
                for node in [*_beside_rows(child)]:
                    _move(node, sheet.name, growths, None)
        _move(sheet.root, sheet.name, growths, None)
    spreadsheet = book.content.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    automatic = book.content.find(f"{OFFICE}automatic-styles")
    for node in [*spreadsheet, *([] if automatic is None else automatic)]:
        if node.tag != f"{TABLE}table":
            for inner in [*node.iter()]:
                _move(inner, "", growths, None)


def move_addresses(cell: Node, sheet: str, growths: Growths, here: Copy | None) -> None:
    """Of what is anchored in a cell, such as the cell in which a picture ends."""
    for node in [*cell.iter()]:
        if node is not cell:
            _move(node, sheet, growths, here)


def _beside_rows(root: Node) -> Iterator[Node]:
    """All below it but rows and what is in them."""
    if root.tag == ROW:
        return
    yield root
    for child in root:
        yield from _beside_rows(child)


def _move(node: Node, sheet: str, growths: Growths, here: Copy | None) -> None:
    if not isinstance(node.tag, str):
        return
    for name in _FORMULAS:
        if node.get(name):
            node.set(name, moved_odf(node.get(name), sheet, growths, here))
    for name in _ADDRESSES:
        text = node.get(name)
        if not text:
            continue
        new = _moved_list(text, sheet, growths, here)
        if new:
            node.set(name, new)
        elif node.tag == f"{TABLE}table" or name.endswith(
            ("base-cell-address", "end-cell-address")
        ):
            node.attrib.pop(name)
        elif node.getparent() is not None:
            node.getparent().remove(node)
            return


def _moved_list(text: str, sheet: str, growths: Growths, here: Copy | None) -> str:
    """Addresses with blanks between, of which the names of sheets may have some as well."""

    def one(match: re.Match[str]) -> str:
        return moved_range(match[0], sheet, growths, here) or ""

    return re.sub(r" {2,}", " ", ODF_RANGE.sub(one, text)).strip()
