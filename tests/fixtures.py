"""Fixtures most tests start from: a tenant whose scope is open, and one person per role."""

from collections.abc import Callable, Iterator
from datetime import date
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import Membership, Tenant
from tenants.role_book import PROGRAMS_OWN, keep_for_scope
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TenantFactory


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A Finnish company; its scope is open for the whole test, and today is what it is there."""
    tenant = TenantFactory(slug="acme", name="Acme")
    with tenant_scope(tenant.pk), timezone.override(tenant.time_zone):
        # As a request begins in a company that adjusted no role.
        keep_for_scope(PROGRAMS_OWN)
        yield tenant


@pytest.fixture
def today() -> Iterator[None]:
    """It is 21 November 2026, whenever the tests run."""
    with patch("django.utils.timezone.localdate", return_value=date(2026, 11, 21)):
        yield


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """A second company. Open its scope only while the first one's is closed."""
    other: Tenant = TenantFactory(slug="other", name="Other")
    return other


@pytest.fixture
def owner(tenant: Tenant) -> Membership:
    return _member(Role.OWNER)


@pytest.fixture
def accountant(tenant: Tenant) -> Membership:
    return _member(Role.ACCOUNTANT)


@pytest.fixture
def manager(tenant: Tenant) -> Membership:
    return _member(Role.MANAGER)


@pytest.fixture
def member(tenant: Tenant) -> Membership:
    return _member(Role.MEMBER)


@pytest.fixture
def auditor(tenant: Tenant) -> Membership:
    return _member(Role.AUDITOR)


def _member(role: Role) -> Membership:
    membership: Membership = MembershipFactory(
        role=role, user__name=f"{role.label}", user__email=f"{role}@example.com"
    )
    return membership


@pytest.fixture
def signed_in(client: Client) -> Callable[[Membership], Client]:
    """`signed_in(accountant).get("/acme/...")`. The request runs inside the test's own scope."""

    def sign_in(membership: Membership) -> Client:
        assert membership.user is not None
        client.force_login(membership.user)
        return client

    return sign_in
