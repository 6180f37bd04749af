# Each file is spoilt in one line, which is easier read beside its sentence than broken.
# ruff: noqa: E501
"""Files that nobody should have to open. Each is a real one, spoilt in one place."""

import io
import random
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from invoicing.templating import office
from invoicing.templating.errors import TemplateRefusedError
from tests.office.files import (
    changed,
    data,
    packed,
    parts_of,
    replaced,
    sample,
    sheet_of,
    with_parts,
    word_text,
)
from tests.office.test_ods import row
from tests.office.test_ods import sheet_of as ods_of

DOCX, XLSX, ODS = sample("docx"), sample("xlsx"), sample("ods")
TYPES = "[Content_Types].xml"
BOMB_OF_ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>"""


def related(part: str, kind: str, target: str, *, outside: bool = True) -> Callable[[bytes], bytes]:
    """What a part of the file refers to, by one more relation."""

    def change(before: bytes) -> bytes:
        mode = ' TargetMode="External"' if outside else ""
        node = f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"{mode}/>'
        if not before:
            before = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        return before.replace(b"</Relationships>", node.encode() + b"</Relationships>")

    return lambda content: changed(content, part, change)


def field(instruction: str) -> bytes:
    """A field as Word writes it, cut into two runs."""
    half = len(instruction) // 2
    runs = "".join(
        f"<w:r>{inner}</w:r>"
        for inner in (
            '<w:fldChar w:fldCharType="begin"/>',
            f'<w:instrText xml:space="preserve">{instruction[:half]}</w:instrText>',
            f'<w:instrText xml:space="preserve">{instruction[half:]}</w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>x</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    return in_document(f"<w:p>{runs}</w:p>")


def in_document(xml: str) -> bytes:
    return replaced(word_text("x"), "word/document.xml", b"<w:body>", b"<w:body>" + xml.encode())


def in_sheet(xml: str) -> bytes:
    return replaced(sheet_of({"A1": "x"}), "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + xml.encode())  # fmt: skip


def bomb() -> bytes:
    """A part of 60 MB of the same letter: 60 kB in the file."""
    return with_parts(DOCX, **{"word/media/image1.png": b"\x89PNG" + bytes(60_000_000)})


def many_bombs() -> bytes:
    return with_parts(DOCX, **{f"word/media/i{at}.png": bytes(1_900_000) for at in range(60)})


def lying() -> bytes:
    """It says of a part that it is small, where it is large."""
    content = bytearray(with_parts(DOCX, **{"word/media/image1.png": bytes(30_000_000)}))
    for at in (match.start() for match in re.finditer(rb"PK\x01\x02", bytes(content))):
        if content[at + 46 :].startswith(b"word/media/image1.png"):
            content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def named(name: str) -> bytes:
    return packed({**parts_of(DOCX), name: b"<x/>"})


def twice() -> bytes:
    file = io.BytesIO(DOCX)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", b"<x/>")
    return file.getvalue()


def encrypted() -> bytes:
    content = bytearray(DOCX)
    for match in re.finditer(rb"PK\x01\x02", DOCX):
        content[match.start() + 8] |= 1
    return bytes(content)


def entities(content: bytes, part: str) -> bytes:
    return changed(content, part, lambda _: BOMB_OF_ENTITIES)


def typed(content: bytes, old: str, new: str) -> bytes:
    return replaced(content, TYPES, old.encode(), new.encode())


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # Not what its ending says.
    "empty": ("docx", lambda: b"", "not a file of the kind DOCX"),
    "a text": ("docx", lambda: b"Hello", "not a file of the kind DOCX"),
    "a PDF": ("xlsx", lambda: b"%PDF-1.7\n...", "not a file of the kind XLSX"),
    "a workbook called DOCX": ("docx", lambda: XLSX, "not a file of the kind DOCX"),
    "a text called XLSX": ("xlsx", lambda: DOCX, "not a file of the kind XLSX"),
    "a workbook called ODS": ("ods", lambda: XLSX, "not a file of the kind ODS"),
    "an ODT called ODS": ("ods", lambda: changed(ODS, "mimetype", lambda _: b"application/vnd.oasis.opendocument.text"), "not a file of the kind ODS"),
    "any zip": ("docx", lambda: packed({"a.txt": b"a"}), "not a file of the kind DOCX"),
    "an old DOC": ("docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "protected with a password, or of an old kind"),
    "strict": ("docx", lambda: replaced(DOCX, "_rels/.rels", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument", b"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"), "Strict Open XML"),
    "half of it": ("docx", lambda: DOCX[: len(DOCX) // 2], "damaged"),
    "a byte wrong": ("docx", lambda: DOCX[:2000] + b"\xff" * 200 + DOCX[2200:], "damaged"),
    "broken XML": ("docx", lambda: changed(DOCX, "word/document.xml", lambda part: part[:-40]), "word/document.xml cannot be read"),
    "no sheets": ("xlsx", lambda: replaced(XLSX, "xl/workbook.xml", b"<sheet ", b"<other "), "damaged"),
    # Bombs.
    "too large": ("docx", lambda: b"PK\x03\x04" + bytes(11 * 1024 * 1024), "more than 10 MB"),
    "one bomb": ("docx", bomb, "packed as no office program packs it"),
    "many bombs": ("docx", many_bombs, "would have more than 64 MB"),
    "a bomb that lies": ("docx", lying, "damaged|packed as no"),
    "many parts": ("ods", lambda: packed({**parts_of(ODS), **{f"Pictures/{at}.png": b"" for at in range(1_200)}}), "more than 1000 parts"),
    "a part too large": ("ods", lambda: changed(ODS, "content.xml", lambda _: b"<x>" + random.Random(1).randbytes(9_000_000).hex().encode() + b"</x>"), "has more than"),
    "a zip inside": ("docx", lambda: with_parts(DOCX, **{"word/media/image1.png": DOCX}), "embedded in it"),
    "entities": ("docx", lambda: entities(DOCX, "word/document.xml"), "entities of its own"),
    "entities in a picture": ("docx", lambda: with_parts(DOCX, **{"word/media/a.svg": BOMB_OF_ENTITIES}), "entities of its own"),
    "entities in a workbook": ("xlsx", lambda: entities(XLSX, "xl/sharedStrings.xml"), "entities of its own"),
    "entities in ODS": ("ods", lambda: entities(ODS, "styles.xml"), "entities of its own"),
    "a file as an entity": ("ods", lambda: changed(ODS, "content.xml", lambda _: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'), "entities of its own"),
    "a document type elsewhere": ("docx", lambda: changed(DOCX, "docProps/core.xml", lambda part: part.replace(b"?>", b'?><!DOCTYPE x SYSTEM "http://kuusi.example/x.dtd">', 1)), "entities of its own"),
    "in UTF-16": ("ods", lambda: changed(ODS, "meta.xml", lambda _: '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16")), "entities of its own"),
    # Names.
    "out of its folder": ("docx", lambda: named("../../etc/cron.d/x.xml"), "impossible name"),
    "from the root": ("docx", lambda: named("/etc/x.xml"), "impossible name"),
    "of Windows": ("docx", lambda: named("C:\\x.xml"), "impossible name"),
    "of control characters": ("docx", lambda: named("word/\x01.xml"), "impossible name"),
    "twice": ("docx", twice, "impossible name"),
    "twice but for capitals": ("docx", lambda: named("WORD/Document.xml"), "impossible name"),
    # Protected.
    "encrypted zip": ("docx", encrypted, "protected with a password"),
    "encrypted ODS": ("ods", lambda: replaced(ODS, "META-INF/manifest.xml", b"</manifest:manifest>", b'<manifest:file-entry manifest:full-path="x"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'), "protected with a password"),
    # Macros.
    "DOCM": ("docx", lambda: typed(DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml"), "macros or scripts"),
    "vbaProject": ("docx", lambda: with_parts(DOCX, **{"word/vbaProject.bin": b"x"}), "macros or scripts"),
    "vbaProject in a workbook": ("xlsx", lambda: with_parts(XLSX, **{"xl/vbaProject.bin": b"x"}), "macros or scripts"),
    "a sheet of old macros": ("xlsx", lambda: with_parts(XLSX, **{"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros or scripts"),
    "ActiveX": ("docx", lambda: with_parts(DOCX, **{"word/activeX/activeX1.xml": b"<x/>"}), "macros or scripts"),
    "a button with a macro": ("xlsx", lambda: with_parts(XLSX, **{"xl/drawings/drawing9.xml": b'<xdr:sp xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" macro="[0]!Go"/>'}), "macros or scripts"),
    "Basic": ("ods", lambda: with_parts(ODS, **{"Basic/Standard/Module1.xml": b"<x/>"}), "macros or scripts"),
    "Python in ODS": ("ods", lambda: with_parts(ODS, **{"Scripts/python/x.py": b"x"}), "macros or scripts"),
    "an event of ODS": ("ods", lambda: ods_of("<script:event-listener script:event-name='dom:load' xlink:href='vnd.sun.star.script:x'/>" + row("x")), "macros or scripts"),
    "a script in a drawing": ("docx", lambda: with_parts(DOCX, **{"word/media/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'}), "macros or scripts"),
    "an event in a drawing": ("docx", lambda: with_parts(DOCX, **{"word/media/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'}), "macros or scripts"),
    # Embedded.
    "an OLE object": ("docx", lambda: with_parts(DOCX, **{"word/embeddings/oleObject1.bin": b"x"}), "embedded in it"),
    "an embedded workbook": ("docx", lambda: with_parts(DOCX, **{"word/embeddings/book.xlsx": XLSX}), "embedded in it"),
    "a program as a picture": ("docx", lambda: with_parts(DOCX, **{"word/media/a.png": b"MZ\x90"}), "embedded in it"),
    "an unknown part": ("xlsx", lambda: with_parts(XLSX, **{"xl/thing.exe": b"x"}), "embedded in it"),
    "w:object": ("docx", lambda: in_document("<w:p><w:r><w:object/></w:r></w:p>"), "embedded in it"),
    "altChunk": ("docx", lambda: in_document('<w:altChunk w:x="1"/>'), "embedded in it"),
    "objects on a sheet": ("xlsx", lambda: in_sheet("<oleObjects/>"), "embedded in it"),
    "an object of ODS": ("ods", lambda: with_parts(ODS, **{"Object 1/content.xml": b"<x/>"}), "embedded in it"),
    "a frame of ODS": ("ods", lambda: ods_of("<table:shapes><draw:frame><draw:floating-frame xlink:href='https://kuusi.example/'/></draw:frame></table:shapes>" + row("x")), "embedded in it"),
    # From outside.
    "a linked picture": ("docx", lambda: related("word/_rels/document.xml.rels", "image", "https://kuusi.example/a.png")(DOCX), "takes something from outside when it is opened: https://kuusi.example/a.png"),
    "a picture on a share": ("docx", lambda: related("word/_rels/document.xml.rels", "image", "file://server/share/a.png")(DOCX), "takes something from outside"),
    "a part elsewhere": ("docx", lambda: related("word/_rels/document.xml.rels", "image", "\\\\server\\a.png", outside=False)(DOCX), "takes something from outside"),
    "another document": ("docx", lambda: related("word/_rels/document.xml.rels", "subDocument", "other.docx")(DOCX), "takes something from outside"),
    "a link to a program": ("docx", lambda: related("word/_rels/document.xml.rels", "hyperlink", "file:///C:/Windows/calc.exe")(DOCX), "takes something from outside"),
    "a link with a script": ("docx", lambda: related("word/_rels/document.xml.rels", "hyperlink", "javascript:alert(1)")(DOCX), "takes something from outside"),
    "another workbook": ("xlsx", lambda: with_parts(XLSX, **{"xl/externalLinks/externalLink1.xml": b"<x/>"}), "embedded in it"),
    "a connection to data": ("xlsx", lambda: with_parts(XLSX, **{"xl/connections.xml": b"<x/>"}), "embedded in it"),
    "a linked picture of ODS": ("ods", lambda: ods_of("<table:shapes><draw:frame><draw:image xlink:href='https://kuusi.example/a.png'/></draw:frame></table:shapes>" + row("x")), "takes something from outside"),
    "a picture of ODS outside its file": ("ods", lambda: ods_of("<table:shapes><draw:frame><draw:image xlink:href='../../../etc/passwd'/></draw:frame></table:shapes>" + row("x")), "takes something from outside"),
    "another file in ODS": ("ods", lambda: ods_of(row("='file:///etc/passwd'#$Sheet1.A1")), "takes something from outside"),
    "a source of ODS": ("ods", lambda: ods_of("<table:table-source xlink:href='https://kuusi.example/a.ods'/>" + row("x")), "takes something from outside"),
    "WEBSERVICE in ODS": ("ods", lambda: ods_of(row("=WEBSERVICE([.A1])")), "uses WEBSERVICE"),
    "DDE in ODS": ("ods", lambda: ods_of(row("=DDE([.A1];[.A2];[.A3])")), "uses DDE"),
    "a picture in a drawing": ("docx", lambda: with_parts(DOCX, **{"word/media/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file:///etc/passwd"/></svg>'}), "takes something from outside"),
    # Fields.
    "DDE": ("docx", lambda: field(' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe" '), "The field “DDEAUTO"),
    "INCLUDETEXT": ("docx", lambda: field(' INCLUDETEXT "file:///etc/passwd" '), "The field “INCLUDETEXT"),
    "INCLUDEPICTURE": ("docx", lambda: field(' INCLUDEPICTURE "https://kuusi.example/a.png" \\d '), "The field “INCLUDEPICTURE"),
    "a simple field": ("docx", lambda: in_document('<w:p><w:fldSimple w:instr=" LINK Excel.Sheet.8 x "/></w:p>'), "The field “LINK"),
    "a field made by a field": ("docx", lambda: in_document('<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>QUOTE 68 68 69</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'), "The field “{ }”"),
    "a link of a field": ("docx", lambda: field(' HYPERLINK "file:///C:/Windows/calc.exe" '), "takes something from outside"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_sentence_and_quickly(name: str) -> None:
    ending, make, sentence = HOSTILE[name]
    content = make()
    started = time.perf_counter()

    with pytest.raises(TemplateRefusedError) as refused:
        office.inspect(content, ending)

    assert re.search(sentence, str(refused.value)), str(refused.value)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("name", ["one bomb", "many bombs", "a bomb that lies", "entities"])
def test_what_would_burst_takes_little_memory(name: str) -> None:
    ending, make, _sentence = HOSTILE[name]
    content = make()
    tracemalloc.start()

    with pytest.raises(TemplateRefusedError):
        office.inspect(content, ending)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize("name", ["one bomb", "vbaProject", "a linked picture", "entities"])
def test_what_is_refused_is_not_filled_either(name: str) -> None:
    ending, make, _sentence = HOSTILE[name]

    with pytest.raises(TemplateRefusedError):
        office.fill(make(), ending, data())


def test_links_that_somebody_clicks_on_are_let_in() -> None:
    content = related("word/_rels/document.xml.rels", "hyperlink", "https://kuusi.example/")(DOCX)
    field_of_link = field(' HYPERLINK "mailto:office@kuusi.example" ')

    assert office.inspect(content, "docx")
    assert office.inspect(field_of_link, "docx") == []
    assert office.inspect(field(" PAGE \\* MERGEFORMAT "), "docx") == []


def test_the_shadow_of_a_note_is_no_script_and_old_drawings_may_be_written_badly() -> None:
    drawing = b'<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:shadow on="t"/><v:textbox>a<br>b</v:textbox></v:shape></xml>'
    content = with_parts(XLSX, **{"xl/drawings/vmlDrawing1.vml": drawing})

    assert office.inspect(content, "xlsx")


def test_where_word_found_its_own_template_is_forgotten() -> None:
    content = related("word/_rels/settings.xml.rels", "attachedTemplate", "file:///C:/Users/anna/Normal.dotm")(DOCX)  # fmt: skip
    content = replaced(content, "word/settings.xml", b"</w:settings>", b'<w:attachedTemplate xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rIdX"/></w:settings>')  # fmt: skip

    parts = parts_of(office.fill(content, "docx", data()))

    assert b"Normal.dotm" not in parts["word/_rels/settings.xml.rels"]
    assert b"attachedTemplate" not in parts["word/settings.xml"]


def test_empty_libraries_and_tool_bars_of_ods_are_left_out() -> None:
    content = with_parts(
        ODS,
        **{
            "Basic/script-lc.xml": b"<x/>", "Basic/Standard/script-lb.xml": b"<x/>",
            "Configurations2/accelerator/current.xml": b"", "Thumbnails/thumbnail.png": b"x",
        },
    )  # fmt: skip

    parts = parts_of(office.fill(content, "ods", data()))

    assert not [name for name in parts if name.startswith(("Basic", "Conf", "Thumb"))]
    assert b"Configurations2" not in parts["META-INF/manifest.xml"]
