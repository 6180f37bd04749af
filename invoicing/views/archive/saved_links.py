"""What the archive shows of saved filters: links, the default, and what of one is gone."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from invoicing.domain.saved_filters import may_change
from invoicing.models import SavedFilter
from tenants.access import TenantRequest
from tenants.models import Membership


@dataclass(frozen=True)
class SavedLink:
    saved: SavedFilter
    url: str
    is_current: bool
    may_change: bool


def visible_filters(membership: Membership) -> QuerySet[SavedFilter]:
    found: QuerySet[SavedFilter] = SavedFilter.objects.filter(
        Q(is_shared=True) | Q(owner_id=membership.user_id)
    )
    return found.order_by("is_shared", "name", "pk")


def default_of(saved_filters: Iterable[SavedFilter]) -> SavedFilter | None:
    """One's own before everybody's."""
    defaults = [saved for saved in saved_filters if saved.is_default]
    return min(defaults, key=lambda saved: saved.is_shared, default=None)


def address_of(saved: SavedFilter) -> str:
    return f"{reverse('invoicing:archive')}?{saved.query}&saved={saved.pk}".replace("?&", "?")


def saved_links(request: TenantRequest, saved_filters: Iterable[SavedFilter]) -> list[SavedLink]:
    asked = request.GET.get("saved", "")
    return [
        SavedLink(
            saved,
            address_of(saved),
            str(saved.pk) == asked,
            may_change(saved, request.membership),
        )
        for saved in saved_filters
    ]
