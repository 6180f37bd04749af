"""A workbook (XLSX) taken apart: its sheets, its shared texts, nothing that reaches out of it."""

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.office import errors
from invoicing.templating.office.opc import (
    CONTENT_TYPES,
    close_relations,
    main_part,
    relations,
    relations_part,
)
from invoicing.templating.office.package import MOST_CELLS, Parts, unpack
from invoicing.templating.office.placeholders import names_in
from invoicing.templating.office.references import function_reaching_out, names_another_file
from invoicing.templating.office.xml import Node, parse, serialised

X: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R_ID: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULAS: Final = ("f", "formula", "formula1", "formula2")


@dataclass
class Sheet:
    name: str
    part: str
    root: Node

    @property
    def rows(self) -> Node:
        return self.root.find(f"{X}sheetData")

    def place(self, reference: str) -> str:
        return _("sheet %(sheet)s, cell %(cell)s") % {"sheet": self.name, "cell": reference}


@dataclass
class Book:
    parts: Parts
    main: str
    root: Node
    sheets: list[Sheet]
    texts: Node | None
    texts_part: str = ""
    styles_part: str = ""
    # Kept while they are changed, and written at the end.
    trees: dict[str, Node] = field(default_factory=dict)

    def tree(self, part: str) -> Node:
        if part not in self.trees:
            self.trees[part] = parse(self.parts[part], part)
        return self.trees[part]

    def write(self) -> Parts:
        self.trees[self.main] = self.root
        if self.texts is not None:
            self.trees[self.texts_part] = self.texts
        for sheet in self.sheets:
            self.trees[sheet.part] = sheet.root
        for part, root in self.trees.items():
            self.parts[part] = serialised(root)
        return self.parts


def opened(content: bytes) -> Book:
    parts = unpack(content, "xlsx")
    main = main_part(parts, "xlsx")
    close_relations(parts)
    root = parse(parts[main], main)
    found = relations(parts, main)
    sheets = []
    for node in root.iterfind(f"{X}sheets/{X}sheet"):
        kind, part = found.get(node.get(R_ID), ("", ""))
        if kind == "worksheet" and part in parts:
            sheets.append(Sheet(node.get("name", ""), part, parse(parts[part], part)))
    if not sheets or any(sheet.rows is None for sheet in sheets):
        raise errors.FileBroken(part=main)
    by_kind = {kind: part for kind, part in found.values() if part in parts}
    texts_part = by_kind.get("sharedStrings", "")
    texts = parse(parts[texts_part], texts_part) if texts_part else None
    book = Book(parts, main, root, sheets, texts, texts_part, by_kind.get("styles", ""))
    _check(book)
    return book


def _check(book: Book) -> None:
    cells = 0
    for node in book.root.iter(f"{X}definedName"):
        check_formula(node.text or "", node.get("name", ""))
    for sheet in book.sheets:
        for local in ("oleObjects", "controls", "webPublishItems"):
            if sheet.root.find(f"{X}{local}") is not None:
                raise errors.HasObjects(part=f"{sheet.name}: {local}")
        for cell in sheet.root.iter(f"{X}c"):
            cells += 1
            formula = cell.findtext(f"{X}f")
            if formula:
                check_formula(formula, sheet.place(cell.get("r", "")))
        for local in _FORMULAS[1:]:
            for node in sheet.root.iter(f"{X}{local}"):
                check_formula(node.text or "", sheet.name)
    if cells > MOST_CELLS:
        raise errors.TooManyCells(most=MOST_CELLS)


def check_formula(formula: str, place: str) -> None:
    if names_in(formula):
        raise errors.PlaceholderInFormula(place=place)
    if function := function_reaching_out(formula):
        raise errors.FunctionNotAllowed(place=place, function=function)
    if names_another_file(formula):
        raise errors.HasLinks(target=formula[:120])


def forget_calculated(book: Book) -> None:
    """Results that the file remembers are of the template: reckoned anew when it is opened."""
    for sheet in book.sheets:
        for formula in [*sheet.root.iter(f"{X}f")]:
            cell = formula.getparent()
            if cell.tag == f"{X}c":
                for value in cell.findall(f"{X}v"):
                    cell.remove(value)
                cell.attrib.pop("t", None)
    _reckon_on_opening(book.root)
    for ident, (kind, part) in relations(book.parts, book.main).items():
        if kind == "calcChain":
            _drop(book, ident, part)


def _reckon_on_opening(workbook: Node) -> None:
    node = workbook.find(f"{X}calcPr")
    if node is None:
        node = workbook.makeelement(f"{X}calcPr")
        before = ("definedNames", "externalReferences", "functionGroups", "sheets")
        for local in before:
            after = workbook.find(f"{X}{local}")
            if after is not None:
                after.addnext(node)
                break
    node.set("fullCalcOnLoad", "1")


def _drop(book: Book, ident: str, part: str) -> None:
    name = relations_part(book.main)
    for node in [*book.tree(name)]:
        if node.get("Id") == ident:
            node.getparent().remove(node)
    for node in [*book.tree(CONTENT_TYPES)]:
        if node.get("PartName") == f"/{part}":
            node.getparent().remove(node)
    book.parts.pop(part, None)
