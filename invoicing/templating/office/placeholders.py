"""`${invoice.number}` in texts that office programs cut into pieces as they like.

A paragraph's text lies in many slots: runs, spans, what stands behind a spelling mark. It is read
as one, and what a placeholder becomes is written into the slot where it begins.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from invoicing.templating.data import Leaf, TemplateData
from invoicing.templating.office import errors
from invoicing.templating.office.xml import Node

PLACEHOLDER: Final = re.compile(r"\$\{[ \xa0]*([^\s${}\x00](?:[^${}\x00\t\r\n]{0,150}?[^\s${}\x00])?)[ \xa0]*\}")  # fmt: skip # noqa: E501
# Rows that name one of these repeat.
GROUPS: Final = ("line", "tax", "work", "charge")
# What stands between two slots where no placeholder reaches across.
BARRIER: Final = "\x00"
_BREAKS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# What XML 1.0 has no room for.
_IMPOSSIBLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

type Lookup = Callable[[str], Leaf | None]


class Slot(NamedTuple):
    """Where a piece of text lies: in an element, or behind it."""

    node: Node
    tail: bool = False

    @property
    def text(self) -> str:
        return (self.node.tail if self.tail else self.node.text) or ""


class Name(str):
    """A placeholder among pieces of text."""

    __slots__ = ()


type Pieces = tuple[str | Name, ...]


def clean(text: str) -> str:
    """As XML can hold it; every kind of line break as one kind."""
    return _IMPOSSIBLE.sub("", _BREAKS.sub("\n", text))


def names_in(text: str) -> list[str]:
    return [match[1] for match in PLACEHOLDER.finditer(text)]


def split(texts: Sequence[str]) -> list[Pieces | None]:
    """For each text its pieces, or None where no placeholder touches it."""
    result: list[list[str | Name]] = [[] for _ in texts]
    touched = [False] * len(texts)
    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text))
    whole = "".join(texts)

    def keep(begin: int, end: int) -> None:
        for place, text in enumerate(texts):
            first, last = max(begin, starts[place]), min(end, starts[place + 1])
            if first < last:
                result[place].append(text[first - starts[place] : last - starts[place]])

    position = 0
    for match in PLACEHOLDER.finditer(whole):
        keep(position, match.start())
        for place in range(len(texts)):
            if starts[place] < match.end() and starts[place + 1] > match.start():
                touched[place] = True
                if starts[place] <= match.start():
                    result[place].append(Name(match[1]))
        position = match.end()
    keep(position, len(whole))
    return [tuple(pieces) if on else None for pieces, on in zip(result, touched, strict=True)]


def printed(leaf: Leaf | None) -> str:
    return clean(leaf.text) if leaf is not None else ""


def rendered(pieces: Pieces, lookup: Lookup, show: Callable[[Leaf | None], str] = printed) -> str:
    return "".join(show(lookup(piece)) if isinstance(piece, Name) else piece for piece in pieces)


@dataclass(frozen=True)
class _Place:
    ordinal: int
    tail: bool
    pieces: Pieces


class Pattern:
    """The placeholders of an element, found once, written into as many copies as are wanted."""

    def __init__(self, root: Node, paragraphs: Iterable[Sequence[Slot | None]]) -> None:
        """`None` among the slots of a paragraph is a barrier: a tabulator, a field, a picture."""
        nodes = [*root.iter()]
        ordinals = {node: ordinal for ordinal, node in enumerate(nodes)}
        self._places: list[_Place] = []
        self.names: list[str] = []
        for slots in paragraphs:
            texts = [BARRIER if slot is None else slot.text for slot in slots]
            if not any("{" in text for text in texts):
                continue
            self.names += names_in("".join(texts))
            for slot, pieces in zip(slots, split(texts), strict=True):
                if slot is not None and pieces is not None:
                    self._places.append(_Place(ordinals[slot.node], slot.tail, pieces))

    def __bool__(self) -> bool:
        return bool(self._places)

    def fill(
        self,
        copy: Node,
        lookup: Lookup,
        write: Callable[[Slot, str], None],
        show: Callable[[Leaf | None], str] = printed,
    ) -> None:
        nodes = [*copy.iter()]
        slots = [Slot(nodes[place.ordinal], place.tail) for place in self._places]
        for slot, place in zip(slots, self._places, strict=True):
            write(slot, rendered(place.pieces, lookup, show))


def lookup_of(data: TemplateData) -> Lookup:
    return data.values.get


def lookup_in(row: Mapping[str, Leaf], data: TemplateData) -> Lookup:
    """In a repeated row its own fields go first, and those of the whole document are there too."""

    def lookup(name: str) -> Leaf | None:
        return row.get(name) or data.values.get(name)

    return lookup


def group_of(name: str) -> str | None:
    first, dot, _ = name.partition(".")
    return first if dot and first in GROUPS else None


def group_in(names: Iterable[str], place: Callable[[], str]) -> str | None:
    """The one group that a row repeats for."""
    first: str | None = None
    for name in names:
        group = group_of(name)
        if group is None:
            continue
        if first is not None and group_of(first) != group:
            raise errors.GroupsMixed(place=place(), one=first, other=name)
        first = first or name
    return group_of(first) if first is not None else None


def rows_of(data: TemplateData, group: str) -> Iterator[Mapping[str, Leaf]]:
    yield from data.groups.get(group, ())
