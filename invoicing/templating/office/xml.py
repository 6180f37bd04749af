"""Parts of a file as trees. A document type, entities or anything from outside are refused."""

from collections.abc import Iterable
from typing import Any, Final

from lxml import etree

from invoicing.templating.office import errors

type Node = Any

LARGEST_MB: Final = 16
# Of what repeats: ten thousand lines of a rich table come to one million.
MOST_REPEATED: Final = 4_000_000
XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


def parse(content: bytes, part: str) -> Node:
    if len(content) > LARGEST_MB * 1024 * 1024:
        raise errors.PartTooLarge(part=part, most=LARGEST_MB)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        # Excel itself writes drawings of this old kind that are not well-formed.
        recover=part.endswith(".vml"),
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        if b"<!DOCTYPE" in content[:100_000].replace(b"\x00", b""):
            raise errors.HasEntities(part=part) from None
        raise errors.FileBroken(part=part) from None
    if root is None:
        raise errors.FileBroken(part=part)
    if root.getroottree().docinfo.internalDTD is not None:
        raise errors.HasEntities(part=part)
    return root


def check_repeated(nodes: Iterable[Node], count: int) -> None:
    """Rows that would fill the memory before anybody saw them."""
    if count * sum(1 for node in nodes for _ in node.iter()) > MOST_REPEATED:
        raise errors.TooMuchRepeated


def serialised(root: Node) -> bytes:
    return bytes(
        etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True)
    )


def without(node: Node) -> None:
    """Takes an element out and leaves the text behind it."""
    parent = node.getparent()
    if node.tail:
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)
