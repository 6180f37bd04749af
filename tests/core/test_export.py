import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from core.export import csv_cell, csv_lines, xlsx_bytes


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Satama Oy", "Satama Oy"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+358 40 123", "'+358 40 123"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", "' =1"),
        ("a=1", "a=1"),
        (Decimal("-12.50"), "-12,50"),
        (Decimal("1E+3"), "1000"),
        (-7, "-7"),
        (None, ""),
        (date(2026, 11, 21), "2026-11-21"),
    ],
)
def test_csv_cells(value: Any, written: str) -> None:
    assert csv_cell(value) == written


def test_moments_are_written_as_the_readers_clock_shows_them() -> None:
    with timezone.override("Europe/Helsinki"):
        assert csv_cell(datetime(2026, 11, 21, 22, 30, tzinfo=UTC)) == "2026-11-22 00:30"


def test_csv_begins_with_the_mark_excel_wants_and_quotes_what_it_must() -> None:
    text = "".join(csv_lines(["Name", "Sum"], [["A; B", Decimal("1.5")], ['Say "hi"', None]]))

    assert text == '\ufeffName;Sum\r\n"A; B";1,5\r\n"Say ""hi""";\r\n'


def test_xlsx_cells_keep_their_kind() -> None:
    rows = [["=1+1", Decimal("12.50"), date(2026, 11, 21), 3, None, "#N/A", "bad\x00byte"]]

    content = xlsx_bytes("A/B: [sums]", ["Text", "Sum", "Day", "Count", "None", "Error", "B"], rows)

    sheet: Any = load_workbook(io.BytesIO(content)).active
    cells = list(sheet[2])
    assert sheet.title == "A B   sums "
    assert [cell.data_type for cell in cells] == ["s", "n", "d", "n", "n", "s", "s"]
    assert [cell.value for cell in cells[:2]] == ["=1+1", 12.5]
    assert cells[1].number_format == "#,##0.00"
    assert cells[6].value == "badbyte"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G2")
