"""The lines that were left out, as a CSV file to be corrected and imported again."""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from typing import TextIO

from timesheets.imports.rows import RowProblem
from timesheets.imports.source import COPY_COLUMN, REASON_COLUMN, Source

# A spreadsheet runs what begins like this. The apostrophe before it is put there by `safe` and
# taken off by `restored`; a cell that has one already gets another, so that both are exact.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def for_spreadsheets(write: Callable[[TextIO], object]) -> bytes:
    """What is written, with the mark that lets Excel see it is UTF-8."""
    content = BytesIO()
    out = TextIOWrapper(content, encoding="utf-8-sig", newline="")
    write(out)
    out.flush()
    return content.getvalue()


def safe(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell


@dataclass(frozen=True, slots=True)
class Reject:
    cells: list[str]
    problems: tuple[RowProblem, ...]
    copy: int = 1


def write_rejects(source: Source, rejects: Iterable[Reject], out: TextIO) -> None:
    """The columns of the origin, then why; UTF-8 with the origin's delimiter."""
    added = {source.reason_index, source.copy_index}
    kept = [index for index in range(len(source.header)) if index not in added]
    writer = csv.writer(out, delimiter=source.delimiter, lineterminator="\r\n")
    header = [source.header[index] for index in kept]
    writer.writerow([*header, REASON_COLUMN, COPY_COLUMN])
    for reject in rejects:
        cells = [reject.cells[index] if index < len(reject.cells) else "" for index in kept]
        copy = str(reject.copy) if reject.copy > 1 else ""
        writer.writerow([*(safe(cell) for cell in cells), safe(_reasons(reject.problems)), copy])


def _reasons(problems: Iterable[RowProblem]) -> str:
    return " ".join(
        f"{problem.column}: {problem.reason}" if problem.column else problem.reason
        for problem in problems
    )
