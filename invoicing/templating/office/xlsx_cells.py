"""Cells of XLSX: what stands in them, and what is put there."""

import datetime
import re
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import column_index_from_string, get_column_letter

from invoicing.templating.data import Leaf
from invoicing.templating.office.placeholders import (
    PLACEHOLDER,
    Lookup,
    Pattern,
    Slot,
    names_in,
    printed,
)
from invoicing.templating.office.xlsx_book import Book, Sheet, X
from invoicing.templating.office.xml import XML_SPACE, Node

_T: Final = f"{X}t"
_LONGEST: Final = 32_767
# Typed into a cell these would begin a formula.
_LIKE_FORMULAS: Final = ("=", "+", "-", "@", "\t")
# In a text of this format `_x000D_` means a character.
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_GENERAL, _TEXT, _MONEY, _DAY = 0, 49, 4, 14
_EPOCH: Final = datetime.date(1899, 12, 30)
_BETWEEN_EPOCHS: Final = 1462
_FIRST_DAY: Final = datetime.date(1900, 3, 1)


class Styles:
    """The formats of cells, and variants of them for what a cell turns out to hold."""

    def __init__(self, book: Book) -> None:
        root = book.tree(book.styles_part) if book.styles_part else None
        self._formats = {**BUILTIN_FORMATS}
        self._all = root.find(f"{X}cellXfs") if root is not None else None
        if root is not None:
            for node in root.iter(f"{X}numFmt"):
                self._formats[int(node.get("numFmtId", "0"))] = node.get("formatCode", "")
        self._variants: dict[tuple[str, int | None, bool, bool], str] = {}

    def format_of(self, style: str) -> int:
        if self._all is None or int(style) >= len(self._all):
            return _GENERAL
        return int(self._all[int(style)].get("numFmtId", "0"))

    def is_date(self, style: str) -> bool:
        return bool(is_date_format(self._formats.get(self.format_of(style), "")))

    def variant(
        self, style: str, number: int | None = None, wrap: bool = False, quote: bool = False
    ) -> str:
        if self._all is None or int(style) >= len(self._all):
            return style
        key = (style, number, wrap, quote)
        if key not in self._variants:
            made = deepcopy(self._all[int(style)])
            if number is not None:
                made.set("numFmtId", str(number))
                made.set("applyNumberFormat", "1")
            if quote:
                made.set("quotePrefix", "1")
            if wrap:
                alignment = made.find(f"{X}alignment")
                if alignment is None:
                    alignment = made.makeelement(f"{X}alignment")
                    made.insert(0, alignment)
                alignment.set("wrapText", "1")
                made.set("applyAlignment", "1")
            self._all.append(made)
            self._all.set("count", str(len(self._all)))
            self._variants[key] = str(len(self._all) - 1)
        return self._variants[key]


@dataclass(frozen=True)
class Plan:
    """What is done in a cell: it is one placeholder, or a text with some in it."""

    names: list[str]
    only: str | None = None
    text: Node | None = None
    pattern: Pattern | None = None


class Cells:
    def __init__(self, book: Book) -> None:
        self._texts = [*book.texts] if book.texts is not None else []
        self._styles = Styles(book)
        self._used: set[int] = set()
        properties = book.root.find(f"{X}workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._days_later = _BETWEEN_EPOCHS if is_1904 else 0

    def plan(self, cell: Node) -> Plan | None:
        text = self._text_of(cell)
        if text is None:
            return None
        slots = [Slot(node) for node in text.iter(_T) if node.getparent().tag != f"{X}rPh"]
        whole = "".join(slot.text for slot in slots)
        names = names_in(whole)
        if not names:
            return None
        if cell.get("t") == "s":
            self._used.add(int(cell.findtext(f"{X}v")))
        if (only := PLACEHOLDER.fullmatch(whole.strip())) is not None:
            return Plan(names, only=only[1])
        return Plan(names, text=text, pattern=Pattern(text, [slots]))

    def _text_of(self, cell: Node) -> Node | None:
        if cell.get("t") == "inlineStr":
            return cell.find(f"{X}is")
        value = cell.findtext(f"{X}v")
        if cell.get("t") != "s" or not value or int(value) >= len(self._texts):
            return None
        return self._texts[int(value)]

    def forget_placeholders(self) -> None:
        """The shared texts that were filled in elsewhere: nobody refers to them any more."""
        for number in self._used:
            text = self._texts[number]
            for child in [*text]:
                text.remove(child)
            text.append(text.makeelement(_T))

    def fill(self, cell: Node, plan: Plan, lookup: Lookup) -> None:
        for child in [*cell]:
            cell.remove(child)
        cell.attrib.pop("t", None)
        if plan.only is None:
            assert plan.text is not None
            assert plan.pattern is not None
            text = deepcopy(plan.text)
            text.tag = f"{X}is"
            plan.pattern.fill(text, lookup, _write, _escaped)
            self._put_text(cell, text)
            return
        leaf = lookup(plan.only)
        if leaf is None or (leaf.value is None and not leaf.text):
            return
        number = self._number(cell, leaf)
        if number is None:
            text = cell.makeelement(f"{X}is")
            text.append(text.makeelement(_T))
            _write(Slot(text[0]), _escaped(leaf))
            self._put_text(cell, text)
        else:
            value = cell.makeelement(f"{X}v")
            value.text = number
            cell.append(value)

    def _put_text(self, cell: Node, text: Node) -> None:
        cell.set("t", "inlineStr")
        cell.append(text)
        written = "".join(text.itertext(_T))
        quote = written.lstrip(" ").startswith(_LIKE_FORMULAS)
        wrap = "\n" in written
        if quote or wrap:
            cell.set("s", self._styles.variant(cell.get("s", "0"), None, wrap, quote))

    def _number(self, cell: Node, leaf: Leaf) -> str | None:
        """As the cell's own format shows it; a cell formatted as text gets the printed text."""
        style = cell.get("s", "0")
        written = self._styles.format_of(style)
        value = leaf.value
        if isinstance(value, bool) or written == _TEXT:
            return None
        if isinstance(value, datetime.date):
            if isinstance(value, datetime.datetime) or value < _FIRST_DAY:
                return None
            if not self._styles.is_date(style):
                cell.set("s", self._styles.variant(style, _DAY))
            return str((value - _EPOCH).days - self._days_later)
        if isinstance(value, Decimal):
            if not value.is_finite():
                return None
            if written == _GENERAL and value.as_tuple().exponent == -2:
                cell.set("s", self._styles.variant(style, _MONEY))
            return format(value, "f")
        return str(value) if isinstance(value, int) else None


def _escaped(leaf: Leaf | None) -> str:
    return _ESCAPE.sub("_x005F_", printed(leaf))


def _write(slot: Slot, text: str) -> None:
    slot.node.text = text[:_LONGEST]
    slot.node.set(XML_SPACE, "preserve")


def column_of(reference: str) -> str:
    return reference.rstrip("0123456789")


def number_rows(sheet: Sheet) -> None:
    """Rows and cells need not say where they are; here each does."""
    row_number = 0
    for row in sheet.rows.iterfind(f"{X}row"):
        row_number = int(row.get("r") or row_number + 1)
        row.set("r", str(row_number))
        at = 0
        for cell in row.iterfind(f"{X}c"):
            letters = column_of(cell.get("r", ""))
            at = column_index_from_string(letters) if letters else at + 1
            cell.set("r", f"{get_column_letter(at)}{row_number}")
