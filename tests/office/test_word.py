"""Text documents, read back by python-docx."""

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from invoicing.templating import office
from invoicing.templating.data import UsedField
from invoicing.templating.errors import TemplateRefusedError
from tests.office.files import (
    THREE,
    changed,
    data,
    line,
    parts_of,
    replaced,
    sample,
    text,
    word_file,
    word_filled,
    word_text,
)


def words_of(document: docx.document.Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def test_a_placeholder_becomes_what_is_printed() -> None:
    filled = word_filled(
        word_text("No. ${invoice.number} of ${ invoice.issue_date }, ${customer.name}")
    )

    assert words_of(filled) == ["No. 2026-0042 of 20.11.2026, Harbour & Sons <Ltd>"]


def test_a_placeholder_that_word_cut_into_runs_keeps_the_format_of_where_it_begins() -> None:
    def build(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph()
        paragraph.add_run("To ")
        paragraph.add_run("$").bold = True
        for kind in ("spellStart", "spellEnd"):
            mark = OxmlElement("w:proofErr")
            mark.set(qn("w:type"), kind)
            paragraph._p.append(mark)
            paragraph.add_run("{customer" if kind == "spellStart" else ".na").italic = True
        paragraph.add_run("me}!").underline = True

    runs = word_filled(word_file(build)).paragraphs[0].runs

    assert [(run.text, run.bold, run.italic, run.underline) for run in runs] == [
        ("To ", None, None, None),
        ("Harbour & Sons <Ltd>", True, None, None),
        ("", None, True, None),
        ("", None, True, None),
        ("!", None, None, True),
    ]


def test_two_in_the_same_run_and_one_that_reaches_into_the_next() -> None:
    def build(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph()
        paragraph.add_run("${invoice.number}/${invoice.number} ${invoice")
        paragraph.add_run(".number} end")

    assert words_of(word_filled(word_file(build))) == ["2026-0042/2026-0042 2026-0042 end"]


def test_nothing_unknown_is_printed_for_the_customer() -> None:
    assert words_of(word_filled(word_text("[${invoice.nonsense}]"))) == ["[]"]


def test_what_is_filled_in_is_not_read_again() -> None:
    given = data({"customer.name": "${invoice.number}"}, [line(1, "${customer.name}", "1.00")])

    assert words_of(word_filled(word_text("${customer.name}", "${line.text}"), given)) == [
        "${invoice.number}",
        "${customer.name}",
    ]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("one\ntwo", "one\ntwo"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\tb", "a\tb"),
        ("a\x00\x07\x1b\ufffeb", "ab"),
        ("  two  blanks ", "  two  blanks "),
        ("<w:t>&amp;\"'</w:t>", "<w:t>&amp;\"'</w:t>"),
        ("𝔘𝔫𝔦 🧾", "𝔘𝔫𝔦 🧾"),
        ("Αθήνα Київ", "Αθήνα Київ"),
        ("=1+1", "=1+1"),
    ],
)
def test_any_text_arrives_as_it_is(value: str, read: str) -> None:
    filled = word_filled(word_text("${customer.name}"), data({"customer.name": value}))

    assert words_of(filled) == [read]


def table_file(*rows: tuple[str, ...]) -> bytes:
    def build(document: docx.document.Document) -> None:
        table = document.add_table(len(rows), len(rows[0]))
        for cells, row in zip(rows, table.rows, strict=True):
            for words, cell in zip(cells, row.cells, strict=True):
                cell.text = words
        document.add_paragraph("after")

    return word_file(build)


def table_of(document: docx.document.Document) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row.cells) for row in document.tables[0].rows]


def test_a_row_of_lines_repeats_and_the_rows_of_tax_do_as_well() -> None:
    file = table_file(
        ("Text", "Amount"),
        ("${line.position}. ${line.text} (${invoice.number})", "${line.net}"),
        ("Tax ${tax.rate}", "${tax.tax}"),
        ("Total", "${invoice.gross_total}"),
    )

    assert table_of(word_filled(file)) == [
        ("Text", "Amount"),
        ("1. Design (2026-0042)", "100.00 €"),
        ("2. Build (2026-0042)", "250.50 €"),
        ("3. Test (2026-0042)", "49.50 €"),
        ("Tax 25.5%", "102.00 €"),
        ("Tax 10%", "7.00 €"),
        ("Total", "400.00 €"),
    ]


def test_rows_of_the_same_kind_that_follow_each_other_repeat_together() -> None:
    file = table_file(("${line.text}", ""), ("", "${line.net}"))

    assert table_of(word_filled(file, data(lines=THREE[:2]))) == [
        ("Design", ""),
        ("", "100.00 €"),
        ("Build", ""),
        ("", "250.50 €"),
    ]


