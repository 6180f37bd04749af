"""The work report: who did what, when and for how long, line by line; its sums are the lines'."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from invoicing.documents.figures import whole_minutes
from invoicing.documents.words import Words
from invoicing.models import Invoice, InvoiceLine, Source, Unit
from timesheets.models import Charge

STEP = Decimal("0.000001")


@dataclass(frozen=True)
class Worked:
    """One entry of hours. `hours` are rounded so that a line's add up to its quantity."""

    day: date
    person: str
    project: str
    task: str
    text: str
    minutes: int
    hours: Decimal


@dataclass(frozen=True)
class LineWork:
    """A line of the document with the hours behind it."""

    position: int
    text: str
    quantity: Decimal
    is_hours: bool
    entries: tuple[Worked, ...]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def recorded(self) -> Decimal:
        return sum((entry.hours for entry in self.entries), ZERO)

    @property
    def adjustment(self) -> Decimal:
        """What somebody added to the quantity, or took off, after the hours were counted."""
        return self.quantity - self.recorded if self.is_hours else ZERO

    @property
    def hours(self) -> Decimal:
        """The line's quantity where it is hours, otherwise what was recorded for it."""
        return self.recorded + self.adjustment


@dataclass(frozen=True)
class Charged:
    """One charge; `net` is what it comes to alone."""

    day: date
    person: str
    text: str
    quantity: Decimal
    unit: str
    net: Decimal


@dataclass(frozen=True)
class WorkReport:
    lines: tuple[LineWork, ...]
    charges: tuple[Charged, ...] = ()

    @property
    def hours(self) -> Decimal:
        return sum((line.hours for line in self.lines), ZERO)

    @property
    def entries(self) -> int:
        return sum(len(line.entries) for line in self.lines)


def work_report(invoice: Invoice) -> WorkReport:
    """The work the document was made of, freed since or not, in the order of lines and days."""
    sources = (
        Source.objects.filter(line__invoice=invoice)
        .exclude(time_entry=None, charge=None)
        .select_related(
            "line", "time_entry__member", "time_entry__project", "time_entry__task",
            "charge__customer", "charge__member",
        )
        .order_by(
            "line__position", "line_id", "time_entry__work_date", "time_entry__start_time",
            "time_entry__member__name", "time_entry_id", "charge__charge_date", "charge_id",
        )
    )  # fmt: skip
    by_line: dict[int, tuple[InvoiceLine, list[Source]]] = {}
    charges = []
    for source in sources.iterator(chunk_size=2000):
        if source.charge is not None:
            charges.append(_charged(source.charge))
        else:
            by_line.setdefault(source.line_id, (source.line, []))[1].append(source)
    lines = tuple(line_work(line, found) for line, found in by_line.values())
    return WorkReport(lines, tuple(charges))


def _charged(charge: Charge) -> Charged:
    return Charged(
        day=charge.charge_date,
        person=charge.member.name if charge.member else "",
        text=" · ".join(filter(None, (charge.text, charge.destination))),
        quantity=charge.quantity,
        unit=charge.unit,
        net=charge.net,
    )


def line_work(line: InvoiceLine, sources: Sequence[Source]) -> LineWork:
    """What a report says of a line; `sources` in the order of the days."""
    minutes = sum(source.minutes for source in sources)
    is_hours = line.unit == Unit.HOUR and line.kind == InvoiceLine.Kind.ITEM
    # A quantity of 6.333333 stands for 380 minutes; then the entries share all of it.
    follows = is_hours and whole_minutes(line.quantity) == minutes
    whole = line.quantity if follows else (Decimal(minutes) / 60).quantize(STEP)
    return LineWork(
        position=line.position,
        text=line.text,
        quantity=line.quantity,
        is_hours=is_hours,
        entries=tuple(_entries(sources, minutes, whole)),
    )


def _entries(sources: Iterable[Source], minutes: int, whole: Decimal) -> Iterator[Worked]:
    """Each rounded from the running sum, so that the last one makes it whole."""
    counted, given = 0, ZERO
    for source in sources:
        counted += source.minutes
        until = whole if counted == minutes else (Decimal(counted) / 60).quantize(STEP)
        entry = source.time_entry
        yield Worked(
            day=entry.work_date,
            person=entry.member.name,
            project=entry.project.name,
            task=entry.task.name if entry.task else "",
            text=entry.description,
            minutes=source.minutes,
            hours=until - given,
        )
        given = until


def report_head(words: Words) -> list[str]:
    return [
        words.line, words.day, words.person, words.project, words.task, words.description,
        words.minutes, words.hours,
    ]  # fmt: skip


def report_rows(report: WorkReport, words: Words) -> Iterator[list[object]]:
    """For a file: every entry, and what was adjusted by hand, so that the sums are the lines'."""
    for line in report.lines:
        for entry in line.entries:
            yield [
                line.position, entry.day, entry.person, entry.project, entry.task, entry.text,
                entry.minutes, _plain(entry.hours),
            ]  # fmt: skip
        if line.adjustment:
            minutes = whole_minutes(line.adjustment)
            yield [
                line.position, None, "", "", "", words.adjustment, minutes,
                _plain(line.adjustment),
            ]  # fmt: skip


def _plain(hours: Decimal) -> Decimal:
    """7.500000 as 7.50, 0.333333 as it is."""
    short = hours.quantize(Decimal("0.01"))
    return short if short == hours else hours
