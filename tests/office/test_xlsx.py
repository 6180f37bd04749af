"""Workbooks, read back by openpyxl, which had no part in filling them."""

import datetime
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.escape import unescape
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table
from PIL import Image as Picture

from invoicing.templating import office
from invoicing.templating.data import Leaf, UsedField
from invoicing.templating.errors import TemplateRefusedError
from tests.office.files import (
    THREE,
    book_filled,
    changed,
    data,
    day,
    line,
    number,
    parts_of,
    sample,
    sheet_of,
    workbook,
)


def values(book: Workbook, sheet: str = "Invoice") -> dict[str, object]:
    return {
        cell.coordinate: cell.value
        for row in book[sheet].iter_rows()
        for cell in row
        if cell.value is not None
    }


def test_a_cell_of_one_number_or_day_holds_it_with_the_cells_own_format() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        for place, (name, form) in enumerate(
            (
                ("invoice.gross_total", '#,##0.00 "EUR"'),
                ("invoice.issue_date", "d.m.yyyy"),
                ("invoice.gross_total", "General"),
                ("invoice.issue_date", "General"),
                ("invoice.gross_total", "@"),
                ("invoice.issue_date", "@"),
            ),
            1,
        ):
            sheet.cell(1, place, f"${{{name}}}").number_format = form

    row = book_filled(workbook(build)).worksheets[0][1]
    november = datetime.datetime(2026, 11, 20)  # noqa: DTZ001 - as openpyxl reads a day

    assert [(cell.value, cell.number_format) for cell in row] == [
        (400, '#,##0.00 "EUR"'),
        (november, "d.m.yyyy"),
        (400, "#,##0.00"),
        (november, "mm-dd-yy"),
        ("400.00 €", "@"),
        ("20.11.2026", "@"),
    ]


def test_text_that_only_looks_like_a_placeholder_stays() -> None:
    cells = {"A1": "${}", "A2": "price in ${", "A3": "${ two\nlines }", "A4": "$5 {x}"}

    assert values(book_filled(sheet_of(cells))) == cells


