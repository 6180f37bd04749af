"""What WeasyPrint tags and should not, mended before the PDF is written.

What stands in the margins is said to be there for each page anew, and not text: a reader aloud
would read the company's address and the page's number into the middle of the lines.
"""

from typing import Any

import pydyf


def mark_margins(pdf: pydyf.PDF) -> None:
    """Mark as artifacts what is no part of the tree of tags."""
    if "StructTreeRoot" not in pdf.catalog:
        return
    root = _of(pdf, pdf.catalog["StructTreeRoot"])
    document = _of(pdf, root["K"][0])
    inside = set(document["K"])
    numbers = _of(pdf, root["ParentTree"])["Nums"]
    for page, tagged in zip(pdf.pages["Kids"][::3], numbers[1::2], strict=False):
        outside = {
            mark: element
            for mark, element in enumerate(tagged)
            if _top(pdf, element, document.reference) not in inside
        }
        if outside:
            _mark(_of(pdf, _at(pdf, page)["Contents"]).stream, outside)
            for mark in outside:
                tagged[mark] = "null"


def _top(pdf: pydyf.PDF, element: bytes, document: bytes) -> bytes:
    """The outermost one that this is inside of."""
    while (parent := _of(pdf, element)["P"]) != document:
        element = parent
    return element


def _mark(stream: list[Any], outside: dict[int, bytes]) -> None:
    for at, part in enumerate(stream):
        if isinstance(part, pydyf.Dictionary) and part.get("MCID") in outside:
            stream[at - 1] = "/Artifact"
            stream[at] = pydyf.Dictionary({"Type": "/Pagination"})


def _of(pdf: pydyf.PDF, reference: bytes) -> Any:
    return _at(pdf, int(reference.split()[0]))


def _at(pdf: pydyf.PDF, number: int) -> Any:
    return pdf.objects[number]


def remember_pages() -> None:
    """WeasyPrint asks with each tag for the references of all pages, and pydyf writes them all out
    each time: of five hundred pages a quarter of the whole."""
    pydyf.PDF.page_references = property(_page_references)


def _page_references(pdf: pydyf.PDF) -> tuple[bytes, ...]:
    kids = pdf.pages["Kids"]
    kept: tuple[bytes, ...] = getattr(pdf, "kept_references", ())
    if len(kept) * 3 != len(kids):
        kept = pdf.kept_references = tuple(f"{number} 0 R".encode() for number in kids[::3])
    return kept
