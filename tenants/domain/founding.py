"""A new company, with what each room lays out for one.

The rooms to the right cannot be imported here; they register themselves when their apps are ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tenants.audit import log
from tenants.domain.members import invite_member
from tenants.errors import MemberHasNoEmail
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import tenant_scope

# Returns a sentence about what somebody has to add by hand, or nothing.
type Outfitter = Callable[[Tenant], str]
_outfitters: list[Outfitter] = []


def register(outfitter: Outfitter) -> None:
    """Add a function that lays out what is missing; it runs inside the company's scope."""
    if outfitter not in _outfitters:
        _outfitters.append(outfitter)


@transaction.atomic
def equip(tenant: Tenant, *, actor: User | None) -> list[str]:
    """Give a company tax rates and number series, so that it can post its first invoice.

    Returns what is still missing, in sentences.
    """
    missing = [sentence for outfit in _outfitters if (sentence := outfit(tenant))]
    log("platform.tenant_equipped", tenant, actor=actor, country=tenant.country)
    return missing


@dataclass(frozen=True)
class Founded:
    owner: Membership
    missing: list[str]


def found_company(
    *, owner_name: str, owner_email: str, actor: User | None = None, **details: Any
) -> Founded:
    """Make the company, equip it and invite its first owner. `ValidationError` names the fields."""
    if not owner_email:
        raise MemberHasNoEmail
    tenant = Tenant(**details)
    tenant.full_clean()
    owner = Membership(tenant=tenant, name=owner_name, email=owner_email, role=Role.OWNER)
    owner.full_clean(exclude=["tenant"])
    with transaction.atomic():
        tenant.save()
        owner.tenant = tenant
        with tenant_scope(tenant.pk):
            log("platform.tenant_saved", tenant, actor=actor, fields=sorted(details))
            missing = equip(tenant, actor=actor)
            owner.save()
            log("platform.member_saved", owner, actor=actor, role=owner.role)
            return Founded(invite_member(owner, actor=actor), missing)
