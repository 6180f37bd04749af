"""What a series would give next, without taking anything: somebody else may take it first."""

from collections.abc import Mapping
from datetime import date

from invoicing.domain.numbering.counting import Key, Named, Slot, give, slot, stored_counts
from invoicing.models import NumberSeries


def next_number(series: NumberSeries, day: date) -> str:
    """For a format that names neither customer nor user."""
    return next_numbers(slot(series, day, 0, Named(), None), how_many=1)[0]


def next_numbers(
    example: Slot, *, how_many: int = 5, counts: Mapping[Key, int] | None = None
) -> list[str]:
    """Those of as many documents in a row, all like the example. `counts` of its keys stand in for
    what is stored. Raises a NumberFormatError."""
    standing = stored_counts(example.keys) if counts is None else dict(counts)
    return [one.number for one in give([example] * how_many, standing)]
