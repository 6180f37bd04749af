from collections.abc import Iterator
from dataclasses import dataclass

from tenants.models import Membership
from tenants.roles import Role

# The same for everybody: these are example companies on one's own machine.
PASSWORD = "laskuri-demo"  # noqa: S105
OFFICE_EMAIL = "anna.lindqvist@tilitoimisto.example"


@dataclass(frozen=True)
class SignIn:
    role: str
    email: str
    name: str


def sign_ins() -> Iterator[tuple[str, list[SignIn]]]:
    """One person per role of each example company."""
    from config.demo.companies import COMPANIES

    for company in COMPANIES:
        members = Membership.objects.filter(
            tenant__slug=company.slug, user__isnull=False, is_active=True
        ).select_related("user", "tenant")
        found: dict[str, SignIn] = {}
        for member in members.exclude(user__email=OFFICE_EMAIL).order_by("id"):
            assert member.user is not None
            found.setdefault(member.role, SignIn(member.role_name, member.user.email, member.name))
        office = members.filter(user__email=OFFICE_EMAIL).first()
        people = [*(found.pop(role) for role in Role if role in found), *found.values()]
        if office is not None:
            people.append(SignIn("All companies", OFFICE_EMAIL, office.name))
        if people:
            yield f"{company.details['legal_name']} (/{company.slug}/)", people
