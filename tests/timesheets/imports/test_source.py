from io import BytesIO

import pytest

from core.csv_files import FileHasBrokenText, FileIsEmpty, FileIsNoText
from tests.timesheets.imports.files import (
    CLOCKIFY,
    HARVEST,
    KIMAI,
    PLAIN,
    SAMPLES,
    TOGGL,
    source_of,
)
from timesheets.imports.errors import HeaderIncomplete, HeaderUnknown
from timesheets.imports.source import recognise


@pytest.mark.parametrize(
    ("name", "kind", "encoding", "delimiter"),
    [
        ("toggl-detailed.csv", "toggl", "utf-8-sig", ","),
        ("toggl-faulty.csv", "toggl", "utf-8-sig", ","),
        ("clockify-day-first.csv", "clockify", "utf-8", ","),
        ("clockify-month-first-am-pm.csv", "clockify", "utf-8", ","),
        ("clockify-undecided.csv", "clockify", "utf-8", ","),
        ("harvest-comma.csv", "harvest", "utf-8", ","),
        ("kimai-english.csv", "kimai", "utf-8", ","),
        ("kimai-seconds.csv", "kimai", "utf-8", ","),
        ("kimai-german-excel.csv", "kimai", "cp1252", ";"),
        ("plain.csv", "plain", "utf-8", ","),
    ],
)
def test_each_sample_is_recognised(name: str, kind: str, encoding: str, delimiter: str) -> None:
    with (SAMPLES / name).open("rb") as file:
        source = recognise(file)
    assert (source.dialect.name, source.encoding, source.delimiter) == (kind, encoding, delimiter)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (TOGGL, "toggl"),
        (TOGGL.upper(), "toggl"),
        (TOGGL.lower(), "toggl"),
        (",".join(reversed(TOGGL.split(","))), "toggl"),
        (TOGGL + ",Tags,Amount (EUR)", "toggl"),
        (TOGGL + ",Tags,Amount ()", "toggl"),
        (TOGGL + ",Tags,Amount (€),Team,Whatever else", "toggl"),
        ("Email,Start date,Duration", "toggl"),
        (CLOCKIFY, "clockify"),
        (CLOCKIFY + ",Billable Rate (EUR),Billable Amount (EUR)", "clockify"),
        (CLOCKIFY + ",Invoiced,Invoice ID,Date of creation", "clockify"),
        ("Project,User,Group,Start Date,Start Time,End Date,End Time,Client", "clockify"),
        (HARVEST, "harvest"),
        (HARVEST.replace(",Project Code", ""), "harvest"),
        ("Date,Client,Project,Task,Hours,First Name,Last Name", "harvest"),
        (KIMAI, "kimai"),
        ("Date,Begin,End,Duration,User,Customer,Project,Activity,Description", "kimai"),
        ("Datum,Von,Bis,Dauer,Name,Kunde,Projekt,Tätigkeit,Beschreibung", "kimai"),
        ("Datum,Beginn,Ende,Dauer,Benutzer,Kunde,Projekt,Tätigkeit", "kimai"),
        ("Date,Duration,Customer,Project,Activity,Name", "kimai"),
        (PLAIN, "plain"),
        ("date,email,minutes", "plain"),
        ("Date,Person,Hours,Customer,Project", "plain"),
        ("Date,Person,Start,End", "plain"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_kind_is_told_by_the_header(header: str, kind: str, delimiter: str) -> None:
    source = source_of(header.replace(",", delimiter) + "\n")
    assert (source.dialect.name, source.delimiter) == (kind, delimiter)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(encoding: str) -> None:
    source = source_of(
        f"{PLAIN}\n2026-09-15,a@b.fi,Örjan Åkerblom,Müller & Söhne,,,,,,1,\n", encoding
    )
    assert next(source.records()).cells[2:4] == ["Örjan Åkerblom", "Müller & Söhne"]


def test_one_letter_late_in_a_large_file_decides_for_windows_1252() -> None:
    text = f"{PLAIN}\n" + "2026-09-15,a@b.fi,Anna,Acme,Web,,work,,,1,yes\n" * 40_000
    body = text.encode() + "2026-09-15,a@b.fi,Anna,Bäcker,Web,,,,,1,yes\n".encode("cp1252")
    source = recognise(BytesIO(body))
    assert source.encoding == "cp1252"
    assert list(source.records())[-1].cells[3] == "Bäcker"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(line_end: str) -> None:
    source = source_of(line_end.join([PLAIN, "a", "b", ""]))
    assert [(record.line, record.cells) for record in source.records()] == [(2, ["a"]), (3, ["b"])]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = f'\n{PLAIN}\n"a","one\ntwo\r\nthree"\n\n,,,\n   \nb\n'
    records = [(record.line, record.cells[0]) for record in source_of(text).records()]
    assert records == [(3, "a"), (9, "b")]


def test_excels_line_about_the_separator_is_obeyed() -> None:
    source = source_of("sep=;\n" + PLAIN.replace(",", ";") + "\n2026-09-15;a@b.fi\n")
    assert source.delimiter == ";"
    assert [record.line for record in source.records()] == [3]


def test_quoted_headers_with_a_byte_order_mark() -> None:
    quoted = ",".join(f'"{title}"' for title in TOGGL.split(","))
    source = source_of(quoted + "\n", "utf-8-sig")
    assert source.columns["person"].index == 0


def test_of_two_columns_with_one_name_the_first_counts() -> None:
    source = source_of(KIMAI + ",Duration\n")
    assert source.columns["duration"].index == 3


def test_an_unmatched_quotation_mark_breaks_its_line_and_no_other() -> None:
    text = f'{PLAIN}\n1\n"a "quoted" word",x\n2\n'
    records = [(record.line, record.broken) for record in source_of(text).records()]
    assert records == [(2, False), (3, True), (4, False)]


def test_a_quotation_that_never_ends_is_broken() -> None:
    records = list(source_of(f'{PLAIN}\n1\n"never ends\n3\n').records())
    assert [(record.line, record.broken) for record in records] == [(2, False), (3, True)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n \n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(FileIsEmpty):
        recognise(BytesIO(content))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "an Excel or OpenDocument workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8brest", "a packed file"),
        (b"\x89PNG\x00\x00", "a file of another kind"),
    ],
)
def test_what_is_no_text_is_named(content: bytes, what: str) -> None:
    with pytest.raises(FileIsNoText) as refused:
        recognise(BytesIO(content))
    assert str(refused.value) == (
        f"This is {what}, not a CSV file. Save or export it as CSV and try again."
    )


