"""Spreadsheets of OpenDocument, read back by odfdo, which had no part in filling them."""

import io
import itertools
import re
from typing import Any

import odfdo
import pytest

from invoicing.templating import office
from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.errors import TemplateRefusedError
from tests.office.files import (
    changed,
    data,
    line,
    parts_of,
    replaced,
    sample,
)

_NS = "urn:oasis:names:tc:opendocument:xmlns:"


def sheet_of(
    rows: str, beside: str = "", columns: str = "", styles: str = "", base: bytes = b""
) -> bytes:
    """A file of one sheet with these rows, in the XML that an office program writes."""
    file = io.BytesIO()
    odfdo.Document("spreadsheet").save(file)
    spaces = " ".join(
        f'xmlns:{short}="{long}"'
        for short, long in {
            "office": f"{_NS}office:1.0", "table": f"{_NS}table:1.0", "text": f"{_NS}text:1.0",
            "style": f"{_NS}style:1.0", "number": f"{_NS}datastyle:1.0",
            "draw": f"{_NS}drawing:1.0", "script": f"{_NS}script:1.0", "of": f"{_NS}of:1.2",
            "xlink": "http://www.w3.org/1999/xlink",
            "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
        }.items()
    )  # fmt: skip
    content = (
        f'<office:document-content {spaces} office:version="1.3"><office:automatic-styles>{styles}'
        "</office:automatic-styles><office:body><office:spreadsheet>"
        '<table:table table:name="Invoice">'
        f"{columns}{rows}</table:table>{beside}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    return changed(base or file.getvalue(), "content.xml", lambda _: content.encode())


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(map(cell, cells))}</table:table-row>"


def cell(words: str) -> str:
    if words.startswith("="):
        return f'<table:table-cell table:formula="of:{words}" office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>'  # noqa: E501
    if words.startswith("<"):
        return words
    paragraph = f"<text:p>{words}</text:p>" if words else ""
    return f'<table:table-cell office:value-type="string">{paragraph}</table:table-cell>'


def filled(content: bytes, given: TemplateData | None = None) -> odfdo.Document:
    return odfdo.Document(io.BytesIO(office.fill(content, "ods", given or data())))


def table(content: bytes, given: TemplateData | None = None) -> odfdo.Table:
    return filled(content, given).body.tables[0]


def read(sheet: odfdo.Table) -> list[list[object]]:
    """The first rows: an office program writes one for all the million that follow."""
    return [
        [one.formula or one.value for one in itertools.islice(found.traverse(), 20)]
        for found in itertools.islice(sheet.traverse(), 30)
    ]


def cells_of(content: bytes, given: TemplateData | None = None) -> list[odfdo.Cell]:
    return [*next(table(content, given).traverse()).traverse()]


def styled(words: str, style: str) -> str:
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string">'
        f"<text:p>{words}</text:p></table:table-cell>"
    )


def test_a_cell_of_one_number_or_day_holds_it_and_its_style_stays() -> None:
    styles = '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N4"/>'
    rows = row(styled("${invoice.gross_total}", "ce1"), "${invoice.issue_date}")
    content = sheet_of(rows, styles=styles)
    xml = parts_of(office.fill(content, "ods", data()))["content.xml"].decode()
    first, second = cells_of(content)

    assert (first.type, first.value, first.style) == ("float", 400, "ce1")
    assert second.type == "date"
    assert str(second.value)[:10] == "2026-11-20"
    assert "<text:p>400.00 €</text:p>" in xml


def test_money_in_a_cell_without_a_format_has_its_two_places() -> None:
    content = sheet_of(row("${invoice.gross_total}", "${invoice.gross_total}"))
    document = filled(content)
    first, second = document.body.tables[0].traverse().__next__().traverse()

    shown: Any = document.get_style("table-cell", first.style)

    assert first.style == second.style
    assert shown.get_attribute("style:data-style-name") == "laskuri-money"


def test_a_cell_formatted_as_text_gets_the_printed_text() -> None:
    styles = (
        '<number:text-style style:name="N100"><number:text-content/></number:text-style>'
        '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N100"/>'
    )
    columns = '<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="ce1"/>'  # noqa: E501

    cells = [*table(sheet_of(row("", "${invoice.gross_total}"), columns=columns, styles=styles)).traverse().__next__().traverse()]  # fmt: skip # noqa: E501

    assert (cells[1].type, cells[1].value) == ("string", "400.00 €")


