"""The week grid: one person's hours, a row per project and task, a column per day."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DomainError
from core.templatetags.figures import hours
from tenants.models import Membership
from timesheets.documents import WorkDocument, documents_of
from timesheets.domain import checks
from timesheets.domain.access import may_write, may_write_for, visible_entries
from timesheets.models import BillingState, HoursLock, TimeEntry
from timesheets.selectors.places import Place, place_key, places_of_keys

DAYS = 7
FIRST_WEEK, LAST_WEEK = date(2000, 1, 3), date(2199, 12, 30)


def monday_of(day: date) -> date:
    monday = day - timedelta(days=day.weekday())
    return min(max(monday, FIRST_WEEK), LAST_WEEK)


@dataclass
class Cell:
    place: Place
    day: date
    index: int
    entries: list[TimeEntry] = field(default_factory=list)
    closed: str = ""  # why nothing can be written here
    is_locked: bool = False
    is_day_locked: bool = False  # on every project, which the column's head says already
    documents: list[WorkDocument] = field(default_factory=list)
    typed: str | None = None  # what was refused, to be shown again
    error: str = ""

    @property
    def name(self) -> str:
        return f"{self.place.key}-{self.day:%Y%m%d}"

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def text(self) -> str:
        if self.typed is not None:
            return self.typed
        return hours(self.minutes) if self.entries else ""

    @property
    def holds_several(self) -> bool:
        """Typing over it would lose something, so it is opened instead."""
        return len(self.entries) > 1 or any(e.start_time or e.end_time for e in self.entries)

    @property
    def entry(self) -> TimeEntry | None:
        return self.entries[0] if len(self.entries) == 1 else None

    @property
    def note(self) -> str:
        return "\n".join(entry.description for entry in self.entries if entry.description)


@dataclass
class Row:
    place: Place
    cells: list[Cell]
    is_writable: bool

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for cell in self.cells)

    @property
    def is_empty(self) -> bool:
        return not any(cell.entries for cell in self.cells)

    @property
    def billable(self) -> str:
        """ "yes", "no" or "mixed"; an empty row begins with what project and task say."""
        kinds = {entry.is_billable for cell in self.cells for entry in cell.entries}
        if not kinds:
            project, task = self.place.project, self.place.task
            kinds = {project.is_billable and (task is None or task.is_billable)}
        return "mixed" if len(kinds) > 1 else "yes" if kinds.pop() else "no"


@dataclass
class Week:
    person: Membership
    monday: date
    rows: list[Row]
    locks: list[HoursLock]
    may_add: bool

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(DAYS)]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=DAYS - 1)

    @property
    def day_minutes(self) -> list[int]:
        return [sum(row.cells[index].minutes for row in self.rows) for index in range(DAYS)]

    @property
    def minutes(self) -> int:
        return sum(self.day_minutes)

    @property
    def cells(self) -> Mapping[str, Cell]:
        return {cell.name: cell for row in self.rows for cell in row.cells}

    @property
    def locked_days(self) -> set[date]:
        """The days on which nothing can be written, whatever the project."""
        whole = [lock for lock in self.locks if lock.project_id is None]
        return {day for day in self.days if any(x.start_date <= day <= x.end_date for x in whole)}

    @property
    def is_closed(self) -> bool:
        """The whole of it is locked: there is nothing left to do."""
        return len(self.locked_days) == DAYS


def read_week(
    reader: Membership, person: Membership, monday: date, extra_keys: Collection[str] = ()
) -> Week:
    """What the reader may see of the person's week; `extra_keys` are rows without hours yet."""
    sunday = monday + timedelta(days=DAYS - 1)
    entries = list(
        visible_entries(reader)
        .filter(member=person, work_date__range=(monday, sunday))
        .select_related("project__customer", "task")
        .order_by("work_date", "start_time", "pk")
    )
    locks = list(
        HoursLock.objects.filter(member=person, start_date__lte=sunday, end_date__gte=monday)
        .select_related("locked_by", "project")
        .order_by("start_date", "pk")
    )
    documents = documents_of(entries, reader)
    cells: dict[str, dict[date, list[TimeEntry]]] = defaultdict(lambda: defaultdict(list))
    places: dict[str, Place] = {}
    for entry in entries:
        key = place_key(entry.project_id, entry.task_id)
        places.setdefault(key, Place(entry.project, entry.task))
        cells[key][entry.work_date].append(entry)
    for key, place in places_of_keys([k for k in extra_keys if k not in places]).items():
        if may_write(reader, member_id=person.pk, project=place.project):
            places[key] = place
    builder = _Builder(reader, person, monday, locks, documents)
    rows = [builder.row(place, cells.get(key, {})) for key, place in places.items()]
    rows.sort(key=_by_name)
    may_add = person.is_active and may_write_for(reader, person.pk)
    return Week(person, monday, rows, locks, may_add)