def test_without_lines_the_row_goes_and_a_table_of_nothing_else_goes_with_it() -> None:
    kept = table_file(("Text",), ("${line.text}",))
    emptied = table_file(("${line.text}",))
    none = data(lines=[])

    assert table_of(word_filled(kept, none)) == [("Text",)]
    assert word_filled(emptied, none).tables == []
    assert words_of(word_filled(emptied, none)) == ["after"]


def test_a_table_inside_a_cell_repeats_by_itself() -> None:
    def build(document: docx.document.Document) -> None:
        cell = document.add_table(1, 1).rows[0].cells[0]
        cell.text = "${customer.name}"
        cell.add_table(1, 1).rows[0].cells[0].text = "${line.text}"

    cell = word_filled(word_file(build)).tables[0].rows[0].cells[0]

    assert cell.paragraphs[0].text == "Harbour & Sons <Ltd>"
    assert [row.cells[0].text for row in cell.tables[0].rows] == ["Design", "Build", "Test"]


def test_outside_of_tables_a_paragraph_repeats() -> None:
    file = word_text("Lines", "- ${line.text}", "Tax", "${tax.rate}", "End")

    assert words_of(word_filled(file)) == [
        "Lines", "- Design", "- Build", "- Test", "Tax", "25.5%", "10%", "End",
    ]  # fmt: skip


def test_formats_merged_cells_and_heads_of_tables_stay() -> None:
    def build(document: docx.document.Document) -> None:
        table = document.add_table(2, 3, style="Table Grid")
        table.rows[0].cells[0].text = "Head"
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        cells = table.rows[1].cells
        cells[0].merge(cells[1]).paragraphs[0].add_run("${line.text}").bold = True
        cells[2].text = "${line.net}"

    table = word_filled(word_file(build)).tables[0]

    assert len(table.rows) == 4
    assert table.style is not None
    assert table.style.name == "Table Grid"
    assert next(table.rows[0]._tr.iter(qn("w:tblHeader"))) is not None
    for row, words in zip(table.rows[1:], ("Design", "Build", "Test"), strict=True):
        assert row.cells[0]._tc is row.cells[1]._tc
        assert (row.cells[0].text, row.cells[0].paragraphs[0].runs[0].bold) == (words, True)


def test_headers_footers_links_and_text_boxes_are_filled() -> None:
    def build(document: docx.document.Document) -> None:
        section = document.sections[0]
        section.different_first_page_header_footer = True
        section.header.paragraphs[0].text = "H ${invoice.number}"
        section.first_page_header.paragraphs[0].text = "F ${invoice.number}"
        section.footer.paragraphs[0].text = "${customer.name}"
        document.add_paragraph()._p.append(parse_xml(TEXT_BOX))

    filled = word_filled(word_file(build))
    section = filled.sections[0]

    assert section.header.paragraphs[0].text == "H 2026-0042"
    assert section.first_page_header.paragraphs[0].text == "F 2026-0042"
    assert section.footer.paragraphs[0].text == "Harbour & Sons <Ltd>"
    boxes = [
        "".join(node.text or "" for node in box.iter(qn("w:t")))
        for box in filled.element.iter(qn("w:txbxContent"))
    ]
    # A text box is there twice: for new programs and for old ones.
    assert boxes == ["Box 2026-0042", "Box 2026-0042"]


TEXT_BOX = f"""
<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
  xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
  xmlns:v="urn:schemas-microsoft-com:vml"><mc:AlternateContent>
  <mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent><w:p><w:r><w:t>Box ${{invoice</w:t>
    </w:r><w:r><w:t>.number}}</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice>
  <mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r>
    <w:t>Box ${{invoice.number}}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape>
    </w:pict></mc:Fallback>
</mc:AlternateContent></w:r>"""


def test_each_placeholder_is_named_with_its_place() -> None:
    def build(document: docx.document.Document) -> None:
        document.add_paragraph("${invoice.number}")
        table = document.add_table(2, 1)
        table.rows[1].cells[0].text = "${line.text} ${line.textt}"
        document.sections[0].footer.paragraphs[0].text = "${seller.naem}"
        document.add_paragraph("x")._p.append(parse_xml(TEXT_BOX))
        document.core_properties.title = "${invoice.title}"

    assert office.inspect(word_file(build), "docx") == [
        UsedField("invoice.number", "paragraph 1"),
        UsedField("line.text", "table 1, row 2"),
        UsedField("line.textt", "table 1, row 2"),
        UsedField("invoice.number", "text box 1"),
        UsedField("seller.naem", "page footer, paragraph 1"),
        UsedField("invoice.title", "properties of the file"),
    ]


