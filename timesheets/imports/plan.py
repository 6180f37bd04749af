"""What an import would do, down to the last row, without doing it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils import formats
from django.utils.translation import gettext as _

from customers.domain import custom_fields
from customers.models import CustomField
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant_id
from timesheets.domain.rates import FoundRate, RateBook
from timesheets.imports.dates import decide_date_order
from timesheets.imports.identity import Identities, already_imported, fingerprint
from timesheets.imports.names import Directory, Kind, NewName, Place, Reference, UnclearName
from timesheets.imports.options import ImportOptions, RatesFrom
from timesheets.imports.own_fields import OwnColumn, own_columns
from timesheets.imports.reading import read
from timesheets.imports.rows import ImportedRow, ReadLine, RowProblem
from timesheets.imports.source import Source, recognise
from timesheets.imports.values import DateOrder
from timesheets.models import HoursLock, RateLevel, TimeEntry

MINUTES_OF_A_DAY = 24 * 60
_STEP = 1_000  # rows between two words about progress


class Progress:
    """Nobody listens. The command and the task have their own."""

    def start(self, phase: str, total: int) -> None:
        """A phase begins."""

    def at(self, done: int) -> None:
        """So many of it are done."""


@dataclass(slots=True)
class PlannedRow:
    """A row that can be written once the names it needs are there."""

    row: ImportedRow
    person: Reference
    place: Place
    says: str
    copy: int
    found_rate: FoundRate
    tags: tuple[Reference, ...] = ()

    @property
    def new_tags(self) -> tuple[NewName, ...]:
        """Without them it can be written as well."""
        return tuple(tag for tag in self.tags if isinstance(tag, NewName))

    @property
    def needs(self) -> tuple[NewName, ...]:
        new = self.place.new_names
        return (*new, self.person) if isinstance(self.person, NewName) else new


@dataclass(slots=True)
class Share:
    """Rows and minutes that belong to one name."""

    rows: int = 0
    minutes: int = 0
    first_line: int = 0

    def add(self, row: ImportedRow) -> None:
        self.rows += 1
        self.minutes += row.minutes
        self.first_line = self.first_line or row.line


@dataclass(slots=True)
class Plan:
    source: Source
    options: ImportOptions
    date_order: DateOrder | None
    rows: list[PlannedRow] = field(default_factory=list)
    known: int = 0  # rows that are there already
    problems: list[RowProblem] = field(default_factory=list)
    copies: dict[int, int] = field(default_factory=dict)  # of bad lines, the copies above one
    new_names: dict[NewName, Share] = field(default_factory=dict)
    member_names: dict[int, str] = field(default_factory=dict)
    own_columns: list[OwnColumn] = field(default_factory=list)

    def tags_left_off(self, create: Collection[str] | None) -> set[NewName]:
        """The new tags that nobody said to make: hours can do without."""
        if create is None:
            return set()
        wanted = set(create)
        return {n for n in self.new_names if n.kind is Kind.TAG and n.key not in wanted}

    @property
    def bad_lines(self) -> set[int]:
        return {problem.line for problem in self.problems}

    def split(self, create: Collection[str] | None) -> tuple[list[PlannedRow], list[RowProblem]]:
        """The rows that can be written when these names are created, and why others cannot.

        `create` holds keys of new names; None stands for all of them.
        """
        if create is None:
            return self.rows, self.problems
        wanted = set(create)
        # A project can only be made for a customer that is there or made as well.
        refused = {name for name in self.new_names if not _chain(name) <= wanted}
        if not refused:
            return self.rows, self.problems
        ready, problems = [], list(self.problems)
        for planned in self.rows:
            missing = [name for name in planned.needs if name in refused]
            if missing:
                problems.extend(self._unknown(planned.row, name) for name in missing)
            else:
                ready.append(planned)
        problems.sort(key=lambda problem: problem.line)
        return ready, problems

    def _unknown(self, row: ImportedRow, name: NewName) -> RowProblem:
        column = self.source.title(name.kind)
        return RowProblem(row.line, column, name.name, _("Nothing of this name is known here."))


def _chain(name: NewName) -> set[str]:
    keys = {name.key}
    while isinstance(name.parent, NewName):
        name = name.parent
        keys.add(name.key)
    return keys


def plan_import(
    file: BinaryIO,
    *,
    options: ImportOptions,
    today: date,
    progress: Progress | None = None,
    hold: bool = False,
) -> Plan:
    """Read the file and compare it with the tenant. Raises ImportRefused; writes nothing.

    With `hold` nobody locks the hours of the people in it until the transaction ends.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    source = recognise(file)
    order = decide_date_order(source, options.date_order)
    planner = _Planner(source, options, order, tenant, progress or Progress(), hold=hold)
    return planner.run(today, hold=hold)


