"""Several people at once: nothing is settled or used twice, and nobody is thrown out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from core.errors import DomainError
from invoicing import payment_errors as errors
from invoicing.domain.payments import allocating
from invoicing.domain.payments.registering import pay_back, reverse_payment
from invoicing.models import Invoice, Payment
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.documents.making import posted
from tests.factories import CustomerFactory, TenantFactory
from tests.invoicing.crediting import credit, only_line, part
from tests.payments.paying import TODAY, faults, left, open_amount, pay, receive

OPEN = Decimal("125.50")


@pytest.fixture
def company(committed_db: None) -> Tenant:
    return TenantFactory()


def at_once(company: Tenant, deeds: list[Callable[[], Any]]) -> list[Any]:
    """Each deed in a thread and transaction of its own; its answer, or why it was refused."""

    def run(deed: Callable[[], Any]) -> Any:
        try:
            with tenant_scope(company.pk):
                return deed()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_one_of_those_who_register_the_same_payment(company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = posted({})
    said = at_once(company, [lambda: pay(invoice, "125.50", seen_open=OPEN)] * 6)
    assert [type(one) for one in said].count(errors.PaidMeanwhile) == 5
    with tenant_scope(company.pk):
        assert (Payment.objects.count(), open_amount(invoice)) == (1, 0)
        assert faults() == []


def test_one_form_sent_by_impatient_fingers(company: Tenant) -> None:
    token = uuid4()
    with tenant_scope(company.pk):
        invoice, customer = posted({}), CustomerFactory()
    deeds = [lambda: pay(invoice, "125.50", seen_open=OPEN, token=token)] * 4
    assert len({one.pk for one in at_once(company, deeds)}) == 1
    token_of_credit = uuid4()
    deeds = [lambda: receive(customer, "10", token=token_of_credit)] * 4
    assert len({one.pk for one in at_once(company, deeds)}) == 1
    with tenant_scope(company.pk):
        assert Payment.objects.count() == 2
        assert faults() == []


def test_everything_to_the_same_money_at_once(company: Tenant) -> None:
    """Allocated here and there, taken back, paid back, reversed and credited: it still adds up."""
    with tenant_scope(company.pk):
        customer = CustomerFactory()
        invoices = [posted({"quantity": Decimal(2)}, customer=customer) for _ in range(3)]
        payment = receive(customer, "300", {invoices[0]: "100"})
        other = receive(customer, "90", {invoices[1]: "90"})

    def allocated(invoice: Invoice, amount: str) -> Callable[[], Any]:
        return lambda: allocating.allocate(
            payment, {invoice.pk: Decimal(amount)}, actor=None, on=TODAY
        )

    def credited(invoice: Invoice) -> Callable[[], Any]:
        return lambda: credit(invoice, part(only_line(invoice), quantity="1.5"))

    said = at_once(
        company,
        [
            allocated(invoices[2], "200"),
            allocated(invoices[1], "150"),
            allocated(invoices[0], "50"),
            lambda: allocating.use_credit(invoices[2], actor=None, on=TODAY),
            lambda: pay_back(
                payment, amount=Decimal(120), payment_date=TODAY, token=uuid4(), actor=None,
                today=TODAY,
            ),
            lambda: reverse_payment(other, reason="Bounced", actor=None, on=TODAY),
            credited(invoices[0]),
            credited(invoices[1]),
            lambda: pay(invoices[2], "20"),
        ],
    )  # fmt: skip
    refused = (
        errors.AbovePayment, errors.AboveOpen, errors.NoCredit, errors.NothingToGiveBack,
        errors.NothingOpen, errors.PaidMeanwhile, errors.OpenMoved,
    )  # fmt: skip
    assert [
        one for one in said if isinstance(one, Exception) and not isinstance(one, refused)
    ] == []
    with tenant_scope(company.pk):
        assert faults() == []
        assert left(payment) >= 0
        assert all(open_amount(invoice) >= 0 for invoice in invoices)
