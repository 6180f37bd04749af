"""Template filters of the sandboxes' pages."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.template import Library

from integrations.sandbox.web import dump

register = Library()
HELSINKI = ZoneInfo("Europe/Helsinki")


@register.filter
def moment(text: str) -> str:
    return f"{_local(text):%Y-%m-%d %H:%M:%S}"


@register.filter
def short_moment(text: str) -> str:
    """The time of today, or the day before it."""
    local = _local(text)
    today = datetime.now(HELSINKI).date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def _local(text: str) -> datetime:
    """Moments are kept with their zone, or already are local."""
    at = datetime.fromisoformat(text)
    return at.astimezone(HELSINKI) if at.tzinfo else at


@register.filter
def amount(value: float) -> str:
    return f"{Decimal(str(value)):,.2f}"


@register.filter
def answer_class(status: int) -> str:
    if not status or status >= 500:
        return "bad"
    return "good" if status < 400 else "warn"


@register.filter
def pretty(text: str) -> str:
    """JSON is indented; anything else stays as it came."""
    try:
        return dump(json.loads(text), indent=2)
    except ValueError:
        return text


@register.filter
def header_lines(headers: list[list[str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers)


@register.filter
def flat(document: dict[str, Any]) -> list[tuple[str, Any]]:
    """All fields with their paths."""
    return list(_flat(document, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, value if isinstance(value, str) else dump(value)