def _by_name(row: Row) -> tuple[Any, ...]:
    project, task = row.place.project, row.place.task
    return (
        project.customer.name.casefold(), project.name.casefold(), project.pk,
        task.name.casefold() if task else "", task.pk if task else 0,
    )  # fmt: skip


@dataclass(frozen=True)
class _Builder:
    reader: Membership
    person: Membership
    monday: date
    locks: list[HoursLock]
    documents: Mapping[int, WorkDocument]

    def row(self, place: Place, by_day: Mapping[date, list[TimeEntry]]) -> Row:
        is_writable = may_write(self.reader, member_id=self.person.pk, project=place.project)
        cells = []
        for index in range(DAYS):
            day = self.monday + timedelta(days=index)
            cell = Cell(place, day, index, by_day.get(day, []))
            self._close(cell, is_writable)
            cells.append(cell)
        return Row(place, cells, is_writable)

    def _close(self, cell: Cell, is_writable: bool) -> None:
        project = cell.place.project
        for lock in self.locks:
            covers = lock.start_date <= cell.day <= lock.end_date
            if covers and lock.project_id in (None, project.pk):
                cell.is_locked = True
                cell.is_day_locked |= lock.project_id is None
                cell.closed = str(checks.lock_refusal(lock, self.person, project))
        settled = [entry for entry in cell.entries if entry.billing_state != BillingState.OPEN]
        found = {self.documents[e.pk]: None for e in settled if e.pk in self.documents}
        cell.documents = list(found)
        if settled and len(settled) == len(cell.entries):
            cell.closed = cell.closed or self._settled_in_words(cell, settled[0])
        if not is_writable:
            cell.closed = cell.closed or _("You may look at these hours, but not change them.")
        elif not cell.entries and not cell.closed:
            cell.closed = self._why_not_here(cell)

    def _settled_in_words(self, cell: Cell, entry: TimeEntry) -> str:
        if cell.documents:
            return _("On %(document)s.") % {"document": cell.documents[0].label}
        return entry.billing_note or entry.get_billing_state_display()

    def _why_not_here(self, cell: Cell) -> str:
        try:
            checks.check_place(cell.place.project, cell.place.task)
            checks.check_project_runs(cell.place.project, cell.day)
        except DomainError as refused:
            return str(refused)
        return ""


def places_before(
    reader: Membership, person: Membership, monday: date
) -> tuple[date, list[str]] | None:
    """The latest earlier week with hours, and its rows that can still be written."""
    before = visible_entries(reader).filter(
        member=person, work_date__lt=monday, work_date__gte=monday - timedelta(days=92)
    )
    last = before.order_by("-work_date").values_list("work_date", flat=True).first()
    if last is None:
        return None
    start = monday_of(last)
    rows = (
        before.filter(
            work_date__gte=start, project__is_active=True, project__customer__is_active=True
        )
        .exclude(task__is_active=False)
        .order_by()
        .values_list("project_id", "task_id")
        .distinct()
    )
    return start, [place_key(project_id, task_id) for project_id, task_id in rows]
