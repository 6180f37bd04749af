"""What clients of several systems write and read alike."""

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from integrations.http import Answer

USUAL_PAUSE, LONGEST_PAUSE = 5.0, 3600.0


def to_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, default=_number)


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")


def header(answer: Answer, name: str) -> str:
    return {key.lower(): value for key, value in answer.headers.items()}.get(name.lower(), "")


def retry_after(answer: Answer, usual: float = USUAL_PAUSE) -> float:
    """In seconds or as a date of HTTP, within reason."""
    text = header(answer, "Retry-After").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_PAUSE)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return usual
    return min(max(seconds, usual), LONGEST_PAUSE)
