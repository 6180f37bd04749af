"""What roles may: the program's, a company's adjustments, and its own roles."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants import errors
from tenants.domain import members, roles
from tenants.models import AuditEntry, Membership, Tenant, TenantRole
from tenants.permission_words import GROUPS, NEEDS, idle
from tenants.role_book import book_of
from tenants.roles import PERMISSIONS, Permission, Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory

P = Permission


def again(member: Membership) -> Membership:
    """As the next request reads the person."""
    return Membership.objects.select_related("tenant").get(pk=member.pk)


def adjust(tenant: Tenant, actor: Membership, **sets: set[Permission]) -> list[roles.RoleChange]:
    assert actor.user is not None
    return roles.adjust_roles(tenant, sets, actor=actor.user)


def without(role: Role, *permissions: Permission) -> set[Permission]:
    return set(PERMISSIONS[role] - set(permissions))


def test_a_company_that_adjusted_nothing_has_no_rows_and_pays_no_query(
    tenant: Tenant, accountant: Membership
) -> None:
    reader = again(accountant)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert reader.may(P.POST_INVOICE)
        assert not reader.may(P.MANAGE_MEMBERS)
    assert len(queries) == 0
    assert not TenantRole.objects.exists()


def test_an_adjusted_role_costs_one_query_a_scope_whatever_is_asked(
    tenant: Tenant, owner: Membership
) -> None:
    people = [MembershipFactory(role=Role.ACCOUNTANT) for _ in range(3)]
    adjust(tenant, owner, accountant=without(Role.ACCOUNTANT, P.POST_INVOICE))
    readers = [again(person) for person in people]
    with tenant_scope(tenant.pk), CaptureQueriesContext(connection) as queries:
        assert not any(one.may(P.POST_INVOICE) for one in readers)
        assert all(one.may(P.CREATE_INVOICE) for one in readers)
    assert len([q for q in queries if "tenants_tenantrole" in q["sql"]]) == 1


def test_taking_away_and_giving_back_leaves_the_role_as_the_program_has_it(
    tenant: Tenant, owner: Membership, accountant: Membership
) -> None:
    adjust(tenant, owner, accountant=without(Role.ACCOUNTANT, P.POST_INVOICE) | {P.USE_ADMIN})

    row = TenantRole.objects.get()
    assert (row.key, row.granted, row.withheld) == ("accountant", ["use_admin"], ["post_invoice"])
    assert not again(accountant).may(P.POST_INVOICE)
    assert again(accountant).may(P.USE_ADMIN)

    adjust(tenant, owner, accountant=set(PERMISSIONS[Role.ACCOUNTANT]))

    row.refresh_from_db()
    assert (row.granted, row.withheld) == ([], [])
    assert again(accountant).may(P.POST_INVOICE)


def test_what_is_kept_are_differences_so_that_new_permissions_arrive(
    tenant: Tenant, owner: Membership, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that gives accountants one more reaches those who took another one away."""
    monkeypatch.setitem(PERMISSIONS, Role.ACCOUNTANT, PERMISSIONS[Role.ACCOUNTANT] - {P.WRITE_OFF})
    adjust(tenant, owner, accountant=without(Role.ACCOUNTANT, P.POST_INVOICE))
    assert not again(accountant).may(P.WRITE_OFF)

    monkeypatch.undo()
    with tenant_scope(tenant.pk):
        assert again(accountant).may(P.WRITE_OFF)
        assert not again(accountant).may(P.POST_INVOICE)


def test_a_permission_the_program_no_longer_has_is_nothing(
    tenant: Tenant, owner: Membership
) -> None:
    own = roles.add_role(tenant, name="Clerk", copy_of="member", actor=owner.user)  # type: ignore[arg-type]
    TenantRole.objects.filter(pk=own.pk).update(granted=["record_hours", "fly"])
    with tenant_scope(tenant.pk):
        assert book_of(tenant.pk).permissions("clerk") == {P.RECORD_HOURS}


def test_an_own_role_begins_as_a_copy_and_goes_its_own_way(
    tenant: Tenant, owner: Membership
) -> None:
    assert owner.user is not None
    row = roles.add_role(tenant, name="Billing clerk", copy_of="accountant", actor=owner.user)
    assert row.key == "billing-clerk"
    clerk = MembershipFactory(role=row.key)
    assert again(clerk).may(P.POST_INVOICE)
    assert again(clerk).role_name == "Billing clerk"

    adjust(tenant, owner, **{row.key: {P.VIEW_INVOICE}})

    assert again(clerk).role_book.permissions(row.key) == {P.VIEW_INVOICE}
    assert book_of(tenant.pk).permissions("accountant") == PERMISSIONS[Role.ACCOUNTANT]


def test_names_tell_roles_apart_and_keys_never_change(tenant: Tenant, owner: Membership) -> None:
    assert owner.user is not None
    first = roles.add_role(tenant, name="Palkanlaskija", copy_of="member", actor=owner.user)
    for taken in ("palkanlaskija", "Accountant"):
        with pytest.raises(errors.RoleNameTaken):
            roles.add_role(tenant, name=taken, copy_of="member", actor=owner.user)
    roles.rename_role(tenant, first.key, name="Wages", actor=owner.user)
    second = roles.add_role(tenant, name="Palkanlaskija", copy_of="member", actor=owner.user)
    named = roles.add_role(tenant, name="工資", copy_of="member", actor=owner.user)

    assert [first.key, second.key, named.key] == ["palkanlaskija", "palkanlaskija-2", "role"]
    entry = AuditEntry.objects.get(action="role.renamed")
    assert entry.detail == {"changes": {"name": ["Palkanlaskija", "Wages"]}}


