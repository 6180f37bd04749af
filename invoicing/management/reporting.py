"""How commands show what they do: a table on standard output, a bar on standard error."""

import sys
from collections.abc import Collection, Iterable, Sequence
from io import StringIO
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

# Where nobody looks at it, long names are not wrapped.
_WIDTH_OF_A_LOG = 200


def show_table(
    out: Any, headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()
) -> None:
    """Write a table to a command's `stdout`, as wide as the terminal."""
    table = Table(box=SIMPLE)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left")
    for row in rows:
        table.add_row(*row)
    text = StringIO()
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_LOG
    Console(file=text, width=width, markup=False).print(table)
    out.write(text.getvalue())


def progress_bar(*, hidden: bool = False) -> Progress:
    """A log that is no terminal stays free of it."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=hidden or not sys.stderr.isatty(),
    )
