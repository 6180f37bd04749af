"""A Toggl export of a hundred thousand rows, by command."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import psycopg
from django.core.management import call_command
from psycopg import sql

from benchmarks.companies import Company, make_company
from benchmarks.measuring import Result, seconds_of
from tenants.scope import tenant_scope
from timesheets.models import TimeEntry

ROWS = 100_000
FIRST_DAY = date(2025, 11, 1)


def run(address: str) -> Iterator[Result]:
    company = make_company("import", customers=1, projects=1, people=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "toggl.csv"
        _write_export(path)
        ours = seconds_of(
            lambda: call_command(
                "import_time", str(path), "--tenant", "import", "--create", stdout=_Nowhere()
            )
        )
    with tenant_scope(company.tenant.pk):
        assert TimeEntry.objects.count() == ROWS
    theirs = seconds_of(lambda: _insert_again(address, company))
    yield Result(
        f"import: {ROWS:,} rows of Toggl Track",
        ours,
        yardstick="psycopg's executemany inserting the same entries, already read",
        yardstick_seconds=theirs,
        limit_seconds=30,
        note=f"{ROWS / ours:,.0f} rows a second",
    )


def _write_export(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["User", "Email", "Client", "Project", "Task", "Description", "Billable",
             "Start date", "Start time", "End date", "End time", "Duration", "Tags"]
        )  # fmt: skip
        for number in range(ROWS):
            person, site = number % 30, number // 30 % 40
            # Each person works eight half hours a day.
            slot = number // 30
            day = FIRST_DAY + timedelta(days=slot // 10)
            start = datetime.combine(day, time(8)) + timedelta(minutes=45 * (slot % 10))
            end = start + timedelta(minutes=30)
            writer.writerow(
                [f"Person {person}", f"person{person}@bench.example", f"Client {site % 10}",
                 f"Project {site}", "", f"Work {number}", "Yes", day.isoformat(),
                 start.time().isoformat(), day.isoformat(), end.time().isoformat(),
                 "00:30:00", ""]
            )  # fmt: skip


def _insert_again(address: str, company: Company) -> None:
    """Into the same table with the same checks, as rows of the same company."""
    columns = [
        column
        for column in (field.column for field in TimeEntry._meta.concrete_fields)
        if column not in ("id", "import_fingerprint", "time_import_id")
    ]
    names = sql.SQL(", ").join([sql.Identifier(str(column)) for column in columns])
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            sql.SQL("SELECT {} FROM timesheets_timeentry WHERE tenant_id = %s").format(names),
            [company.tenant.pk],
        ).fetchall()
        values = sql.SQL(", ").join(sql.Placeholder() * len(columns))
        connection.cursor().executemany(
            sql.SQL("INSERT INTO timesheets_timeentry ({}) VALUES ({})").format(names, values),
            rows,
        )


class _Nowhere:
    def write(self, _text: str) -> int:
        return 0

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False