def test_among_other_text_it_is_printed() -> None:
    book = book_filled(sheet_of({"B2": "No. ${invoice.number} of ${invoice.issue_date}: ${invoice.gross_total}"}))  # fmt: skip # noqa: E501

    assert values(book) == {"B2": "No. 2026-0042 of 20.11.2026: 400.00 €"}


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
)
def test_what_looks_like_a_formula_stays_text(value: str) -> None:
    book = book_filled(
        sheet_of({"A1": "${customer.name}", "A2": "${customer.name} x", "A3": "${line.text}"}),
        data({"customer.name": value}, [line(1, value, "1.00")]),
    )
    sheet = book.worksheets[0]

    for place in ("A1", "A2", "A3"):
        assert sheet[place].data_type == "s"
        assert str(sheet[place].value).startswith(value.replace("\r", "\n"))
    # So that it is still text when somebody edits the cell.
    if not value.startswith("\r"):
        assert [sheet[place].quotePrefix for place in ("A1", "A2", "A3")] == [True, True, True]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("one\r\ntwo", "one\ntwo"),
        ("a\x00\x07b", "ab"),
        (" two  blanks ", " two  blanks "),
        ("<t>&amp;</t>", "<t>&amp;</t>"),
        ("𝔘 🧾 Αθήνα Київ", "𝔘 🧾 Αθήνα Київ"),
        ("_x0041_", "_x0041_"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_any_text_arrives_as_it_is(value: str, read: str) -> None:
    book = book_filled(sheet_of({"A1": "${customer.name}"}), data({"customer.name": value}))

    # openpyxl leaves to its caller what Excel undoes by itself.
    assert unescape(str(book.worksheets[0]["A1"].value)) == read


def test_a_text_of_several_lines_is_shown_on_several_lines() -> None:
    book = book_filled(sheet_of({"A1": "${customer.name}"}), data({"customer.name": "one\ntwo"}))

    assert book.worksheets[0]["A1"].alignment.wrap_text


def test_formats_of_parts_of_a_text_stay() -> None:
    rich = CellRichText("No. ", TextBlock(InlineFont(b=True), "${invoice"), TextBlock(InlineFont(i=True), ".number} end"))  # fmt: skip # noqa: E501

    filled = io.BytesIO(office.fill(sheet_of({"A1": rich}), "xlsx", data()))
    value = load_workbook(filled, rich_text=True).worksheets[0]["A1"].value
    assert [
        (str(part), part.font.b if isinstance(part, TextBlock) else None) for part in value
    ] == [
        ("No. ", None),
        ("2026-0042", True),
        (" end", False),
    ]


LINES = {
    "A1": "Text", "B1": "Quantity", "C1": "Price", "D1": "Net",
    "A2": "${line.text}", "B2": "${line.quantity}", "C2": "${line.unit_price}", "D2": "=B2*C2",
    "A3": "Sum", "D3": "=SUM(D2:D2)",
    "A4": "${tax.rate}", "D4": "${tax.tax}",
    "A5": "Total", "D5": "=D3+SUM(D4)",
}  # fmt: skip


def test_rows_repeat_rows_below_move_and_sums_grow() -> None:
    assert values(book_filled(sheet_of(LINES))) == {
        "A1": "Text", "B1": "Quantity", "C1": "Price", "D1": "Net",
        "A2": "Design", "B2": 2, "C2": 100, "D2": "=B2*C2",
        "A3": "Build", "B3": 2, "C3": 250.5, "D3": "=B3*C3",
        "A4": "Test", "B4": 2, "C4": 49.5, "D4": "=B4*C4",
        "A5": "Sum", "D5": "=SUM(D2:D4)",
        "A6": 25.5, "D6": 102,
        "A7": 10, "D7": 7,
        "A8": "Total", "D8": "=D5+SUM(D6:D7)",
    }  # fmt: skip


def test_without_lines_the_row_goes_and_its_sum_is_nought() -> None:
    assert values(book_filled(sheet_of(LINES), data(lines=[], taxes=[]))) == {
        "A1": "Text", "B1": "Quantity", "C1": "Price", "D1": "Net",
        "A2": "Sum", "D2": "=SUM(0)",
        "A3": "Total", "D3": "=D2+SUM(0)",
    }  # fmt: skip


def test_what_names_rows_moves_and_grows_with_them() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.title = "Invoice"
        for place, value in {**LINES, "A9": "Note", "A12": "x"}.items():
            sheet[place] = value
        sheet.merge_cells("E2:F2")
        sheet.merge_cells("E9:F10")
        sheet.merge_cells("G1:G4")
        sheet.row_dimensions[9].height = 40
        sheet.conditional_formatting.add("D2:D2", CellIsRule("greaterThan", ["$D$5"], font=Font(b=True)))  # fmt: skip # noqa: E501
        check = DataValidation("list", formula1='"a,b"')
        check.add("B2")
        check.add("A12")
        sheet.add_data_validation(check)
        sheet.row_breaks.append(Break(9))
        sheet.print_area = "A1:F12"
        sheet.print_title_rows = "1:1"
        sheet["A9"].comment = Comment("note", "author")
        sheet["A12"].hyperlink = "https://kuusi.example/"
        book.defined_names["Sums"] = DefinedName("Sums", attr_text="Invoice!$D$2:$D$2")
        other = book.create_sheet("Other")
        other["A1"] = "=SUM(Invoice!D2:D2)+Invoice!D5"

    book = book_filled(workbook(build))
    sheet = book["Invoice"]

    assert sorted(map(str, sheet.merged_cells.ranges)) == [
        "E12:F13", "E2:F2", "E3:F3", "E4:F4", "G1:G7",
    ]  # fmt: skip
    assert sheet.row_dimensions[12].height == 40
    (formats,) = sheet.conditional_formatting
    assert (str(formats.sqref), formats.rules[0].formula) == ("D2:D4", ["$D$8"])
    assert str(sheet.data_validations.dataValidation[0].sqref) in ("B2:B4 A15", "A15 B2:B4")
    assert [brk.id for brk in sheet.row_breaks.brk] == [12]
    assert sheet.print_area == "'Invoice'!$A$1:$F$15"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet["A12"].comment is not None
    assert sheet["A15"].hyperlink.target == "https://kuusi.example/"
    assert book.defined_names["Sums"].attr_text == "Invoice!$D$2:$D$4"
    assert book["Other"]["A1"].value == "=SUM(Invoice!D2:D4)+Invoice!D8"


def test_a_table_of_excel_grows_and_keeps_a_row_where_there_is_none() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.append(["Text", "Net"])
        sheet.append(["${line.text}", "${line.net}"])
        sheet.append(["after", None])
        sheet.add_table(Table(displayName="Lines", ref="A1:B2"))

    grown = book_filled(workbook(build))
    none = book_filled(workbook(build), data(lines=[]))

    assert grown.worksheets[0].tables["Lines"].ref == "A1:B4"
    assert none.worksheets[0].tables["Lines"].ref == "A1:B2"
    assert none.worksheets[0]["A3"].value == "after"


def test_columns_of_a_table_of_excel_are_named_as_their_heads() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.append(["${word.text}", "${word.none}", "Net"])
        sheet.append(["${line.text}", None, "${line.net}"])
        sheet.add_table(Table(displayName="Lines", ref="A1:C2"))

    sheet = book_filled(workbook(build), data({"word.text": "Text"})).worksheets[0]

    assert sheet.tables["Lines"].column_names == ["Text", "2", "Net"]


def test_a_picture_below_the_lines_moves_with_its_row() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet["A2"] = "${line.text}"
        picture = io.BytesIO()
        Picture.new("RGB", (8, 8), "red").save(picture, "PNG")
        sheet.add_image(Image(picture), "B6")

    sheet: Any = book_filled(workbook(build)).worksheets[0]
    (image,) = sheet._images

    assert image.anchor._from.row == 7


def test_several_rows_of_one_line_repeat_together() -> None:
    cells = {"A1": "${line.text}", "B2": "${line.net}", "C2": "=B2*2", "D2": "=A1"}

    assert values(book_filled(sheet_of(cells), data(lines=THREE[:2]))) == {
        "A1": "Design", "B2": 100, "C2": "=B2*2", "D2": "=A1",
        "A3": "Build", "B4": 250.5, "C4": "=B4*2", "D4": "=A3",
    }  # fmt: skip


def test_a_running_total_and_a_share_of_the_whole() -> None:
    cells = {
        "A1": "${line.net}", "B1": "=SUM(A$1:A1)", "C1": "=A1/SUM(A$1:A$1)", "D1": "=A1*$F$9",
        "F9": 2,
    }  # fmt: skip

    found = values(book_filled(sheet_of(cells)))

    assert [found[f"B{row}"] for row in (1, 2, 3)] == [
        "=SUM(A$1:A1)", "=SUM(A$1:A2)", "=SUM(A$1:A3)",
    ]  # fmt: skip
    assert [found[f"C{row}"] for row in (1, 3)] == ["=A1/SUM(A$1:A$3)", "=A3/SUM(A$1:A$3)"]
    assert found["D3"] == "=A3*$F$11"


def test_page_headers_are_filled_and_keep_to_their_codes() -> None:
    def build(book: Workbook) -> None:
        sheet: Any = book.active
        sheet.oddHeader.left.text = "${customer.name}"
        sheet.oddFooter.right.text = "&8${invoice.number} &P"

    sheet: Any = book_filled(workbook(build)).worksheets[0]

    assert "A && B &&P" in parts_of_header(workbook(build))
    # A number right behind a size would be read as part of it.
    assert sheet.oddFooter.right.text.strip().startswith("2026-0042")


def parts_of_header(content: bytes) -> str:
    given = data({"customer.name": "A & B &P"})
    part = parts_of(office.fill(content, "xlsx", given))["xl/worksheets/sheet1.xml"].decode()
    found = re.search(r"<oddHeader>(.*?)</oddHeader>", part)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_results_of_formulas_are_reckoned_anew() -> None:
    content = changed(
        sheet_of({"A1": "${line.net}", "A2": "=SUM(A1:A1)"}), "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"</f><v></v>", b"</f><v>7</v>").replace(b"</f><v/>", b"</f><v>7</v>"),  # noqa: E501
    )  # fmt: skip
    parts = parts_of(office.fill(content, "xlsx", data()))

    assert b"<v>7</v>" not in parts["xl/worksheets/sheet1.xml"]
    assert b'fullCalcOnLoad="1"' in parts["xl/workbook.xml"]


def test_shared_formulas_are_written_out_before_rows_move() -> None:
    content = changed(
        sheet_of({"A1": "${line.net}", "B3": 1, "C3": "=B3*2", "C4": "=B4*2"}),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"<f>B3*2</f>", b'<f t="shared" ref="C3:C4" si="0">B3*2</f>').replace(b"<f>B4*2</f>", b'<f t="shared" si="0"/>'),  # noqa: E501
    )  # fmt: skip

    found = values(book_filled(content))

    assert (found["C5"], found["C6"]) == ("=B5*2", "=B6*2")


