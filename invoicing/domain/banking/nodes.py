"""One element of an XML file with what is in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from invoicing import bank_errors as errors

_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,5})?")


@dataclass(slots=True)
class Node:
    name: str
    line: int
    currency: str = ""
    texts: list[str] = field(default_factory=list)
    children: "list[Node]" = field(default_factory=list)
    length: int = 0

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def all(self, *path: str) -> "Iterator[Node]":
        """Every element at the end of the path."""
        first, *rest = path
        for child in self.children:
            if child.name == first:
                if rest:
                    yield from child.all(*rest)
                else:
                    yield child

    def find(self, *path: str) -> "Node | None":
        return next(self.all(*path), None)

    def words(self, *path: str) -> str:
        """The text there, nothing where there is none."""
        found = self.find(*path)
        return found.text if found else ""

    def amount(self) -> Decimal:
        """What is in an element for amounts; never negative, the direction is said beside it."""
        if not _AMOUNT.fullmatch(self.text):
            raise errors.EntryWithoutAmount(line=self.line, text=self.text[:30] or "—")
        return Decimal(self.text)

    def day(self, *path: str) -> date | None:
        """Of an element that holds a day, or a moment."""
        text = self.words(*path, "Dt") or self.words(*path, "DtTm") or self.words(*path)
        try:
            found = date.fromisoformat(text[:10])
        except ValueError:
            return None
        return found if 1990 <= found.year <= 2200 else None
