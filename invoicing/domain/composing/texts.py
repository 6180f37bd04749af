"""What a line of work says: titles of groups, and patterns with placeholders.

In the customer's language, which is that of the document.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Protocol

from babel.dates import format_date

from invoicing.documents.figures import Figures
from invoicing.documents.words import words_of
from invoicing.domain import placeholders
from invoicing.errors import PatternEmpty

LENGTH = 500
_WEEK = {"en": "Week", "fi": "Viikko", "sv": "Vecka", "de": "KW"}
_NO_TASK = {
    "en": "Without a task",
    "fi": "Ilman tehtävää",
    "sv": "Utan uppgift",
    "de": "Ohne Aufgabe",
}
PLACEHOLDERS = (
    "project", "project_number", "order", "customer", "task", "tags", "person", "description",
    "date", "from", "to", "week", "month", "year", "hours", "rate",
)  # fmt: skip


class Told(Protocol):
    """One entry, with its names."""

    @property
    def project(self) -> str: ...
    @property
    def project_number(self) -> str: ...
    @property
    def order(self) -> str: ...
    @property
    def customer(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def work_date(self) -> date: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def tags(self) -> Sequence[str]: ...


def asks_for_tags(pattern: str) -> bool:
    """Nobody looks them up for lines that do not tell them."""
    return "tags" in placeholders.placeholders_in(pattern)


def check_pattern(pattern: str) -> None:
    """Raises what is wrong with a pattern, and nothing when it can be used."""
    if not pattern.strip():
        raise PatternEmpty
    placeholders.check_placeholders(pattern, PLACEHOLDERS)


class Wording:
    """Writes in one language. Dates are formatted once each: a draft has many lines of few days."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.figures = Figures(words_of(language), currency)
        self.day: Callable[[date], str] = cache(self.figures.day)
        self.week: Callable[[date], str] = cache(self._week)
        self.month: Callable[[date], str] = cache(self._month)
        self.no_task = _NO_TASK[language]

    def rate(self, rate: Decimal) -> str:
        return f"{self.figures.money(rate)}/h"

    def hours(self, minutes: int) -> str:
        return f"{minutes // 60}:{minutes % 60:02}"

    def fill(self, pattern: str, entries: Sequence[Told], minutes: int) -> str:
        """The pattern for a line of these entries, in the order of their days.

        A placeholder that the entries answer differently tells each answer once.
        """
        days = [entry.work_date for entry in entries]
        values: Mapping[str, Callable[[], str]] = {
            "project": lambda: joined(entry.project for entry in entries),
            "project_number": lambda: joined(entry.project_number for entry in entries),
            "order": lambda: joined(entry.order for entry in entries),
            "customer": lambda: joined(entry.customer for entry in entries),
            "task": lambda: joined(entry.task for entry in entries),
            "tags": lambda: joined(tag for entry in entries for tag in entry.tags),
            "person": lambda: joined(entry.person for entry in entries),
            "description": lambda: joined(entry.description for entry in entries),
            "date": lambda: joined(self.day(day) for day in days),
            "from": lambda: self.day(min(days)),
            "to": lambda: self.day(max(days)),
            "week": lambda: joined(self.week(day) for day in days),
            "month": lambda: joined(self.month(day) for day in days),
            "year": lambda: joined(str(day.year) for day in days),
            "hours": lambda: self.hours(minutes),
            "rate": lambda: joined(self.rate(entry.rate) for entry in entries),
        }
        return tidy(placeholders.fill(pattern, values))

    def _week(self, day: date) -> str:
        year, week, _day = day.isocalendar()
        return f"{_WEEK[self.language]} {week}/{year}"

    def _month(self, day: date) -> str:
        words = self.figures.words
        return str(format_date(day, "LLLL y", locale=words.locale))


def joined(texts: Iterable[str]) -> str:
    """Each text once, in the order of its first."""
    return ", ".join(text for text in dict.fromkeys(texts) if text)


def tidy(text: str) -> str:
    """On one line and no longer than a line may be; a cut is shown."""
    text = " ".join(text.split()).strip(" ·–-,")
    return text if len(text) <= LENGTH else text[: LENGTH - 1].rstrip() + "…"
