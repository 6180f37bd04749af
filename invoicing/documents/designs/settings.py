"""What a company sets of a design: columns, texts, payment, work report, letters and logo.

Kept as JSON with templates and with posted documents, so reading it never fails: what is not known
any more is as usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Self

from core.places import DocumentLanguage


class Column(StrEnum):
    POSITION = "position"
    DAYS = "days"
    TEXT = "text"
    QUANTITY = "quantity"
    UNIT = "unit"
    PRICE = "unit_price"
    DISCOUNT = "discount"
    TAX = "tax"
    NET = "net"


class PaymentBlock(StrEnum):
    CODES = "codes"
    PLAIN = "plain"
    NONE = "none"


class WorkReportKind(StrEnum):
    LINES = "lines"
    DAYS = "days"
    PEOPLE = "people"
    NONE = "none"


class Typeface(StrEnum):
    SANS = "sans"
    SERIF = "serif"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


USUAL_COLUMNS = (
    Column.POSITION, Column.TEXT, Column.QUANTITY, Column.PRICE, Column.DISCOUNT, Column.TAX,
    Column.NET,
)  # fmt: skip
# Of the texts in points; the window of the envelope has one size of its own.
SMALLEST, LARGEST = Decimal(8), Decimal("10.5")
USUAL_SIZE = Decimal(9)
# Of the logo in millimetres.
LOWEST, HIGHEST = 8, 24
USUAL_HEIGHT = 19
MOST_TEXT, MOST_FOOTER = 2000, 160

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DesignSettings:
    """Texts are pairs of language and text."""

    columns: tuple[Column, ...] = USUAL_COLUMNS
    before: Texts = ()
    after: Texts = ()
    footer: Texts = ()
    payment: PaymentBlock = PaymentBlock.CODES
    bar_code: bool = True
    qr: bool = True
    work_report: WorkReportKind = WorkReportKind.LINES
    typeface: Typeface = Typeface.SANS
    size: Decimal = USUAL_SIZE
    logo_height: int = USUAL_HEIGHT
    logo_side: Side = Side.LEFT

    @classmethod
    def read(cls, stored: Mapping[str, Any], usual: Self | None = None) -> Self:
        """What was stored; what is missing or not understood is as `usual`."""
        settings: Self = usual or cls()
        known = {one.name for one in fields(cls)}
        for name, value in stored.items():
            if name in known:
                read = _READERS[name](value)
                if read is not None:
                    settings = replace(settings, **{name: read})
        return settings

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        told: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in _TEXTS:
                value = dict(value)
            elif isinstance(value, tuple):
                value = [str(part) for part in value]
            elif isinstance(value, (Decimal, StrEnum)):
                value = str(value)
            told[one.name] = value
        return told

    def text(self, which: str, language: str) -> str:
        """One of the texts, in this language."""
        texts: Texts = getattr(self, which)
        return dict(texts).get(language, "")


_TEXTS = ("before", "after", "footer")


def tidy_columns(wanted: object) -> tuple[Column, ...] | None:
    """Each once, with those that are needed: numbers stand first, the amount at the right edge."""
    if not isinstance(wanted, (list, tuple)):
        return None
    names = [name for name in wanted if isinstance(name, str) and name in Column]
    known = dict.fromkeys(Column(name) for name in names)
    numbered = [Column.POSITION] if Column.POSITION in known else []
    texts = [] if Column.TEXT in known else [Column.TEXT]
    others = [column for column in known if column not in (Column.POSITION, Column.NET)]
    return (*numbered, *texts, *others, Column.NET)


def _texts(most: int) -> Any:
    def read(value: object) -> Texts | None:
        if not isinstance(value, Mapping):
            return None
        return tuple(
            (language, text.strip()[:most])
            for language in DocumentLanguage.values
            if isinstance(text := value.get(language), str) and text.strip()
        )

    return read


def _one_of(kind: type[StrEnum]) -> Any:
    return lambda value: kind(value) if isinstance(value, str) and value in kind else None


def _yes_or_no(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _size(value: object) -> Decimal | None:
    try:
        size = Decimal(str(value))
    except InvalidOperation:
        return None
    return min(max(size, SMALLEST), LARGEST) if size.is_finite() else None


def _height(value: object) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return min(max(int(str(value)), LOWEST), HIGHEST) if is_number else None


_READERS: dict[str, Any] = {
    "columns": tidy_columns,
    "before": _texts(MOST_TEXT),
    "after": _texts(MOST_TEXT),
    "footer": _texts(MOST_FOOTER),
    "payment": _one_of(PaymentBlock),
    "bar_code": _yes_or_no,
    "qr": _yes_or_no,
    "work_report": _one_of(WorkReportKind),
    "typeface": _one_of(Typeface),
    "size": _size,
    "logo_height": _height,
    "logo_side": _one_of(Side),
}
