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


@dataclass(frozen=True)
class Place:
    """A document as it is in another system; `url` is its page there, if that is known."""

    label: str
    number: str
    url: str


type PlaceProvider = Callable[[int], list[Place]]
_place_providers: list[PlaceProvider] = []


def register_places(provider: PlaceProvider) -> None:
    """Add a provider: where the document of this id is."""
    if provider not in _place_providers:
        _place_providers.append(provider)


def places_of(invoice_id: int) -> list[Place]:
    return [found for provider in _place_providers for found in provider(invoice_id)]


@dataclass(frozen=True)
class Need:
    """Something that waits for a person, and where to see to it."""

    text: str
    url: str


type NeedProvider = Callable[[Any], list[Need]]
_need_providers: list[NeedProvider] = []


def register_needs(provider: NeedProvider) -> None:
    """Add a provider: what waits for a person of this membership."""
    if provider not in _need_providers:
        _need_providers.append(provider)


def needs_of(membership: Any) -> list[Need]:
    return [found for provider in _need_providers for found in provider(membership)]
