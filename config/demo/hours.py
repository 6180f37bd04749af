"""What people write into their week: plausible, and the same for the same day."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from config.demo.calendars import working_days
from config.demo.plan import Company, Person, Project

QUARTER = 15


@dataclass(frozen=True)
class Worked:
    day: date
    project: str
    task: str
    minutes: int
    text: str
    is_billable: bool = True
    start: time | None = None
    end: time | None = None


def hours_of(
    person: Person, company: Company, country: str, start: date, today: date
) -> Iterator[Worked]:
    """Everything the person has written, day by day."""
    # By name, so that one more person changes nobody else's hours.
    chance = random.Random(f"{company.seed} {person.name}")  # noqa: S311 (no secret)
    days = working_days(country, start, today)
    away = _days_away(chance, days)
    behind = set(days[len(days) - person.days_behind :])
    for day in days:
        if day.weekday() not in person.weekdays or day in away or day in behind:
            chance.random()
            continue
        minutes = company.minutes_a_day + QUARTER * chance.choice((-3, -1, 0, 0, 0, 1, 2, 4))
        if day == today:
            minutes = minutes // 2 // QUARTER * QUARTER
        entries = list(_entries(chance, person, company, day, minutes))
        yield from _with_times(entries) if company.writes_times else entries


def _days_away(chance: random.Random, days: Sequence[date]) -> set[date]:
    """A week of holiday somewhere, and a few days of illness."""
    first = chance.randrange(max(len(days) - 5, 1))
    away = set(days[first : first + 5])
    return away | {day for day in days if chance.random() < 0.02}


def _entries(
    chance: random.Random, person: Person, company: Company, day: date, minutes: int
) -> Iterator[Worked]:
    internal_project = company.projects[-1]
    internal_task = next(iter(internal_project.tasks))
    internal = 0
    if person.projects:
        # Monday begins with a meeting.
        wanted = minutes * person.internal * chance.choice((0.0, 0.6, 1.0, 1.6))
        internal = max(round(wanted / QUARTER) * QUARTER, 30 if day.weekday() == 0 else 0)
    else:
        internal = minutes
    internal = min(internal, minutes)
    if internal:
        meeting = day.weekday() == 0 and bool(person.projects)
        text = company.internal_texts[0] if meeting else chance.choice(company.internal_texts[1:])
        yield Worked(day, internal_project.key, internal_task, internal, text, is_billable=False)
    rest = minutes - internal
    by_key = {project.key: project for project in company.projects}
    while rest >= QUARTER:
        project = by_key[_weighted(chance, person.projects)]
        part = min(QUARTER * chance.choice((4, 6, 8, 10, 12, 14, 16, 20, 24)), rest)
        if rest - part < 30:
            part = rest
        yield _entry(chance, company, project, day, part)
        rest -= part


def _entry(
    chance: random.Random, company: Company, project: Project, day: date, minutes: int
) -> Worked:
    if project.own_task and chance.random() < 0.05:
        return Worked(day, project.key, project.own_task[0], min(minutes, 120), "")
    name = _weighted(chance, project.tasks)
    task = next(task for task in company.tasks if task.name == name)
    text = chance.choice(task.texts)
    # Goodwill: now and then something is not charged.
    is_billable = task.is_billable and chance.random() > 0.03
    return Worked(day, project.key, name, minutes, text, is_billable)


def _weighted(chance: random.Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights.keys()), list(weights.values()))[0]


def _with_times(entries: Sequence[Worked]) -> Iterator[Worked]:
    """One after the other from seven o'clock, with a break."""
    now, noon, had_break = datetime(2000, 1, 1, 7, 0), datetime(2000, 1, 1, 11, 0), False  # noqa: DTZ001
    for entry in entries:
        if not had_break and now >= noon:
            now, had_break = now + timedelta(minutes=30), True
        end = now + timedelta(minutes=entry.minutes)
        yield Worked(
            entry.day, entry.project, entry.task, entry.minutes, entry.text, entry.is_billable,
            now.time(), end.time(),
        )  # fmt: skip
        now = end
