"""Workbooks (XLSX): what they name, and how they are filled.

The file's own XML is changed, because a library that reads and writes whole workbooks loses text
boxes, formats of parts of a text and whatever else it does not know.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator

from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.office import errors
from invoicing.templating.office.growth import LAST_ROW, Block, Copy, Growth
from invoicing.templating.office.package import pack
from invoicing.templating.office.placeholders import (
    Lookup,
    group_in,
    group_of,
    lookup_in,
    lookup_of,
    rows_of,
)
from invoicing.templating.office.properties import fill_properties, names_in_properties
from invoicing.templating.office.references import copied_areas, moved, moved_area
from invoicing.templating.office.xlsx_book import Book, Sheet, X, forget_calculated, opened
from invoicing.templating.office.xlsx_cells import Cells, Plan, column_of, number_rows
from invoicing.templating.office.xlsx_drawings import fill_drawings, names_in_drawings
from invoicing.templating.office.xlsx_headers import fill_headers, names_in_headers
from invoicing.templating.office.xlsx_heights import Heights
from invoicing.templating.office.xlsx_moving import move_book, move_sheet
from invoicing.templating.office.xlsx_tables import name_columns, rows_of_tables
from invoicing.templating.office.xml import Node, check_repeated

_F: Final = f"{X}f"


def used_fields(content: bytes) -> list[UsedField]:
    book = opened(content)
    cells = Cells(book)
    found: list[UsedField] = []
    for sheet in book.sheets:
        number_rows(sheet)
        plan = _planned(sheet, cells)
        for cell, names in plan.names.items():
            found += [UsedField(name, sheet.place(cell)) for name in names]
        outside = [*names_in_headers(sheet), *names_in_drawings(book, sheet)]
        for used in outside:
            if group_of(used.name) is not None:
                raise errors.NothingToRepeat(name=used.name, place=used.place)
        found += outside
    return [*dict.fromkeys([*found, *names_in_properties(book.parts)])]


def filled(content: bytes, data: TemplateData) -> bytes:
    book = opened(content)
    cells = Cells(book)
    plans = {}
    for sheet in book.sheets:
        number_rows(sheet)
        _share_no_formulas(sheet)
        plans[sheet.name] = _planned(sheet, cells)
    forget_calculated(book)
    growths = {sheet.name: _growth(book, sheet, plans[sheet.name], data) for sheet in book.sheets}
    lookup = lookup_of(data)
    for sheet in book.sheets:
        _Rows(
            sheet, plans[sheet.name], cells, Heights(book, sheet), growths=growths, data=data
        ).write()
        move_sheet(book, sheet, growths)
        fill_headers(sheet, lookup)
        name_columns(book, sheet, lookup)
        fill_drawings(book, sheet, lookup)
    move_book(book, growths)
    cells.forget_placeholders()
    fill_properties(book.parts, data)
    return pack(book.write())


@dataclass
class _SheetPlan:
    """Of each cell with placeholders what is done in it, and which rows repeat for what."""

    cells: dict[Node, Plan] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    groups: list[tuple[str, int, int]] = field(default_factory=list)


def _planned(sheet: Sheet, cells: Cells) -> _SheetPlan:
    plan = _SheetPlan()
    for row in sheet.rows.iterfind(f"{X}row"):
        names: list[str] = []
        for cell in row.iterfind(f"{X}c"):
            found = cells.plan(cell)
            if found is not None:
                plan.cells[cell] = found
                plan.names[cell.get("r")] = found.names
                names += found.names
        number = int(row.get("r"))
        group = group_in(
            names,
            lambda number=number: (  # type: ignore[misc]
                _("Row %(row)d of sheet %(sheet)s") % {"row": number, "sheet": sheet.name}
            ),
        )
        if group is None:
            continue
        if plan.groups and plan.groups[-1][0] == group and plan.groups[-1][2] == number - 1:
            plan.groups[-1] = (group, plan.groups[-1][1], number)
        else:
            plan.groups.append((group, number, number))
    return plan


def _growth(book: Book, sheet: Sheet, plan: _SheetPlan, data: TemplateData) -> Growth:
    in_tables = rows_of_tables(book, sheet)
    blocks = []
    for group, first, last in plan.groups:
        count = len([*rows_of(data, group)])
        # A table of Excel's own keeps a row even where there is nothing to say in it.
        if not count and any(first <= row <= last for row in in_tables):
            count = 1
        blocks.append(Block(first, last, count))
    growth = Growth(blocks)
    numbers = [int(row.get("r")) for row in sheet.rows.iterfind(f"{X}row")]
    if numbers and growth.end(numbers[-1]) >= LAST_ROW and blocks:
        raise errors.TooManyRows(most=LAST_ROW)
    return growth


class _Rows:
    """Writes the rows of a sheet anew: each where it belongs, some as often as there are lines."""

    def __init__(
        self,
        sheet: Sheet,
        plan: _SheetPlan,
        cells: Cells,
        heights: Heights,
        *,
        growths: dict[str, Growth],
        data: TemplateData,
    ) -> None:
        self._sheet, self._plan, self._cells, self._data = sheet, plan, cells, data
        self._growths, self._growth = growths, growths[sheet.name]
        self._heights = heights

    def write(self) -> None:
        rows = [*self._sheet.rows]
        by_number = {int(row.get("r")): row for row in rows}
        starts = {first: (group, last) for group, first, last in self._plan.groups}
        written: list[Node] = []
        for number, row in by_number.items():
            block = self._growth.block_of(number)
            if block is None:
                self._fill(row, row, lookup_of(self._data))
                self._place(row, self._growth.start(number), None)
                written.append(row)
            elif number == block.first:
                group, last = starts[number]
                template = [by_number[at] for at in range(number, last + 1)]
                written += self._copies(block, template, group)
        self._sheet.rows[:] = written

    def _copies(self, block: Block, template: list[Node], group: str) -> list[Node]:
        check_repeated(template, block.count)
        result = []
        lines = [*rows_of(self._data, group)] or [{}]
        for number in range(block.count):
            here = Copy(block, number)
            lookup = lookup_in(lines[number], self._data)
            for row in template:
                copy = deepcopy(row)
                self._fill(row, copy, lookup)
                self._place(copy, self._growth.copy(int(row.get("r")), here), here)
                result.append(copy)
        return result

    def _fill(self, row: Node, copy: Node, lookup: Lookup) -> None:
        changed = False
        for cell, target in zip(row, copy, strict=True):
            plan = self._plan.cells.get(cell)
            if plan is not None:
                self._cells.fill(target, plan, lookup)
                changed = True
        if changed:
            self._heights.fit(copy)

    def _place(self, row: Node, number: int, here: Copy | None) -> None:
        before = int(row.get("r"))
        row.set("r", str(number))
        for cell in row.iterfind(f"{X}c"):
            if number != before:
                cell.set("r", f"{column_of(cell.get('r'))}{number}")
            formula = cell.find(_F)
            if formula is None:
                continue
            if formula.text:
                formula.text = moved(formula.text, self._sheet.name, self._growths, here)
            if formula.get("ref"):
                areas = copied_areas(formula.get("ref"), self._growth) if here else None
                area = moved_area(formula.get("ref"), self._growth)
                formula.set("ref", areas[here.number] if areas and here else area or cell.get("r"))


def _share_no_formulas(sheet: Sheet) -> None:
    """Excel writes a formula once for many cells; each gets its own before rows move."""
    shared: dict[str, tuple[str, str]] = {}
    for formula in sheet.rows.iter(_F):
        if formula.get("t") != "shared":
            continue
        cell = formula.getparent().get("r")
        if formula.text:
            shared[formula.get("si")] = (formula.text, cell)
        elif formula.get("si") in shared:
            text, origin = shared[formula.get("si")]
            try:
                formula.text = Translator(f"={text}", origin).translate_formula(cell)[1:]
            except TokenizerError:
                raise errors.FileBroken(part=sheet.place(cell)) from None
        for name in ("t", "si", "ref"):
            formula.attrib.pop(name, None)