def test_a_placeholder_cut_into_spans_among_other_text() -> None:
    words = "No. <text:span text:style-name='T1'>${invo</text:span>ice<text:soft-page-break/>.number} of ${invoice.issue_date}!"  # noqa: E501

    xml = parts_of(office.fill(sheet_of(row(words)), "ods", data()))["content.xml"].decode()

    assert read(table(sheet_of(row(words)))) == [["No. 2026-0042 of 20.11.2026!"]]
    assert '<text:span text:style-name="T1">2026-0042</text:span>' in xml


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "of:=1+1"])
def test_what_looks_like_a_formula_stays_text(value: str) -> None:
    cells = table(sheet_of(row("${customer.name}", "${customer.name}!")), data({"customer.name": value}))  # fmt: skip # noqa: E501

    assert [
        (one.type, one.formula, one.value) for one in cells.traverse().__next__().traverse()
    ] == [
        ("string", None, value),
        ("string", None, f"{value}!"),
    ]


@pytest.mark.parametrize("words", ["${customer.name}", "<text:span>${customer.name}</text:span>", "x ${customer.name}"])  # fmt: skip # noqa: E501
def test_any_text_arrives_as_it_is_and_each_line_is_a_paragraph(words: str) -> None:
    value = "  <a>&amp; two  blanks\tand\r\n𝔘 🧾 Αθήνα\x00\x07\n\nКиїв "
    content = sheet_of(row(styled(words, "Default")))

    (one,) = cells_of(content, data({"customer.name": value}))

    paragraphs = [paragraph.inner_text for paragraph in one.get_elements("text:p")]
    lead = "x " if words.startswith("x") else ""
    assert paragraphs == [f"{lead}  <a>&amp; two  blanks\tand", "𝔘 🧾 Αθήνα", "", "Київ "]


LINES = (
    row("Text", "Quantity", "Net"),
    row("${line.text}", "${line.quantity}", "=[.B2]*2"),
    row("Sum", "", "=SUM([.C2:.C2])"),
    row("${tax.rate}", "", "${tax.tax}"),
    row("Total", "", "=[.C3]+SUM([.C4])"),
)


def test_rows_repeat_rows_below_move_and_sums_grow() -> None:
    assert read(table(sheet_of("".join(LINES)))) == [
        ["Text", "Quantity", "Net"],
        ["Design", 2, "of:=[.B2]*2"],
        ["Build", 2, "of:=[.B3]*2"],
        ["Test", 2, "of:=[.B4]*2"],
        ["Sum", "", "of:=SUM([.C2:.C4])"],
        [25.5, "", 102],
        [10, "", 7],
        ["Total", "", "of:=[.C5]+SUM([.C6:.C7])"],
    ]


def test_without_lines_the_row_goes_and_its_sum_is_nought() -> None:
    assert read(table(sheet_of("".join(LINES)), data(lines=[], taxes=[]))) == [
        ["Text", "Quantity", "Net"],
        ["Sum", "", "of:=SUM(0)"],
        ["Total", "", "of:=[.C2]+SUM(0)"],
    ]


