"""Text boxes and charts on the sheets of XLSX."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.data import UsedField
from invoicing.templating.office.opc import relations
from invoicing.templating.office.placeholders import BARRIER, Lookup, Pattern, Slot, names_in
from invoicing.templating.office.xlsx_book import Book, Sheet
from invoicing.templating.office.xml import Node

A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def drawing_parts(book: Book, sheet: Sheet) -> Iterator[str]:
    """The drawings of a sheet, and the charts in them."""
    for kind, part in relations(book.parts, sheet.part).values():
        if kind == "drawing" and part in book.parts:
            yield part
            for inner, chart in relations(book.parts, part).values():
                if inner in ("chart", "chartEx") and chart in book.parts:
                    yield chart


def names_in_drawings(book: Book, sheet: Sheet) -> list[UsedField]:
    place = _("text box on sheet %(sheet)s") % {"sheet": sheet.name}
    return [
        UsedField(name, place)
        for part in drawing_parts(book, sheet)
        for paragraph in book.tree(part).iter(f"{A}p")
        for name in names_in(_text(paragraph))
    ]


def fill_drawings(book: Book, sheet: Sheet, lookup: Lookup) -> None:
    for part in drawing_parts(book, sheet):
        root = book.tree(part)
        Pattern(root, map(_slots, root.iter(f"{A}p"))).fill(root, lookup, _write)


def _text(paragraph: Node) -> str:
    return "".join(BARRIER if slot is None else slot.text for slot in _slots(paragraph))


def _slots(paragraph: Node) -> list[Slot | None]:
    slots: list[Slot | None] = []
    for child in paragraph:
        if child.tag == f"{A}r":
            slots += [Slot(text) for text in child.iterfind(f"{A}t")]
        elif child.tag in (f"{A}br", f"{A}fld"):
            slots.append(None)
    return slots


def _write(slot: Slot, text: str) -> None:
    """A line break stands between two runs, each with the format of the first."""
    first, *rest = text.split("\n")
    slot.node.text = first
    run = slot.node.getparent()
    for line in rest:
        between = run.makeelement(f"{A}br")
        behind = run.makeelement(run.tag)
        for child in run:
            behind.append(deepcopy(child))
        behind.find(f"{A}t").text = line
        run.addnext(between)
        between.addnext(behind)
        run = behind