def test_no_placeholder_is_left_anywhere_in_the_file() -> None:
    for part in parts_of(office.fill(sample("xlsx"), "xlsx", data())).values():
        assert b"${" not in part


def test_styles_and_widths_of_the_sample_stay() -> None:
    sheet = book_filled(sample("xlsx"), data({"seller.name": "Kuusi Oy"})).worksheets[0]

    assert (sheet["A1"].value, sheet["A1"].font.b, sheet["A1"].font.sz) == ("Kuusi Oy", True, 17)
    assert [sheet[f"B{row}"].value for row in (15, 16, 17)] == ["Design", "Build", "Test"]
    assert [sheet[f"F{row}"].value for row in (15, 16, 17)] == [100, 250.5, 49.5]
    assert sheet["F17"].border.bottom.style == "thin"
    assert sheet.column_dimensions["B"].width == 43
    assert (sheet["F22"].value, sheet["F22"].number_format) == (400, "#,##0.00")


def test_each_placeholder_is_named_with_its_place() -> None:
    def build(book: Workbook) -> None:
        sheet: Any = book.active
        sheet.title = "My invoice"
        sheet["B7"] = "${invoice.number} ${invoice.nonsense}"
        sheet.oddFooter.center.text = "${seller.naem}"

    assert office.inspect(workbook(build), "xlsx") == [
        UsedField("invoice.number", "sheet My invoice, cell B7"),
        UsedField("invoice.nonsense", "sheet My invoice, cell B7"),
        UsedField("seller.naem", "page footer of sheet My invoice"),
    ]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"A1": '="No. ${invoice.number}"'}, "inside the formula in sheet Invoice, cell A1"),
        ({"A1": "${line.text}", "B1": "${tax.tax}"}, "Row 1 of sheet Invoice names both"),
        ({"A1": '=WEBSERVICE("https://kuusi.example/")'}, "cell A1 uses WEBSERVICE"),
        ({"A1": "=cmd|'/C calc'!A0"}, "cell A1 uses DDE"),
        ({"A1": "='[other.xlsx]Sheet1'!A1"}, "takes something from outside"),
        ({"A1": "=[1]Sheet1!A1"}, "takes something from outside"),
    ],
)  # fmt: skip
def test_what_cannot_be_in_a_sheet_is_refused(cells: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TemplateRefusedError) as refused:
        office.inspect(sheet_of(cells), "xlsx")

    assert sentence in str(refused.value)


