"""What commands that work for one company understand and say."""

from django.core.management.base import CommandError

from tenants.models import Membership, Tenant, User
from tenants.roles import Permission

UNUSABLE = 2  # the exit status for a command line, or a file, that cannot be used


def named_tenant(slug: str) -> Tenant:
    try:
        return Tenant.objects.get(slug=slug)
    except Tenant.DoesNotExist:
        known = ", ".join(Tenant.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(
            f"There is no tenant “{slug}”. There are: {known or 'none yet'}.", returncode=UNUSABLE
        ) from None


def named_actor(email: str, tenant: Tenant, *, to: str, permission: Permission) -> User:
    """The member in whose name the command works: `to="post invoices"` asks for `permission`."""
    members = Membership.objects.filter(tenant=tenant, user__email=email.lower(), is_active=True)
    member = members.first()
    if member is None or member.user is None:
        raise CommandError(f"{email} is no member of {tenant}.", returncode=UNUSABLE)
    if not member.may(permission):
        raise CommandError(f"{email} may not {to}.", returncode=UNUSABLE)
    return member.user


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
