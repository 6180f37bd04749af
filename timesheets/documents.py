"""On which document an hour or a charge is, as the room that makes documents tells it.

`invoicing` lies to the right of the hours and cannot be imported here; it registers itself when
its app is ready.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tenants.models import Membership


@dataclass(frozen=True)
class WorkDocument:
    """`url` is empty for a reader who may not open it."""

    label: str
    url: str


type Provider = Callable[[Collection[int], Membership], Mapping[int, WorkDocument]]
_providers: list[Provider] = []
_charge_providers: list[Provider] = []


def register(provider: Provider, *, of_charges: Provider | None = None) -> None:
    """Add a provider: ids of entries, or of charges, and the reader in, their documents out."""
    if provider not in _providers:
        _providers.append(provider)
    if of_charges is not None and of_charges not in _charge_providers:
        _charge_providers.append(of_charges)


def documents_of(entry_ids: Collection[int], reader: Membership) -> dict[int, WorkDocument]:
    """Return the document of each entry that is on one."""
    found: dict[int, WorkDocument] = {}
    if entry_ids:
        for provider in _providers:
            found |= provider(entry_ids, reader)
    return found


def documents_of_charges(
    charge_ids: Collection[int], reader: Membership
) -> dict[int, WorkDocument]:
    """Return the document of each charge that is on one."""
    found: dict[int, WorkDocument] = {}
    if charge_ids:
        for provider in _charge_providers:
            found |= provider(charge_ids, reader)
    return found
