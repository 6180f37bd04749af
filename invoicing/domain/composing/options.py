"""What the accountant chooses when hours become lines."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from invoicing.domain.composing.rounding import STEPS, Rounding
from invoicing.domain.composing.texts import asks_for_tags, check_pattern
from invoicing.errors import DayLengthImpossible, OptionsUnreadable
from invoicing.models import Unit


class Level(TextChoices):
    ENTRY = "entry", _("Every entry a line")
    SUM = "sum", _("Sums")
    ONE = "one", _("Everything in one line")


class Dimension(TextChoices):
    """What a sum is made by. Two of them can be combined."""

    PROJECT = "project", _("Project")
    PERSON = "person", _("Person")
    TASK = "task", _("Task")
    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    RATE = "rate", _("Rate")


class TextOf(TextChoices):
    """What a line says."""

    GROUP = "group", _("Title of the group")
    PROJECT = "project", _("Project")
    TASK = "task", _("Task")
    PERSON = "person", _("Person")
    DESCRIPTION = "description", _("Description")
    PATTERN = "pattern", _("Own pattern")


class Order(TextChoices):
    GROUP = "group", _("Title of the group")
    DATE = "date", _("Date")
    PERSON = "person", _("Person")
    TASK = "task", _("Task")
    AMOUNT = "amount", _("Amount")


MOST_DIMENSIONS = 2


@dataclass(frozen=True, kw_only=True)
class LineOptions:
    """How entries become lines.

    `rounding` and `hours_per_day` of None are those of project, customer and company. Where a sum
    holds entries of several rates, it is one line for each of them, or with `is_lump` one line of
    quantity 1 and the exact amount. Entries of different tax never share a line.
    """

    level: Level = Level.SUM
    dimensions: tuple[Dimension, ...] = (Dimension.PROJECT, Dimension.PERSON)
    text: TextOf = TextOf.GROUP
    pattern: str = ""
    unit: Unit = Unit.HOUR
    rounding: Rounding | None = None
    hours_per_day: Decimal | None = None
    order: Order = Order.GROUP
    is_lump: bool = False

    def __post_init__(self) -> None:
        if self.level == Level.SUM and not 1 <= len(set(self.dimensions)) <= MOST_DIMENSIONS:
            raise OptionsUnreadable
        if self.level != Level.SUM and self.dimensions:
            raise OptionsUnreadable
        if self.unit not in (Unit.HOUR, Unit.DAY):
            raise OptionsUnreadable
        if self.hours_per_day is not None and not 0 < self.hours_per_day <= 24:
            raise DayLengthImpossible
        if self.rounding is not None and self.rounding.step not in STEPS:
            raise OptionsUnreadable
        if self.text == TextOf.PATTERN:
            check_pattern(self.pattern)

    @property
    def tells_tags(self) -> bool:
        return self.text == TextOf.PATTERN and asks_for_tags(self.pattern)

    def to_json(self) -> dict[str, Any]:
        values = {**asdict(self), "dimensions": list(self.dimensions)}
        if self.hours_per_day is not None:
            values["hours_per_day"] = str(self.hours_per_day)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LineOptions":
        """Raises OptionsUnreadable for what another version wrote, or nobody did."""
        try:
            rounding, day = values["rounding"], values["hours_per_day"]
            return cls(
                level=Level(values["level"]),
                dimensions=tuple(Dimension(name) for name in values["dimensions"]),
                text=TextOf(values["text"]),
                pattern=values["pattern"],
                unit=Unit(values["unit"]),
                rounding=Rounding.from_json(rounding) if rounding else None,
                hours_per_day=Decimal(day) if day else None,
                order=Order(values["order"]),
                is_lump=bool(values["is_lump"]),
            )
        except (KeyError, TypeError, ValueError, ArithmeticError) as broken:
            raise OptionsUnreadable from broken


# What "ready to invoice" promises: a line per project, person and rate.
STANDARD = LineOptions()
# As a form starts when it is not told otherwise.
EVERY_ENTRY = replace(STANDARD, level=Level.ENTRY, dimensions=(), text=TextOf.DESCRIPTION)
