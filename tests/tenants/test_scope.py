import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from customers.models import Contact, Customer
from tenants.models import Tenant
from tenants.scope import TenantScopeError, tenant_scope
from tests.factories import CustomerFactory, TenantFactory


def test_a_scope_shows_only_its_tenant(db: None) -> None:
    first, second = TenantFactory(), TenantFactory()
    with tenant_scope(first.pk):
        CustomerFactory(name="Only in the first")
    with tenant_scope(second.pk):
        assert not Customer.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM customers_customer")
            assert cursor.fetchone() == (0,)


def test_without_a_scope_postgresql_refuses(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.tenant_id = ''")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")


def test_a_manager_outside_a_scope_raises(db: None) -> None:
    with pytest.raises(TenantScopeError):
        Customer.objects.count()


def test_a_scope_does_not_open_inside_another(tenant: Tenant, other_tenant: Tenant) -> None:
    with pytest.raises(TenantScopeError), tenant_scope(other_tenant.pk):
        pass


def test_a_row_of_another_tenant_cannot_be_referred_to(db: None) -> None:
    first, second = TenantFactory(), TenantFactory()
    with tenant_scope(first.pk):
        foreign = CustomerFactory()
    with (
        tenant_scope(second.pk),
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        Contact.objects.create(customer_id=foreign.pk, name="Anna")


def test_what_waits_for_the_commit_can_open_the_scope_again(committed_db: None) -> None:
    tenant, seen = TenantFactory(), []

    def look() -> None:
        with tenant_scope(tenant.pk):
            seen.append(Customer.objects.count())

    with tenant_scope(tenant.pk):
        CustomerFactory()
        transaction.on_commit(look)

    assert seen == [1]
