"""From records to rows: every cell is read, every fault is named, nothing is looked up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.csv_files import Record
from core.durations import NumberMeans
from customers.domain.custom_fields import Stored
from timesheets.domain.tags.choosing import MOST_ON_AN_ENTRY
from timesheets.imports.own_fields import OwnColumn
from timesheets.imports.rejects import restored
from timesheets.imports.rows import ImportedRow, ReadLine, RowProblem
from timesheets.imports.source import Source
from timesheets.imports.values import (
    BadValue,
    DateOrder,
    clean,
    read_currency,
    read_date,
    read_decimal,
    read_minutes,
    read_names,
    read_rate,
    read_time,
    read_yes_or_no,
    whole_minutes,
)

EARLIEST = date(1990, 1, 1)
FARTHEST_AHEAD = timedelta(days=366)
MAX_DESCRIPTION = 3_000
MAX_NAME, MAX_PERSON = 80, 150
_MISSING = gettext_lazy("This is missing.")


def read(
    source: Source,
    *,
    date_order: DateOrder | None,
    time_zone: ZoneInfo,
    today: date,
    own: Sequence[OwnColumn] = (),
) -> Iterator[ReadLine]:
    """Every line of the file with work in it, in the order of the file."""
    latest = today + FARTHEST_AHEAD
    reader = _Reader(source, date_order, time_zone, latest, _number_means(source), own)
    for record in source.records():
        yield reader.line(record)


def _number_means(source: Source) -> NumberMeans:
    """Seconds, when a program that can write them wrote only whole numbers, and one above 24."""
    column = source.columns.get("duration")
    if not source.dialect.may_count_seconds or column is None:
        return NumberMeans.HOURS
    highest = 0
    for record in source.records():
        text = record.cells[column.index].strip() if column.index < len(record.cells) else ""
        if not text:
            continue
        if not text.isdecimal():
            return NumberMeans.HOURS
        highest = max(highest, int(text[:9]))
    return NumberMeans.SECONDS if highest > 24 else NumberMeans.HOURS


@dataclass(slots=True)
class _Reader:
    source: Source
    date_order: DateOrder | None
    time_zone: ZoneInfo
    latest: date
    number_means: NumberMeans
    own: Sequence[OwnColumn]
    cells: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    line_number: int = 0

    def line(self, record: Record) -> ReadLine:
        self.cells, self.problems, self.line_number = record.cells, [], record.line
        if self.source.is_rejects_file:
            self.cells = [restored(cell) for cell in record.cells]
        if record.broken:
            self._broken(record)
            return ReadLine(record.line, record.cells, None, tuple(self.problems))
        self._extra_cells()
        row = self._row()
        return ReadLine(record.line, self.cells, row, tuple(self.problems))

    def _row(self) -> ImportedRow | None:
        work_date = self._work_date()
        start, end = self._value("start", read_time), self._value("end", read_time)
        minutes = self._minutes(work_date, start, end)
        row = None
        person_name, email, staff_number = self._person()
        names = [self._name(key) for key in ("customer", "project", "task")]
        description = self._description()
        billable = self._billable()
        billed = bool(self._value("billed", read_yes_or_no))
        rate = self._value("rate", read_rate)
        currency = self._currency()
        tags = self._tags()
        own = tuple(self._own_values())
        copy = self._copy()
        if work_date is not None and minutes is not None:
            row = ImportedRow(
                line=self.line_number,
                person_name=person_name,
                email=email,
                staff_number=staff_number,
                customer=names[0],
                project=names[1],
                task=names[2],
                description=description,
                work_date=work_date,
                start=start and start.replace(second=0),
                end=end and end.replace(second=0),
                minutes=minutes,
                billable=billable,
                billed_elsewhere=billed,
                rate=rate,
                currency=currency,
                tags=tags,
                own=own,
                copy=copy,
            )
        return row

    def _text(self, key: str) -> str:
        column = self.source.columns.get(key)
        if column is None or column.index >= len(self.cells):
            return ""
        return clean(self.cells[column.index])

    def _value[T](self, key: str, parse: Callable[[str], T]) -> T | None:
        text = self._text(key)
        if not text:
            return None
        try:
            return parse(text)
        except BadValue as bad:
            self._problem(key, text, str(bad.reason))
            return None

    def _problem(self, key: str, value: str, reason: str) -> None:
        self.problems.append(RowProblem(self.line_number, self.source.title(key), value, reason))

    def _work_date(self) -> date | None:
        if not self._text("date"):
            self._problem("date", "", str(_MISSING))
            return None
        day = self._value("date", self._date)
        if day is not None and not EARLIEST <= day <= self.latest:
            reason = (
                _("This day is too long ago.")
                if day < EARLIEST
                else _("This day is too far ahead.")
            )
            self._problem("date", self._text("date"), reason)
            return None
        return day

    def _date(self, text: str) -> date:
        return read_date(text, self.date_order)

    def _minutes(self, work_date: date | None, start: time | None, end: time | None) -> int | None:
        for key, means in (
            ("duration", self.number_means),
            ("duration_decimal", NumberMeans.HOURS),
            ("minutes", NumberMeans.MINUTES),
        ):
            if self._text(key):
                return self._value(key, lambda text, means=means: read_minutes(text, means))  # type: ignore[misc]
        if start is not None and end is not None and work_date is not None:
            return self._elapsed(work_date, start, end)
        if not self._faulty("start", "end", "date"):
            key = next(
                (k for k in ("duration", "minutes", "end") if k in self.source.columns), "duration"
            )
            self._problem(key, "", _("The duration is missing, and so are start and end."))
        return None

    def _elapsed(self, work_date: date, start: time, end: time) -> int | None:
        """The time between start and end on the clock of the tenant, summer time included."""
        end_date = self._value("end_date", self._date)
        if end_date is None:
            end_date = work_date + timedelta(days=1) if end <= start and end != start else work_date
        begun = datetime.combine(work_date, start, self.time_zone)
        ended = datetime.combine(end_date, end, self.time_zone)
        try:
            return whole_minutes(Decimal(int(ended.timestamp()) - int(begun.timestamp())))
        except BadValue as bad:
            self._problem("end", self._text("end"), str(bad.reason))
            return None

    def _faulty(self, *keys: str) -> bool:
        titles = {self.source.columns[key].title for key in keys if key in self.source.columns}
        return any(problem.column in titles for problem in self.problems)

    def _person(self) -> tuple[str, str, str]:
        name = self._name("person", MAX_PERSON) or " ".join(
            part for part in (self._name("first_name"), self._name("last_name")) if part
        )
        name = name or self._name("login", MAX_PERSON)
        email = self._text("email").lower()
        if email and ("@" not in email or " " in email or len(email) > 254):
            self._problem("email", email, _("This is no e-mail address."))
        if not name and not email:
            key = next(
                key for key in ("person", "last_name", "first_name", "email", "login")
                if key in self.source.columns
            )  # fmt: skip
            self._problem(key, "", _("Nobody is named."))
        return name, email, self._text("staff_number")

    def _name(self, key: str, limit: int = MAX_NAME) -> str:
        name = self._text(key)
        if len(name) > limit:
            reason = _("This name has %(length)d letters; at most %(limit)d fit.")
            self._problem(key, name, reason % {"length": len(name), "limit": limit})
        return name

    def _description(self) -> str:
        """Descriptions keep their lines; other cells are one line."""
        column = self.source.columns.get("description")
        if column is None or column.index >= len(self.cells):
            return ""
        raw = self.cells[column.index]
        lines = (
            [clean(line) for line in raw.splitlines()]
            if "\n" in raw or "\r" in raw
            else [clean(raw)]
        )
        text = "\n".join(line for line in lines if line)
        if len(text) > MAX_DESCRIPTION:
            reason = _("This text has %(length)d letters; at most %(limit)d fit.")
            self._problem(
                "description", text, reason % {"length": len(text), "limit": MAX_DESCRIPTION}
            )
        return text

    def _billable(self) -> bool | None:
        if "billable" not in self.source.columns:
            return None
        billable = self._value("billable", read_yes_or_no)
        if billable is None and self.source.dialect.empty_is_not_billable:
            return False
        return billable

    def _tags(self) -> tuple[str, ...]:
        tags = read_names(self._text("tags"))
        if len(tags) > MOST_ON_AN_ENTRY:
            reason = _("These are %(count)d tags; an entry has at most %(most)d.")
            self._problem(
                "tags",
                self._text("tags"),
                reason % {"count": len(tags), "most": MOST_ON_AN_ENTRY},
            )
        for tag in tags:
            if len(tag) > MAX_NAME:
                reason = _("This name has %(length)d letters; at most %(limit)d fit.")
                self._problem("tags", tag, reason % {"length": len(tag), "limit": MAX_NAME})
        return tags

    def _currency(self) -> str:
        if currency := self._value("currency", read_currency):
            return currency
        for key in ("rate", "amount"):
            if key in self.source.columns and self.source.columns[key].currency:
                return self.source.columns[key].currency
        return ""

    def _own_values(self) -> Iterator[tuple[str, Stored]]:
        """An empty cell says nothing: the field's default stays."""
        for column in self.own:
            text = self.cells[column.index].strip() if column.index < len(self.cells) else ""
            if not text:
                continue
            try:
                yield column.field.name, column.read(text, self.date_order)
            except BadValue as bad:
                self.problems.append(
                    RowProblem(self.line_number, column.title, text, str(bad.reason))
                )

    def _copy(self) -> int | None:
        place = self.source.copy_index
        if place is None or place >= len(self.cells) or not self.cells[place].strip():
            return None
        try:
            return int(read_decimal(self.cells[place].strip()))
        except BadValue:
            return None

    def _broken(self, record: Record) -> None:
        self.problems.append(
            RowProblem(
                record.line,
                "",
                record.cells[0][:200],
                _("The quotation marks of this line do not match. Write one inside a text twice."),
            )
        )

    def _extra_cells(self) -> None:
        surplus = [cell for cell in self.cells[len(self.source.header) :] if cell.strip()]
        if surplus:
            reason = _(
                "This line has %(cells)d cells and the header %(columns)d. "
                "Put texts that hold a delimiter in quotation marks."
            ) % {"cells": len(self.cells), "columns": len(self.source.header)}
            self.problems.append(RowProblem(self.line_number, "", surplus[0], reason))
