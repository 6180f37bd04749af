from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tenants.domain import members
from tenants.errors import LastOwner, MemberHasJoined, MemberHasNoEmail, MemberInactive
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory

SignIn = Callable[[Membership], Client]
URL = "/acme/company/members/"


def unjoined(**values: Any) -> Membership:
    member: Membership = MembershipFactory(
        **{"user": None, "name": "Kaisa", "email": "kaisa@example.com", **values}
    )
    return member


def test_the_last_owner_stays_owner(owner: Membership) -> None:
    assert owner.user is not None
    with pytest.raises(LastOwner):
        members.change_member(owner, actor=owner.user, role=Role.MEMBER)
    with pytest.raises(LastOwner):
        members.deactivate_member(owner, actor=owner.user)


def test_an_owner_who_cannot_sign_in_does_not_count(owner: Membership) -> None:
    assert owner.user is not None
    unjoined(role=Role.OWNER)
    with pytest.raises(LastOwner):
        members.deactivate_member(owner, actor=owner.user)


def test_with_a_second_owner_the_first_may_leave(owner: Membership) -> None:
    assert owner.user is not None
    MembershipFactory(role=Role.OWNER)

    members.deactivate_member(owner, actor=owner.user)

    owner.refresh_from_db()
    assert not owner.is_active


def test_changing_a_member_is_logged_with_old_and_new(
    owner: Membership, member: Membership
) -> None:
    assert owner.user is not None
    members.change_member(member, actor=owner.user, role=Role.MANAGER)

    entry = AuditEntry.objects.get(action="member.changed")
    assert entry.detail == {"changes": {"role": ["member", "manager"]}}
    assert entry.actor == owner.user


def test_a_change_of_nothing_is_not_logged(owner: Membership, member: Membership) -> None:
    assert owner.user is not None
    members.change_member(member, actor=owner.user, role=member.role)

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"email": ""}, MemberHasNoEmail),
        ({"is_active": False}, MemberInactive),
    ],
)
def test_who_cannot_be_invited(
    owner: Membership, values: dict[str, Any], refusal: type[Exception]
) -> None:
    assert owner.user is not None
    with pytest.raises(refusal):
        members.invite_member(unjoined(**values), actor=owner.user)


def test_who_has_joined_needs_no_invitation(owner: Membership, member: Membership) -> None:
    assert owner.user is not None
    with pytest.raises(MemberHasJoined):
        members.invite_member(member, actor=owner.user)


def test_adding_with_an_invitation_sends_it(
    owner: Membership, signed_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    values = {"name": "Kaisa", "email": "Kaisa@Example.com", "role": "manager", "invite": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in(owner).post(f"{URL}new/", values)

    assert response.status_code == 302
    added = Membership.objects.get(email="kaisa@example.com")
    assert (added.role, added.user, added.tenant) == ("manager", None, owner.tenant)
    assert added.invited_at is not None
    assert [message.to for message in mail.outbox] == [["kaisa@example.com"]]
    assert "/invitations/" in mail.outbox[0].body
    assert "text/html" in mail.outbox[0].message().as_string()


def test_an_invitation_needs_an_address(owner: Membership, signed_in: SignIn) -> None:
    values = {"name": "Kaisa", "email": "", "role": "member", "invite": "on"}
    response = signed_in(owner).post(f"{URL}new/", values)

    assert response.status_code == 422
    assert "Enter the e-mail address the invitation goes to." in response.content.decode()
    assert not Membership.objects.filter(name="Kaisa").exists()


def test_two_members_do_not_share_an_address(
    owner: Membership, member: Membership, signed_in: SignIn
) -> None:
    values = {"name": "Twin", "email": member.email.upper(), "role": "member"}
    response = signed_in(owner).post(f"{URL}new/", values)

    assert response.status_code == 422
    assert "Another member has this e-mail address." in response.content.decode()


def test_demoting_the_last_owner_is_refused_beside_the_role(
    owner: Membership, signed_in: SignIn
) -> None:
    values = {"name": "New name", "role": "member", "staff_number": ""}
    response = signed_in(owner).post(f"{URL}{owner.pk}/", values)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Make somebody else owner first." in page
    assert 'value="New name"' in page
    owner.refresh_from_db()
    assert (owner.role, owner.name) == ("owner", "Owner")


def test_a_row_button_answers_htmx_with_the_row(
    owner: Membership, member: Membership, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    response = client.post(f"{URL}{member.pk}/deactivate/", headers={"HX-Request": "true"})

    page = response.content.decode()
    assert page.strip().startswith(f'<tr id="member-{member.pk}"')
    assert "Not active" in page
    assert "The member cannot sign in any more." in response["HX-Trigger"]


def test_a_refused_row_button_says_why_in_the_row(owner: Membership, signed_in: SignIn) -> None:
    response = signed_in(owner).post(f"{URL}{owner.pk}/deactivate/", headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert 'role="alert">A company needs an owner.' in response.content.decode()


def test_a_deactivated_member_gets_404_at_once(
    owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    assert owner.user is not None
    client = signed_in(accountant)
    assert client.get("/acme/customers/").status_code == 200

    members.deactivate_member(accountant, actor=owner.user)

    assert client.get("/acme/customers/").status_code == 404


@pytest.mark.parametrize("role", ["accountant", "manager", "member", "auditor"])
def test_only_owners_manage_members(role: str, request: Any, signed_in: SignIn) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(URL).status_code == 403
    assert client.post(f"{URL}new/", {"name": "X", "role": "owner"}).status_code == 403


def test_members_of_another_tenant_do_not_exist(
    owner: Membership, signed_in: SignIn, db: None
) -> None:
    foreign_tenant = Tenant.objects.create(slug="far", name="Far", legal_name="Far Oy")
    foreign = Membership.objects.create(tenant=foreign_tenant, name="Foreigner")
    client = signed_in(owner)

    assert client.get(f"{URL}{foreign.pk}/").status_code == 404
    assert client.post(f"{URL}{foreign.pk}/deactivate/").status_code == 404
    assert "Foreigner" not in client.get(URL).content.decode()


def test_the_list_filters_sorts_and_asks_the_same_number_of_queries(
    owner: Membership, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = signed_in(owner)
    unjoined(name="Bertta", email="bertta@example.com", role=Role.MANAGER)
    client.get(URL)
    with django_assert_num_queries(7) as few:
        client.get(URL, headers={"HX-Request": "true"})
    for number in range(5):
        unjoined(name=f"Person {number}", email=f"p{number}@example.com")
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(URL, headers={"HX-Request": "true"})

    page = client.get(URL, {"q": "bert", "state": "offline", "sort": "-role"}).content.decode()
    assert "Bertta" in page
    assert "Person 1" not in page


def test_an_unknown_sort_or_page_falls_back(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert client.get(URL, {"sort": "-password", "page": "99"}).status_code == 200


def test_two_owners_demoting_each_other_leave_one(committed_db: None) -> None:
    """Each in a thread of its own: whoever comes second finds the other gone."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from tests.factories import TenantFactory, UserFactory

    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        users = [UserFactory(), UserFactory()]
        pair = [MembershipFactory(role=Role.OWNER, user=user) for user in users]

    def demote(which: int) -> bool:
        try:
            with tenant_scope(tenant.pk):
                members.change_member(pair[which], actor=users[which], role=Role.MEMBER)
        except LastOwner:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(demote, range(2)))

    assert sorted(outcomes) == [False, True]
    assert Membership.objects.filter(tenant=tenant, role=Role.OWNER).count() == 1
