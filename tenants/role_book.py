"""The roles of a company: the program's, as the company adjusted them, and its own."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tenants.models import TenantRole
from tenants.roles import Permission, Role, role_permissions
from tenants.scope import active_tenant_id, kept_in_scope, tenant_scope

NOTHING: frozenset[Permission] = frozenset()


@dataclass(frozen=True)
class RoleSet:
    """One role with what it may. `defaults` is what the program gives it, None for an own role."""

    key: str
    label: Any
    permissions: frozenset[Permission]
    defaults: frozenset[Permission] | None = None

    def __str__(self) -> str:
        return str(self.label)

    @property
    def is_own(self) -> bool:
        return self.defaults is None

    @property
    def is_owner(self) -> bool:
        return self.key == Role.OWNER

    @property
    def granted(self) -> frozenset[Permission]:
        return self.permissions - (self.defaults or NOTHING)

    @property
    def withheld(self) -> frozenset[Permission]:
        return (self.defaults or NOTHING) - self.permissions

    @property
    def is_adjusted(self) -> bool:
        return self.defaults is not None and self.permissions != self.defaults


class RoleBook:
    """All roles of one company, in the order in which they are shown."""

    def __init__(self, rows: Iterable[TenantRole] = ()) -> None:
        found = {row.key: row for row in rows}
        self._roles = {key: _the_programs(key, found.pop(key, None)) for key in Role.values}
        for key, row in found.items():
            self._roles[key] = RoleSet(key, row.name, known_permissions(row.granted))

    def __iter__(self) -> Iterator[RoleSet]:
        return iter(self._roles.values())

    def __contains__(self, key: object) -> bool:
        return key in self._roles

    def get(self, key: str) -> RoleSet | None:
        return self._roles.get(key)

    def permissions(self, key: str) -> frozenset[Permission]:
        """Nothing for a key that is no role: who has none may nothing."""
        role = self._roles.get(key)
        return role.permissions if role else NOTHING

    def name(self, key: str) -> str:
        return str(self._roles.get(key, key))

    def keys_with(self, *permissions: Permission) -> list[str]:
        """The roles that have any of these."""
        return [role.key for role in self if not role.permissions.isdisjoint(permissions)]

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(role.key, str(role)) for role in self]


def known_permissions(values: Collection[str]) -> frozenset[Permission]:
    """One that the program no longer has is nothing any more."""
    known = frozenset(Permission.values)
    return frozenset(Permission(value) for value in values if value in known)


def _the_programs(key: str, row: TenantRole | None) -> RoleSet:
    defaults = role_permissions(key)
    permissions = defaults
    if row is not None:
        permissions = (defaults | known_permissions(row.granted)) - frozenset(row.withheld)
    return RoleSet(key, Role(key).label, permissions, defaults)


PROGRAMS_OWN = RoleBook()
_KEPT_AS = "role book"


def book_of(tenant_id: int) -> RoleBook:
    """One short query for each scope, or a scope of its own where none is open."""
    if active_tenant_id() != tenant_id:
        with tenant_scope(tenant_id):
            return book_of(tenant_id)
    kept = kept_in_scope()
    if _KEPT_AS not in kept:
        kept[_KEPT_AS] = RoleBook(TenantRole.objects.all())
    book: RoleBook = kept[_KEPT_AS]
    return book


def keep_for_scope(book: RoleBook) -> None:
    kept_in_scope()[_KEPT_AS] = book


def forget_book() -> None:
    """After a change: who asks from here on reads anew."""
    kept_in_scope().pop(_KEPT_AS, None)
