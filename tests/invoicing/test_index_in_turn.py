"""Two at once change what one row of the archive's index is made of: none of both is lost."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Event

import pytest
from django.db import connection

from customers.domain.registers import change_customer
from customers.models import Customer
from invoicing.domain.drafting import new_draft
from invoicing.domain.indexing import check_index
from invoicing.models import DocumentIndex, Invoice
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, TenantFactory, UserFactory

DAY = date(2026, 10, 1)
# Long enough for the other one to come to where it has to wait.
A_MOMENT = 0.5

type Deed = Callable[[], object]


def at_once(tenant: Tenant, first: Deed, second: Deed) -> None:
    """`second` begins when `first` is done and not committed, and runs into it or past it."""
    done, go_on = Event(), Event()

    def begin() -> None:
        try:
            with tenant_scope(tenant.pk):
                first()
                done.set()
                assert go_on.wait(30)
        finally:
            done.set()
            connection.close()

    def follow() -> None:
        try:
            assert done.wait(30)
            with tenant_scope(tenant.pk):
                second()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        deeds: list[Future[None]] = [pool.submit(begin), pool.submit(follow)]
        assert done.wait(30)
        # It waits for what is not committed, or is done before: both are in order.
        with suppress(TimeoutError):
            deeds[1].result(A_MOMENT)
        go_on.set()
        for deed in deeds:
            deed.result(30)


@pytest.fixture
def company(committed_db: None) -> tuple[Tenant, User, Customer, Invoice]:
    tenant, actor = TenantFactory(), UserFactory()
    with tenant_scope(tenant.pk):
        customer = CustomerFactory(name="Old Name Oy")
        draft = new_draft(customer=customer, actor=None, issue_date=DAY)
    return tenant, actor, customer, draft


def rename(customer: Customer) -> None:
    """As the administration does, and whoever else writes the row without asking anybody."""
    Customer.objects.filter(pk=customer.pk).update(name="New Name Oy")


def comment(draft: Invoice) -> None:
    Invoice.objects.filter(pk=draft.pk).update(comment="Thanks for the pump")


def everything_is_found(tenant: Tenant, *words: str) -> None:
    with tenant_scope(tenant.pk):
        assert check_index().differing == []
        bodies = list(DocumentIndex.objects.values_list("body", flat=True))
    assert bodies
    for body in bodies:
        assert all(word in body for word in words), body


@pytest.mark.parametrize("renaming_first", [True, False])
def test_a_new_name_and_a_changed_draft(
    company: tuple[Tenant, User, Customer, Invoice], renaming_first: bool
) -> None:
    tenant, _actor, customer, draft = company
    deeds: list[Deed] = [lambda: rename(customer), lambda: comment(draft)]

    at_once(tenant, *(deeds if renaming_first else reversed(deeds)))

    everything_is_found(tenant, "new name", "thanks for the pump")


@pytest.mark.parametrize("renaming_first", [True, False])
def test_a_new_name_and_a_new_draft(
    company: tuple[Tenant, User, Customer, Invoice], renaming_first: bool
) -> None:
    tenant, _actor, customer, _draft = company

    def draft() -> None:
        new_draft(customer=Customer.objects.get(pk=customer.pk), actor=None, issue_date=DAY)

    deeds: list[Deed] = [lambda: rename(customer), draft]

    at_once(tenant, *(deeds if renaming_first else reversed(deeds)))

    everything_is_found(tenant, "new name")


def test_the_page_of_the_customer_and_a_document_that_goes_on_with_it(
    company: tuple[Tenant, User, Customer, Invoice],
) -> None:
    """Whoever holds a document may go on to refer to its customer, as posting does."""
    tenant, actor, customer, draft = company
    renaming = Event()

    def post() -> None:
        Invoice.objects.select_for_update().get(pk=draft.pk)
        comment(draft)
        assert renaming.wait(30)
        new_draft(customer=customer, actor=None, issue_date=DAY)

    def page() -> None:
        renaming.set()
        change_customer(customer, actor=actor, name="New Name Oy")

    def hold() -> None:
        with tenant_scope(tenant.pk):
            post()
        connection.close()

    def change() -> None:
        with tenant_scope(tenant.pk):
            page()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for deed in [pool.submit(hold), pool.submit(change)]:
            deed.result(30)

    everything_is_found(tenant, "new name")
