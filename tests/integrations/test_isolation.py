"""Two companies and all roles, with committed rows: a refused request ends its transaction."""

from dataclasses import dataclass

import pytest
from django.test import Client

from integrations.models import Connection, Export
from integrations.problems import Problem
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TenantFactory
from tests.integrations.conftest import make_connection, posted
from tests.integrations.test_pages import CHANGES, PAGES


@dataclass
class Company:
    tenant: Tenant
    ids: dict[str, int]
    number: str


@pytest.fixture
def company(committed_db: None, sandbox: ProcountorSandbox) -> Company:
    tenant = TenantFactory(slug="acme")
    with tenant_scope(tenant.pk):
        connection = make_connection()
        invoice = posted()
        ids = {
            "connection": connection.pk,
            "customer": invoice.customer_id,
            "invoice": invoice.pk,
            "export": Export.objects.get().pk,
        }
    return Company(tenant, ids, str(invoice.number))


def signed_in(tenant: Tenant, role: Role) -> Client:
    with tenant_scope(tenant.pk):
        member: Membership = MembershipFactory(role=role)
    assert member.user is not None
    client = Client()
    client.force_login(member.user)
    return client


def test_another_company_s_records_do_not_exist(company: Company) -> None:
    ours = TenantFactory(slug="ours")
    client = signed_in(ours, Role.OWNER)
    for path in PAGES + CHANGES:
        call = client.get if path in PAGES else client.post
        response = call(f"/ours/{path.format(**company.ids)}")
        if "{" in path and "?pk={export}" not in path:
            assert response.status_code == 404, path
        page = response.content.decode()
        assert company.number not in page, path
        assert "Kuusi" not in page, path
        assert call(f"/acme/{path.format(**company.ids)}").status_code == 404, path
    with tenant_scope(company.tenant.pk):
        # As the worker left it: not linked, neither closed nor tried again by anybody.
        assert Export.objects.get().problem == Problem.NOT_LINKED
        assert Connection.objects.get().is_active


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MANAGER, Role.MEMBER])
def test_what_smaller_roles_may(company: Company, role: Role) -> None:
    """Auditors read exports; nobody of them changes anything or sees connections."""
    client = signed_in(company.tenant, role)
    for page in PAGES:
        is_open = role == Role.AUDITOR and page.startswith("exports/")
        answer = client.get(f"/acme/{page.format(**company.ids)}")
        assert answer.status_code == (200 if is_open else 403), page
    for change in CHANGES:
        assert client.post(f"/acme/{change.format(**company.ids)}").status_code == 403, change
