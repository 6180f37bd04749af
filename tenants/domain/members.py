"""Who belongs to a company, and as what. Each change is one transaction with its audit entry."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants.audit import changes_to, log
from tenants.domain.roles import refuse_beyond, refuse_unknown_role
from tenants.errors import LastOwner, MemberHasJoined, MemberHasNoEmail, MemberInactive
from tenants.models import Membership, Tenant, User
from tenants.role_book import forget_book
from tenants.roles import Role


@transaction.atomic
def add_member(
    tenant: Tenant,
    *,
    name: str,
    role: str,
    actor: User,
    email: str = "",
    staff_number: str = "",
    invite: bool = False,
) -> Membership:
    """Add a person. Until they accept an invitation they have hours and a name, but no sign-in."""
    _lock(tenant.pk)
    _refuse_role(tenant, role, actor=actor)
    member = Membership.objects.create(
        tenant=tenant, name=name, email=email, role=role, staff_number=staff_number
    )
    log("member.added", member, actor=actor, role=role)
    if invite:
        invite_member(member, actor=actor)
    return member


@transaction.atomic
def change_member(member: Membership, *, actor: User, **values: Any) -> Membership:
    """Change name, e-mail, role or staff number; the last owner stays owner."""
    member = _locked(member)
    role = values.get("role", member.role)
    if role != Role.OWNER:
        _refuse_last_owner(member)
    if role != member.role:
        _refuse_role(member.tenant, role, actor=actor)
    refuse_beyond(member.tenant, member.role, actor=actor)
    changes = changes_to(member, values)
    if not changes:
        return member
    if "email" in changes:
        # The link in the old mailbox must not let anybody in.
        member.invited_at = None
    member.save()
    log("member.changed", member, actor=actor, changes=changes)
    return member


@transaction.atomic
def deactivate_member(member: Membership, *, actor: User) -> Membership:
    """Take the access away; hours and documents keep the person's name."""
    member = _locked(member)
    if not member.is_active:
        return member
    _refuse_last_owner(member)
    refuse_beyond(member.tenant, member.role, actor=actor)
    member.is_active = False
    member.invited_at = None
    member.save()
    log("member.deactivated", member, actor=actor)
    return member


@transaction.atomic
def reactivate_member(member: Membership, *, actor: User) -> Membership:
    member = _locked(member)
    if member.is_active:
        return member
    refuse_beyond(member.tenant, member.role, actor=actor)
    member.is_active = True
    member.save()
    log("member.reactivated", member, actor=actor)
    return member


@transaction.atomic
def invite_member(member: Membership, *, actor: User | None) -> Membership:
    """Send a link to the member's address; a link sent earlier stops working.

    Without an `actor` it is the installation itself that invites.
    """
    from tenants.tasks import send_invitation

    member = _locked(member)
    if member.user_id is not None:
        raise MemberHasJoined(name=member.name)
    if not member.is_active:
        raise MemberInactive(name=member.name)
    if not member.email:
        raise MemberHasNoEmail
    member.invited_at = timezone.now()
    member.save()
    log("member.invited", member, actor=actor, email=member.email)
    transaction.on_commit(
        partial(
            send_invitation.delay, membership_id=member.pk, inviter_name=str(actor or "Laskuri")
        )
    )
    return member


@transaction.atomic
def revoke_invitation(member: Membership, *, actor: User) -> Membership:
    """Make the link that was sent useless."""
    member = _locked(member)
    if member.user_id is None and member.invited_at is not None:
        member.invited_at = None
        member.save()
        log("member.invitation_revoked", member, actor=actor)
    return member


def _locked(member: Membership) -> Membership:
    _lock(member.tenant_id)
    return Membership.objects.select_for_update().get(pk=member.pk)


def _lock(tenant_id: int) -> None:
    """The company's row first: two owners who demote each other wait here, not for each other."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
    forget_book()


def _refuse_role(tenant: Tenant, role: str, *, actor: User | None) -> None:
    refuse_unknown_role(tenant, role)
    refuse_beyond(tenant, role, actor=actor)


def _refuse_last_owner(member: Membership) -> None:
    if member.role != Role.OWNER or not member.is_active or member.user_id is None:
        return
    others = Membership.objects.filter(
        tenant_id=member.tenant_id, role=Role.OWNER, is_active=True, user__is_active=True
    ).exclude(pk=member.pk)
    if not others.exists():
        raise LastOwner
