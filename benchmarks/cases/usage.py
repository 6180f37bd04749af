"""A million records of usage from a CSV file, then charged; the same file again."""

import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
from django.core.files import File

from benchmarks.companies import make_company
from benchmarks.measuring import Result, seconds_of
from tenants.scope import tenant_scope
from timesheets.models import UsageCharge, UsageImport, UsageRecord
from timesheets.usage import receiving, steps, turns
from timesheets.usage.choices import Choices

ROWS, CUSTOMERS, DESTINATIONS = 1_000_000, 200, 8
FIRST_DAY = date(2026, 10, 1)
MOST_MEGABYTES = 2_000
COLUMNS = {"customer": 0, "date": 1, "destination": 2, "quantity": 3, "rate": 4}


def run(address: str) -> Iterator[Result]:
    company = make_company("usage", customers=CUSTOMERS, projects=1, people=1)
    tenant_id = company.tenant.pk
    # A worker reads it; here it is this process itself.
    turns.enqueue = lambda usage_import: None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.csv"
        _write_file(path)
        import_id = _receive(path, tenant_id)
        ours = seconds_of(lambda: _work(tenant_id, import_id, until=UsageImport.State.CHARGING))
        charging = seconds_of(lambda: steps.work(tenant_id, import_id))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        megabytes = peak / 1024 if sys.platform != "darwin" else peak / 1024**2
        again_id = _receive(path, tenant_id)
        again = seconds_of(lambda: steps.work(tenant_id, again_id))
    with tenant_scope(tenant_id):
        assert UsageRecord.objects.count() == ROWS
        assert UsageImport.objects.get(pk=again_id).known == ROWS
        charges = UsageCharge.objects.count()
    yield Result(
        f"usage: {ROWS:,} rows of CSV to records",
        ours,
        yardstick="COPY of the same records into a table without indexes",
        yardstick_seconds=seconds_of(lambda: _copy(address, tenant_id)),
        limit_seconds=180,
        note=f"{ROWS / ours:,.0f} rows a second",
    )
    yield Result(
        f"usage: charging for them, {charges:,} charges",
        charging,
        limit_seconds=180,
    )
    yield Result(
        "usage: memory of the process, in thousandths of MB",
        megabytes / 1000,
        limit_seconds=MOST_MEGABYTES / 1000,
        note=f"{megabytes:,.0f} MB at most",
    )
    yield Result("usage: the same file again, nothing new", again, limit_seconds=180)


def _receive(path: Path, tenant_id: int) -> int:
    with tenant_scope(tenant_id), path.open("rb") as file:
        usage_import = receiving.receive_file(
            File(file, name="usage.csv"), name="usage.csv", size=path.stat().st_size, actor=None
        )
        receiving.start(usage_import.pk, Choices(columns=COLUMNS, unit="MIN"), actor=None)
        return usage_import.pk


def _work(tenant_id: int, import_id: int, *, until: str) -> None:
    """Read the file to its end, and charge for nothing yet."""
    with tenant_scope(tenant_id):
        found = steps.steps_of(import_id)
    while True:
        with tenant_scope(tenant_id):
            step = next(found)
            assert step()
            if UsageImport.objects.get(pk=import_id).state == until:
                found.close()
                return


def _write_file(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("Customer;Date;Destination;Minutes;Rate\n")
        for number in range(ROWS):
            day = FIRST_DAY + timedelta(days=number % 31)
            file.write(
                f"{number % CUSTOMERS};{day};Country {number % DESTINATIONS};"
                f"{number % 5_000 / 100 + 0.01:.2f};0.0{number % 2 + 1}\n"
            )


def _copy(address: str, tenant_id: int) -> None:
    with psycopg.connect(address) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE plain AS SELECT * FROM timesheets_usagerecord LIMIT 0"
        )
        connection.execute(
            "INSERT INTO plain SELECT * FROM timesheets_usagerecord WHERE tenant_id = %s",
            [tenant_id],
        )
