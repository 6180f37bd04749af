"""What a form showed of a record, so that saving it notices what somebody else saved meanwhile.

The form carries a digest of each value it was made from. Compared while the record is locked, they
tell which were changed since, and whether the form itself changed them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model


@dataclass(frozen=True)
class Difference:
    """One thing somebody else changed; `outcome` is what became of it in this form."""

    what: str
    theirs: str
    outcome: str


KEPT, TAKEN, APART = "kept", "taken", "apart"


def digests(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: digest(value) for name, value in values.items()}


def digest(value: Any) -> str:
    return hashlib.blake2s(_canonical(value).encode(), digest_size=8).hexdigest()


def _canonical(value: Any) -> str:
    """The same for a stored value and for one that was typed."""
    if value is None:
        return ""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, datetime):
        # Forms ask for no seconds.
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
    return str(value).replace("\r\n", "\n").strip()


def as_text(shown: Mapping[str, str]) -> str:
    """To be put into the form."""
    return json.dumps(shown, separators=(",", ":"))


def read(text: str) -> dict[str, str]:
    """A form without it, or with a broken one, was made from nothing: all that differs does."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(one) for name, one in found.items()} if isinstance(found, dict) else {}


def changed_by_others(
    shown: Mapping[str, str], typed: Mapping[str, Any], stored: Mapping[str, Any]
) -> list[str]:
    """What is not as the form showed it any more, and would be overwritten by what it says."""
    return [
        name
        for name, value in typed.items()
        if shown.get(name) != digest(stored[name]) != digest(value)
    ]
