from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from tenants.domain import invitations, members
from tenants.errors import InvitationExpired, InvitationInvalid, MemberAlready
from tenants.models import AuditEntry, Membership, User
from tests.factories import MembershipFactory, UserFactory

SignIn = Callable[[Membership], Client]
PASSWORD = "lapland-winter-light"


@pytest.fixture
def invited(owner: Membership) -> Membership:
    assert owner.user is not None
    member = MembershipFactory(user=None, name="Kaisa", email="kaisa@example.com")
    return members.invite_member(member, actor=owner.user)


def link(member: Membership) -> str:
    return f"/invitations/{invitations.invitation_token(member)}/"


def test_a_newcomer_sets_name_and_password_and_is_in(client: Client, invited: Membership) -> None:
    url = link(invited)
    page = client.get(url).content.decode()
    assert "kaisa@example.com" in page
    assert 'value="Kaisa"' in page

    response = client.post(url, {"name": "Kaisa Lehtonen", "password": PASSWORD})

    assert response["Location"] == "/acme/"
    invited.refresh_from_db()
    assert invited.user is not None
    assert invited.joined_at is not None
    assert (invited.user.email, invited.user.name) == ("kaisa@example.com", "Kaisa Lehtonen")
    assert invited.user.check_password(PASSWORD)
    assert EmailAddress.objects.filter(user=invited.user, verified=True, primary=True).exists()
    assert client.get("/acme/").status_code == 302
    assert AuditEntry.objects.filter(action="member.joined", actor=invited.user).exists()


def test_who_was_invited_without_a_name_is_known_by_their_own(
    client: Client, invited: Membership
) -> None:
    Membership.objects.filter(pk=invited.pk).update(name=invited.email)

    page = client.get(link(invited))
    client.post(link(invited), {"name": "Kaisa Lehtonen", "password": PASSWORD})

    assert page.context["form"].initial["name"] == ""
    invited.refresh_from_db()
    assert invited.name == "Kaisa Lehtonen"


@pytest.mark.parametrize("password", ["short", "1234567890", "kaisa@example.com"])
def test_a_weak_password_is_refused_and_nothing_is_made(
    client: Client, invited: Membership, password: str
) -> None:
    response = client.post(link(invited), {"name": "Kaisa", "password": password})

    assert response.status_code == 422
    assert 'id="id_password_error"' in response.content.decode()
    assert not User.objects.filter(email="kaisa@example.com").exists()


def test_an_existing_user_signs_in_first_and_then_joins(
    client: Client, invited: Membership
) -> None:
    user = UserFactory(email="kaisa@example.com")
    url = link(invited)
    response = client.get(url)
    assert response["Location"].startswith("/accounts/login/?next=%2Finvitations%2F")

    client.force_login(user)
    assert "Join Acme" in client.get(url).content.decode()
    response = client.post(url)

    assert response["Location"] == "/acme/"
    invited.refresh_from_db()
    assert invited.user == user


def test_somebody_else_is_told_whose_invitation_it_is(
    client: Client, invited: Membership, member: Membership
) -> None:
    assert member.user is not None
    client.force_login(member.user)
    url = link(invited)

    page = client.get(url).content.decode()
    assert "This invitation is for kaisa@example.com" in page
    assert member.user.email in page
    assert client.post(url).status_code == 422
    invited.refresh_from_db()
    assert invited.user is None


def test_a_member_does_not_join_twice(invited: Membership, member: Membership) -> None:
    """The second address of somebody who belongs to the company already."""
    assert member.user is not None
    EmailAddress.objects.create(user=member.user, email=invited.email, verified=True)
    with pytest.raises(MemberAlready):
        invitations.accept_as_user(invitations.invitation_token(invited), user=member.user)


def test_an_unverified_second_address_lets_nobody_in(
    invited: Membership, member: Membership, client: Client
) -> None:
    assert member.user is not None
    EmailAddress.objects.create(user=member.user, email=invited.email, verified=False)
    client.force_login(member.user)
    assert client.post(link(invited)).status_code == 422


def test_sending_again_or_revoking_ends_the_older_link(
    invited: Membership, owner: Membership
) -> None:
    assert owner.user is not None
    first = invitations.invitation_token(invited)
    again = members.invite_member(invited, actor=owner.user)
    second = invitations.invitation_token(again)
    with pytest.raises(InvitationInvalid):
        invitations.open_invitation(first)
    assert invitations.open_invitation(second) == invited

    members.revoke_invitation(invited, actor=owner.user)
    with pytest.raises(InvitationInvalid):
        invitations.open_invitation(second)


def test_changing_the_address_ends_the_link(invited: Membership, owner: Membership) -> None:
    assert owner.user is not None
    token = invitations.invitation_token(invited)
    members.change_member(invited, actor=owner.user, email="new@example.com")
    with pytest.raises(InvitationInvalid):
        invitations.open_invitation(token)


def test_a_link_works_for_two_weeks(invited: Membership) -> None:
    invited.invited_at = timezone.now() - timedelta(days=14, minutes=1)
    invited.save()
    with pytest.raises(InvitationExpired):
        invitations.open_invitation(invitations.invitation_token(invited))


def test_a_used_link_says_so(client: Client, invited: Membership) -> None:
    url = link(invited)
    client.post(url, {"name": "Kaisa", "password": PASSWORD})
    response = Client().get(url)
    assert response.status_code == 400
    assert "not valid any more" in response.content.decode()


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzEsMl0:1abc:def"])
def test_a_forged_link_is_refused(client: Client, db: None, token: str) -> None:
    assert client.get(f"/invitations/{token}/").status_code == 400


def test_signing_up_without_an_invitation_is_closed(client: Client, db: None) -> None:
    values = {"email": "x@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert "By invitation only" in client.post("/accounts/signup/", values).content.decode()
    assert not User.objects.exists()
