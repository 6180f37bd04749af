"""The language of number formats, known from Kimai: `{Y}-{cy,4}` gives 2026-0001.

Pure rules: what is stored and locked comes in as `counts`. `docs/numbering.md` lists the tokens.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from invoicing.errors import (
    BraceInText,
    CustomerUnnamed,
    MalformedToken,
    NumberNegative,
    NumbersUsedUp,
    OffsetWithoutCounter,
    UnknownToken,
)

MOST_TRIES = 99

# Counter token -> whose documents it counts, and over which time.
COUNTERS: dict[str, tuple[str, str]] = {
    f"c{letter}{span[:1]}": (owner, span)
    for letter, owner in (("", ""), ("c", "customer"), ("u", "user"))
    for span in ("", "year", "month", "day")
}
SHIFTED = ("YY", "yy", "MM", "DD")
FIXED = ("date", "Y", "y", "M", "m", "D", "d", "cname", "cnumber", "ustaff", "uid")
TOKENS = (*FIXED, *SHIFTED, *COUNTERS)

_PIECE = re.compile(r"\{(?P<token>[^{}]*)\}|(?P<text>[^{}]+)|[{}]")
_NAME = re.compile(r"[A-Za-z]*")
_MODIFIER = re.compile(r"(?P<offset>[+-][0-9]{1,18})|,(?P<width>0|[1-9][0-9]{0,2})")


class Buyer(Protocol):
    """A customer, as far as numbers name one."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...


class Creator(Protocol):
    """Who made the draft, as far as numbers name them."""

    @property
    def id(self) -> int: ...
    @property
    def staff_number(self) -> str: ...


@dataclass(frozen=True)
class Token:
    """`{cy+72,3}`: its name, the sum of its offsets, its width, and the text it was written as."""

    name: str
    offset: int
    width: int
    text: str

    @property
    def is_counter(self) -> bool:
        return self.name in COUNTERS


type Part = str | Token


def render(
    format: str,
    *,
    date: dt.date,
    counts: Mapping[str, int],
    customer: Buyer,
    user: Creator | None,
    retry: int = 0,
) -> str:
    """The number of the document that follows `counts` others; `retry` counts on from there.

    `counts` maps a counter's name to what is stored for its window, nothing being none. Without a
    user (documents made automatically) the id is 0. Raises a NumberFormatError.
    """
    if retry < 0:
        raise ValueError("counting on goes forward")
    if retry > MOST_TRIES:
        raise NumbersUsedUp(format=format, tries=MOST_TRIES)
    number = []
    for part in parse(format):
        if isinstance(part, str):
            number.append(part)
            continue
        if part.is_counter:
            value = _written(counted(part, counts.get(part.name, 0)) + retry, part, format)
        elif part.name in SHIFTED:
            value = _written(_shifted(part, date), part, format)
        else:
            value = _told(part.name, format, date, customer, user)
        number.append(value.rjust(part.width, "0"))
    return "".join(number)


@lru_cache(maxsize=512)
def parse(number_format: str) -> tuple[Part, ...]:
    """Take a format apart into texts and tokens; raises a NumberFormatError."""
    parts: list[Part] = []
    for piece in _PIECE.finditer(number_format):
        if piece["text"] is not None:
            parts.append(piece["text"])
        elif piece["token"] is not None:
            parts.append(_token(number_format, piece[0], piece["token"]))
        else:
            raise BraceInText(format=number_format, token=piece[0], start=piece.start())
    return tuple(parts)


def counters_in(number_format: str) -> list[Token]:
    """The counters of a format, each once, in the order they are written."""
    found: dict[str, Token] = {}
    for part in parse(number_format):
        if isinstance(part, Token) and part.is_counter:
            found.setdefault(part.name, part)
    return list(found.values())


def tokens_of(number_format: str) -> frozenset[str]:
    """The names of all tokens of a format."""
    return frozenset(part.name for part in parse(number_format) if isinstance(part, Token))


@lru_cache(maxsize=512)
def leading_counter(number_format: str) -> str:
    """The counter that alone makes each number another one: the first whose window the rest of
    the format names. Where none does, the first."""
    counters = [token.name for token in counters_in(number_format)]
    told = told_by(tokens_of(number_format))
    unique = (name for name in counters if set(COUNTERS[name]) <= told)
    return next(unique, counters[0] if counters else "")


def leading_token(number_format: str) -> Token | None:
    name = leading_counter(number_format)
    return next((token for token in counters_in(number_format) if token.name == name), None)


def told_by(names: frozenset[str]) -> frozenset[str]:
    """What of a window these tokens name. A customer's name is no sign of one customer."""
    told = {""}
    year = bool(names & {"Y", "y", "YY", "yy", "date"})
    month = year and bool(names & {"M", "m", "MM", "date"})
    day = month and bool(names & {"D", "d", "DD", "date"})
    for name, is_told in (
        ("year", year),
        ("month", month),
        ("day", day),
        ("customer", "cnumber" in names),
        ("user", "uid" in names),
    ):
        if is_told:
            told.add(name)
    return frozenset(told)


def counted(token: Token, count: int) -> int:
    """What a counter shows after `count` documents: a positive offset replaces the usual 1, a
    negative one is taken from the result."""
    if token.offset > 0:
        return count + token.offset
    return count + 1 + token.offset


def count_before(token: Token, shown: int) -> int:
    """The count after which the counter shows this; the other way round."""
    return shown - counted(token, 0)


def _token(number_format: str, text: str, inside: str) -> Token:
    found = _NAME.match(inside)
    assert found is not None  # it matches nothing, too
    name = found[0]
    if name not in TOKENS:
        raise UnknownToken(format=number_format, token=text)
    offsets: list[int] = []
    widths: list[int] = []
    at = found.end()
    while at < len(inside):
        modifier = _MODIFIER.match(inside, at)
        if modifier is None:
            raise MalformedToken(format=number_format, token=text)
        if modifier["offset"]:
            offsets.append(int(modifier["offset"]))
        else:
            widths.append(int(modifier["width"]))
        at = modifier.end()
    if len(widths) > 1:
        raise MalformedToken(format=number_format, token=text)
    if offsets and name in FIXED:
        raise OffsetWithoutCounter(format=number_format, token=text)
    return Token(name, sum(offsets), sum(widths), text)


def _shifted(token: Token, date: dt.date) -> int:
    plain = {"YY": date.year, "yy": date.year % 100, "MM": date.month, "DD": date.day}
    return plain[token.name] + (token.offset or 1)


def _written(value: int, token: Token, number_format: str) -> str:
    if value < 0:
        raise NumberNegative(format=number_format, token=token.text, value=value)
    return str(value)


def _told(
    name: str, number_format: str, date: dt.date, customer: Buyer, user: Creator | None
) -> str:
    match name:
        case "cname" | "cnumber":
            told = customer.name if name == "cname" else customer.number
            if not (told or "").strip():
                raise CustomerUnnamed(
                    format=number_format, token=f"{{{name}}}", customer=customer.name or "—"
                )
            return told
        case "ustaff":
            return (user.staff_number or "") if user else ""
        case "uid":
            return str(user.id) if user else "0"
    year, month, day = f"{date.year:04}", f"{date.month:02}", f"{date.day:02}"
    return {
        "date": f"{year[2:]}{month}{day}",
        "Y": year,
        "y": year[2:],
        "M": month,
        "m": str(date.month),
        "D": day,
        "d": str(date.day),
    }[name]
