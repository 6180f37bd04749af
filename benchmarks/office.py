"""Filling files of office programs, beside libraries that write the same rows."""

import datetime
import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from lxml import etree
from openpyxl import Workbook

from benchmarks.measuring import Result, side_by_side
from invoicing.templating import office
from invoicing.templating.data import Leaf, Scalar, TemplateData
from invoicing.templating.office import pdf

LINES = 10_000
SAMPLES = Path(office.__file__).parents[1] / "samples"
_COLUMNS = ("position", "text", "quantity", "unit", "unit_price", "net")


def results() -> Iterator[Result]:
    data = _data(LINES)
    yardsticks = {
        "docx": ("the same table by lxml alone: a row copied, its texts set", _rows_by_lxml),
        "xlsx": ("openpyxl, which writes a new workbook of the same cells", _rows_by_openpyxl),
        "ods": ("openpyxl, which writes a new workbook of the same cells", _rows_by_openpyxl),
    }
    for ending, (name, yardstick) in yardsticks.items():
        content = (SAMPLES / f"invoice.{ending}").read_bytes()
        seconds = side_by_side(_filling(content, ending, data), yardstick, times=3)
        yield Result(
            f"{ending.upper()}: a template filled with {LINES:,} lines of six cells",
            seconds[0],
            yardstick=name,
            yardstick_seconds=seconds[1],
            limit_seconds=15,
        )
    if pdf.why_missing() is None:
        yield _to_pdf()


def _to_pdf() -> Result:
    filled = office.fill((SAMPLES / "invoice.docx").read_bytes(), "docx", _data(10))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.docx").write_bytes(filled)
        command = [
            shutil.which("soffice") or "soffice", f"-env:UserInstallation=file://{folder}/profile",
            "--headless", "--convert-to", "pdf", "--outdir", folder, f"{folder}/a.docx",
        ]  # fmt: skip

        def by_hand() -> None:
            subprocess.run(command, check=True, capture_output=True)

        pdf.to_pdf(filled, "docx")
        by_hand()
        seconds = side_by_side(lambda: pdf.to_pdf(filled, "docx"), by_hand, times=5)
    return Result(
        "DOCX: a filled document of 10 lines to PDF/A, each in a profile of its own",
        seconds[0],
        yardstick="soffice --convert-to pdf by hand, one profile kept",
        yardstick_seconds=seconds[1],
        limit=2.0,
    )


def _filling(content: bytes, ending: str, data: TemplateData) -> Callable[[], object]:
    return lambda: office.fill(content, ending, data)


def _data(lines: int) -> TemplateData:
    def line(number: int) -> dict[str, Leaf]:
        values: tuple[Scalar, ...] = (
            number, f"Work of day {number}", Decimal("7.50"), "h", Decimal("95.00"),
            Decimal("712.50"),
        )  # fmt: skip
        cells = zip(_COLUMNS, values, strict=True)
        return {f"line.{name}": Leaf(value, str(value)) for name, value in cells}

    day = Leaf(datetime.date(2026, 11, 20), "20.11.2026")
    return TemplateData(
        "en",
        "EUR",
        {"invoice.issue_date": day},
        {"line": [line(number) for number in range(1, lines + 1)]},
    )


def _rows_by_lxml() -> bytes:
    cell = "<w:tc><w:tcPr/><w:p><w:pPr/><w:r><w:rPr/><w:t/></w:r></w:p></w:tc>"
    table = etree.fromstring(f'<w:tbl xmlns:w="urn:w"><w:tr>{cell * 6}</w:tr></w:tbl>')
    (row,) = table
    for number in range(LINES):
        copy = deepcopy(row)
        for place, text in enumerate(copy.iter("{urn:w}t")):
            text.text = f"{number} {place}"
        table.append(copy)
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("document.xml", etree.tostring(table))
    return file.getvalue()


def _rows_by_openpyxl() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(LINES):
        row = (number, f"Work of day {number}", Decimal("7.50"), "h", Decimal("95"), Decimal("712"))
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