def test_text_in_no_known_encoding_names_the_line() -> None:
    with pytest.raises(FileHasBrokenText) as refused:
        recognise(BytesIO(PLAIN.encode() + b"\nfine\n\x81\x8d\n"))
    assert str(refused.value).startswith("The text of line 3 is neither UTF-8 nor Windows-1252.")


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + PLAIN.encode() + b"\n\xff\n", b"\xff\xfea\x00\n\x00\x00\xd8", b"\xff\xfea"],
)
def test_a_mark_of_encoding_that_the_text_belies_is_refused(content: bytes) -> None:
    with pytest.raises(FileHasBrokenText):
        recognise(BytesIO(content))


def test_an_unknown_header_is_shown() -> None:
    with pytest.raises(HeaderUnknown) as refused:
        source_of("Name;Amount;Account\nAcme;12,50;3000\n")
    assert "The first line says: Name;Amount;Account." in str(refused.value)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("User,Start date,Start time,Duration", None),
        (
            "Date,From,To,Activity,Customer",
            "This looks like an export of Kimai, but it lacks a column: Name or E-mail or User.",
        ),
        (
            "Duration (h),Project,Client,User",
            "This looks like an export of Clockify, but it lacks a column: Start Date.",
        ),
        (
            "Date,Hours,Project Code,Client",
            "This looks like an export of Harvest, but it lacks a column: "
            "First Name or Last Name or Email.",
        ),
    ],
)
def test_a_missing_column_is_named(header: str, sentence: str | None) -> None:
    if sentence is None:
        assert source_of(header).dialect.name == "toggl"
        return
    with pytest.raises(HeaderIncomplete) as refused:
        source_of(header)
    assert str(refused.value).startswith(sentence)
