"""What the places that numbers go to can take, as the room that knows them tells it.

`integrations` lies to the right and cannot be imported here; it registers itself when its app is
ready.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from invoicing.domain.numbering.counting import LONGEST


@dataclass(frozen=True)
class Target:
    """`name` says where: the name of the connected system."""

    name: str
    most_characters: int = LONGEST
    digits_only: bool = False


type Provider = Callable[[], Iterable[Target]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider of the targets the company of the open scope uses, in one query."""
    if provider not in _providers:
        _providers.append(provider)


def unregister(provider: Provider) -> None:
    _providers.remove(provider)


def targets_in_use() -> list[Target]:
    """Every place the company's documents go to; the document itself is the first."""
    return [
        Target(_("documents and e-invoices")),
        *(target for provider in _providers for target in provider()),
    ]