def test_a_row_for_two_kinds_at_once_is_refused() -> None:
    with pytest.raises(TemplateRefusedError, match=r"table 1, row 1 names both \$\{line.text\} and \$\{tax.rate\}"):  # fmt: skip # noqa: E501
        office.inspect(table_file(("${line.text}", "${tax.rate}")), "docx")


def test_deleted_text_of_tracked_changes_is_let_be_and_inserted_text_is_filled() -> None:
    def build(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph()
        paragraph._p.append(parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="A"><w:r><w:delText>${{gone}}</w:delText></w:r></w:del>'))  # fmt: skip # noqa: E501
        paragraph._p.append(parse_xml(f'<w:ins {nsdecls("w")} w:id="2" w:author="A"><w:r><w:t>${{invoice.number}}</w:t></w:r></w:ins>'))  # fmt: skip # noqa: E501

    content = word_file(build)

    assert [used.name for used in office.inspect(content, "docx")] == ["invoice.number"]
    assert b"2026-0042" in parts_of(office.fill(content, "docx", data()))["word/document.xml"]


def test_a_content_control_bound_to_data_does_not_show_the_placeholder_again() -> None:
    def build(document: docx.document.Document) -> None:
        document.add_paragraph()._p.append(parse_xml(
            f'<w:sdt {nsdecls("w")}><w:sdtPr><w:dataBinding w:xpath="/a"/></w:sdtPr>'
            "<w:sdtContent><w:r><w:t>${invoice.number}</w:t></w:r></w:sdtContent></w:sdt>"
        ))  # fmt: skip

    part = parts_of(office.fill(word_file(build), "docx", data()))["word/document.xml"]

    assert b"dataBinding" not in part
    assert b"2026-0042" in part


def test_the_section_that_a_repeated_paragraph_ends_is_kept() -> None:
    content = replaced(
        word_text("${line.text}", "after"), "word/document.xml", b"<w:p>",
        b'<w:p><w:pPr><w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:pPr>',
    )  # fmt: skip

    filled = word_filled(content, data(lines=[]))

    assert len(filled.sections) == 2


def test_marks_that_may_be_there_only_once_are_not_copied() -> None:
    def build(document: docx.document.Document) -> None:
        paragraph = document.add_table(1, 1).rows[0].cells[0].paragraphs[0]
        paragraph.add_run("${line.text}")
        paragraph._p.set(qn("w14:paraId") if "w14" in paragraph._p.nsmap else W14, "4D2F1A00")
        for local in ("bookmarkStart", "bookmarkEnd"):
            mark = OxmlElement(f"w:{local}")
            mark.set(qn("w:id"), "7")
            paragraph._p.append(mark)

    part = parts_of(office.fill(word_file(build), "docx", data()))["word/document.xml"]

    assert b"paraId" not in part
    assert b"bookmark" not in part


W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}paraId"


def test_the_same_data_give_the_same_bytes() -> None:
    once, again = (office.fill(sample("docx"), "docx", data()) for _ in range(2))

    assert once == again


def test_what_has_no_placeholder_is_not_touched() -> None:
    content = sample("docx")
    before, after = parts_of(content), parts_of(office.fill(content, "docx", data()))

    assert before.keys() == after.keys()
    for part in ("word/styles.xml", "word/theme/theme1.xml", "[Content_Types].xml"):
        assert after[part] == before[part]


def test_the_title_of_the_file_is_filled() -> None:
    content = changed(
        word_text("x"), "docProps/core.xml",
        lambda part: part.replace(b"<dc:title></dc:title>", b"<dc:title/>").replace(b"<dc:title/>", b"<dc:title>${invoice.number}</dc:title>"),  # noqa: E501
    )  # fmt: skip

    assert word_filled(content).core_properties.title == "2026-0042"


def test_ten_thousand_lines_are_filled_within_seconds() -> None:
    many = [line(at, f"Line {at}", "1.00") for at in range(1, 10_001)]

    file = office.fill(sample("docx"), "docx", data(lines=many))

    assert b"Line 10000" in parts_of(file)["word/document.xml"]


def test_rows_of_the_sample_come_in_the_order_of_the_data() -> None:
    filled = word_filled(sample("docx"), data({"seller.name": text("Kuusi Oy")}))
    lines = filled.tables[1]

    assert [row.cells[1].text for row in lines.rows[1:]] == ["Design", "Build", "Test"]
    assert [row.cells[5].text for row in lines.rows[1:]] == ["100.00 €", "250.50 €", "49.50 €"]
    assert filled.sections[0].header.paragraphs[0].text == "Kuusi Oy"
