"""The link of an invitation: a signed name of the membership and of the moment it was sent."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.utils import timezone

from core.root_urls import root_reverse
from tenants.audit import log
from tenants.errors import (
    InvitationExpired,
    InvitationForSomebodyElse,
    InvitationInvalid,
    MemberAlready,
)
from tenants.models import Membership, User
from tenants.scope import tenant_scope

VALID_FOR = timedelta(days=14)
SALT = "tenants.invitation"


def invitation_token(member: Membership) -> str:
    """Name the sending, so that sending again or revoking makes the older link invalid."""
    assert member.invited_at is not None
    return signing.dumps([member.pk, _moment(member)], salt=SALT)


def invitation_path(member: Membership) -> str:
    return root_reverse("invitation", invitation_token(member))


def open_invitation(token: str) -> Membership:
    """Return the membership an unused, unrevoked link of the last two weeks belongs to."""
    try:
        member_id, moment = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise InvitationInvalid from None
    member = (
        Membership.objects.select_related("tenant")
        .filter(pk=member_id, user=None, is_active=True, tenant__is_active=True)
        .first()
    )
    if member is None or member.invited_at is None or _moment(member) != moment:
        raise InvitationInvalid
    if timezone.now() > member.invited_at + VALID_FOR:
        raise InvitationExpired
    return member


def account_for(member: Membership) -> User | None:
    """Return the user who signs in with the invited address, if there is one."""
    known = EmailAddress.objects.filter(email__iexact=member.email, verified=True).first()
    if known is not None:
        return User.objects.get(pk=known.user_id)
    return User.objects.filter(email__iexact=member.email).first()


def accept_as_user(token: str, *, user: User) -> Membership:
    """Let somebody in who has an account with the invited address."""
    member = open_invitation(token)
    account = account_for(member)
    if account is None or account.pk != user.pk:
        raise InvitationForSomebodyElse(invited=member.email, present=user.email)
    with tenant_scope(member.tenant_id):
        return _join(member, token, user)


def accept_as_new_user(token: str, *, name: str, password: str, language: str) -> Membership:
    """Make the account and let it in; opening the link has proved the address."""
    member = open_invitation(token)
    if account_for(member) is not None:
        raise InvitationInvalid
    with tenant_scope(member.tenant_id):
        user = User.objects.create_user(member.email, password, name=name, language=language)
        return _join(member, token, user)


@transaction.atomic
def _join(member: Membership, token: str, user: User) -> Membership:
    # Again, now with the row locked: a link opened in two windows joins once.
    Membership.objects.select_for_update().get(pk=member.pk)
    member = open_invitation(token)
    if Membership.objects.filter(tenant_id=member.tenant_id, user=user).exists():
        raise MemberAlready(tenant=member.tenant.name)
    if member.name == member.email and user.name:
        # Invited without a name: people are known by the one they gave themselves.
        member.name = user.name
    member.user = user
    member.joined_at = timezone.now()
    member.save()
    EmailAddress.objects.update_or_create(
        user=user,
        email=member.email.lower(),
        defaults={"verified": True, "primary": _is_primary(user, member.email)},
    )
    log("member.joined", member, actor=user)
    return member


def _is_primary(user: User, email: str) -> bool:
    others = EmailAddress.objects.filter(user=user, primary=True).exclude(email__iexact=email)
    return not others.exists()


def _moment(member: Membership) -> str:
    assert member.invited_at is not None
    return member.invited_at.isoformat()
