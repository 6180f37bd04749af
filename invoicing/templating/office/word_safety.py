"""A text document that does nothing by itself: no fields that read files, nothing embedded."""

import re
from collections.abc import Iterator
from typing import Final

from invoicing.templating.office import errors
from invoicing.templating.office.opc import close_relations, main_part, relations
from invoicing.templating.office.package import Parts, unpack
from invoicing.templating.office.xml import Node, parse, serialised

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W15: Final = "{http://schemas.microsoft.com/office/word/2012/wordml}"
_STORIES: Final = ("header", "footer", "footnotes", "endnotes")
# What only counts, dates and formats. Whatever is not named here may read a file or start a
# program: DDE, INCLUDETEXT, INCLUDEPICTURE, LINK, DATABASE, MACROBUTTON ...
_FIELDS: Final = {
    "=", "AUTHOR", "COMMENTS", "COMPARE", "CREATEDATE", "DATE", "DOCPROPERTY", "DOCVARIABLE",
    "EDITTIME", "EQ", "FILENAME",
    "FORMCHECKBOX", "FORMDROPDOWN", "FORMTEXT", "HYPERLINK", "IF", "KEYWORDS",
    "LASTSAVEDBY", "LISTNUM", "MERGEFIELD", "NOTEREF", "NUMCHARS", "NUMPAGES", "NUMWORDS", "PAGE",
    "PAGEREF", "PRINTDATE", "QUOTE", "REF", "REVNUM", "SAVEDATE", "SECTION", "SECTIONPAGES", "SEQ",
    "STYLEREF", "SUBJECT", "SYMBOL", "TIME", "TITLE", "TOC", "USERNAME",
}  # fmt: skip
_FIRST_WORD: Final = re.compile(r"\s*(=|[^\s\\\"]+)")
_LINK: Final = re.compile(
    r"\s*HYPERLINK\s+(?:\\[lmnot]\s+\"[^\"]*\"\s*)*\"?([^\s\"]*)", re.IGNORECASE
)
_EMBEDDED: Final = (
    "altChunk",
    "object",
    "control",
    "subDoc",
    "movie",
    "frameset",
    "webPublishItems",
)


def opened(content: bytes) -> tuple[Parts, dict[str, Node]]:
    """The parts, and those with text as trees by name: the document first."""
    parts = unpack(content, "docx")
    main = main_part(parts, "docx")
    close_relations(parts)
    found = relations(parts, main)
    names = [main]
    for wanted in _STORIES:
        names += sorted({part for kind, part in found.values() if kind == wanted})
    stories = {name: parse(parts[name], name) for name in names if name in parts}
    for name, root in stories.items():
        _check(name, root)
    _forget_attached_template(parts, found)
    return parts, stories


def _check(name: str, root: Node) -> None:
    for local in _EMBEDDED:
        if next(root.iter(W + local), None) is not None:
            raise errors.HasObjects(part=f"{name}: {local}")
    for instruction in _instructions(root):
        _check_instruction(instruction)
    # A content control that is bound to data would show that data again, and not what is filled in.
    for tag in (f"{W}dataBinding", f"{_W15}dataBinding"):
        for node in [*root.iter(tag)]:
            node.getparent().remove(node)


def _check_instruction(instruction: str) -> None:
    first = _FIRST_WORD.match(instruction)
    # One without a first word is put together by a field inside it.
    if first is None or first[1].upper() not in _FIELDS:
        raise errors.FieldNotAllowed(field=" ".join(instruction.split())[:80] or "{ }")
    if link := _LINK.match(instruction):
        address = link[1]
        if re.match(r"[a-z][a-z0-9+.-]*:(?<!http:)(?<!https:)(?<!mailto:)(?<!tel:)", address, re.I):
            raise errors.HasLinks(target=address[:120])
        if address.startswith(("\\\\", "//")):
            raise errors.HasLinks(target=address[:120])


def _instructions(root: Node) -> Iterator[str]:
    for node in root.iter(f"{W}fldSimple"):
        yield node.get(f"{W}instr", "")
    # A field runs over many runs, and others may stand inside it.
    open_fields: list[list[str]] = []
    for node in root.iter(f"{W}fldChar", f"{W}instrText", f"{W}delInstrText"):
        if node.tag != f"{W}fldChar":
            if not open_fields:
                yield node.text or ""
            else:
                open_fields[-1].append(node.text or "")
        elif node.get(f"{W}fldCharType") == "begin":
            open_fields.append([])
        elif node.get(f"{W}fldCharType") == "end" and open_fields:
            yield "".join(open_fields.pop())
    for unfinished in open_fields:
        yield "".join(unfinished)


def _forget_attached_template(parts: Parts, found: dict[str, tuple[str, str]]) -> None:
    for kind, part in found.values():
        if kind != "settings" or part not in parts:
            continue
        root = parse(parts[part], part)
        attached = [*root.iter(f"{W}attachedTemplate", f"{W}mailMerge")]
        for node in attached:
            node.getparent().remove(node)
        if attached:
            parts[part] = serialised(root)
