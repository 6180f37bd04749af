"""Text documents (DOCX): what they name, and how they are filled.

The file's own XML is changed where a placeholder stands and nowhere else; the rest of it stays as
the office program wrote it.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.office.package import pack
from invoicing.templating.office.placeholders import (
    BARRIER,
    Pattern,
    Slot,
    group_in,
    lookup_in,
    lookup_of,
    names_in,
    rows_of,
)
from invoicing.templating.office.properties import fill_properties, names_in_properties
from invoicing.templating.office.word_safety import W, opened
from invoicing.templating.office.xml import XML_SPACE, Node, check_repeated, serialised

_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_P, _T, _TR, _TBL = f"{W}p", f"{W}t", f"{W}tr", f"{W}tbl"
_BOX: Final = f"{W}txbxContent"
_DELETED: Final = {f"{W}del", f"{W}moveFrom", f"{W}pPr", f"{W}rPr"}
_BARRIERS: Final = {
    f"{W}tab", f"{W}br", f"{W}cr", f"{W}ptab", f"{W}sym", f"{W}noBreakHyphen", f"{W}fldChar",
    f"{W}instrText", f"{W}drawing", f"{W}pict", f"{W}footnoteReference", f"{W}endnoteReference",
    f"{_MC}AlternateContent",
}  # fmt: skip
_BREAK: Final = re.compile(r"([\n\t])")


def used_fields(content: bytes) -> list[UsedField]:
    parts, stories = opened(content)
    found: list[UsedField] = []
    for part, root in stories.items():
        _blocks(root, part)
        places = _Places(root, part, stories)
        for paragraph in root.iter(_P):
            if next(paragraph.iterancestors(f"{_MC}Fallback"), None) is None:
                place = places.of(paragraph)
                found += [UsedField(name, place) for name in _names(paragraph)]
    return [*dict.fromkeys([*found, *names_in_properties(parts)])]


def filled(content: bytes, data: TemplateData) -> bytes:
    parts, stories = opened(content)
    for part, root in stories.items():
        _fill_story(root, part, data)
        parts[part] = serialised(root)
    fill_properties(parts, data)
    return pack(parts)


@dataclass
class _Block:
    """Rows, or paragraphs outside tables, that follow each other and repeat together."""

    group: str
    nodes: list[Node]
    paragraphs: list[list[Node]] = field(default_factory=list)


def _fill_story(root: Node, part: str, data: TemplateData) -> None:
    blocks = _blocks(root, part)
    unit_of = {node: (block, at) for block in blocks for at, node in enumerate(block.nodes)}
    free: list[Node] = []
    for block in blocks:
        block.paragraphs = [[] for _ in block.nodes]
    for paragraph in [*root.iter(_P)]:
        # The innermost thing that repeats takes the paragraph.
        around = [paragraph, *paragraph.iterancestors(_TR, _P)]
        unit = next((unit_of[node] for node in around if node in unit_of), None)
        (free if unit is None else unit[0].paragraphs[unit[1]]).append(paragraph)
    # First of all: what is filled in is never read as a placeholder again.
    Pattern(root, map(_slots, free)).fill(root, lookup_of(data), _write)
    # From the innermost outwards, so that copies of a row hold their inner tables filled.
    for block in reversed(blocks):
        _repeat(block, data)


def _repeat(block: _Block, data: TemplateData) -> None:
    for node in block.nodes:
        _forget_what_is_there_once(node)
    patterns = [
        Pattern(node, map(_slots, paragraphs))
        for node, paragraphs in zip(block.nodes, block.paragraphs, strict=True)
    ]
    anchor = block.nodes[-1]
    parent = anchor.getparent()
    rows = [*rows_of(data, block.group)]
    check_repeated(block.nodes, len(rows))
    copies = []
    for row in rows:
        lookup = lookup_in(row, data)
        for node, pattern in zip(block.nodes, patterns, strict=True):
            copy = deepcopy(node)
            pattern.fill(copy, lookup, _write)
            copies.append(copy)
    place = parent.index(anchor) + 1
    parent[place:place] = copies
    for node in block.nodes:
        _remove(node)


def _remove(node: Node) -> None:
    parent = node.getparent()
    if node.tag == _P and _is_needed(node, parent):
        for child in [*node]:
            if child.tag != f"{W}pPr":
                node.remove(child)
        return
    parent.remove(node)
    if parent.tag == _TBL and parent.find(_TR) is None and parent.find(f"{W}sdt") is None:
        parent.getparent().remove(parent)


def _is_needed(paragraph: Node, parent: Node) -> bool:
    """It ends a section, or is the last one of a cell or text box, which must not be empty."""
    if paragraph.find(f"{W}pPr/{W}sectPr") is not None:
        return True
    if parent.tag == f"{W}body":
        return False
    return len(parent.findall(_P)) == 1 or (
        parent.tag == f"{W}tc" and paragraph.getnext() is None and _follows_table(paragraph)
    )


def _follows_table(paragraph: Node) -> bool:
    before = paragraph.getprevious()
    return before is not None and before.tag == _TBL


def _forget_what_is_there_once(node: Node) -> None:
    """Names and numbers that a document may have only once: copies must not have them again."""
    root = node.getroottree().getroot()
    gone = {mark.get(f"{W}id") for mark in node.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd")}
    for mark in [*root.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd")] if gone else ():
        if mark.get(f"{W}id") in gone:
            mark.getparent().remove(mark)
    for inner in node.iter(_TR, _P):
        for name in (f"{_W14}paraId", f"{_W14}textId"):
            inner.attrib.pop(name, None)


def _blocks(root: Node, part: str) -> list[_Block]:
    """In the document's order, so that what lies inside another comes after it."""
    grouped: list[tuple[Node, str]] = []
    for node in root.iter(_TR, _P):
        if node.tag == _P and next(node.iterancestors(_TR), None) is not None:
            continue
        paragraphs = [node] if node.tag == _P else _own_paragraphs(node)
        names = [name for paragraph in paragraphs for name in _names(paragraph)]
        group = group_in(names, partial(_place, root, part, paragraphs)) if names else None
        if group is not None:
            grouped.append((node, group))
    blocks: list[_Block] = []
    last: dict[Node, _Block] = {}
    for node, group in grouped:
        block = last.get(node.getprevious())
        if block is None or block.group != group or block.nodes[-1].tag != node.tag:
            block = _Block(group, [])
            blocks.append(block)
        block.nodes.append(node)
        last[node] = block
    return blocks