def test_only_own_roles_that_nobody_has_are_removed(tenant: Tenant, owner: Membership) -> None:
    assert owner.user is not None
    row = roles.add_role(tenant, name="Clerk", copy_of="member", actor=owner.user)
    clerk = MembershipFactory(role=row.key, name="Kaisa", is_active=False)

    with pytest.raises(errors.RoleInUse, match="Clerk is still the role of Kaisa"):
        roles.remove_role(tenant, row.key, actor=owner.user)
    with pytest.raises(errors.RoleIsThePrograms):
        roles.remove_role(tenant, "auditor", actor=owner.user)
    members.change_member(clerk, actor=owner.user, role=Role.MEMBER)
    roles.remove_role(tenant, row.key, actor=owner.user)

    assert "clerk" not in book_of(tenant.pk)
    with pytest.raises(errors.RoleUnknown):
        members.change_member(clerk, actor=owner.user, role="clerk")


def test_who_has_a_role_that_is_none_may_nothing(tenant: Tenant) -> None:
    lost = MembershipFactory(role="vanished")
    assert not any(lost.may(permission) for permission in Permission)


def test_a_role_of_the_program_goes_back_to_its_default(
    tenant: Tenant, owner: Membership, accountant: Membership
) -> None:
    assert owner.user is not None
    adjust(tenant, owner, accountant=without(Role.ACCOUNTANT, P.POST_INVOICE))

    change = roles.reset_role(tenant, "accountant", actor=owner.user)

    assert (change.gained, change.lost) == ([P.POST_INVOICE], [])
    assert not TenantRole.objects.exists()
    assert again(accountant).may(P.POST_INVOICE)


def test_the_owner_keeps_all(tenant: Tenant, owner: Membership) -> None:
    with pytest.raises(errors.OwnerKeepsAll):
        adjust(tenant, owner, owner=without(Role.OWNER, P.MANAGE_ROLES))
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    with transaction.atomic(), pytest.raises(IntegrityError, match="owner_keeps_all"):
        TenantRole.objects.create(key="owner", withheld=["manage_roles"])


def test_each_change_is_logged_with_what_was_gained_and_lost(
    tenant: Tenant, owner: Membership
) -> None:
    adjust(
        tenant,
        owner,
        accountant=without(Role.ACCOUNTANT, P.POST_INVOICE),
        auditor=set(PERMISSIONS[Role.AUDITOR]),
        member={P.RECORD_HOURS, P.WRITE_OFF},
    )

    told = {
        entry.object_label: (entry.detail["gained"], entry.detail["lost"])
        for entry in AuditEntry.objects.filter(action="role.changed")
    }
    assert told == {"Accountant": ([], ["post_invoice"]), "Member": (["write_off"], [])}


def test_what_would_change_names_how_many_people_it_touches(
    tenant: Tenant, owner: Membership, accountant: Membership
) -> None:
    MembershipFactory(role=Role.ACCOUNTANT)
    MembershipFactory(role=Role.ACCOUNTANT, is_active=False)

    change = roles.changes_between(
        tenant,
        book_of(tenant.pk),
        {"accountant": without(Role.ACCOUNTANT, P.POST_INVOICE, P.WRITE_OFF)},
    )[0]

    assert (change.role.key, change.people, change.gained) == ("accountant", 2, [])
    assert change.lost == [P.POST_INVOICE, P.WRITE_OFF]


def test_nobody_gives_more_than_they_have(
    tenant: Tenant, owner: Membership, accountant: Membership
) -> None:
    """Who may manage members and roles, and is no owner, does not make themselves one."""
    office = set(PERMISSIONS[Role.ACCOUNTANT]) | {P.MANAGE_MEMBERS, P.MANAGE_ROLES}
    adjust(tenant, owner, accountant=office)
    actor = accountant.user
    assert actor is not None

    with pytest.raises(errors.MoreThanOwn):
        members.change_member(accountant, actor=actor, role=Role.OWNER)
    with pytest.raises(errors.MoreThanOwn):
        members.add_member(tenant, name="Friend", role=Role.OWNER, actor=actor)
    MembershipFactory(role=Role.OWNER)
    with pytest.raises(errors.MoreThanOwn):
        members.deactivate_member(owner, actor=actor)
    with pytest.raises(errors.MoreThanOwn):
        adjust(tenant, accountant, accountant=office | {P.USE_ADMIN})
    adjust(tenant, accountant, member={P.RECORD_HOURS, P.VIEW_HOURS})


def test_a_row_that_nobody_would_read_cannot_be_written(tenant: Tenant) -> None:
    with transaction.atomic(), pytest.raises(IntegrityError, match="adjusted roles"):
        TenantRole.objects.create(key="member", granted=["post_invoice"])


def test_each_permission_has_its_place_and_its_sentence() -> None:
    placed = [permission for group in GROUPS for permission in group.sentences]
    assert sorted(placed) == sorted(Permission)
    assert len({str(s) for group in GROUPS for s in group.sentences.values()}) == len(placed)
    assert all(needed not in (p, ()) for p, needed in NEEDS.items())


def test_the_programs_roles_are_of_use_as_they_are() -> None:
    for role in Role:
        assert list(idle(PERMISSIONS[role])) == []
    assert list(idle({P.POST_INVOICE})) == [(P.POST_INVOICE, P.VIEW_INVOICE)]
