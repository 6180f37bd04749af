"""PDF by LibreOffice, read back by PDFium; and what if LibreOffice does not behave."""

import datetime
import io
import subprocess
import sys
import threading
import time
from pathlib import Path

import pikepdf
import psutil
import pypdfium2
import pytest
from pikepdf import pdfa

from invoicing.documents.archival import Enclosed
from invoicing.templating import office
from invoicing.templating.errors import TemplateRefusedError, TookTooLong
from invoicing.templating.office import pdf
from tests.office.files import data, line, number, sample, sheet_of
from tests.office.test_ods import row
from tests.office.test_ods import sheet_of as ods_of

NAMES = "Käyttö & Söhne\nΑθήνα Київ"


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def pages_of(content: bytes) -> int:
    document = pypdfium2.PdfDocument(content)
    try:
        return len(document)
    finally:
        document.close()


@pytest.mark.libreoffice
@pytest.mark.parametrize("ending", ["docx", "xlsx", "ods"])
def test_the_samples_become_papers(ending: str) -> None:
    given = data({"seller.name": "Kuusi Oy", "customer.address": NAMES, "word.page": "Page"})

    made = pdf.to_pdf(office.fill(sample(ending), ending, given), ending)

    words = text_of(made)
    for wanted in (
        "Kuusi Oy",
        "Käyttö & Söhne",
        "Αθήνα Київ",
        "Design",
        "Build",
        "250.50",
        "400.00",
    ):
        assert wanted in words
    assert "${" not in words
    assert pages_of(made) == 1
    assert b"pdfaid:part>3<" in made


@pytest.mark.libreoffice
@pytest.mark.parametrize("ending", ["docx", "xlsx", "ods"])
def test_many_lines_run_over_pages_each_with_the_head_of_the_table(ending: str) -> None:
    lines = [line(at, f"Line {at}", "1.00") for at in range(1, 101)]
    given = data({"word.description": "Description of it"}, lines)

    made = pdf.to_pdf(office.fill(sample(ending), ending, given), ending)

    assert pages_of(made) >= 2
    assert text_of(made).count("Description of it") == pages_of(made)
    assert "Line 100" in text_of(made)


@pytest.mark.libreoffice
def test_formulas_are_reckoned_with_the_lines_that_came() -> None:
    book = sheet_of({"A1": "${line.net}", "A2": "=SUM(A1:A1)*1000"})
    sheet = ods_of(row("${line.net}") + row("=SUM([.A1:.A1])*1000"), base=sample("ods"))

    assert "400000" in text_of(pdf.to_pdf(office.fill(book, "xlsx", data()), "xlsx"))
    assert "400000" in text_of(pdf.to_pdf(office.fill(sheet, "ods", data()), "ods"))


@pytest.mark.libreoffice
def test_a_long_text_makes_its_row_higher() -> None:
    """In a workbook too, where nobody measures rows before they are printed."""
    words = "A long text about what was done that runs over the width of its column " * 3
    given = data(lines=[line(1, words + "END", "1.00"), line(2, "Next", "2.00")])

    for ending in ("xlsx", "ods"):
        assert "END" in text_of(pdf.to_pdf(office.fill(sample(ending), ending, given), ending))


@pytest.mark.libreoffice
@pytest.mark.parametrize("ending", ["docx", "xlsx", "ods"])
def test_the_paper_is_pdf_a_with_an_e_invoice_inside_and_without(
    ending: str, tmp_path: Path
) -> None:
    """The checker knows no extension schemas, so that it is shown the rest."""
    at = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
    xml = Enclosed("factur-x.xml", b"<x>1</x>", "Factur-X", "Alternative", at)
    filled = office.fill(sample(ending), ending, data())

    plain = pdf.to_pdf(filled, ending)
    hybrid = pdf.to_pdf(filled, ending, enclosed=[xml], descriptions=[DESCRIPTION])

    for content, name in ((plain, "plain.pdf"), (hybrid, "hybrid.pdf")):
        path = tmp_path / name
        path.write_bytes(content)
        findings = pdfa.validate_written(path, "3b").findings
        # Of some things that LibreOffice writes the checker says only that it knows no rule.
        assert [one for one in findings if one.kind != "unsupported"] == []
    with pikepdf.open(io.BytesIO(hybrid)) as opened:
        (file,) = opened.Root.AF
        assert (str(file.AFRelationship), str(file.F)) == ("/Alternative", "factur-x.xml")
        assert opened.attachments["factur-x.xml"].get_file().read_bytes() == xml.content
        assert opened.open_metadata()["dc:description"] == "hybrid"
    assert hybrid.count(b"<rdf:RDF") == 1


