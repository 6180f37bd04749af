"""Cells and paragraphs of ODS: what stands in them, and what is put there."""

import datetime
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from invoicing.templating.data import Leaf
from invoicing.templating.office.ods_book import (
    CALCEXT,
    NUMBER,
    OFFICE,
    STYLE,
    TABLE,
    TEXT,
    Book,
)
from invoicing.templating.office.placeholders import (
    BARRIER,
    PLACEHOLDER,
    Lookup,
    Pattern,
    Slot,
    names_in,
    printed,
)
from invoicing.templating.office.xml import Node

_P, _S, _TAB, _BREAK = f"{TEXT}p", f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"
_WITH_TEXT: Final = {f"{TEXT}span", f"{TEXT}a"}
_WITHOUT_WIDTH: Final = {
    f"{TEXT}bookmark", f"{TEXT}bookmark-start", f"{TEXT}bookmark-end", f"{TEXT}soft-page-break",
}  # fmt: skip
_VALUES: Final = (
    f"{OFFICE}value-type", f"{OFFICE}value", f"{OFFICE}date-value", f"{OFFICE}time-value",
    f"{OFFICE}boolean-value", f"{OFFICE}string-value", f"{OFFICE}currency", f"{CALCEXT}value-type",
)  # fmt: skip
_PIECES: Final = re.compile(r"(\n|\t| {2,}|^ | $)")
_MONEY: Final = "laskuri-money"


def slots_of(paragraph: Node) -> list[Slot | None]:
    return [Slot(paragraph), *_slots_below(paragraph)]


def _slots_below(node: Node) -> Iterator[Slot | None]:
    for child in node:
        if child.tag in _WITH_TEXT:
            yield Slot(child)
            yield from _slots_below(child)
        elif child.tag not in _WITHOUT_WIDTH and isinstance(child.tag, str):
            yield None
        yield Slot(child, tail=True)


def text_of(paragraph: Node) -> str:
    return "".join(BARRIER if slot is None else slot.text for slot in slots_of(paragraph))


def write(slot: Slot, text: str) -> None:
    """Blanks beyond the first, tabulators and line breaks are elements of their own."""
    first, *rest = _PIECES.split(text)
    node = slot.node
    if slot.tail:
        node.tail = first
    else:
        node.text = first
    parent, place = (node.getparent(), node.getparent().index(node) + 1) if slot.tail else (node, 0)
    for mark, behind in zip(rest[::2], rest[1::2], strict=True):
        element = parent.makeelement({"\n": _BREAK, "\t": _TAB}.get(mark, _S))
        if element.tag == _S:
            element.set(f"{TEXT}c", str(len(mark)))
        element.tail = behind
        parent.insert(place, element)
        place += 1


def forget_result(cell: Node) -> None:
    """What the file remembers of a formula's result is of the template."""
    for name in _VALUES:
        cell.attrib.pop(name, None)
    for paragraph in cell.findall(_P):
        cell.remove(paragraph)


@dataclass(frozen=True)
class Plan:
    names: list[str]
    only: str | None = None
    pattern: Pattern | None = None


def planned(cell: Node) -> Plan | None:
    paragraphs = cell.findall(_P)
    texts = [text_of(paragraph) for paragraph in paragraphs]
    names = [name for text in texts for name in names_in(text)]
    if not names:
        return None
    if len(texts) == 1 and (only := PLACEHOLDER.fullmatch(texts[0].strip())) is not None:
        return Plan(names, only=only[1])
    return Plan(names, pattern=Pattern(cell, map(slots_of, paragraphs)))


