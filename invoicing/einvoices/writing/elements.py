"""Elements in a fixed order, and none that is empty: rules call those errors."""

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from core.money import places, round_money

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Writer:
    """Appends to one element. Names are `prefix:Name`; texts that are empty are left out."""

    def __init__(self, element: Any, namespaces: dict[str, str]) -> None:
        self.element = element
        self._namespaces = namespaces

    def group(self, name: str) -> "Writer":
        """An element for others."""
        return Writer(etree.SubElement(self.element, self._tag(name)), self._namespaces)

    def text(self, name: str, text: str, **attributes: str) -> None:
        plain = _NOT_IN_XML.sub("", text).strip()
        if plain:
            etree.SubElement(self.element, self._tag(name), attributes).text = plain

    def amount(self, name: str, amount: Decimal, currency: str, **attributes: str) -> None:
        """In the currency's own places, with a point."""
        self.text(name, written_amount(amount, currency), **attributes)

    def number(self, name: str, number: Decimal, **attributes: str) -> None:
        self.text(name, written_number(number), **attributes)

    def _tag(self, name: str) -> str:
        prefix, _colon, local = name.rpartition(":")
        return f"{{{self._namespaces[prefix]}}}{local}" if prefix else local


def root(name: str, namespaces: dict[str, str]) -> Writer:
    prefix, _colon, local = name.rpartition(":")
    # The document's own namespace of UBL needs no prefix.
    nsmap = {(None if key == "doc" else key): uri for key, uri in namespaces.items()}
    return Writer(etree.Element(f"{{{namespaces[prefix]}}}{local}", nsmap=nsmap), namespaces)


def file_of(writer: Writer) -> bytes:
    """The same elements always give the same bytes."""
    etree.indent(writer.element)
    content: bytes = etree.tostring(writer.element, xml_declaration=True, encoding="UTF-8")
    return content + b"\n"


def written_amount(amount: Decimal, currency: str) -> str:
    """In the currency's places. Of a dinar's three the third is told only where there is one: two
    are what the rules allow."""
    text = f"{round_money(amount, currency):f}"
    return text.removesuffix("0") if places(currency) > 2 else text


def written_number(number: Decimal) -> str:
    """2.500000 as 2.5, and 90 as 90 and not as 9E+1, which schemas refuse."""
    return f"{number.normalize():f}"
