"""On which document an hour or a charge is, as the room that makes documents tells it.

`invoicing` lies to the right of the hours and cannot be imported here; it registers itself when
its app is ready.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from tenants.models import Membership
from timesheets.models import Billable


@dataclass(frozen=True)
class WorkDocument:
    """`url` is empty for a reader who may not open it."""

    label: str
    url: str


type Provider = Callable[[type[Billable], Collection[int], Membership], Mapping[int, WorkDocument]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider: what kind of work, its ids and the reader in, their documents out."""
    if provider not in _providers:
        _providers.append(provider)


def documents_of(works: Iterable[Billable], reader: Membership) -> dict[int, WorkDocument]:
    """The document of each that is on one; hours and charges are asked for apart."""
    settled = [work for work in works if not work.is_open]
    found: dict[int, WorkDocument] = {}
    if settled:
        for provider in _providers:
            found |= provider(type(settled[0]), [work.pk for work in settled], reader)
    return found
