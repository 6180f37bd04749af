"""Rounding of time for billing. The worked time is never touched."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from tenants.billing_terms import RoundingDirection, RoundingPer

STEPS = (0, 5, 6, 10, 15, 30, 60)


class Worked(Protocol):
    """What the rules have to know of an entry."""

    @property
    def id(self) -> int: ...
    @property
    def member_id(self) -> int: ...
    @property
    def project_id(self) -> int: ...
    @property
    def work_date(self) -> date: ...
    @property
    def minutes(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """To multiples of `step` minutes (0: not at all); `minimum` minutes for each entry first.

    `per` says what is rounded: each entry, a person's day on one project, or the line.
    """

    step: int = 0
    direction: RoundingDirection = RoundingDirection.UP
    per: RoundingPer = RoundingPer.ENTRY
    minimum: int = 0

    def apply(self, minutes: int) -> int:
        """Exact multiples do not move; the nearest of two equally near ones is the upper."""
        if not self.step:
            return minutes
        below, rest = divmod(minutes, self.step)
        up = {
            RoundingDirection.UP: rest > 0,
            RoundingDirection.DOWN: False,
            RoundingDirection.NEAREST: rest > 0 and 2 * rest >= self.step,
        }
        return (below + up[self.direction]) * self.step

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Rounding":
        """What `asdict` gave; raises KeyError or ValueError for anything else."""
        return cls(
            step=int(values["step"]),
            direction=RoundingDirection(values["direction"]),
            per=RoundingPer(values["per"]),
            minimum=int(values["minimum"]),
        )


NONE = Rounding()


def billed_minutes(entries: Sequence[Worked], rounding: Rounding) -> list[int]:
    """The minutes each entry counts on the invoice, in the order given; none is negative.

    Where a day is rounded, the difference goes to the day's longest entries, so that lines which
    divide the day still add up to it. Where a line is rounded, only the minimum is applied here;
    `line_minutes` does the rest.
    """
    if not rounding.step and not rounding.minimum:
        return [entry.minutes for entry in entries]
    least = [max(entry.minutes, rounding.minimum) for entry in entries]
    if rounding.per == RoundingPer.ENTRY:
        return [rounding.apply(minutes) for minutes in least]
    if rounding.per == RoundingPer.DAY:
        days: dict[tuple[int, int, date], list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            days[entry.member_id, entry.project_id, entry.work_date].append(place)
        for places in days.values():
            _round_day(least, sorted(places, key=lambda at: (-least[at], entries[at].id)), rounding)
    return least


def line_minutes(minutes: Iterable[int], rounding: Rounding) -> int:
    """What a line comes to, of what `billed_minutes` gave for its entries."""
    total = sum(minutes)
    return rounding.apply(total) if rounding.per == RoundingPer.LINE else total


def _round_day(minutes: list[int], places: Sequence[int], rounding: Rounding) -> None:
    total = sum(minutes[at] for at in places)
    difference = rounding.apply(total) - total
    for at in places:
        taken = max(difference, -minutes[at])
        minutes[at] += taken
        difference -= taken
        if not difference:
            break
