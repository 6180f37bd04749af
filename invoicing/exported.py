"""Where documents were exported to, as the room that exports them tells it.

`integrations` lies to the right of the archive and cannot be imported here; it registers itself
when its app is ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class Destination:
    """`key` is a word of the search language and of addresses; `invoices` the documents there."""

    key: str
    label: str
    invoices: QuerySet[Any]


type Provider = Callable[[], list[Destination]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider: the tenant's destinations, each with the keys of its documents."""
    if provider not in _providers:
        _providers.append(provider)


def destinations() -> list[Destination]:
    return [found for provider in _providers for found in provider()]
