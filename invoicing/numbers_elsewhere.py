"""Companies that let another system number their invoices, as the room that asks it tells it.

`integrations` lies to the right and cannot be imported here; it registers itself when its app is
ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from invoicing.models import Invoice
from tenants.models import User


@dataclass(frozen=True)
class Giver:
    """`hand_over` sends a draft to get its number there, in place of posting it here."""

    name: str
    hand_over: Callable[[Invoice, User | None], Any]


type Provider = Callable[[], Giver | None]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def giver() -> Giver | None:
    """Who gives this company's invoices their numbers; nobody is the usual answer."""
    for provider in _providers:
        if (found := provider()) is not None:
            return found
    return None
