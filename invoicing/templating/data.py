"""What a template is filled with: plain values and the words they are printed as, nothing else."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

type Scalar = str | int | bool | Decimal | datetime.date | None


@dataclass(frozen=True)
class Leaf:
    """`text` is as it is printed, in the document's language and currency."""

    value: Scalar
    text: str


@dataclass(frozen=True)
class TemplateData:
    """`values` by full name (`invoice.number`), `groups` by the first word of their rows' names:
    `line` has rows of `line.text`, `line.net` ..."""

    language: str
    currency: str
    values: Mapping[str, Leaf]
    groups: Mapping[str, Sequence[Mapping[str, Leaf]]]


@dataclass(frozen=True)
class UsedField:
    """A placeholder that a template has. `place` is in words: sheet Invoice, cell B7."""

    name: str
    place: str