class Cells:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._automatic = book.content.find(f"{OFFICE}automatic-styles")
        roots = [root for root in (book.styles, book.content) if root is not None]
        self._styles = {
            node.get(f"{STYLE}name"): node
            for root in roots
            for node in root.iter(f"{STYLE}style")
            if node.get(f"{STYLE}family") == "table-cell"
        }
        self._as_text = {
            node.get(f"{STYLE}name") for root in roots for node in root.iter(f"{NUMBER}text-style")
        }
        self._with_money: dict[str, str] = {}

    def fill(self, cell: Node, plan: Plan, lookup: Lookup, column_style: str | None) -> None:
        if plan.pattern is not None:
            plan.pattern.fill(cell, lookup, write)
            forget_value(cell)
            cell.set(f"{OFFICE}value-type", "string")
            _break_into_paragraphs(cell)
            return
        assert plan.only is not None
        leaf = lookup(plan.only)
        before = cell.find(_P)
        forget_result(cell)
        if leaf is None or (leaf.value is None and not leaf.text):
            return
        style = cell.get(f"{TABLE}style-name") or column_style or "Default"
        self._put_value(cell, leaf, style)
        for line in printed(leaf).split("\n"):
            paragraph = _emptied(before)
            inner = next((node for node in paragraph.iter(*_WITH_TEXT)), paragraph)
            write(Slot(inner), line)
            cell.append(paragraph)

    def _put_value(self, cell: Node, leaf: Leaf, style: str) -> None:
        value = leaf.value
        number_style = self._number_style(style)
        cell.set(f"{OFFICE}value-type", "string")
        if isinstance(value, bool | datetime.datetime) or number_style in self._as_text:
            return
        if isinstance(value, datetime.date):
            cell.set(f"{OFFICE}value-type", "date")
            cell.set(f"{OFFICE}date-value", value.isoformat())
        elif isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite()):
            cell.set(f"{OFFICE}value-type", "float")
            cell.set(f"{OFFICE}value", format(value, "f") if isinstance(value, Decimal) else str(value))  # fmt: skip # noqa: E501
            if number_style is None and isinstance(value, Decimal) and value.as_tuple().exponent == -2:  # fmt: skip # noqa: E501
                cell.set(f"{TABLE}style-name", self._shown_as_money(style))

    def _number_style(self, style: str) -> str | None:
        """The number format of a cell's style, or of those that it is derived from."""
        for _depth in range(10):
            node = self._styles.get(style)
            if node is None:
                return None
            if found := node.get(f"{STYLE}data-style-name"):
                return None if found == "N0" else str(found)
            style = node.get(f"{STYLE}parent-style-name", "")
        return None

    def _shown_as_money(self, style: str) -> str:
        """The same style with two places: amounts in a cell without a format of its own."""
        if style in self._with_money:
            return self._with_money[style]
        if self._automatic is None:
            self._automatic = self._book.content.makeelement(f"{OFFICE}automatic-styles")
            self._book.content.find(f"{OFFICE}body").addprevious(self._automatic)
        if not self._with_money:
            shown = self._automatic.makeelement(f"{NUMBER}number-style", {f"{STYLE}name": _MONEY})
            number = shown.makeelement(f"{NUMBER}number")
            number.set(f"{NUMBER}decimal-places", "2")
            number.set(f"{NUMBER}min-decimal-places", "2")
            number.set(f"{NUMBER}min-integer-digits", "1")
            number.set(f"{NUMBER}grouping", "true")
            shown.append(number)
            self._automatic.insert(0, shown)
        known = self._styles.get(style)
        if known is not None and known.getparent() is self._automatic:
            made = deepcopy(known)
        else:
            made = self._automatic.makeelement(f"{STYLE}style")
            made.set(f"{STYLE}family", "table-cell")
            made.set(f"{STYLE}parent-style-name", style)
        name = f"{_MONEY}-{len(self._with_money) + 1}"
        made.set(f"{STYLE}name", name)
        made.set(f"{STYLE}data-style-name", _MONEY)
        self._automatic.append(made)
        self._with_money[style] = name
        return name


def forget_value(cell: Node) -> None:
    for name in _VALUES:
        cell.attrib.pop(name, None)


def _emptied(paragraph: Node) -> Node:
    """A paragraph like the one of the placeholder: its first span, and no text."""
    copy = deepcopy(paragraph)
    copy.tail = None
    spans = [node for node in copy if node.tag in _WITH_TEXT]
    for node in [*copy]:
        copy.remove(node)
    copy.text = None
    if spans:
        first = spans[0]
        for node in [*first]:
            first.remove(node)
        first.text = first.tail = None
        copy.append(first)
    return copy


def _break_into_paragraphs(cell: Node) -> None:
    """Each line of a cell is a paragraph: programs show nothing at a line break inside of one."""
    for paragraph in cell.findall(_P):
        while (found := next(paragraph.iter(_BREAK), None)) is not None:
            rest = deepcopy(paragraph)
            rest.tail = None
            at = [*paragraph.iter()].index(found)
            _cut_behind(paragraph, found)
            _cut_before(rest, [*rest.iter()][at])
            paragraph.addnext(rest)
            paragraph = rest  # noqa: PLW2901 - the next line, in which the next break is looked for


def _cut_behind(paragraph: Node, node: Node) -> None:
    """Leaves what stands before the break; the break itself goes, too."""
    around = [node, *(above for above in node.iterancestors() if _is_inside(above, paragraph))]
    for inner in around:
        inner.tail = None
        for behind in [*inner.itersiblings()]:
            behind.getparent().remove(behind)
    node.getparent().remove(node)


def _cut_before(paragraph: Node, node: Node) -> None:
    around = [node, *(above for above in node.iterancestors() if _is_inside(above, paragraph))]
    for inner in around:
        for before in [*inner.itersiblings(preceding=True)]:
            before.getparent().remove(before)
        inner.getparent().text = None
    tail, parent = node.tail, node.getparent()
    parent.remove(node)
    parent.text = tail


def _is_inside(node: Node, paragraph: Node) -> bool:
    return any(above is paragraph for above in node.iterancestors())
