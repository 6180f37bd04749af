"""Several people at the same prepaid hours: nothing is drawn twice, and nothing beyond the rest."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date

import pytest
from django.db import connection

from core.errors import DomainError
from customers.models import Customer
from invoicing import prepaid_errors as errors
from invoicing.domain.drafting import draft_work
from invoicing.domain.prepaid.drawing import draw_hours
from invoicing.domain.prepaid.planning import plan_draw
from invoicing.domain.verifying import verify_books
from invoicing.models import PrepaidDraw, PrepaidHours, Source
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, ProjectFactory, TaxRateFactory, TenantFactory
from tests.invoicing.crediting import credit, part
from tests.prepaid.selling import balance, sold, worked

PEOPLE = 8


@pytest.fixture
def company(committed_db: None) -> Tenant:
    tenant: Tenant = TenantFactory()
    return tenant


@pytest.fixture
def prepaid(company: Tenant) -> PrepaidHours:
    """Ten hours, and four times three hours that could be drawn."""
    with tenant_scope(company.pk):
        TaxRateFactory()
        customer = CustomerFactory()
        found = sold(customer, "10")
        worked(180, 180, 180, 180, project=ProjectFactory(customer=customer))
    return found


def at_once(company: Tenant, *works: Callable[[], object]) -> list[str]:
    """Each in a thread and a transaction of its own; what each was refused with."""

    def run(work: Callable[[], object]) -> str:
        try:
            with tenant_scope(company.pk):
                work()
        except DomainError as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        return list(pool.map(run, works))


def test_many_draw_at_once(company: Tenant, prepaid: PrepaidHours) -> None:
    with tenant_scope(company.pk):
        customer = Customer.objects.get()
        shown = plan_draw(customer).shown
    assert len(shown) == 3

    refusals = at_once(company, *[lambda: draw_hours(customer, actor=None, shown=shown)] * PEOPLE)

    assert sorted(refusals) == ["", *["DrawChanged"] * (PEOPLE - 1)]
    with tenant_scope(company.pk):
        assert balance(prepaid) == (600, 540, 60)
        assert PrepaidDraw.objects.count() == 3
        assert [check.faults for check in verify_books() if check.faults] == []


def test_drawing_and_drafting_share_no_hour(company: Tenant, prepaid: PrepaidHours) -> None:
    customer = _only_customer(company)

    def draft() -> None:
        draft_work(
            start=date(2026, 10, 1), end=date(2026, 10, 2), customer_id=customer.pk, actor=None
        )

    at_once(company, *[draft, lambda: draw_hours(customer, actor=None)] * 3)

    with tenant_scope(company.pk):
        drawn = set(PrepaidDraw.objects.values_list("time_entry", flat=True))
        billed = set(Source.objects.values_list("time_entry", flat=True))
        assert not drawn & billed
        assert balance(prepaid)[2] >= 0
        assert [check.faults for check in verify_books() if check.faults] == []


def test_drawing_waits_for_a_credit_note(company: Tenant, prepaid: PrepaidHours) -> None:
    customer = _only_customer(company)

    def draw() -> None:
        try:
            with tenant_scope(company.pk):
                draw_hours(customer, actor=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with tenant_scope(company.pk):
            credit(prepaid.line.invoice, part(prepaid.line, quantity="9"))
            drawing = pool.submit(draw)
            # The note is not committed: whoever decided by now would draw three times.
            wait([drawing], timeout=1)
        with pytest.raises(errors.NothingToDraw):
            drawing.result()


def _only_customer(company: Tenant) -> Customer:
    with tenant_scope(company.pk):
        found: Customer = Customer.objects.get()
    return found
