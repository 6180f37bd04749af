"""Netvisor's XML: written in the order of its DTD, read without regard to the case of names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

# What no XML can carry.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

type Child = "Tag | None"


@dataclass(frozen=True)
class Tag:
    """An element: its text, or what is in it. Children that are None are left out."""

    name: str
    content: "str | tuple[Child, ...]" = ()
    attributes: Mapping[str, str] | None = None

    def write(self) -> str:
        attributes = "".join(
            f" {name}={quoteattr(value)}" for name, value in (self.attributes or {}).items()
        )
        if isinstance(self.content, str):
            inside = escape(_UNWRITABLE.sub("", self.content))
        else:
            inside = "".join(child.write() for child in self.content if child is not None)
        return f"<{self.name}{attributes}>{inside}</{self.name}>"


def optional(name: str, text: str, **attributes: str) -> Tag | None:
    """An element, or none: an empty one would erase or be refused."""
    text = text.strip()
    return Tag(name, text, attributes) if text else None


def number(value: Decimal) -> str:
    """With a comma, and at least two places."""
    value = value.normalize()
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent > -2:
        value = value.quantize(Decimal("0.01"))
    return f"{value:f}".replace(".", ",")


class Unreadable(Exception):
    """No XML: a page of HTML, half an answer, nothing."""


class Node:
    """An element that was answered; names in any case, what is missing is empty."""

    def __init__(self, element: Any) -> None:
        self._element = element

    def __bool__(self) -> bool:
        return self._element is not None

    @property
    def name(self) -> str:
        return "" if self._element is None else str(self._element.tag).lower()

    @property
    def text(self) -> str:
        return "" if self._element is None else (self._element.text or "").strip()

    def attribute(self, name: str) -> str:
        if self._element is None:
            return ""
        return next(
            (str(value) for key, value in self._element.attrib.items() if key.lower() == name), ""
        )

    def children(self, name: str = "") -> Iterator["Node"]:
        for child in () if self._element is None else self._element:
            if isinstance(child.tag, str) and (not name or child.tag.lower() == name):
                yield Node(child)

    def child(self, name: str) -> "Node":
        return next(self.children(name), Node(None))

    def __getitem__(self, name: str) -> str:
        return self.child(name).text

    def everywhere(self, name: str) -> Iterator["Node"]:
        for element in () if self._element is None else self._element.iter():
            if isinstance(element.tag, str) and element.tag.lower() == name:
                yield Node(element)

    def amount(self, name: str) -> Decimal | None:
        return amount_of(self[name])


def amount_of(text: str) -> Decimal | None:
    """Netvisor writes a comma, some of its answers a dot."""
    try:
        return Decimal(text.replace("\xa0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None


def read(body: bytes) -> Node:
    """The root of an answer; raises Unreadable."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    for content in (body, _in_the_older_letters(body)):
        try:
            root = etree.fromstring(content.strip(), parser)
        except etree.XMLSyntaxError:
            continue
        if isinstance(root.tag, str) and root.tag.lower() == "root":
            return Node(root)
    raise Unreadable


def _in_the_older_letters(body: bytes) -> bytes:
    """Without a declaration XML is UTF-8, and not all of Netvisor's answers are."""
    return b'<?xml version="1.0" encoding="iso-8859-15"?>' + body.strip()
