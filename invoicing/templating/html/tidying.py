"""What a filled template is before it is set: a page without anything that acts or leads away.
Runs in the process apart."""

from collections.abc import Mapping
from typing import Any

from lxml import etree, html

MOST_ELEMENTS = 150_000
_ACTING = ("script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "link",
           "noscript", "portal", "audio", "video", "source", "track")  # fmt: skip
_OURS = ("author", "generator", "dcterms.created", "dcterms.modified")


class TooLarge(Exception):
    """It has more elements than any document."""


def tidied(text: str, *, language: str, title: str, about: Mapping[str, str], mark: str) -> str:
    """`about` are the metadata of the page, `mark` is written across each page of a draft."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    root: Any = html.document_fromstring(text.encode(), parser=parser)
    if sum(1 for _element in root.iter()) > MOST_ELEMENTS:
        raise TooLarge
    _take_out(root)
    root.set("lang", language)
    _describe(root, title, about)
    if mark:
        across = etree.Element("div", {"class": "laskuri-draft"})
        across.text = mark
        root.find("body").insert(0, across)
    return str(html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>"))


def _take_out(root: Any) -> None:
    for element in list(root.iter(etree.Element)):
        if element.tag in _ACTING or (element.tag == "meta" and "http-equiv" in element.attrib):
            element.drop_tree()
            continue
        for name, value in list(element.attrib.items()):
            if name.lower().startswith("on") or "javascript:" in value.lower().replace(" ", ""):
                del element.attrib[name]


def _describe(root: Any, title: str, about: Mapping[str, str]) -> None:
    head = root.find("head")
    if head is None:
        head = etree.Element("head")
        root.insert(0, head)
    if root.find("body") is None:
        root.append(etree.Element("body"))
    for element in list(head):
        if element.tag == "title" or (element.tag == "meta" and element.get("name") in _OURS):
            head.remove(element)
    named = etree.SubElement(head, "title")
    named.text = title
    for name in _OURS:
        if name in about:
            etree.SubElement(head, "meta", {"name": name, "content": about[name]})
