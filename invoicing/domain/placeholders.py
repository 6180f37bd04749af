"""Texts with placeholders in braces, as people write them: checked, then filled in."""

import re
from collections.abc import Callable, Collection, Mapping

from invoicing.errors import PatternUnclear, PlaceholderUnknown

_TOKEN = re.compile(r"\{([^{}]*)\}")


def check_placeholders(text: str, known: Collection[str]) -> None:
    """Raises what is wrong with the braces of a text, and nothing when it can be used."""
    for name in placeholders_in(text):
        if name not in known:
            raise PlaceholderUnknown(name=name, known=", ".join(known))
    if "{" in (rest := _TOKEN.sub("", text)) or "}" in rest:
        raise PatternUnclear


def placeholders_in(text: str) -> list[str]:
    return [name.strip() for name in _TOKEN.findall(text)]


def fill(text: str, values: Mapping[str, Callable[[], str]]) -> str:
    return _TOKEN.sub(lambda match: values[match[1].strip()](), text)
