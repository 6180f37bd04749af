"""What a role may. Each change is one transaction with its audit entry.

Roles of the program cannot be removed, only adjusted and reset; the owner's gains, but never loses.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count, Max
from django.utils.text import slugify

from tenants import errors
from tenants.audit import log
from tenants.models import Membership, Tenant, TenantRole, User
from tenants.role_book import RoleBook, RoleSet, book_of, forget_book
from tenants.roles import PERMISSIONS, Permission, Role

NAMED = 5

type Sets = Mapping[str, Collection[Permission]]


@dataclass(frozen=True)
class RoleChange:
    """What becomes of one role, and of how many people who have it now."""

    role: RoleSet
    gained: list[Permission]
    lost: list[Permission]
    people: int = 0


def people_by_role(tenant: Tenant) -> dict[str, int]:
    """How many active members have each role; one that nobody has is not in it."""
    counted = Membership.objects.filter(tenant=tenant, is_active=True).values("role")
    return dict(counted.annotate(people=Count("pk")).values_list("role", "people").order_by())


def changes_between(tenant: Tenant, book: RoleBook, wanted: Sets) -> list[RoleChange]:
    """What saving these sets would change, in the order of the roles."""
    people = people_by_role(tenant)
    changes = []
    for role in book:
        permissions = frozenset(wanted.get(role.key, role.permissions))
        if permissions != role.permissions:
            change = _change(role, permissions)
            changes.append(replace(change, people=people.get(role.key, 0)))
    return changes


@transaction.atomic
def adjust_roles(tenant: Tenant, wanted: Sets, *, actor: User) -> list[RoleChange]:
    """Give these roles exactly these permissions; roles that are not named stay as they are."""
    book = _locked(tenant)
    changes = changes_between(tenant, book, wanted)
    for change in changes:
        role = change.role
        permissions = (role.permissions | set(change.gained)) - set(change.lost)
        if role.is_owner and (PERMISSIONS[Role.OWNER] - permissions):
            raise errors.OwnerKeepsAll
        _refuse_more_than_own(tenant, role.permissions | permissions, actor=actor)
        row = _write(role, permissions)
        log("role.changed", row, actor=actor, gained=change.gained, lost=change.lost)
    forget_book()
    return changes


@transaction.atomic
def reset_role(tenant: Tenant, key: str, *, actor: User) -> RoleChange:
    """Take back what was adjusted in a role of the program."""
    role = _found(_locked(tenant), key)
    if role.defaults is None:
        raise errors.RoleIsOwn(name=str(role))
    change = _change(role, role.defaults)
    _refuse_more_than_own(tenant, role.permissions | role.defaults, actor=actor)
    for row in TenantRole.objects.filter(key=key):
        log("role.reset", row, actor=actor, gained=change.gained, lost=change.lost)
        row.delete()
    forget_book()
    return change


@transaction.atomic
def add_role(tenant: Tenant, *, name: str, copy_of: str, actor: User) -> TenantRole:
    """A role of the company's own, which begins as another one is."""
    book = _locked(tenant)
    permissions = _found(book, copy_of).permissions
    _refuse_more_than_own(tenant, permissions, actor=actor)
    _refuse_taken_name(book, name)
    last = TenantRole.objects.aggregate(last=Max("position"))["last"] or 0
    row: TenantRole = TenantRole.objects.create(
        key=_new_key(book, name),
        name=name,
        granted=_sorted(permissions),
        position=last + 1,
    )
    log("role.added", row, actor=actor, copy_of=copy_of, permissions=row.granted)
    forget_book()
    return row


@transaction.atomic
def rename_role(tenant: Tenant, key: str, *, name: str, actor: User) -> TenantRole:
    book = _locked(tenant)
    row = _own_row(book, key)
    _refuse_taken_name(book, name, except_for=key)
    old, row.name = row.name, name
    if old != name:
        row.save(update_fields=["name"])
        log("role.renamed", row, actor=actor, changes={"name": [old, name]})
        forget_book()
    return row


@transaction.atomic
def remove_role(tenant: Tenant, key: str, *, actor: User) -> None:
    """Only what nobody has; a member who is not active any more may come back."""
    book = _locked(tenant)
    row = _own_row(book, key)
    holders = Membership.objects.filter(tenant=tenant, role=key).order_by("name", "pk")
    if names := list(holders.values_list("name", flat=True)):
        shown = ", ".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")
        raise errors.RoleInUse(name=row.name, people=shown)
    log("role.removed", row, actor=actor, permissions=row.granted)
    row.delete()
    forget_book()


def refuse_unknown_role(tenant: Tenant, key: str) -> None:
    if key not in book_of(tenant.pk):
        raise errors.RoleUnknown


def refuse_beyond(tenant: Tenant, *keys: str, actor: User | None) -> None:
    """Nobody makes somebody, or changes somebody, who may more than they may themselves."""
    book = book_of(tenant.pk)
    for key in keys:
        _refuse_more_than_own(tenant, book.permissions(key), actor=actor)


def _refuse_more_than_own(
    tenant: Tenant, permissions: Collection[Permission], *, actor: User | None
) -> None:
    """Owners give what they like. Who is no member acts for the installation."""
    member = Membership.objects.filter(tenant=tenant, user=actor, is_active=True).first()
    if actor is None or member is None or member.role == Role.OWNER:
        return
    if beyond := [p for p in Permission if p in permissions and not member.may(p)]:
        raise errors.MoreThanOwn(permission=beyond[0].label)


def _locked(tenant: Tenant) -> RoleBook:
    """The company's row first, as for members: who gets a role and who removes it take turns."""
    company = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if not company.has_adjusted_roles:
        Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
        tenant.has_adjusted_roles = True
    forget_book()
    return book_of(tenant.pk)


def _found(book: RoleBook, key: str) -> RoleSet:
    role = book.get(key)
    if role is None:
        raise errors.RoleUnknown
    return role


def _own_row(book: RoleBook, key: str) -> TenantRole:
    role = _found(book, key)
    if not role.is_own:
        raise errors.RoleIsThePrograms(name=str(role))
    row: TenantRole = TenantRole.objects.get(key=key)
    return row


def _write(role: RoleSet, permissions: frozenset[Permission]) -> TenantRole:
    wanted = replace(role, permissions=permissions)
    values = {"granted": _sorted(wanted.granted), "withheld": _sorted(wanted.withheld)}
    row, _is_new = TenantRole.objects.update_or_create(key=role.key, defaults=values)
    written: TenantRole = row
    return written


def _change(role: RoleSet, permissions: frozenset[Permission]) -> RoleChange:
    return RoleChange(
        role, _sorted(permissions - role.permissions), _sorted(role.permissions - permissions)
    )


def _sorted(permissions: Collection[Permission]) -> list[Permission]:
    return [permission for permission in Permission if permission in permissions]


def _refuse_taken_name(book: RoleBook, name: str, *, except_for: str = "") -> None:
    if any(str(role).casefold() == name.casefold() for role in book if role.key != except_for):
        raise errors.RoleNameTaken(name=name)


def _new_key(book: RoleBook, name: str) -> str:
    """Speaking, because it stands in addresses; it stays when the name changes."""
    begin = slugify(name)[:32].strip("-") or "role"
    key, number = begin, 1
    while key in book:
        number += 1
        key = f"{begin}-{number}"
    return key
