"""Companies that let another system number their invoices, as the room that asks it tells it.

`integrations` lies to the right and cannot be imported here; it registers itself when its app is
ready.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from invoicing.exported import Need
from invoicing.models import Invoice
from tenants.models import User


@dataclass(frozen=True)
class Giver:
    """`hand_over` sends a draft to get its number there, in place of posting it here."""

    name: str
    hand_over: Callable[[Invoice, User | None], Any]


type Provider = Callable[[], Giver | None]
# By draft that waits for its number, why it does not go on by itself and where to see to it.
type TroubleProvider = Callable[[QuerySet[Any]], Mapping[int, Need]]
_providers: list[Provider] = []
_trouble_providers: list[TroubleProvider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def register_troubles(provider: TroubleProvider) -> None:
    if provider not in _trouble_providers:
        _trouble_providers.append(provider)


def troubles_of(drafts: QuerySet[Any]) -> dict[int, Need]:
    """Of those among these drafts that need somebody; one that goes on by itself is not in it."""
    return {pk: need for provider in _trouble_providers for pk, need in provider(drafts).items()}


def giver() -> Giver | None:
    """Who gives this company's invoices their numbers; nobody is the usual answer."""
    for provider in _providers:
        if (found := provider()) is not None:
            return found
    return None
