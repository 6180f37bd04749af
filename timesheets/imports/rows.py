"""What a file says, before anybody looks into the database."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One piece of work as the file describes it, whichever program wrote it."""

    line: int
    person_name: str
    email: str
    staff_number: str
    customer: str
    project: str
    task: str
    description: str
    work_date: date
    start: time | None
    end: time | None
    minutes: int
    billable: bool | None  # None: the file does not say
    billed_elsewhere: bool
    rate: Decimal | None
    currency: str
    tags: tuple[str, ...] = ()
    own: tuple[tuple[str, str | bool], ...] = ()  # the tenant's own fields, as they are stored
    copy: int | None = None  # which of several equal rows; only a rejects file says so

    @property
    def person(self) -> str:
        return self.person_name or self.email or self.staff_number


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a line cannot be imported, in the words of the file: its column and its value."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of the file: what was understood of it, and what was not.

    A row with problems may still be there: its identity counts among equal rows.
    """

    line: int
    cells: list[str]
    row: ImportedRow | None
    problems: tuple[RowProblem, ...] = ()
