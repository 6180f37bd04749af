"""The page of roles and permissions: who may what, and what saving would change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.domain.roles import RoleChange, people_by_role
from tenants.models import Membership
from tenants.permission_words import GROUPS, idle
from tenants.role_book import RoleBook, RoleSet
from tenants.roles import PERMISSIONS, Permission, Role

type Sets = Mapping[str, Collection[Permission]]


@dataclass(frozen=True)
class Column:
    role: RoleSet
    people: int
    may_change: bool

    @property
    def adjustments(self) -> int:
        return len(self.role.granted | self.role.withheld) if self.role.is_adjusted else 0


@dataclass(frozen=True)
class Cell:
    """`stored` is what holds now; `ticked` what the form asks for."""

    column: Column
    permission: Permission
    ticked: bool
    stored: bool
    may_change: bool

    @property
    def differs(self) -> bool:
        """From what the program gives the role."""
        defaults = self.column.role.defaults
        return defaults is not None and self.stored != (self.permission in defaults)

    @property
    def label(self) -> str:
        return f"{self.column.role}: {self.permission.label}"


@dataclass(frozen=True)
class Row:
    permission: Permission
    sentence: Any
    cells: list[Cell]


@dataclass(frozen=True)
class Section:
    label: Any
    rows: list[Row]


@dataclass(frozen=True)
class Matrix:
    columns: list[Column]
    sections: list[Section]
    seen: str
    hints: list[str] = field(default_factory=list)


def read_matrix(reader: Membership, wanted: Sets | None = None) -> Matrix:
    """As stored, or with the ticks of a form that was not saved."""
    book, people, wanted = reader.role_book, people_by_role(reader.tenant), wanted or {}
    columns = [
        Column(role, people.get(role.key, 0), may_change_role(reader, role)) for role in book
    ]
    sections = [
        Section(
            group.label,
            [
                Row(
                    permission,
                    sentence,
                    [_cell(reader, column, permission, wanted) for column in columns],
                )
                for permission, sentence in group.sentences.items()
            ],
        )
        for group in GROUPS
    ]
    return Matrix(columns, sections, digest(book), list(_hints(book)))


def _cell(reader: Membership, column: Column, permission: Permission, wanted: Sets) -> Cell:
    role = column.role
    is_kept = role.is_owner and permission in PERMISSIONS[Role.OWNER]
    return Cell(
        column=column,
        permission=permission,
        ticked=permission in wanted.get(role.key, role.permissions),
        stored=permission in role.permissions,
        may_change=column.may_change and not is_kept and may_give(reader, permission),
    )


def may_change_role(reader: Membership, role: RoleSet) -> bool:
    """Owners all of them; others those that may nothing they may not themselves."""
    if not reader.may(Permission.MANAGE_ROLES):
        return False
    return all(may_give(reader, permission) for permission in role.permissions)


def may_give(reader: Membership, permission: Permission) -> bool:
    return reader.role == Role.OWNER or reader.may(permission)


def asked_sets(reader: Membership, posted: Any) -> dict[str, frozenset[Permission]]:
    """The ticks of the form, and what it shows but does not let change."""
    sets = {}
    for role in reader.role_book:
        if role.key in posted.getlist("role") and may_change_role(reader, role):
            ticked = {p for p in Permission if p.value in posted.getlist(f"may-{role.key}")}
            kept = PERMISSIONS[Role.OWNER] if role.is_owner else frozenset()
            sets[role.key] = frozenset(ticked | kept)
    return sets


def digest(book: RoleBook) -> str:
    """What somebody saw: when it is another one at saving, somebody else was quicker."""
    told = [(role.key, str(role), sorted(role.permissions)) for role in book]
    return sha256(repr(told).encode()).hexdigest()[:16]


def taken_from_people(changes: Sequence[RoleChange]) -> list[RoleChange]:
    return [change for change in changes if change.lost and change.people]


def agreement(changes: Sequence[RoleChange]) -> str:
    """Names what was shown, so that agreeing to it agrees to nothing else."""
    told = [(change.role.key, change.gained, change.lost, change.people) for change in changes]
    return sha256(repr(told).encode()).hexdigest()[:16]


def sentences(change: RoleChange) -> list[str]:
    """“3 people with the role Accountant lose: Post invoices.”"""
    told = []
    if change.lost:
        told.append(
            ngettext(
                "%(count)d person with the role %(role)s loses: %(permissions)s.",
                "%(count)d people with the role %(role)s lose: %(permissions)s.",
                change.people,
            )
            % _words(change, change.lost)
        )
    if change.gained:
        told.append(
            ngettext(
                "%(count)d person with the role %(role)s gains: %(permissions)s.",
                "%(count)d people with the role %(role)s gain: %(permissions)s.",
                change.people,
            )
            % _words(change, change.gained)
        )
    return told


def _words(change: RoleChange, permissions: Sequence[Permission]) -> dict[str, Any]:
    labels = ", ".join(str(permission.label) for permission in permissions)
    return {"count": change.people, "role": str(change.role), "permissions": labels}


def reset_words(column: Column) -> str:
    """What going back to the default does to people, for the question before it."""
    role = column.role
    back = RoleChange(role, _in_order(role.withheld), _in_order(role.granted), column.people)
    return " ".join(sentences(back))


def _in_order(permissions: Collection[Permission]) -> list[Permission]:
    return [permission for permission in Permission if permission in permissions]


def _hints(book: RoleBook) -> Any:
    for role in book:
        for permission, needed in idle(role.permissions):
            yield _("%(role)s: “%(permission)s” opens little without “%(needed)s”.") % {
                "role": role,
                "permission": permission.label,
                "needed": needed.label,
            }
