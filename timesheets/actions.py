"""What other rooms do with the hours that somebody has filtered or ticked.

`invoicing` lies to the right of the hours and cannot be imported here; it registers its actions
when its app is ready. Each is a POST to the named address with the query string of the list of
hours; ticked hours come as `pk` in a body with `ticked`. `selectors.selection.selected_entries`
reads both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from tenants.models import Membership
from tenants.roles import Permission


@dataclass(frozen=True)
class SelectionAction:
    """`permissions`: any one of them is enough."""

    label: Any
    icon: str
    url_name: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class OfferedAction:
    label: Any
    icon: str
    url: str


@dataclass(frozen=True)
class OrderAction:
    """A button on the page of a service order: a POST, or with `is_link` a link."""

    label: Any
    icon: str
    url: str
    is_main: bool = False
    is_link: bool = False


type OrderProvider = Callable[[Any, Membership], Iterable[OrderAction]]

_actions: list[SelectionAction] = []
_order_providers: list[OrderProvider] = []


def register_for_orders(provider: OrderProvider) -> None:
    """Add a provider: a service order with its standing and the reader in, buttons out."""
    if provider not in _order_providers:
        _order_providers.append(provider)


def actions_for_order(order: Any, reader: Membership) -> list[OrderAction]:
    return [action for provider in _order_providers for action in provider(order, reader)]


def register(action: SelectionAction) -> None:
    if action not in _actions:
        _actions.append(action)


def actions_for(reader: Membership) -> list[OfferedAction]:
    """Those this person may start, with their addresses."""
    offered = []
    for action in _actions:
        if not any(reader.may(permission) for permission in action.permissions):
            continue
        try:
            url = reverse(action.url_name)
        except NoReverseMatch:
            continue
        offered.append(OfferedAction(action.label, action.icon, url))
    return offered
