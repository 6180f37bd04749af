"""Files of office programs as they are made, and as they are spoilt."""

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
from lxml import etree
from openpyxl import Workbook, load_workbook

from invoicing.templating import office
from invoicing.templating.data import Leaf, TemplateData

SAMPLES = Path(office.__file__).parents[1] / "samples"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def sample(ending: str) -> bytes:
    return (SAMPLES / f"invoice.{ending}").read_bytes()


def text(words: str) -> Leaf:
    return Leaf(words, words)


def number(value: str, printed: str = "") -> Leaf:
    return Leaf(Decimal(value), printed or f"{value} €")


def day(iso: str, printed: str) -> Leaf:
    return Leaf(datetime.date.fromisoformat(iso), printed)


def line(place: int, words: str, net: str) -> dict[str, Leaf]:
    return {
        "line.position": Leaf(place, str(place)),
        "line.text": text(words),
        "line.quantity": number("2", "2"),
        "line.unit_price": number(net),
        "line.net": number(net),
    }


THREE = (line(1, "Design", "100.00"), line(2, "Build", "250.50"), line(3, "Test", "49.50"))
TWO_RATES = (
    {"tax.rate": number("25.5", "25.5%"), "tax.tax": number("102.00")},
    {"tax.rate": number("10", "10%"), "tax.tax": number("7.00")},
)


def data(
    values: Mapping[str, Leaf | str] | None = None,
    lines: Sequence[Mapping[str, Leaf]] = THREE,
    taxes: Sequence[Mapping[str, Leaf]] = TWO_RATES,
) -> TemplateData:
    known = {
        "invoice.number": text("2026-0042"),
        "invoice.issue_date": day("2026-11-20", "20.11.2026"),
        "invoice.gross_total": number("400.00"),
        "customer.name": text("Harbour & Sons <Ltd>"),
    }
    for name, value in (values or {}).items():
        known[name] = text(value) if isinstance(value, str) else value
    return TemplateData("en", "EUR", known, {"line": lines, "tax": taxes})


# --- DOCX


def word_file(build: Callable[[docx.document.Document], None]) -> bytes:
    document = docx.Document()
    build(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def word_text(*paragraphs: str) -> bytes:
    def build(document: docx.document.Document) -> None:
        for words in paragraphs:
            document.add_paragraph(words)

    return word_file(build)


def word_filled(content: bytes, given: TemplateData | None = None) -> docx.document.Document:
    return docx.Document(io.BytesIO(office.fill(content, "docx", given or data())))


# --- XLSX


def workbook(build: Callable[[Workbook], None]) -> bytes:
    book = Workbook()
    build(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sheet_of(cells: Mapping[str, Any]) -> bytes:
    def build(book: Workbook) -> None:
        assert book.active is not None
        book.active.title = "Invoice"
        for place, value in cells.items():
            book.active[place] = value

    return workbook(build)


def book_filled(content: bytes, given: TemplateData | None = None) -> Workbook:
    return load_workbook(io.BytesIO(office.fill(content, "xlsx", given or data())))


# --- parts


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(content)
    parts[part] = change(parts.get(part, b""))
    return packed(parts)


def with_parts(content: bytes, **parts: bytes) -> bytes:
    return packed({**parts_of(content), **parts})


def replaced(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    def change(before: bytes) -> bytes:
        assert old in before, f"{part} has no {old!r}"
        return before.replace(old, new, 1)

    return changed(content, part, change)


def tree(content: bytes, part: str) -> etree._Element:
    return etree.fromstring(parts_of(content)[part])
