"""Where the rows of a sheet are once some were repeated, and what becomes of references."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LAST_ROW: Final = 1_048_576


@dataclass(frozen=True)
class Block:
    """Rows that follow each other and are there `count` times afterwards."""

    first: int
    last: int
    count: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, row: int) -> bool:
        return self.first <= row <= self.last


@dataclass(frozen=True)
class Copy:
    """The copy, counted from nought, that a formula stands in."""

    block: Block
    number: int


@dataclass(frozen=True)
class End:
    """One end of a reference; a dollar sign makes its row absolute."""

    row: int
    is_absolute: bool = False


class Growth:
    """Of one sheet. Rows are counted from 1."""

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.blocks = sorted(blocks, key=lambda block: block.first)

    def block_of(self, row: int) -> Block | None:
        return next((block for block in self.blocks if row in block), None)

    def _moved(self, row: int) -> int:
        return row + sum(
            (block.count - 1) * block.size for block in self.blocks if block.last < row
        )

    def start(self, row: int) -> int:
        """Of a repeated row the first copy; of one that is gone, what stands there instead."""
        block = self.block_of(row)
        if row >= LAST_ROW:
            return LAST_ROW
        if block is None:
            return self._moved(row)
        first = self._moved(block.first)
        return first + (row - block.first if block.count else 0)

    def end(self, row: int) -> int:
        """Of a repeated row the last copy; of one that is gone, what stands before it."""
        block = self.block_of(row)
        if block is None:
            return self.start(row)
        if not block.count:
            return self._moved(block.first) - 1
        return self.start(row) + (block.count - 1) * block.size

    def copy(self, row: int, here: Copy) -> int:
        return self.start(row) + here.number * here.block.size

    def rows(self, first: int, last: int) -> tuple[int, int] | None:
        """A range with all copies of its rows, or None where nothing is left of it."""
        start, end = self.start(first), self.end(last)
        return (start, end) if start <= end else None

    def referred(self, first: End, last: End, here: Copy | None) -> tuple[int, int] | None:
        """What a formula's range means afterwards.

        Inside a repeated row, rows of the same block are those of its own copy, unless a dollar
        sign fixes them: `E$12:E12` adds up from the first copy to this one, `E$12:E$12` is all.
        """
        if here is None:
            return self.rows(first.row, last.row)
        mine = [end.row in here.block and not end.is_absolute for end in (first, last)]
        start = self.copy(first.row, here) if mine[0] else self.start(first.row)
        end = self.copy(last.row, here) if mine[1] else self.end(last.row)
        return (start, end) if start <= end else None
