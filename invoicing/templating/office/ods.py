"""Spreadsheets of OpenDocument (ODS): what they name, and how they are filled."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.office import errors
from invoicing.templating.office.growth import LAST_ROW, Block, Copy, Growth
from invoicing.templating.office.ods_book import (
    CELL,
    COLUMNS_REPEATED,
    ROWS_REPEATED,
    STYLE,
    TABLE,
    Book,
    Row,
    Sheet,
    opened,
    paragraphs_outside_cells,
)
from invoicing.templating.office.ods_cells import (
    Cells,
    Plan,
    forget_result,
    planned,
    slots_of,
    text_of,
    write,
)
from invoicing.templating.office.ods_moving import move_addresses, move_book
from invoicing.templating.office.package import pack
from invoicing.templating.office.placeholders import (
    Lookup,
    Pattern,
    group_in,
    group_of,
    lookup_in,
    lookup_of,
    names_in,
    rows_of,
)
from invoicing.templating.office.properties import fill_properties, names_in_properties
from invoicing.templating.office.references import moved_odf
from invoicing.templating.office.xml import Node, check_repeated

_FORMULA: Final = f"{TABLE}formula"
_SPANNED: Final = f"{TABLE}number-rows-spanned"
_HEADERS: Final = re.compile(r"\}(header|footer)(-left|-first)?$")


def used_fields(content: bytes) -> list[UsedField]:
    book = opened(content)
    found: list[UsedField] = []
    for sheet in book.sheets:
        for row in _planned(sheet).rows.values():
            for cell, plan in row.cells.items():
                place = sheet.place(row.row.first, cell)
                found += [UsedField(name, place) for name in plan.names]
            place = _("text box on sheet %(sheet)s") % {"sheet": sheet.name}
            found += [UsedField(name, place) for name in row.shapes.names]
    outside = _names_outside(book)
    for used in outside:
        if group_of(used.name) is not None:
            raise errors.NothingToRepeat(name=used.name, place=used.place)
    return [*dict.fromkeys([*found, *outside, *names_in_properties(book.parts)])]


def filled(content: bytes, data: TemplateData) -> bytes:
    book = opened(content)
    cells = Cells(book)
    plans = {sheet.name: _planned(sheet) for sheet in book.sheets}
    growths = {sheet.name: _growth(sheet, plans[sheet.name], data) for sheet in book.sheets}
    # Whatever stands outside the rows goes first: what is filled in is never read again.
    for root in _outside(book):
        Pattern(root, map(slots_of, _paragraphs(root))).fill(root, lookup_of(data), write)
    for sheet in book.sheets:
        _Rows(sheet, plans[sheet.name], cells, growths, data).write()
    move_book(book, growths)
    fill_properties(book.parts, data)
    return pack(book.write())


def _outside(book: Book) -> list[Node]:
    """Shapes on sheets, and the headers and footers of pages."""
    roots = [node for sheet in book.sheets for node in sheet.root.iterfind(f"{TABLE}shapes")]
    if book.styles is not None:
        roots += [
            node
            for page in book.styles.iter(f"{STYLE}master-page")
            for node in page
            if _HEADERS.search(node.tag)
        ]
    return roots


def _paragraphs(root: Node) -> list[Node]:
    return [*paragraphs_outside_cells(root)]


def _names_outside(book: Book) -> list[UsedField]:
    found = []
    for root in _outside(book):
        header = _HEADERS.search(root.tag)
        if header is None:
            place = _("text box on sheet %(sheet)s") % {"sheet": root.getparent().get(f"{TABLE}name")}  # fmt: skip # noqa: E501
        else:
            place = _("page header") if header[1] == "header" else _("page footer")
        for paragraph in _paragraphs(root):
            found += [UsedField(name, place) for name in names_in(text_of(paragraph))]
    return found


@dataclass
class _RowPlan:
    row: Row
    cells: dict[Node, Plan]
    shapes: Pattern
    group: str | None = None


@dataclass
class _SheetPlan:
    rows: dict[Node, _RowPlan] = field(default_factory=dict)
    # Rows that follow each other and repeat together.
    blocks: list[list[_RowPlan]] = field(default_factory=list)


def _planned(sheet: Sheet) -> _SheetPlan:
    plan = _SheetPlan()
    before: Node = None
    for row in sheet.rows():
        cells = {
            cell: found for cell in row.node.iterfind(CELL) if (found := planned(cell)) is not None
        }
        shapes = Pattern(row.node, map(slots_of, paragraphs_outside_cells(row.node)))
        names = [name for found in cells.values() for name in found.names] + shapes.names
        if not names:
            before = row.node
            continue
        place = _("Row %(row)d of sheet %(sheet)s") % {"row": row.first, "sheet": sheet.name}
        made = _RowPlan(row, cells, shapes, group_in(names, lambda place=place: place))  # type: ignore[misc]
        plan.rows[row.node] = made
        if made.group is not None:
            last = plan.blocks[-1][-1] if plan.blocks else None
            if (
                last is not None
                and last.group == made.group
                and last.row.node is before
                and last.row.node.getparent() is row.node.getparent()
            ):
                plan.blocks[-1].append(made)
            else:
                plan.blocks.append([made])
        before = row.node
    return plan


def _growth(sheet: Sheet, plan: _SheetPlan, data: TemplateData) -> Growth:
    growth = Growth(
        Block(rows[0].row.first, rows[-1].row.last, len([*rows_of(data, rows[0].group or "")]))
        for rows in plan.blocks
    )
    used = max((row.row.last for row in plan.rows.values()), default=1)
    if growth.blocks and growth.end(used) >= LAST_ROW:
        raise errors.TooManyRows(most=LAST_ROW)
    return growth


class _Rows:
    def __init__(
        self,
        sheet: Sheet,
        plan: _SheetPlan,
        cells: Cells,
        growths: dict[str, Growth],
        data: TemplateData,
    ) -> None:
        self._sheet, self._plan, self._cells, self._data = sheet, plan, cells, data
        self._growths, self._growth = growths, growths[sheet.name]
        self._column_styles = _column_styles(sheet.root)

    def write(self) -> None:
        rows = self._sheet.rows()
        in_blocks = {plan.row.node for block in self._plan.blocks for plan in block}
        lookup = lookup_of(self._data)
        for row in rows:
            if row.node not in in_blocks:
                self._fill(row, row.node, lookup)
                self._move(row, row.node, None)
        for plans, block in zip(self._plan.blocks, self._growth.blocks, strict=True):
            self._repeat(plans, block)
        self._shorten_the_rest()

    def _repeat(self, plans: list[_RowPlan], block: Block) -> None:
        check_repeated([plan.row.node for plan in plans], block.count)
        copies = []
        for number, line in enumerate(rows_of(self._data, plans[0].group or "")):
            lookup = lookup_in(line, self._data)
            for plan in plans:
                copy = deepcopy(plan.row.node)
                self._fill(plan.row, copy, lookup)
                self._move(plan.row, copy, Copy(block, number))
                copies.append(copy)
        first = plans[0].row.node
        parent = first.getparent()
        place = parent.index(first)
        parent[place : place + len(plans)] = copies
        if not len(parent) and parent is not self._sheet.root:
            parent.getparent().remove(parent)

    def _fill(self, row: Row, copy: Node, lookup: Lookup) -> None:
        plan = self._plan.rows.get(row.node)
        if plan is None:
            return
        # First the shapes: their places are counted in the row as it is in the template.
        targets = [*zip(row.node.iterfind(CELL), copy.iterfind(CELL), strict=True)]
        column = 0
        styles: dict[Node, str | None] = {}
        for cell in row.node:
            styles[cell] = self._style_at(row.node, column)
            column += int(cell.get(COLUMNS_REPEATED, "1"))
        plan.shapes.fill(copy, lookup, write)
        for cell, target in targets:
            if cell in plan.cells:
                self._cells.fill(target, plan.cells[cell], lookup, styles[cell])

    def _style_at(self, row: Node, column: int) -> str | None:
        of_row = row.get(f"{TABLE}default-cell-style-name")
        if of_row:
            return str(of_row)
        for last, style in self._column_styles:
            if column < last:
                return style
        return None

    def _move(self, row: Row, node: Node, here: Copy | None) -> None:
        for cell in node:
            formula = cell.get(_FORMULA)
            if formula:
                cell.set(_FORMULA, moved_odf(formula, self._sheet.name, self._growths, here))
                forget_result(cell)
            if self._growth.blocks and len(cell):
                move_addresses(cell, self._sheet.name, self._growths, here)
            spanned = int(cell.get(_SPANNED, "1"))
            if spanned > 1 and here is None:
                last = self._growth.end(row.first + spanned - 1)
                cell.set(_SPANNED, str(max(1, last - self._growth.start(row.first) + 1)))

    def _shorten_the_rest(self) -> None:
        """Below the last row an office program writes one for all others: there are fewer now."""
        rows = self._sheet.rows()
        if rows and rows[-1].last > LAST_ROW:
            count = max(1, rows[-1].count - (rows[-1].last - LAST_ROW))
            rows[-1].node.set(ROWS_REPEATED, str(count))


def _column_styles(table: Node) -> list[tuple[int, str | None]]:
    styles, last = [], 0
    for column in table.iter(f"{TABLE}table-column"):
        last += int(column.get(COLUMNS_REPEATED, "1"))
        styles.append((last, column.get(f"{TABLE}default-cell-style-name")))
    return styles