def test_a_line_in_a_page_header_is_refused() -> None:
    def build(book: Workbook) -> None:
        sheet: Any = book.active
        sheet.oddHeader.left.text = "${line.text}"

    with pytest.raises(TemplateRefusedError, match="outside the rows of a sheet"):
        office.inspect(workbook(build), "xlsx")


def test_days_of_a_workbook_that_counts_from_1904() -> None:
    def build(book: Workbook) -> None:
        assert book.active is not None
        book.epoch = datetime.datetime(1904, 1, 1)  # noqa: DTZ001
        book.active["A1"] = "${invoice.issue_date}"
        book.active["A1"].number_format = "d.m.yyyy"

    cell = book_filled(workbook(build)).worksheets[0]["A1"]

    assert cell.value == datetime.datetime(2026, 11, 20)  # noqa: DTZ001


def test_what_no_sheet_can_count_is_text() -> None:
    given = data({"a.b": day("1899-12-31", "31.12.1899"), "a.c": Leaf(True, "Yes"), "a.d": Leaf(None, ""), "a.e": number("NaN", "–")})  # fmt: skip # noqa: E501
    cells = {"A1": "${a.b}", "A2": "${a.c}", "A3": "${a.d}", "A4": "${a.e}"}

    assert values(book_filled(sheet_of(cells), given)) == {
        "A1": "31.12.1899",
        "A2": "Yes",
        "A4": "–",
    }


def test_the_lines_of_a_fixed_height_keep_it() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet["A1"] = "${line.text}"
        sheet["A1"].fill = PatternFill("solid", start_color="FF0000")
        sheet["A1"].alignment = Alignment(wrap_text=True)
        sheet.row_dimensions[1].height = 33

    sheet = book_filled(workbook(build)).worksheets[0]

    assert [sheet.row_dimensions[row].height for row in (1, 2, 3)] == [33, 33, 33]
    assert sheet["A3"].fill.start_color.rgb == "00FF0000"


def test_a_row_is_as_high_as_its_wrapped_text_needs() -> None:
    def build(book: Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        for place in ("A1", "B2"):
            sheet[place] = "${line.text}" if place == "A1" else "${customer.name}"
            sheet[place].alignment = Alignment(wrap_text=True)
        sheet.merge_cells("B2:D2")
        sheet.column_dimensions["A"].width = 20

    texts = ("Short", "twenty letters a line, " * 3, "one\ntwo\nthree")
    lines = [line(at, words, "1.00") for at, words in enumerate(texts)]
    sheet = book_filled(workbook(build), data({"customer.name": "x" * 30}, lines)).worksheets[0]

    assert [sheet.row_dimensions[row].height for row in (1, 2, 3, 4)] == [17, 59, 45, 31]


def test_ten_thousand_lines_are_filled_within_seconds() -> None:
    many = [line(at, f"Line {at}", "1.00") for at in range(1, 10_001)]

    sheet = book_filled(sample("xlsx"), data(lines=many)).worksheets[0]

    assert (sheet["B10014"].value, sheet["F10014"].value) == ("Line 10000", Decimal("1.00"))


def test_more_lines_than_a_sheet_has_rows_are_refused() -> None:
    cells = {"A1": "${line.text}", "A1048576": "last"}

    with pytest.raises(TemplateRefusedError, match="more than 1048576 rows"):
        office.fill(sheet_of(cells), "xlsx", data())
