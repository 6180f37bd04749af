"""Long documents: how many rows one may have here, and one of them at a time on each machine.

A row takes its share of memory until the PDF is written (docs/documents.md has figures). So whoever
runs the program bounds them, and two long ones wait for each other.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from invoicing.errors import SendingRefused
from invoicing.models import DocumentTemplate, Invoice, Source

# Shorter ones take a worker no more than a few hundred megabytes.
LONG_ROWS = 1000
# Of more lines LibreOffice lays out no text document in the minute of the processor that it has.
MOST_DOCX_LINES = 4000


class DocumentTooLong(SendingRefused):
    short = _("Too long for a PDF")
    message = _(
        "It is too long for a PDF here: %(rows)s rows of lines and work report, and documents have"
        " at most %(most)s. Divide it, or leave the work report out; whoever runs this program can"
        " allow more."
    )


class TurnTaken(Exception):
    """Another long document is being made on this machine."""


def report_rows(invoice: Invoice) -> int:
    return Source.objects.filter(line__invoice=invoice).count()


def rows_to_print(invoice: Invoice) -> int:
    """Of its lines and of its work report."""
    lines = invoice.lines.count()
    return lines + report_rows(invoice) if invoice.has_work_report else lines


def why_too_long(rows: int) -> DocumentTooLong | None:
    most: int = settings.DOCUMENT_MOST_ROWS
    return DocumentTooLong(rows=f"{rows:,}", most=f"{most:,}") if 0 < most < rows else None


def refuse_too_long(rows: int) -> None:
    if (refusal := why_too_long(rows)) is not None:
        raise refusal


def makes_no_pdf(kind: str, lines: int) -> bool:
    """Whether a template of this kind gives a document of so many lines its file alone."""
    return kind == DocumentTemplate.Kind.DOCX and lines > MOST_DOCX_LINES


def trouble_of(invoice: Invoice, *, lines: int, kind: str) -> str:
    """What a document of so many lines, made by a template of this kind, will not get; said while
    it is a draft."""
    rows = lines + report_rows(invoice) if invoice.has_work_report else lines
    if (refusal := why_too_long(rows)) is not None:
        return str(refusal)
    if makes_no_pdf(kind, lines):
        sentence = _(
            "Its template is a DOCX file, of which LibreOffice makes no PDF with more than %(most)s"
            " lines: the document will be the DOCX file alone. A design or an XLSX or ODS template"
            " gives a PDF."
        )
        return sentence % {"most": f"{MOST_DOCX_LINES:,}"}
    return ""


@contextmanager
def turn(rows: int, *, waits: bool) -> Iterator[None]:
    """Held while a document of so many rows is made; short ones need none.

    It is a lock on a file, which ends with its process however that ends. Raises TurnTaken where
    somebody else has it and this one does not wait.
    """
    if rows <= LONG_ROWS:
        yield
        return
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "long-document.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TurnTaken from None
        yield
