"""The work report as it is printed: by the lines of the document, by days or by people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from core.money import ZERO
from invoicing.documents.designs.settings import WorkReportKind
from invoicing.documents.figures import Figures, clock, whole_minutes
from invoicing.documents.reporting import LineWork, Worked, WorkReport
from invoicing.models import Unit


@dataclass(frozen=True)
class ReportEntry:
    day: str
    person: str
    task: str
    text: str
    hours: str


@dataclass(frozen=True)
class ReportGroup:
    text: str
    entries: tuple[ReportEntry, ...]
    adjustment: str
    hours: str


@dataclass(frozen=True)
class ReportCharge:
    day: str
    person: str
    text: str
    quantity: str
    net: str


@dataclass(frozen=True)
class Report:
    facts: tuple[tuple[str, str], ...]
    groups: tuple[ReportGroup, ...]
    hours: str
    charges: tuple[ReportCharge, ...]


def printed_report(
    report: WorkReport,
    figures: Figures,
    kind: WorkReportKind,
    *,
    customer: str,
    document: tuple[str, str],
) -> Report:
    """`document` is what it belongs to, and its number."""
    words = figures.words
    facts = [(words.customer, customer), document]
    days = [entry.day for line in report.lines for entry in line.entries]
    days += [charge.day for charge in report.charges]
    if days:
        facts.append((words.service_period, figures.days(min(days), max(days))))
    return Report(
        facts=tuple(facts),
        groups=tuple(_groups(report, figures, kind)),
        hours=_hours(report.hours, figures),
        charges=tuple(
            ReportCharge(
                day=figures.day(charge.day),
                person=charge.person,
                text=charge.text,
                quantity=f"{figures.quantity(charge.quantity)} {words.units[charge.unit]}",
                net=figures.amount(charge.net),
            )
            for charge in report.charges
        ),
    )


def is_long(quantity: Decimal) -> bool:
    return quantity != quantity.quantize(Decimal("0.01"))


def _groups(report: WorkReport, figures: Figures, kind: WorkReportKind) -> Iterator[ReportGroup]:
    if kind not in (WorkReportKind.DAYS, WorkReportKind.PEOPLE):
        for line in report.lines:
            yield _of_line(line, figures)
        return
    entries = [entry for line in report.lines for entry in line.entries]
    by_day = kind == WorkReportKind.DAYS

    def key(entry: Worked) -> str:
        return entry.day.isoformat() if by_day else entry.person

    entries.sort(key=lambda entry: (key(entry), entry.day, entry.person))
    for _key, group in groupby(entries, key=key):
        found = list(group)
        name = figures.day(found[0].day) if by_day else found[0].person
        yield ReportGroup(
            text=name,
            entries=tuple(_entries(found, figures)),
            adjustment="",
            hours=_hours(sum((entry.hours for entry in found), ZERO), figures),
        )
    # What was changed by hand belongs to lines, and to no day and nobody.
    adjusted = sum((line.adjustment for line in report.lines), ZERO)
    if adjusted:
        yield ReportGroup(figures.words.adjustment, (), "", _hours(adjusted, figures))


def _of_line(line: LineWork, figures: Figures) -> ReportGroup:
    return ReportGroup(
        text=line.text,
        entries=tuple(_entries(line.entries, figures)),
        adjustment=_clock_or_decimals(line.adjustment, figures) if line.adjustment else "",
        hours=_hours(line.hours, figures),
    )


def _entries(entries: Iterable[Worked], figures: Figures) -> Iterator[ReportEntry]:
    for entry in entries:
        yield ReportEntry(
            day=figures.day(entry.day),
            person=entry.person,
            task=entry.task,
            text=entry.text,
            hours=clock(entry.minutes),
        )


def _hours(hours: Decimal, figures: Figures) -> str:
    """As minutes and, where the invoice says it so, in decimals beside it: 7:30 = 7,50 h."""
    exact = _clock_or_decimals(hours, figures)
    if ":" not in exact or is_long(hours):
        return exact
    return f"{exact} = {figures.hours(hours)} {figures.words.units[Unit.HOUR]}"


def _clock_or_decimals(hours: Decimal, figures: Figures) -> str:
    minutes = whole_minutes(hours)
    return figures.hours(hours) if minutes is None else clock(minutes)
