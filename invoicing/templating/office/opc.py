"""What DOCX and XLSX have in common: content types, relationships, and what is not let in."""

import posixpath
import re
from typing import Final
from urllib.parse import unquote, urlsplit

from invoicing.templating.office import errors
from invoicing.templating.office.package import Parts, shown
from invoicing.templating.office.xml import Node, parse, serialised

_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATION: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
CONTENT_TYPES: Final = "[Content_Types].xml"
_MAIN: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
_PICTURES: Final = ("png", "jpg", "jpeg", "jfif", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg")
_KINDS: Final = {"xml", "rels", "vml", "odttf", *_PICTURES}
_PRINTER: Final = re.compile(r"(xl|word)/printerSettings/\w+\.bin")
_MACROS: Final = re.compile(r"vba|macro|activex|/ctrlprops/|customui", re.IGNORECASE)
# Addresses that a reader may click on. Everything else that leads out is fetched without asking.
_LINKS: Final = ("http", "https", "mailto", "tel")
_FETCHED_PARTS: Final = re.compile(
    r"(^|/)(embeddings|externalLinks|queryTables|model|webextensions|afchunk)/"
    r"|(^|/)(connections|xmlMaps|ddeLink|queryTable\d*)\.xml$",
    re.IGNORECASE,
)
_DRAWN: Final = (
    "{http://www.w3.org/2000/svg",
    "{urn:schemas-microsoft-com:vml",
    "{urn:schemas-microsoft-com:office:office",
)
# How the office program found its own template: a path on somebody's computer.
_ATTACHED: Final = "/attachedTemplate"


def main_part(parts: Parts, ending: str) -> str:
    """The document itself, where the file is what its ending says and nothing in it acts."""
    if CONTENT_TYPES not in parts or "_rels/.rels" not in parts:
        raise errors.NotWhatItsEndingSays(ending=shown(ending))
    types = parse(parts[CONTENT_TYPES], CONTENT_TYPES)
    _check_types(types, ending)
    _check_parts(parts, ending)
    targets = relations(parts, "")
    main = [target for kind, target in targets.values() if kind == "officeDocument"]
    said = {
        node.get("PartName", "").lstrip("/")
        for node in types.iter(f"{_TYPES}Override")
        if node.get("ContentType") == _MAIN[ending]
    }
    if b"purl.oclc.org/ooxml" in parts["_rels/.rels"]:
        raise errors.StrictKind(ending=shown(ending))
    if len(main) != 1 or main[0] not in said or main[0] not in parts:
        raise errors.NotWhatItsEndingSays(ending=shown(ending))
    return main[0]


def _check_types(types: Node, ending: str) -> None:
    for node in types:
        kind = str(node.get("ContentType", "")) if isinstance(node.tag, str) else ""
        if _MACROS.search(kind):
            raise errors.HasMacros(part=kind, ending=shown(ending))
        if "oleObject" in kind or "externalLink" in kind:
            raise errors.HasObjects(part=node.get("PartName") or kind)


def _check_parts(parts: Parts, ending: str) -> None:
    for name, content in parts.items():
        kind = name.rpartition(".")[2].lower()
        if _MACROS.search(name):
            raise errors.HasMacros(part=name, ending=shown(ending))
        if _FETCHED_PARTS.search(name) or (kind not in _KINDS and not _PRINTER.fullmatch(name)):
            raise errors.HasObjects(part=name)
        if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF")):
            raise errors.HasObjects(part=name)
        if kind in ("xml", "vml", "svg"):
            check_markup(name, parse(content, name), ending)


def check_markup(name: str, root: Node, ending: str) -> None:
    """Pictures as drawings may have scripts, or take other pictures from elsewhere."""
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        namespace, _, local = node.tag.rpartition("}")
        is_drawn, is_svg = namespace in _DRAWN, namespace == _DRAWN[0]
        if is_drawn and local.lower() in ("script", "foreignobject"):
            raise errors.HasMacros(part=name, ending=shown(ending))
        if local == "OLEObject":
            raise errors.HasObjects(part=name)
        for key, value in node.attrib.items():
            attribute = key.rpartition("}")[2].lower()
            if attribute in ("href", "src") and is_drawn:
                check_address(value, within=("data:image/",))
            if (attribute == "macro" and value.strip()) or (is_svg and attribute[:2] == "on"):
                raise errors.HasMacros(part=name, ending=shown(ending))


def check_address(address: str, within: tuple[str, ...] = ()) -> None:
    """Nothing, a place in the same file, or one of the beginnings that are named."""
    if address and not address.startswith(("#", *within)):
        raise errors.HasLinks(target=address[:120])


def is_link_to_click(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in _LINKS
    except ValueError:
        return False


def relations_part(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def relations(parts: Parts, part: str) -> dict[str, tuple[str, str]]:
    """By id: the kind in one word, and the part or address it leads to."""
    name = relations_part(part)
    if name not in parts:
        return {}
    folder = posixpath.dirname(part)
    result = {}
    for node in parse(parts[name], name).iter(_RELATION):
        target = node.get("Target", "")
        if node.get("TargetMode") != "External":
            steps = target if target.startswith("/") else f"{folder}/{target}"
            target = unquote(posixpath.normpath(steps).lstrip("/"))
        kind = node.get("Type", "")
        result[node.get("Id", "")] = (kind.rpartition("/")[2], target)
    return result


def close_relations(parts: Parts) -> None:
    """What is fetched without asking is refused; where its own template was is forgotten."""
    for name in [name for name in parts if name.endswith(".rels")]:
        root = parse(parts[name], name)
        changed = False
        for node in [*root.iter(_RELATION)]:
            kind, target = node.get("Type", ""), node.get("Target", "")
            if kind.endswith(_ATTACHED):
                root.remove(node)
                changed = True
            elif kind.endswith("/printerSettings") or node.get("TargetMode") != "External":
                if re.match(r"[a-z][a-z0-9+.-]*:|//|\\\\", target, re.IGNORECASE):
                    raise errors.HasLinks(target=target[:120])
            elif not (
                kind.endswith("/hyperlink") and (target.startswith("#") or is_link_to_click(target))
            ):
                raise errors.HasLinks(target=target[:120])
        if changed:
            parts[name] = serialised(root)
