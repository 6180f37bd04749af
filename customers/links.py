"""Which accounting systems a customer is linked to, as the room that keeps the links tells it.

`integrations` lies to the right of everything that shows customers and cannot be imported here; it
registers itself when its app is ready.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LinkedSystem:
    """`icon` names one of the Tabler icons, `label` says it in words."""

    name: str
    icon: str
    label: str


type Provider = Callable[[Collection[int]], Mapping[int, list[LinkedSystem]]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider: customer ids in, their linked systems out, in one query."""
    if provider not in _providers:
        _providers.append(provider)


def unregister(provider: Provider) -> None:
    _providers.remove(provider)


def links_for(customer_ids: Collection[int]) -> dict[int, list[LinkedSystem]]:
    """Return the systems of each customer that has any."""
    found: dict[int, list[LinkedSystem]] = {}
    if customer_ids:
        for provider in _providers:
            for customer_id, systems in provider(customer_ids).items():
                found.setdefault(customer_id, []).extend(systems)
    return found
