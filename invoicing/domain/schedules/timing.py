"""When a schedule runs and which period it then invoices; no database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.periods import Period, month_of, quarter_of, week_of
from core.working_days import working_day_from, working_day_until
from invoicing.models import Schedule
from tenants.models import Tenant

_DAY = timedelta(days=1)
Every, Covers, Rule = Schedule.Every, Schedule.Covers, Schedule.WorkingDays
_UNITS: Mapping[str, Callable[[date], Period]] = {
    Every.WEEK: week_of,
    Every.MONTH: month_of,
    Every.QUARTER: quarter_of,
}


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """`day` counts from Monday, or from the first of month or quarter; `LAST_DAY` is their last."""

    every: str
    day: int
    at: time
    working_days: str
    covers: str
    zone: str
    country: str


@dataclass(frozen=True)
class Occurrence:
    """One time that a schedule runs. `named_date` is its day before working days are looked at."""

    named_date: date
    run_at: datetime
    period: Period

    @property
    def run_date(self) -> date:
        """In the time zone that `run_at` was made in."""
        return self.run_at.date()


def rhythm_of(schedule: Schedule, tenant: Tenant) -> Rhythm:
    return Rhythm(
        every=schedule.every,
        day=schedule.day,
        at=schedule.at,
        working_days=schedule.working_days,
        covers=schedule.covers,
        zone=tenant.time_zone,
        country=tenant.country,
    )


def occurrences(rhythm: Rhythm, *, after: datetime) -> Iterator[Occurrence]:
    """Those later than that moment, without an end."""
    unit = _UNITS[rhythm.every]
    # A day that moves forward to a working day may leave its week.
    start = unit(unit(after.astimezone(ZoneInfo(rhythm.zone)).date()).start - _DAY)
    while True:
        found = occurrence_in(rhythm, start)
        if found.run_at > after:
            yield found
        start = unit(start.end + _DAY)


def unit_of(rhythm: Rhythm, day: date) -> Period:
    return _UNITS[rhythm.every](day)


def occurrence_after(rhythm: Rhythm, named_date: date) -> Occurrence:
    """The one that follows that of `named_date`, however late it is by now."""
    return occurrence_in(rhythm, unit_of(rhythm, unit_of(rhythm, named_date).end + _DAY))


def occurrence_in(rhythm: Rhythm, unit: Period) -> Occurrence:
    named = _named_date(rhythm, unit)
    zone = ZoneInfo(rhythm.zone)
    # An hour that the clocks leave out is the one after it, an hour they repeat is the first.
    local = datetime.combine(_moved(named, unit, rhythm), rhythm.at, zone)
    run_at = local.astimezone(UTC).astimezone(zone)
    before = _UNITS[rhythm.every](unit.start - _DAY)
    return Occurrence(named, run_at, before if rhythm.covers == Covers.PREVIOUS else unit)


def periods_to_run(rhythm: Rhythm, *, today: date, count: int = 6) -> list[Period]:
    """What somebody may invoice by hand: the period that goes on, and those before it, latest
    first."""
    unit = _UNITS[rhythm.every]
    periods = [unit(today)]
    while len(periods) < count:
        periods.append(unit(periods[-1].start - _DAY))
    return periods


def _named_date(rhythm: Rhythm, unit: Period) -> date:
    if rhythm.day >= Schedule.LAST_DAY:
        return unit.end
    last = unit.end if rhythm.every == Every.WEEK else month_of(unit.start).end
    return min(unit.start + timedelta(days=rhythm.day - 1), last)


def _moved(day: date, unit: Period, rhythm: Rhythm) -> date:
    if rhythm.working_days == Rule.NEXT:
        return working_day_from(day, rhythm.country)
    if rhythm.working_days == Rule.PREVIOUS:
        moved = working_day_until(day, rhythm.country)
        # Into the period before it would run while that one is still going on.
        return moved if moved >= unit.start else working_day_from(day, rhythm.country)
    return day
