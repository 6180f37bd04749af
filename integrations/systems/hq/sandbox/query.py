"""Words of a query: a filter of comparisons joined by `and`, order, paging."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.sandbox.app import Call
from integrations.systems.hq.sandbox.checks import refused

MOST = 1000
_TERM = re.compile(
    r"\s*(?P<name>[A-Za-z/]+)\s+(?P<sign>eq|ne|gt|ge|lt|le)\s+"
    r"(?P<value>datetime'[^']*'|'(?:[^']|'')*'|[^\s']+)\s*"
)
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: bool(one == other),
    "ne": lambda one, other: bool(one != other),
    "gt": lambda one, other: bool(one > other),
    "ge": lambda one, other: bool(one >= other),
    "lt": lambda one, other: bool(one < other),
    "le": lambda one, other: bool(one <= other),
}


def word(call: Call, name: str) -> str:
    values = call.request.query.get(name)
    return values[-1] if values else ""


def filtered(
    rows: Iterable[dict[str, Any]], text: str, allowed: dict[str, Callable[[dict[str, Any]], Any]]
) -> list[dict[str, Any]]:
    """`allowed` says what can be filtered by, and how it is read from a row."""
    tests = []
    rest = text
    while rest.strip():
        found = _TERM.match(rest)
        if found is None:
            raise refused(400, f"The query is not valid near: {rest.strip()[:40]}")
        if found["name"] not in allowed:
            raise refused(400, f"Could not find a property named '{found['name']}'.")
        tests.append((allowed[found["name"]], _SIGNS[found["sign"]], _literal(found["value"])))
        rest = rest[found.end() :]
        if rest.startswith("and "):
            rest = rest[4:]
        elif rest.strip():
            raise refused(400, f"The query is not valid near: {rest.strip()[:40]}")
    return [row for row in rows if all(_holds(read(row), sign, to) for read, sign, to in tests)]


def _holds(value: Any, sign: Callable[[Any, Any], bool], to: Any) -> bool:
    if value is None:
        return False
    if isinstance(to, datetime):
        value = _moment(str(value))
    elif isinstance(to, Decimal):
        value = Decimal(str(value))
    try:
        return sign(value, to)
    except TypeError:
        raise refused(400, "A value does not have the type of its property.") from None


def _literal(text: str) -> Any:
    if text.startswith("datetime'"):
        text = text.removeprefix("datetime'").removesuffix("'")
    elif text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return _moment(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise refused(400, f"The value {text[:40]} is not valid.") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise refused(400, f"The value {text[:40]} is not a date.") from None


def ordered(rows: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """`updatedOn desc,id`, without a blank behind the comma."""
    for part in reversed([part for part in text.split(",") if part]):
        name, _blank, direction = part.partition(" ")
        if direction not in ("", "asc", "desc"):
            raise refused(400, f"The order {part[:40]} is not valid.")
        rows = sorted(rows, key=lambda row: row.get(name) or 0, reverse=direction == "desc")
    return rows


def page(call: Call, dollar: str) -> tuple[int, int]:
    """How many, and from where."""
    numbers = []
    for name, usual in (("top", MOST), ("skip", 0)):
        text = word(call, dollar + name)
        if text and not (text.isdecimal() and len(text) < 10):
            raise refused(400, f"The value of {dollar}{name} is not valid.")
        numbers.append(int(text) if text else usual)
    if numbers[0] > MOST:
        raise refused(400, f"At most {MOST} entries are given at once.")
    return numbers[0], numbers[1]
