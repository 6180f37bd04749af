"""Filters of the archive under a name."""

from django.db import IntegrityError, transaction

from invoicing import errors
from invoicing.models import SavedFilter
from tenants.audit import log
from tenants.models import Membership
from tenants.roles import Permission

# Longer ones are no address that a browser opens.
LONGEST_QUERY = 4000


def may_share(membership: Membership) -> bool:
    return membership.may(Permission.MANAGE_SETTINGS)


def may_change(saved: SavedFilter, membership: Membership) -> bool:
    return may_share(membership) if saved.is_shared else saved.owner_id == membership.user_id


@transaction.atomic
def save_filter(
    saved: SavedFilter | None,
    *,
    name: str,
    query: str,
    is_shared: bool,
    is_default: bool,
    membership: Membership,
) -> SavedFilter:
    """Make a filter, or change one. A new default takes the place of the one before."""
    assert membership.user is not None
    if is_shared and not may_share(membership):
        raise errors.MayNotShareFilter
    if len(query) > LONGEST_QUERY:
        raise errors.FilterTooLong
    is_new = saved is None
    if saved is None:
        saved = SavedFilter(owner=membership.user)
    elif not may_change(saved, membership):
        raise errors.MayNotShareFilter
    if is_default:
        others = SavedFilter.objects.filter(is_shared=is_shared, is_default=True)
        if not is_shared:
            others = others.filter(owner=saved.owner)
        others.exclude(pk=saved.pk).update(is_default=False)
    saved.name, saved.query = name.strip(), query
    saved.is_shared, saved.is_default = is_shared, is_default
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise errors.FilterNameTaken(name=saved.name) from None
    log(
        "saved_filter.created" if is_new else "saved_filter.changed",
        saved,
        actor=membership.user,
        name=saved.name,
        shared=is_shared,
    )
    return saved


@transaction.atomic
def delete_filter(saved: SavedFilter, *, membership: Membership) -> None:
    if not may_change(saved, membership):
        raise errors.MayNotShareFilter
    log("saved_filter.deleted", saved, actor=membership.user, name=saved.name)
    saved.delete()
