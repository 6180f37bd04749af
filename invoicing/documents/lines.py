"""Lines as they are printed, and what is carried over between their pages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from invoicing.documents.figures import Figures

FEWEST_TO_CARRY = 6


@dataclass(frozen=True)
class Line:
    is_text: bool
    position: int
    text: str
    days: str = ""
    quantity: str = ""
    unit: str = ""
    unit_price: str = ""
    discount: str = ""
    tax: str = ""
    net: str = ""
    # What the lines above it come to, and what they come to with it, where a page may end by it.
    before: str = ""
    after: str = ""


def with_subtotals(
    lines: Sequence[Line], nets: Sequence[Decimal], figures: Figures
) -> tuple[Line, ...]:
    """The lines with what is carried over where a page ends between them.

    A few lines share a page with the sums, and need none.
    """
    if len(lines) < FEWEST_TO_CARRY:
        return tuple(lines)
    told, before, total = [], "", Decimal(0)
    for line, net in zip(lines, nets, strict=True):
        if line.is_text:
            told.append(line)
            continue
        total += net
        after = f"{figures.words.carried} {figures.amount(total)}"
        told.append(replace(line, before=before, after=after))
        before = after
    return tuple(told)


def carried_of(lines: Sequence[Line]) -> str:
    """What all the lines come to, for sums that begin a page."""
    return next((line.after for line in reversed(lines) if line.after), "")
