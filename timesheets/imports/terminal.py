"""The import as a terminal shows it: a bar where somebody watches, plain lines elsewhere."""

from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from timesheets.imports.plan import Progress
from timesheets.imports.rows import RowProblem

SHOWN_PROBLEMS = 100
SHOWN_TOTALS = 15


class Writer(Protocol):
    def write(self, msg: str) -> object: ...


class LineProgress(Progress):
    """One line as each phase begins; for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.flush()

    def start(self, phase: str, total: int) -> None:
        if total:
            self._out.write(f"{phase}: {total} rows\n")


class BarProgress(LineProgress):
    def __init__(self) -> None:
        self._bars = RichProgress(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._total = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def start(self, phase: str, total: int) -> None:
        self._finish()
        if total:
            self._total = total
            self._bars.add_task(phase, total=total)

    def at(self, done: int) -> None:
        if self._bars.task_ids:
            self._bars.update(self._bars.task_ids[-1], completed=done)

    def _finish(self) -> None:
        self.at(self._total)


def hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def print_report(
    out: Writer, file_name: str, report: dict[str, Any], problems: list[RowProblem]
) -> None:
    """What would be imported, what is not known, and what is bad, in this order."""
    say = out.write
    say(f"{file_name}: {report['program']}")
    span = f", {report['first_date']} to {report['last_date']}" if report["rows"] else ""
    say(f"  {report['rows']} new rows, {hours(report['minutes'])} hours{span}")
    for own in report["own_fields"]:
        say(f"  column {own['column']} goes into the field {own['label']}")
    if report["already_imported"]:
        say(f"  {report['already_imported']} rows were imported before")
    if report["billed_elsewhere_minutes"]:
        say(f"  {hours(report['billed_elsewhere_minutes'])} hours were billed elsewhere")
    if report["without_rate_minutes"]:
        say(f"  {hours(report['without_rate_minutes'])} billable hours find no rate")
    for title, key in (
        ("By customer", "customers"),
        ("By project", "projects"),
        ("By person", "people"),
    ):
        _print_totals(out, title, report[key])
    _print_new_names(out, report["new_names"])
    _print_problems(out, problems)


def _print_totals(out: Writer, title: str, totals: list[dict[str, Any]]) -> None:
    if not totals:
        return
    out.write(f"\n{title}:")
    for total in totals[:SHOWN_TOTALS]:
        name = f"{total['of']} / {total['name']}" if total["of"] else total["name"]
        out.write(f"  {hours(total['minutes']):>9}  {name}")
    if len(totals) > SHOWN_TOTALS:
        out.write(f"  … and {len(totals) - SHOWN_TOTALS} more")


def _print_new_names(out: Writer, names: list[dict[str, Any]]) -> None:
    if not names:
        return
    out.write("\nNot known yet:")
    for name in names:
        about = " ".join(filter(None, [name["of"] and f"of {name['of']}", name["email"]]))
        rows = f"{name['rows']} rows from line {name['first_line']}"
        out.write(f"  {name['kind']:<9} {name['name']}{f' ({about})' if about else ''}: {rows}")


def _print_problems(out: Writer, problems: list[RowProblem]) -> None:
    if not problems:
        return
    out.write("\nRows that cannot be imported:")
    for problem in problems[:SHOWN_PROBLEMS]:
        cell = f"{problem.column} “{problem.value}”" if problem.value else problem.column
        out.write(f"  line {problem.line}{f', {cell}' if cell else ''}: {problem.reason}")
    if len(problems) > SHOWN_PROBLEMS:
        out.write(f"  … and {len(problems) - SHOWN_PROBLEMS} more; --json lists them all")
    out.write("")
