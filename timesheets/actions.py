"""What other rooms do with the hours that somebody has filtered or ticked.

`invoicing` lies to the right of the hours and cannot be imported here; it registers its actions
when its app is ready. Each is a POST to the named address with the query string of the list of
hours; ticked hours come as `pk` in a body with `ticked`. `selectors.selection.selected_entries`
reads both.
"""

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


_actions: list[SelectionAction] = []


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
