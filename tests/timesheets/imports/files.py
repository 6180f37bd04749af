"""Small files made in the test, read with fixed surroundings."""

from datetime import date
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from timesheets.imports.dates import decide_date_order
from timesheets.imports.reading import read
from timesheets.imports.rows import ImportedRow, ReadLine, RowProblem
from timesheets.imports.source import Source, recognise
from timesheets.imports.values import DateOrder

SAMPLES = Path(__file__).parents[2] / "data"
HELSINKI = ZoneInfo("Europe/Helsinki")
TODAY = date(2026, 11, 21)

TOGGL = (
    "User,Email,Client,Project,Task,Description,Billable,"
    "Start date,Start time,End date,End time,Duration"
)
CLOCKIFY = (
    "Project,Client,Description,Task,User,Group,Email,Tags,Billable,"
    "Start Date,Start Time,End Date,End Time,Duration (h),Duration (decimal)"
)
HARVEST = (
    "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name"
)
KIMAI = (
    "Date,From,To,Duration,Name,User,E-mail,Customer,Project,Activity,Description,Exported,Billable"
)
PLAIN = "Date,Email,Person,Customer,Project,Task,Description,Start,End,Duration,Billable"


def source_of(text: str, encoding: str = "utf-8") -> Source:
    return recognise(BytesIO(text.encode(encoding)))


def lines_of(
    source: Source, dates: DateOrder | None = None, time_zone: ZoneInfo = HELSINKI
) -> list[ReadLine]:
    order = decide_date_order(source, dates)
    return list(read(source, date_order=order, time_zone=time_zone, today=TODAY))


def rows_of(text: str, dates: DateOrder | None = None) -> list[ImportedRow]:
    """The rows of a file without faults."""
    lines = lines_of(source_of(text), dates)
    assert [line.problems for line in lines if line.problems] == []
    return [line.row for line in lines if line.row is not None]


def problems_of(text: str) -> list[RowProblem]:
    return [problem for line in lines_of(source_of(text)) for problem in line.problems]


def sample(name: str, dates: DateOrder | None = None) -> list[ReadLine]:
    with (SAMPLES / name).open("rb") as file:
        return lines_of(recognise(file), dates)
