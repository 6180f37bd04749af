"""What else in a workbook names rows: it moves and grows with them."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from invoicing.templating.office.growth import Growth
from invoicing.templating.office.opc import relations
from invoicing.templating.office.references import (
    Growths,
    copied_areas,
    moved,
    moved_areas,
)
from invoicing.templating.office.xlsx_book import Book, Sheet, X
from invoicing.templating.office.xlsx_drawings import drawing_parts
from invoicing.templating.office.xml import Node

_XDR: Final = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_VML: Final = "{urn:schemas-microsoft-com:office:excel}"
_ROW_ANCHORS: Final = (2, 6)
# Each copy of a row has its own; everything else stretches over all copies.
_COPIED: Final = {f"{X}mergeCell", f"{X}hyperlink"}
_AREAS: Final = ("sqref", "ref", "activeCell", "topLeftCell")
_FORMULAS: Final = {"formula", "formula1", "formula2", "f"}
_LISTS: Final = ("mergeCells", "hyperlinks", "rowBreaks", "dataValidations")


def move_sheet(book: Book, sheet: Sheet, growths: Growths) -> None:
    growth = growths[sheet.name]
    for node in [*_beside_the_rows(sheet.root)]:
        _move_formulas(node, sheet.name, growths)
        if growth.blocks:
            _move_areas(node, growth)
    if not growth.blocks:
        return
    for brk in sheet.root.iterfind(f"{X}rowBreaks/{X}brk"):
        brk.set("id", str(growth.end(int(brk.get("id", "0")))))
    _count(sheet.root)
    _move_other_parts(book, sheet, growth)


def _move_other_parts(book: Book, sheet: Sheet, growth: Growth) -> None:
    for part in drawing_parts(book, sheet):
        _move_anchors(book.tree(part), growth)
    for kind, part in relations(book.parts, sheet.part).values():
        if part not in book.parts:
            continue
        if kind == "vmlDrawing":
            _move_notes(book.tree(part), growth)
        elif kind in ("table", "comments", "threadedComment"):
            for node in book.tree(part).iter():
                if isinstance(node.tag, str):
                    _move_areas(node, growth)


def _move_formulas(node: Node, sheet: str, growths: Growths) -> None:
    local = node.tag.rpartition("}")[2]
    if local in _FORMULAS and node.text:
        node.text = moved(node.text, sheet, growths)
    elif local == "sqref" and node.text:
        node.text = moved_areas(node.text, growths[sheet])
    elif node.get("location"):
        node.set("location", moved(node.get("location"), sheet, growths))


def _beside_the_rows(root: Node) -> Iterator[Node]:
    for child in root:
        if child.tag != f"{X}sheetData":
            yield from (node for node in child.iter() if isinstance(node.tag, str))


def _move_areas(node: Node, growth: Growth) -> None:
    for name in _AREAS:
        areas = node.get(name)
        if not areas:
            continue
        copies = copied_areas(areas, growth) if node.tag in _COPIED else None
        if copies:
            node.set(name, copies[0])
            for area in reversed(copies[1:]):
                copy = deepcopy(node)
                copy.set(name, area)
                node.addnext(copy)
            continue
        new = moved_areas(areas, growth)
        if new:
            node.set(name, new)
        elif name in ("activeCell", "topLeftCell") or node.tag == f"{X}selection":
            node.set(name, "A1")
        elif node.tag in (f"{X}dimension", f"{X}autoFilter") or node.getparent() is None:
            continue
        else:
            node.getparent().remove(node)
            return


def _count(root: Node) -> None:
    """Lists that say how many they hold; one that holds nothing must not be there."""
    for local in _LISTS:
        node = root.find(f"{X}{local}")
        if node is None:
            continue
        if not len(node):
            root.remove(node)
        elif node.get("count"):
            node.set("count", str(len(node)))
    for node in root.findall(f"{X}conditionalFormatting"):
        if not node.get("sqref"):
            root.remove(node)


def _move_anchors(drawing: Node, growth: Growth) -> None:
    for anchor in drawing.iter(f"{_XDR}twoCellAnchor", f"{_XDR}oneCellAnchor"):
        for local, place in (("from", growth.start), ("to", growth.end)):
            node = anchor.find(f"{_XDR}{local}/{_XDR}row")
            if node is not None:
                node.text = str(place(int(node.text or 0) + 1) - 1)


def _move_notes(drawing: Node, growth: Growth) -> None:
    """The boxes of notes; rows are counted from nought."""
    for node in drawing.iter(f"{_VML}Anchor"):
        numbers = [number.strip() for number in (node.text or "").split(",")]
        for at in _ROW_ANCHORS:
            if len(numbers) > at and numbers[at].isdigit():
                numbers[at] = str(growth.start(int(numbers[at]) + 1) - 1)
        node.text = ", ".join(numbers)
    for node in drawing.iter(f"{_VML}Row"):
        node.text = str(growth.start(int(node.text or 0) + 1) - 1)


def move_book(book: Book, growths: Growths) -> None:
    """Names, print areas and charts, which may look at any sheet."""
    for node in book.root.iter(f"{X}definedName"):
        if node.text:
            node.text = moved(node.text, "", growths)
    for sheet in book.sheets:
        for part in drawing_parts(book, sheet):
            for node in book.tree(part).iter(f"{_CHART}f"):
                if node.text:
                    node.text = moved(node.text, "", growths)
            for node in book.tree(part).iter(f"{_XDR}sp"):
                if node.get("textlink"):
                    node.set("textlink", moved(node.get("textlink"), sheet.name, growths))
