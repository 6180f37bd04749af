"""Times beside a yardstick made in the same run, because machines differ."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

KEPT = {True: "[green]yes[/green]", False: "[bold red]NO[/bold red]", None: ""}


@dataclass(frozen=True)
class Result:
    """One measurement. `limit` is the promised share of the yardstick, `limit_seconds` a time;
    `growth` what it needs of memory beside the smallest case."""

    name: str
    seconds: float
    yardstick: str = ""
    yardstick_seconds: float | None = None
    limit: float | None = None
    limit_seconds: float | None = None
    queries: int | None = None
    limit_queries: int | None = None
    growth: float | None = None
    limit_growth: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.seconds / self.yardstick_seconds if self.yardstick_seconds else None

    @property
    def is_kept(self) -> bool | None:
        """Whether every promise holds; None where nothing is promised."""
        promises = [
            (self.ratio, self.limit),
            (self.seconds, self.limit_seconds),
            (self.queries, self.limit_queries),
            (self.growth, self.limit_growth),
        ]
        told = [value <= limit for value, limit in promises if value is not None and limit]
        return all(told) if told else None


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def side_by_side(
    work: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    times: int,
    before: Callable[[], object] | None = None,
    after: Callable[[], object] | None = None,
) -> tuple[float, float]:
    """The medians of both, taken in turns so that a busy moment of the machine hits both.

    `before` and `after` each pair are not timed. The first pair warms up and is not counted.
    """
    pairs = []
    for _ in range(times + 1):
        if before is not None:
            before()
        pairs.append((seconds_of(work), seconds_of(yardstick)))
        if after is not None:
            after()
    ours, theirs = zip(*pairs[1:], strict=True)
    return statistics.median(ours), statistics.median(theirs)


def show(results: Sequence[Result], console: Console) -> None:
    table = Table(title="Laskuri, measured", box=SIMPLE)
    for heading in ("", "time", "yardstick", "ratio", "promised", "kept"):
        table.add_column(
            heading, justify="right" if heading in ("time", "yardstick", "ratio") else "left"
        )
    for result in results:
        told = f"beside {result.yardstick}" if result.yardstick else ""
        notes = "; ".join(filter(None, [told, result.note]))
        table.add_row(
            f"{result.name}\n[dim]{notes}[/dim]" if notes else result.name,
            _time(result.seconds),
            _time(result.yardstick_seconds),
            f"{result.ratio:.2f}" if result.ratio else "",
            _promise(result),
            KEPT[result.is_kept],
        )
    console.print(table)


def write(results: Sequence[Result], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        asdict(result) | {"ratio": result.ratio, "is_kept": result.is_kept} for result in results
    ]
    path.write_text(json.dumps(rows, indent=2) + "\n")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _promise(result: Result) -> str:
    parts = []
    if result.limit is not None:
        parts.append(f"within {result.limit:g} times")
    if result.limit_seconds is not None:
        parts.append(f"under {_time(result.limit_seconds)}")
    if result.limit_growth is not None:
        parts.append(f"{result.growth:.2f} of {result.limit_growth:g} times the memory")
    if result.limit_queries is not None:
        parts.append(f"{result.queries} of {result.limit_queries} queries")
    return ", ".join(parts)
