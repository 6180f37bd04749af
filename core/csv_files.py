"""Delimited text files as such: their encoding, their records with their lines."""

import codecs
import csv
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from core.errors import DomainError

DELIMITERS = ",;\t|"

_CHUNK = 1 << 20
_MAGIC = (
    (b"PK\x03\x04", gettext_noop("an Excel or OpenDocument workbook")),
    (b"\xd0\xcf\x11\xe0", gettext_noop("an old Excel workbook")),
    (b"%PDF", gettext_noop("a PDF")),
    (b"\x1f\x8b", gettext_noop("a packed file")),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileRefused(DomainError):
    """The whole file cannot be taken as it is."""


class FileIsEmpty(FileRefused):
    message = gettext_lazy("The file is empty.")


class FileIsNoText(FileRefused):
    message = gettext_lazy(
        "This is %(what)s, not a CSV file. Save or export it as CSV and try again."
    )


class FileHasBrokenText(FileRefused):
    message = gettext_lazy(
        "The text of line %(line)d is neither UTF-8 nor Windows-1252. "
        "Save the file as “CSV UTF-8” and try again."
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `broken` when its quotation marks make no sense."""

    line: int
    cells: list[str]
    broken: bool = False


class CsvReader(Protocol):
    line_num: int

    def __next__(self) -> list[str]: ...


def encoding_of(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(_CHUNK)
    if not start.strip():
        raise FileIsEmpty
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise FileIsNoText(what=_(what))
    marked = [encoding for bom, encoding in _BOMS if start.startswith(bom)]
    if not marked and b"\x00" in start:
        raise FileIsNoText(what=_("a file of another kind"))
    for encoding in marked or ("utf-8", "cp1252"):
        if (broken_at := _first_undecodable(file, encoding)) is None:
            return encoding
    file.seek(0)
    raise FileHasBrokenText(line=file.read(broken_at or 0).count(b"\n") + 1)


def _first_undecodable(file: BinaryIO, encoding: str) -> int | None:
    """The place of the first byte that is no text; the whole file is looked at, in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    offset = 0
    while True:
        chunk = file.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return offset + error.start
        if not chunk:
            return None
        offset += len(chunk)


@contextmanager
def text_of_file(file: BinaryIO, encoding: str) -> Iterator[TextIOWrapper]:
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()  # closing the text would close the file


def records(text: TextIOWrapper, delimiter: str) -> Iterator[Record]:
    # Strict: a stray quotation mark otherwise swallows lines or shifts columns without a word.
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            read.append(line)
            yield line

    reader: CsvReader = csv.reader(lines(), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        read.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Record(start, ["".join(read).rstrip("\r\n")], broken=True)
        else:
            yield Record(start, cells)


def records_below(file: BinaryIO, encoding: str, delimiter: str, line: int) -> Generator[Record]:
    """The records after the head in this line, empty ones left out, one after the other."""
    with text_of_file(file, encoding) as text:
        for record in records(text, delimiter):
            if record.line > line and (
                record.broken or any(cell and not cell.isspace() for cell in record.cells)
            ):
                yield record


def _first_line(file: BinaryIO, encoding: str, after: int = 0) -> tuple[int, str]:
    with text_of_file(file, encoding) as text:
        for number, line in enumerate(text, start=1):
            if number > after and line.strip():
                return number, line.strip()
    raise FileIsEmpty


def head_of(file: BinaryIO, encoding: str) -> tuple[Record, str]:
    """The first record and the delimiter that divides it into most cells."""
    return max(heads_of(file, encoding), key=lambda found: len(found[0].cells))


def heads_of(file: BinaryIO, encoding: str) -> list[tuple[Record, str]]:
    """The first record as each delimiter divides it, where the file does not name its own."""
    line, first = _first_line(file, encoding)
    delimiters = DELIMITERS
    if re.fullmatch(r"sep=.", first.lower()):  # what Excel understands
        delimiters = first[4]
        line, _first = _first_line(file, encoding, after=line)
    return [(_first_record(file, encoding, one, line), one) for one in delimiters]


def _first_record(file: BinaryIO, encoding: str, delimiter: str, line: int) -> Record:
    with text_of_file(file, encoding) as text:
        return next(record for record in records(text, delimiter) if record.line >= line)