def test_what_names_rows_moves_and_grows_with_them() -> None:
    rows = (
        row('<table:table-cell table:number-rows-spanned="3" office:value-type="string"/>')
        + row("<table:covered-table-cell/>", "${line.text}")
        + row("<table:covered-table-cell/>", "after", more='table:number-rows-repeated="2"')
        + row("", more='table:number-rows-repeated="1048572"')
    )
    beside = (
        "<table:named-expressions>"
        '<table:named-range table:name="Lines" table:base-cell-address="$Invoice.$A$1" table:cell-range-address="$Invoice.$B$2:.$B$2"/>'  # noqa: E501
        '<table:named-expression table:name="Sum" table:base-cell-address="$Invoice.$A$3"'
        ' table:expression="SUM([$Invoice.$B$2:.$B$2])"/>'
        "</table:named-expressions><table:database-ranges>"
        '<table:database-range table:name="All"'
        ' table:target-range-address="Invoice.A1:Invoice.B4"/>'
        "</table:database-ranges>"
    )
    formats = (
        '<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address="Invoice.B2:Invoice.B2">'  # noqa: E501
        '<calcext:condition calcext:value="&gt;[.B3]" calcext:base-cell-address="Invoice.B2"/>'
        "</calcext:conditional-format></calcext:conditional-formats>"
    )
    content = replaced(
        sheet_of(rows + formats, beside), "content.xml", b'table:name="Invoice"',
        b'table:name="Invoice" table:print-ranges="Invoice.A1:Invoice.B4"',
    )  # fmt: skip
    xml = parts_of(office.fill(content, "ods", data()))["content.xml"].decode()

    for wanted in (
        'table:number-rows-spanned="5"',
        'table:cell-range-address="$Invoice.$B$2:.$B$4"',
        'table:base-cell-address="$Invoice.$A$5"',
        'table:expression="SUM([$Invoice.$B$2:.$B$4])"',
        'table:target-range-address="Invoice.A1:Invoice.B6"',
        'calcext:target-range-address="Invoice.B2:Invoice.B4"',
        'calcext:value="&gt;[.B5]"',
        'table:print-ranges="Invoice.A1:Invoice.B6"',
        # A sheet has no more rows than before.
        'table:number-rows-repeated="1048570"',
    ):
        assert wanted in xml


def test_results_of_formulas_are_reckoned_anew() -> None:
    xml = parts_of(office.fill(sheet_of(row("=[.B1]")), "ods", data()))["content.xml"]

    assert b"<text:p>7" not in xml
    assert b'office:value="7"' not in xml


def test_each_placeholder_is_named_with_its_place() -> None:
    skipped = '<table:table-cell table:number-columns-repeated="2"/>'
    content = sheet_of(
        row("x", more='table:number-rows-repeated="6"') + row(skipped, "${seller.naem}")
    )

    assert office.inspect(content, "ods") == [UsedField("seller.naem", "sheet Invoice, cell C7")]


def test_text_boxes_headers_and_the_title_are_filled() -> None:
    shapes = "<table:shapes><draw:frame><draw:text-box><text:p>Box ${invoice.number}</text:p></draw:text-box></draw:frame></table:shapes>"  # noqa: E501
    parts = parts_of(office.fill(sheet_of(shapes + row("x")), "ods", data()))
    footer = parts_of(office.fill(sample("ods"), "ods", data({"word.page": "Page"})))["styles.xml"]

    assert b"Box 2026-0042" in parts["content.xml"]
    assert re.search(rb"2026-0042[^$]*Page", footer)
    assert b"${" not in footer


def test_no_placeholder_is_left_anywhere_in_the_sample() -> None:
    for part in parts_of(office.fill(sample("ods"), "ods", data())).values():
        assert b"${" not in part


def test_the_sample_reads_as_it_should() -> None:
    rows = read(table(sample("ods"), data({"seller.name": "Kuusi Oy"})))

    assert rows[0][0] == "Kuusi Oy"
    assert [found[1] for found in rows[14:17]] == ["Design", "Build", "Test"]
    assert [found[5] for found in rows[14:17]] == [100, 250.5, 49.5]


def test_a_row_for_two_kinds_and_a_line_outside_of_rows_are_refused() -> None:
    shapes = "<table:shapes><draw:frame><text:p>${line.text}</text:p></draw:frame></table:shapes>"

    with pytest.raises(TemplateRefusedError, match="Row 1 of sheet Invoice names both"):
        office.inspect(sheet_of(row("${line.text}", "${tax.tax}")), "ods")
    with pytest.raises(TemplateRefusedError, match="outside the rows of a sheet"):
        office.inspect(sheet_of(shapes + row("x")), "ods")


def test_the_same_data_give_the_same_bytes_and_the_kind_comes_first() -> None:
    once, again = (office.fill(sample("ods"), "ods", data()) for _ in range(2))

    assert once == again
    assert once[30:38] == b"mimetype"
    assert once[38:84] == b"application/vnd.oasis.opendocument.spreadsheet"


def test_ten_thousand_lines_are_filled_within_seconds() -> None:
    many = [line(at, f"Line {at}", "1.00") for at in range(1, 10_001)]

    xml = parts_of(office.fill(sample("ods"), "ods", data(lines=many)))["content.xml"]

    assert b"Line 10000<" in xml
