"""Page headers and footers of XLSX: one string each, with codes of its own."""

import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.data import Leaf, UsedField
from invoicing.templating.office.placeholders import (
    Lookup,
    Pieces,
    names_in,
    printed,
    rendered,
    split,
)
from invoicing.templating.office.xlsx_book import Sheet, X
from invoicing.templating.office.xml import Node

# Excel calls a file damaged whose header is longer.
_LONGEST: Final = 255
_SIZE: Final = re.compile(r"(?<!&)(?:&&)*&\d+$")


def _texts(sheet: Sheet) -> Iterator[Node]:
    node = sheet.root.find(f"{X}headerFooter")
    if node is not None:
        yield from node


def names_in_headers(sheet: Sheet) -> list[UsedField]:
    found = []
    for node in _texts(sheet):
        is_header = node.tag.endswith("Header")
        words = _("page header of sheet %(sheet)s") if is_header else _("page footer of sheet %(sheet)s")  # fmt: skip # noqa: E501
        found += [
            UsedField(name, words % {"sheet": sheet.name}) for name in names_in(node.text or "")
        ]
    return found


def fill_headers(sheet: Sheet, lookup: Lookup) -> None:
    for node in _texts(sheet):
        (pieces,) = split([node.text or ""])
        if pieces is not None:
            node.text = _joined(pieces, lookup)[:_LONGEST]


def _joined(pieces: Pieces, lookup: Lookup) -> str:
    text = ""
    for piece in pieces:
        new = rendered((piece,), lookup, _without_codes)
        # "&8" is a size: a number behind it would be read as part of it.
        text += f" {new}" if _SIZE.search(text) and new[:1].isdigit() else new
    return text


def _without_codes(leaf: Leaf | None) -> str:
    """An ampersand begins a code; two are one ampersand."""
    return printed(leaf).replace("&", "&&")
