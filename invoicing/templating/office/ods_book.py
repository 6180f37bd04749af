"""A spreadsheet of OpenDocument (ODS) taken apart, and nothing in it that acts or reaches out."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from invoicing.templating.office import errors
from invoicing.templating.office.opc import check_markup, is_link_to_click
from invoicing.templating.office.package import MOST_CELLS, Parts, shown, unpack
from invoicing.templating.office.placeholders import names_in
from invoicing.templating.office.references import function_reaching_out, names_another_file
from invoicing.templating.office.xml import Node, parse, serialised, without

_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE: Final = f"{{{_NS}office:1.0}}"
TABLE: Final = f"{{{_NS}table:1.0}}"
TEXT: Final = f"{{{_NS}text:1.0}}"
STYLE: Final = f"{{{_NS}style:1.0}}"
NUMBER: Final = f"{{{_NS}datastyle:1.0}}"
CALCEXT: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_MANIFEST: Final = f"{{{_NS}manifest:1.0}}"
_META: Final = f"{{{_NS}meta:1.0}}"
_DRAW: Final = f"{{{_NS}drawing:1.0}}"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_KIND: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST_PART: Final = "META-INF/manifest.xml"
_TREES: Final = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
# Pictures of the template itself, its tool bars and signatures are of no use in what is made of it.
_LEFT_OUT: Final = re.compile(
    r"Configurations2/|Thumbnails/|META-INF/documentsignatures\.xml$|layout-cache$"
    r"|(Basic|Dialogs)/(\w+/)?(script|dialog)-l[bc]\.xml$"
)
_MACROS: Final = re.compile(r"(Basic|Dialogs|Scripts)/|META-INF/macrosignatures")
_ALLOWED: Final = re.compile(
    r"mimetype$|META-INF/manifest\.xml$|(content|styles|meta|settings)\.xml$|manifest\.rdf$"
    r"|Pictures/[^/]+\.(png|jpe?g|gif|bmp|tiff?|emf|wmf|svg)$|Fonts/[^/]+\.(ttf|otf|odttf)$",
    re.IGNORECASE,
)
_EMBEDDED: Final = {
    f"{_DRAW}{local}" for local in ("object", "object-ole", "plugin", "applet", "floating-frame")
}
_FETCHED: Final = {
    f"{TABLE}{local}"
    for local in (
        "dde-link", "dde-links", "table-source", "cell-range-source", "database-source-sql",
        "database-source-query", "database-source-table",
    )
} | {f"{OFFICE}dde-source"}  # fmt: skip
_SCRIPTED: Final = {
    f"{{{_NS}script:1.0}}event-listener", f"{OFFICE}script", f"{TEXT}execute-macro",
    f"{TEXT}script",    f"{{{_NS}presentation:1.0}}event-listener", f"{{{_NS}form:1.0}}form",
}  # fmt: skip
_FORMULAS: Final = (f"{TABLE}formula", f"{TABLE}expression", f"{TABLE}condition", f"{CALCEXT}value")
ROW, CELL, COVERED = f"{TABLE}table-row", f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
ROWS_REPEATED: Final = f"{TABLE}number-rows-repeated"
COLUMNS_REPEATED: Final = f"{TABLE}number-columns-repeated"


@dataclass(frozen=True)
class Row:
    node: Node
    first: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.count - 1


@dataclass
class Sheet:
    name: str
    root: Node

    def rows(self) -> list[Row]:
        rows, number = [], 1
        for node in self.root.iter(ROW):
            if next(node.iterancestors(f"{TABLE}table")) is not self.root:
                continue
            count = int(node.get(ROWS_REPEATED, "1"))
            rows.append(Row(node, number, count))
            number += count
        return rows

    def place(self, row: int, cell: Node) -> str:
        column = 1 + sum(
            int(before.get(COLUMNS_REPEATED, "1"))
            for before in cell.itersiblings(CELL, COVERED, preceding=True)
        )
        reference = f"{get_column_letter(column)}{row}"
        return _("sheet %(sheet)s, cell %(cell)s") % {"sheet": self.name, "cell": reference}


@dataclass
class Book:
    parts: Parts
    content: Node
    styles: Node | None
    sheets: list[Sheet]

    def write(self) -> Parts:
        self.parts["content.xml"] = serialised(self.content)
        if self.styles is not None:
            self.parts["styles.xml"] = serialised(self.styles)
        return self.parts


def opened(content: bytes) -> Book:
    parts = unpack(content, "ods")
    if parts.get("mimetype", b"").strip() != _KIND or "content.xml" not in parts:
        raise errors.NotWhatItsEndingSays(ending=shown("ods"))
    _check_manifest(parts)
    _check_parts(parts)
    trees = {name: parse(parts[name], name) for name in _TREES if name in parts}
    for name, root in trees.items():
        _check_tree(name, root, parts)
    for name in ("meta.xml", "settings.xml"):
        if name in trees:
            parts[name] = serialised(trees[name])
    body = trees["content.xml"].find(f"{OFFICE}body/{OFFICE}spreadsheet")
    if body is None:
        raise errors.NotWhatItsEndingSays(ending=shown("ods"))
    sheets = [Sheet(node.get(f"{TABLE}name", ""), node) for node in body.iterfind(f"{TABLE}table")]
    if sum(1 for _ in body.iter(CELL, COVERED)) > MOST_CELLS:
        raise errors.TooManyCells(most=MOST_CELLS)
    return Book(parts, trees["content.xml"], trees.get("styles.xml"), sheets)


def _check_manifest(parts: Parts) -> None:
    if _MANIFEST_PART not in parts:
        raise errors.FileBroken(part=_MANIFEST_PART)
    root = parse(parts[_MANIFEST_PART], _MANIFEST_PART)
    if next(root.iter(f"{_MANIFEST}encryption-data"), None) is not None:
        raise errors.Protected
    for node in [*root]:
        if _LEFT_OUT.match(node.get(f"{_MANIFEST}full-path", "")):
            root.remove(node)
    parts[_MANIFEST_PART] = serialised(root)


def _check_parts(parts: Parts) -> None:
    for name in [*parts]:
        if _LEFT_OUT.match(name):
            del parts[name]
        elif _MACROS.match(name):
            raise errors.HasMacros(part=name, ending=shown("ods"))
        elif not _ALLOWED.match(name) or parts[name].startswith(
            (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
        ):
            raise errors.HasObjects(part=name)
        elif name.lower().endswith(".svg"):
            check_markup(name, parse(parts[name], name), "ods")


def _check_tree(name: str, root: Node, parts: Parts) -> None:
    for node in [*root.iter()]:
        if not isinstance(node.tag, str):
            continue
        if node.tag in _EMBEDDED:
            raise errors.HasObjects(part=node.get(_HREF) or node.tag.rpartition("}")[2])
        if node.tag in _FETCHED:
            raise errors.HasLinks(target=node.get(_HREF) or node.tag.rpartition("}")[2])
        if node.tag in _SCRIPTED and not _is_empty_script(node):
            raise errors.HasMacros(part=name, ending=shown("ods"))
        for attribute in _FORMULAS:
            if node.get(attribute):
                _check_formula(node.get(attribute), name)
        if node.get(_HREF):
            _check_link(node, parts)


def _is_empty_script(node: Node) -> bool:
    """What an office program writes where there are no macros: a library without modules."""
    return (
        node.tag == f"{OFFICE}script"
        and not "".join(node.itertext()).strip()
        and all(child.tag.endswith("}libraries") and not len(child) for child in node)
    )


def _check_formula(formula: str, place: str) -> None:
    if names_in(formula):
        raise errors.PlaceholderInFormula(place=place)
    if function := function_reaching_out(formula):
        raise errors.FunctionNotAllowed(place=place, function=function)
    if names_another_file(formula):
        raise errors.HasLinks(target=formula[:120])


def _check_link(node: Node, parts: Parts) -> None:
    address = node.get(_HREF)
    if node.tag in (f"{_META}template", f"{_META}auto-reload"):
        without(node)
    elif node.tag in (f"{TEXT}a", f"{_DRAW}a"):
        if not address.startswith("#") and not is_link_to_click(address):
            raise errors.HasLinks(target=address[:120])
    elif not address.startswith("#"):
        part = unquote(posixpath.normpath(address))
        if part not in parts:
            raise errors.HasLinks(target=address[:120])


def paragraphs_outside_cells(root: Node) -> Iterator[Node]:
    """Of text boxes, headers and footers; not of notes, which nobody prints."""
    for node in root.iter(f"{TEXT}p", f"{TEXT}h"):
        parent = node.getparent()
        if parent.tag in (CELL, COVERED):
            continue
        if next(node.iterancestors(f"{OFFICE}annotation"), None) is None:
            yield node