@dataclass(slots=True)
class _Met:
    """A row whose person is found, on its way through the checks."""

    line: ReadLine
    row: ImportedRow
    person: Reference | None
    says: str
    copy: int
    problems: list[RowProblem]
    fingerprint: str = ""


def _known_fields(target: str) -> dict[str, CustomField]:
    return {field.name: field for field in custom_fields.fields_of(target)}


class _Planner:
    def __init__(
        self,
        source: Source,
        options: ImportOptions,
        order: DateOrder | None,
        tenant: Tenant,
        progress: Progress,
        *,
        hold: bool,
    ) -> None:
        self.source, self.options, self.progress = source, options, progress
        self.time_zone = ZoneInfo(tenant.time_zone)
        self.directory = Directory(
            default=options.default_project,
            currency=tenant.currency,
            tasks_belong_to_project=source.dialect.tasks_belong_to_project,
        )
        self.rates = _Rates(RateBook.load())
        self.plan = Plan(source, options, order, member_names=self.directory.member_names)
        # Fields before records: so does who changes a field.
        known = custom_fields.held_fields if hold else _known_fields
        self.plan.own_columns = own_columns(source, known("time_entry"))

    def run(self, today: date, *, hold: bool) -> Plan:
        total = sum(1 for _record in self.source.records())
        self.progress.start(_("Reading"), total)
        met = list(self._meet(today))
        there = already_imported(one.fingerprint for one in met if one.fingerprint)
        fresh = [one for one in met if one.fingerprint not in there]
        self.plan.known = len(met) - len(fresh)
        members = {one.person for one in fresh if isinstance(one.person, int)}
        days = {one.row.work_date for one in fresh}
        if hold:
            _hold_people(members)
        locks = _Locks.of(members, days)
        worked = _worked(members, days)
        self.progress.start(_("Checking"), len(fresh))
        for number, one in enumerate(fresh, start=1):
            self._judge(one, locks, worked)
            if number % _STEP == 0:
                self.progress.at(number)
        self.plan.problems.sort(key=lambda problem: problem.line)
        return self.plan

    def _meet(self, today: date) -> Iterator[_Met]:
        """Every readable row with its person and identity; the faults of the others are kept."""
        identities = Identities()
        lines = read(
            self.source,
            date_order=self.plan.date_order,
            time_zone=self.time_zone,
            today=today,
            own=self.plan.own_columns,
        )
        for number, line in enumerate(lines, start=1):
            if number % _STEP == 0:
                self.progress.at(number)
            problems = list(line.problems)
            row = line.row
            if row is None:
                self.plan.problems += problems
                continue
            person: Reference | None = None
            if row.person:
                try:
                    person = self.directory.person(row)
                except UnclearName as unclear:
                    problems.append(self._problem(row, unclear))
            if person is None:
                self.plan.problems += problems
                continue
            says, copy = identities.of(row, person)
            mark = fingerprint(person, says, copy) if isinstance(person, int) else ""
            yield _Met(line, row, person, says, copy, problems, mark)

    def _judge(self, one: _Met, locks: "_Locks", worked: Counter[tuple[Reference, date]]) -> None:
        row, person = one.row, one.person
        assert person is not None
        place = None
        try:
            place = self.directory.place(row)
        except UnclearName as unclear:
            one.problems.append(self._problem(row, unclear))
        if place is not None:
            self._check_lock(one, person, place, locks)
            self._check_rate(one, place)
        if not one.problems:
            self._check_day(one, person, worked)
        if one.problems or place is None:
            self.plan.problems += one.problems
            if one.copy > 1:
                self.plan.copies[row.line] = one.copy
            return
        found = self.rates.find(row, person, place, self.options.rates)
        tags = self.directory.tags(row) if row.tags else ()
        planned = PlannedRow(row, person, place, one.says, one.copy, found, tags)
        self.plan.rows.append(planned)
        for name in (*planned.needs, *planned.new_tags):
            self.plan.new_names.setdefault(name, Share()).add(row)

    def _check_lock(self, one: _Met, person: Reference, place: Place, locks: "_Locks") -> None:
        lock = locks.over(person, place.project, one.row.work_date)
        if lock is None:
            return
        reason = _("The hours of %(person)s from %(start)s to %(end)s are locked.") % {
            "person": self.plan.member_names[lock.member_id],
            "start": formats.date_format(lock.start_date),
            "end": formats.date_format(lock.end_date),
        }
        self._add(one, "date", one.row.work_date.isoformat(), reason)

    def _check_rate(self, one: _Met, place: Place) -> None:
        row = one.row
        if self.options.rates is not RatesFrom.FILE or row.rate is None:
            return
        if row.currency and row.currency != place.currency:
            reason = _("%(customer)s is billed in %(currency)s; the rate is in another currency.")
            params = {"customer": place.customer_name, "currency": place.currency}
            self._add(one, "rate", f"{row.rate} {row.currency}", reason % params)

    def _check_day(
        self, one: _Met, person: Reference, worked: Counter[tuple[Reference, date]]
    ) -> None:
        row = one.row
        day = worked[person, row.work_date] + row.minutes
        if day > MINUTES_OF_A_DAY:
            reason = _("With this, %(person)s has %(hours)d:%(minutes)02d hours on this day.")
            params = {"person": row.person, "hours": day // 60, "minutes": day % 60}
            self._add(
                one, "duration", f"{row.minutes // 60}:{row.minutes % 60:02d}", reason % params
            )
        else:
            worked[person, row.work_date] = day

    def _add(self, one: _Met, key: str, value: str, reason: str) -> None:
        one.problems.append(RowProblem(one.row.line, self.source.title(key), value, reason))

    def _problem(self, row: ImportedRow, unclear: UnclearName) -> RowProblem:
        title = self.source.title(unclear.field)
        return RowProblem(row.line, title, unclear.value, unclear.reason)


class _Rates:
    """One search per person, place and day, not per row."""

    def __init__(self, book: RateBook) -> None:
        self._book = book
        self._found: dict[tuple[Reference, Reference, Reference | None, date], FoundRate] = {}

    def find(
        self, row: ImportedRow, person: Reference, place: Place, source: RatesFrom
    ) -> FoundRate:
        # Exports write nought where there is no price.
        if source is RatesFrom.FILE and row.rate:
            return FoundRate(row.rate, RateLevel.MANUAL)
        key = (person, place.project, place.task, row.work_date)
        found = self._found.get(key)
        if found is None:
            found = self._book.find(
                member_id=_id_or_none_there(person),
                project_id=_id_or_none_there(place.project),
                customer_id=_id_or_none_there(place.customer),
                task_id=place.task if isinstance(place.task, int) else None,
                currency=place.currency,
                day=row.work_date,
            )
            self._found[key] = found
        return found


def _id_or_none_there(reference: Reference) -> int:
    """What is new has no rates of its own; no row has the id 0."""
    return reference if isinstance(reference, int) else 0


@dataclass(frozen=True, slots=True)
class _Locks:
    of_member: dict[int, list[HoursLock]]

    @classmethod
    def of(cls, members: Collection[int], days: Collection[date]) -> "_Locks":
        held: dict[int, list[HoursLock]] = defaultdict(list)
        if members and days:
            locks = HoursLock.objects.filter(
                member_id__in=members, start_date__lte=max(days), end_date__gte=min(days)
            )
            for lock in locks.order_by("start_date", "id"):
                held[lock.member_id].append(lock)
        return cls(held)

    def over(self, person: Reference, project: Reference, day: date) -> HoursLock | None:
        if not isinstance(person, int):
            return None
        for lock in self.of_member.get(person, ()):
            if lock.start_date <= day <= lock.end_date and lock.project_id in (None, project):
                return lock
        return None


def _worked(members: Iterable[int], days: Collection[date]) -> Counter[tuple[Reference, date]]:
    """Minutes already recorded, by person and day."""
    worked: Counter[tuple[Reference, date]] = Counter()
    asked = list(members)
    if not asked or not days:
        return worked
    rows = (
        TimeEntry.objects.order_by()
        .filter(member_id__in=asked, work_date__gte=min(days), work_date__lte=max(days))
        .values_list("member_id", "work_date")
        .annotate(total=Sum("minutes"))
    )
    for member_id, day, total in rows:
        worked[member_id, day] = total
    return worked


def _hold_people(members: Iterable[int]) -> None:
    list(
        Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=list(members))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
