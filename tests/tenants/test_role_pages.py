"""The page of roles and permissions, as owners, auditors and others meet it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.domain import roles
from tenants.models import AuditEntry, Membership, Tenant, TenantRole
from tenants.role_book import book_of
from tenants.roles import PERMISSIONS, Permission, Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory

SignIn = Callable[[Membership], Client]
URL = "/acme/company/roles/"
P = Permission


def form_of(client: Client, **changes: set[Permission]) -> dict[str, Any]:
    """What the browser would send: every tick as it is shown, with these roles ticked anew."""
    matrix = client.get(URL).context["matrix"]
    columns = [column for column in matrix.columns if column.may_change]
    data: dict[str, Any] = {"seen": matrix.seen, "role": [c.role.key for c in columns]}
    for section in matrix.sections:
        for row in section.rows:
            for cell in row.cells:
                if cell.ticked and cell.may_change:
                    data.setdefault(f"may-{cell.column.role.key}", []).append(row.permission.value)
    for key, permissions in changes.items():
        data[f"may-{key}"] = [p.value for p in permissions]
    return data


def accountants_without(*permissions: Permission) -> dict[str, set[Permission]]:
    return {"accountant": set(PERMISSIONS[Role.ACCOUNTANT]) - set(permissions)}


def may(role: str, permission: Permission, tenant: Tenant) -> bool:
    with tenant_scope(tenant.pk):
        return permission in book_of(tenant.pk).permissions(role)


def test_nothing_changed_saves_nothing(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert client.post(URL, form_of(client)).status_code == 302
    assert not TenantRole.objects.exists()
    assert not AuditEntry.objects.exists()


def test_what_takes_something_from_people_is_asked_first(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    for _ in range(3):
        MembershipFactory(role=Role.ACCOUNTANT)
    client = signed_in(owner)
    asked = client.post(URL, form_of(client, **accountants_without(P.POST_INVOICE, P.WRITE_OFF)))

    assert asked.status_code == 422
    told = "3 people with the role Accountant lose: Post invoices, Write off hours."
    assert told in asked.content.decode()
    assert may("accountant", P.POST_INVOICE, tenant)

    again = form_of(client, **accountants_without(P.POST_INVOICE, P.WRITE_OFF))
    saved = client.post(URL, {**again, "agreed": asked.context["agreed"]})

    assert saved.status_code == 302
    assert not may("accountant", P.POST_INVOICE, tenant)
    entry = AuditEntry.objects.get(action="role.changed")
    assert entry.detail == {"gained": [], "lost": ["post_invoice", "write_off"]}


def test_agreeing_agrees_to_what_was_shown_and_to_nothing_else(
    tenant: Tenant, owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    asked = client.post(URL, form_of(client, **accountants_without(P.POST_INVOICE)))
    more = form_of(client, **accountants_without(P.POST_INVOICE, P.CREATE_INVOICE))

    response = client.post(URL, {**more, "agreed": asked.context["agreed"]})

    assert response.status_code == 422
    assert "Make and edit drafts" in " ".join(response.context["review"])
    assert may("accountant", P.POST_INVOICE, tenant)


def test_what_nobody_loses_is_saved_at_once(
    tenant: Tenant, owner: Membership, member: Membership, signed_in: SignIn
) -> None:
    """Nobody is an accountant here, and members gain."""
    client = signed_in(owner)
    changed = {**accountants_without(P.POST_INVOICE), "member": {P.RECORD_HOURS, P.VIEW_CUSTOMERS}}

    assert client.post(URL, form_of(client, **changed)).status_code == 302
    assert not may("accountant", P.POST_INVOICE, tenant)
    assert may("member", P.VIEW_CUSTOMERS, tenant)


def test_two_who_adjust_at_once_do_not_undo_each_other(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    assert owner.user is not None
    client = signed_in(owner)
    old = form_of(client, member={P.RECORD_HOURS, P.VIEW_CUSTOMERS})
    roles.adjust_roles(
        tenant, {"auditor": PERMISSIONS[Role.AUDITOR] | {P.USE_ADMIN}}, actor=owner.user
    )

    response = client.post(URL, old)

    assert response.status_code == 422
    assert "The roles were changed in the meantime" in response.content.decode()
    assert may("auditor", P.USE_ADMIN, tenant)
    assert not may("member", P.VIEW_CUSTOMERS, tenant)


def test_the_owners_own_ticks_stay_whatever_is_sent(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    client.post(URL, form_of(client, owner=set()))
    assert may("owner", P.MANAGE_ROLES, tenant)


def test_auditors_read_and_change_nothing(
    owner: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    data = form_of(signed_in(owner))
    client = signed_in(auditor)
    page = client.get(URL)

    assert page.status_code == 200
    text = page.content.decode()
    assert 'type="checkbox"' not in text
    assert "Save roles" not in text
    assert client.post(URL, data).status_code == 403
    assert client.get(f"{URL}new/").status_code == 403
    assert client.post(f"{URL}accountant/reset/").status_code == 403


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER])
def test_others_have_no_page(tenant: Tenant, role: Role, signed_in: SignIn) -> None:
    assert signed_in(MembershipFactory(role=role)).get(URL).status_code == 403


def test_an_own_role_is_added_given_renamed_and_removed(
    tenant: Tenant, owner: Membership, member: Membership, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    assert client.post(f"{URL}new/", {"name": "Clerk", "copy_of": "auditor"}).status_code == 302
    taken = client.post(f"{URL}new/", {"name": "clerk", "copy_of": "auditor"})
    assert taken.status_code == 422
    assert "There is a role “clerk” already." in taken.content.decode()

    given = client.post(f"/acme/company/members/{member.pk}/", {"name": "Kaisa", "role": "clerk"})
    assert given.status_code == 302
    shown = client.get("/acme/company/members/?role=clerk").content.decode()
    assert "Kaisa" in shown
    assert "Clerk" in shown
    assert signed_in(member).get("/acme/company/audit/").status_code == 200

    client = signed_in(owner)
    assert client.post(f"{URL}clerk/rename/", {"name": "Reader"}).status_code == 302
    refused = client.post(f"{URL}clerk/remove/")
    assert refused.status_code == 422
    assert "Reader is still the role of Kaisa" in refused.content.decode()
    client.post(f"/acme/company/members/{member.pk}/", {"name": "Kaisa", "role": "member"})
    assert client.post(f"{URL}clerk/remove/").status_code == 302
    assert client.get(f"{URL}clerk/rename/").status_code == 404


def test_a_reset_role_is_as_the_program_has_it(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    client.post(URL, form_of(client, member=set()))
    assert "1 adjusted" in client.get(URL).content.decode()

    assert client.post(f"{URL}member/reset/").status_code == 302
    assert may("member", P.RECORD_HOURS, tenant)


def test_the_file_has_a_line_per_permission(owner: Membership, signed_in: SignIn) -> None:
    response = signed_in(owner).get(f"{URL}export.csv")
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1 + len(Permission)
    assert any("Post invoices" in line for line in lines)


def test_the_page_asks_the_same_number_of_queries_whatever_there_is(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    assert owner.user is not None
    client = signed_in(owner)
    roles.add_role(tenant, name="One", copy_of="auditor", actor=owner.user)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    for number in range(4):
        row = roles.add_role(tenant, name=f"Role {number}", copy_of="auditor", actor=owner.user)
        MembershipFactory(role=row.key)
    with CaptureQueriesContext(connection) as many:
        client.get(URL)
    assert len(few) == len(many) <= 12