DESCRIPTION = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">hybrid</rdf:li></rdf:Alt></dc:description></rdf:Description>
</rdf:RDF>"""


@pytest.mark.libreoffice
@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_figures_of_sheets_are_in_the_documents_language(ending: str) -> None:
    filled = office.fill(sample(ending), ending, data({"invoice.gross_total": number("1234.50")}))

    german = text_of(pdf.to_pdf(filled, ending, language="de"))
    english = text_of(pdf.to_pdf(filled, ending, language="en"))

    assert ("1.234,50" in german, "1,234.50" in english) == (True, True)
    # The sample has its days as text, in the document's language as well.
    assert "20.11.2026" in german


@pytest.mark.libreoffice
def test_several_at_once_do_not_get_in_each_others_way() -> None:
    made: dict[int, str] = {}

    def make(at: int) -> None:
        given = data({"seller.name": f"Seller {at}"})
        made[at] = text_of(pdf.to_pdf(office.fill(sample("ods"), "ods", given), "ods"))

    threads = [threading.Thread(target=make, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [f"Seller {at}" in made[at] for at in range(3)] == [True, True, True]


# --- what is not LibreOffice, in its place


def in_its_place(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f'#!/bin/sh\nfor out in "$@"; do :; done\nout=${{out%/*}}\n{script}\n')
    program.chmod(0o755)
    profile = folder / "profile"
    profile.mkdir()
    monkeypatch.setattr(pdf, "_program", lambda: str(program))
    monkeypatch.setattr(pdf, "_ready_profile", lambda _program: profile)


def is_ended(pid: int) -> bool:
    """Soon: a busy machine takes a moment to end what was told to."""
    for _attempt in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def test_one_that_hangs_is_ended_with_all_that_it_began(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_its_place(
        monkeypatch,
        tmp_path,
        f"echo $$ > {tmp_path}/pid; sleep 61 & echo $! >> {tmp_path}/pid; sleep 61",
    )
    monkeypatch.setattr(pdf, "SECONDS", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(TookTooLong):
        pdf.to_pdf(b"x", "docx")

    for pid in map(int, (tmp_path / "pid").read_text().split()):
        assert is_ended(pid)
    assert [*tmp_path.glob("laskuri-office-*")] == []


@pytest.mark.parametrize(
    "script", ["exit 0", "exit 81", "kill -9 $$", 'echo no > "$out/document.pdf"']
)
def test_one_that_makes_nothing_is_told_as_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    in_its_place(monkeypatch, tmp_path, script)

    with pytest.raises(TemplateRefusedError, match="could not make a PDF of this file"):
        pdf.to_pdf(b"x", "docx")


def test_it_knows_nothing_of_ours_and_has_bounds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_its_place(
        monkeypatch, tmp_path,
        f"(env; ulimit -a; cat /proc/self/net/dev) > {tmp_path}/told;"
        'echo %PDF-1.7 > "$out/document.pdf"',
    )  # fmt: skip
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret@/laskuri")

    with pytest.raises(pdf.PdfFailed):
        pdf.to_pdf(b"x", "docx")

    told = (tmp_path / "told").read_text()
    assert "secret" not in told
    assert "SECRET_KEY" not in told
    assert "4194304" in told  # kilobytes of memory
    assert "60" in told
    if can_unshare():
        assert "eth0" not in told


def can_unshare() -> bool:
    asked = "import os; os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)"
    return (
        subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False).returncode
        == 0
    )


def test_where_it_is_missing_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_program", lambda: None)

    assert "LibreOffice is not installed on this server" in str(pdf.why_missing())
    with pytest.raises(pdf.LibreOfficeMissing):
        pdf.to_pdf(b"x", "docx")


def test_where_it_is_found_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_program", lambda: "/usr/bin/soffice")

    assert pdf.why_missing() is None