def _place(root: Node, part: str, paragraphs: Sequence[Node]) -> str:
    return _Places(root, part).of(paragraphs[0])


def _own_paragraphs(row: Node) -> list[Node]:
    return [node for node in row.iter(_P) if next(node.iterancestors(_TR)) is row]


def _names(paragraph: Node) -> list[str]:
    return names_in("".join(BARRIER if slot is None else slot.text for slot in _slots(paragraph)))


def _slots(paragraph: Node) -> Sequence[Slot | None]:
    return [*_slots_below(paragraph)]


def _slots_below(node: Node) -> Iterator[Slot | None]:
    for child in node:
        if child.tag == _T:
            yield Slot(child)
        elif child.tag in _BARRIERS:
            yield None
        elif child.tag not in _DELETED and child.tag != _P:
            yield from _slots_below(child)


def _write(slot: Slot, text: str) -> None:
    node = slot.node
    first, *rest = _BREAK.split(text)
    node.text = first
    node.set(XML_SPACE, "preserve")
    for mark, piece in zip(rest[::2], rest[1::2], strict=True):
        between = node.makeelement(f"{W}br" if mark == "\n" else f"{W}tab")
        behind = node.makeelement(_T, {XML_SPACE: "preserve"})
        behind.text = piece
        node.addnext(between)
        between.addnext(behind)
        node = behind


class _Places:
    """Where a paragraph is, in words."""

    def __init__(self, root: Node, part: str, stories: dict[str, Node] | None = None) -> None:
        self._story = _story_name(part, [*(stories or {part: root})])
        self._tables = {node: at for at, node in enumerate(root.iter(_TBL), 1)}
        self._boxes = {
            node: at
            for at, node in enumerate(
                (
                    box
                    for box in root.iter(_BOX)
                    if next(box.iterancestors(f"{_MC}Fallback"), None) is None
                ),
                1,
            )
        }
        outside = (p for p in root.iter(_P) if next(p.iterancestors(_TBL, _BOX), None) is None)
        self._paragraphs = {node: at for at, node in enumerate(outside, 1)}

    def of(self, paragraph: Node) -> str:
        row = next(paragraph.iterancestors(_TR, _BOX), None)
        if row is None:
            place = _("paragraph %(number)d") % {"number": self._paragraphs[paragraph]}
        elif row.tag == _BOX:
            place = _("text box %(number)d") % {"number": self._boxes.get(row, 1)}
        else:
            table = next(row.iterancestors(_TBL))
            place = _("table %(table)d, row %(row)d") % {
                "table": self._tables[table],
                "row": [*table.iter(_TR)].index(row) + 1,
            }
        return f"{self._story}, {place}" if self._story else place


def _story_name(part: str, names: Sequence[str]) -> str:
    kind = re.sub(r"\d*\.xml$", "", part.rpartition("/")[2])
    words = {
        "header": _("page header"),
        "footer": _("page footer"),
        "footnotes": _("footnotes"),
        "endnotes": _("endnotes"),
    }
    word = words.get(kind, "")
    alike = [name for name in names if re.sub(r"\d*\.xml$", "", name.rpartition("/")[2]) == kind]
    return f"{word} {alike.index(part) + 1}" if word and len(alike) > 1 else word
