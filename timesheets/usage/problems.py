"""The rows of a file of usage that were left out, to be corrected and imported again."""

import csv
from typing import TextIO

from timesheets.imports.rejects import safe
from timesheets.imports.source import REASON_COLUMN
from timesheets.models.usage import UsageImport
from timesheets.usage.source import Layout


def write_problems(usage_import: UsageImport, out: TextIO) -> None:
    """The rows that were left out, as the file had them, with the line and the reason."""
    layout = Layout(**usage_import.layout)
    writer = csv.writer(out, delimiter=layout.delimiter, lineterminator="\r\n")
    writer.writerow([*layout.header, "Line", REASON_COLUMN])
    width = len(layout.header)
    for problem in usage_import.problems.order_by("line").iterator():
        cells = [*problem.cells[:width], *[""] * (width - len(problem.cells))]
        writer.writerow([*(safe(cell) for cell in cells), problem.line, safe(problem.reason)])
