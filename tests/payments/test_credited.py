"""Credit notes on invoices that are paid: what was paid too much is the customer's credit."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing import payment_errors as errors
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.payments import allocating
from invoicing.models import Allocation, Invoice
from tenants.models import Membership, Tenant
from tests.documents.making import posted
from tests.invoicing.crediting import credit, only_line, part
from tests.payments.paying import (
    TODAY,
    balances,
    faults,
    left,
    open_amount,
    pay,
    receive,
    settled,
    standing,
)


def test_crediting_a_paid_invoice_leaves_credit(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(2)})
    payment = pay(invoice, "251")
    credit(invoice, part(only_line(invoice), quantity="1"))
    assert (open_amount(invoice), standing(invoice)) == (0, "paid")
    assert left(payment) == Decimal("125.50")
    assert settled(invoice) == [("payment", Decimal(251)), ("payment", Decimal("-125.50"))]
    assert balances() == {
        "1910": Decimal(251), "2860": Decimal("-125.50"), "3000": Decimal(-100),
        "2939": Decimal("-25.50"),
    }  # fmt: skip
    assert faults() == []


def test_hours_are_held_before_payments(tenant: Tenant) -> None:
    """The order of everybody. Somebody who takes it the other way round waits for ever."""
    invoice = posted({"quantity": Decimal(2)})
    pay(invoice, "251")
    with CaptureQueriesContext(connection) as asked:
        credit(invoice, part(only_line(invoice), quantity="1"))
    statements = [query["sql"] for query in asked]
    paid = next(i for i, sql in enumerate(statements) if "FROM invoicing_payment" in sql)
    held = [i for i, sql in enumerate(statements) if "timesheets.hours" in sql]
    assert "FOR UPDATE" in statements[paid]
    assert max(held) < paid


def test_what_was_given_up_goes_before_money(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(2)})
    payment = pay(invoice, "241", closes="discount")
    credit(invoice, part(only_line(invoice), quantity="1"))
    assert left(payment) == Decimal("115.50")
    assert settled(invoice)[2:] == [
        ("discount", Decimal(-10)), ("payment", Decimal("-115.50")),
    ]  # fmt: skip
    assert "3500" not in balances()


def test_what_was_paid_last_is_let_go_first(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(2)})
    first, last = pay(invoice, "151"), pay(invoice, "100")
    credit(invoice, part(only_line(invoice), net="80"))
    assert (left(first), left(last)) == (Decimal("0.40"), Decimal(100))


def test_a_credit_within_what_is_open_touches_no_payment(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(2)})
    payment = pay(invoice, "100")
    credit(invoice, part(only_line(invoice), quantity="1"))
    assert (open_amount(invoice), left(payment)) == (Decimal("25.50"), 0)
    assert standing(invoice) == "partly_paid"


def test_cancelling_a_paid_invoice_gives_all_of_it_back(accountant: Membership) -> None:
    invoice = posted({})
    payment = pay(invoice, "125.50")
    cancel_invoice(invoice, reason="Twice", actor=accountant.user)
    assert (standing(invoice), left(payment)) == ("cancelled", Decimal("125.50"))
    assert faults() == []


def test_credit_pays_the_next_invoice(tenant: Tenant) -> None:
    first = posted({})
    payment = pay(first, "200")
    later = posted({}, customer=first.customer)
    other = posted({})
    rows = allocating.use_credit(later, actor=None, on=TODAY)
    assert [(row.payment, row.amount, row.date) for row in rows] == [
        (payment, Decimal("74.50"), TODAY)
    ]
    assert (open_amount(later), left(payment)) == (51, 0)
    for invoice in (later, other):
        with pytest.raises(errors.NoCredit):
            allocating.use_credit(invoice, actor=None, on=TODAY)
    assert faults() == []


def test_credit_is_used_on_the_day_of_a_later_invoice_at_the_earliest(tenant: Tenant) -> None:
    payment = pay(posted({}), "200")
    later = posted({}, customer=payment.customer, issue_date=date(2026, 12, 1),
                   due_date=date(2026, 12, 15))  # fmt: skip
    (row,) = allocating.use_credit(later, actor=None, on=TODAY)
    assert row.date == date(2026, 12, 1)


def test_an_allocation_is_changed_and_undone(tenant: Tenant) -> None:
    first = posted({})
    second = posted({}, customer=first.customer)
    payment = receive(first.customer, "200", {first: "125.50"})
    allocating.allocate(
        payment, {first.pk: Decimal(100), second.pk: Decimal(100)}, actor=None, on=TODAY
    )
    assert (open_amount(first), open_amount(second), left(payment)) == (
        Decimal("25.50"), Decimal("25.50"), 0,
    )  # fmt: skip
    allocating.allocate(payment, {first.pk: Decimal(0)}, actor=None, on=TODAY)
    assert (open_amount(first), left(payment)) == (Decimal("125.50"), 100)
    assert standing(first) == "posted"
    row = Allocation.objects.get(invoice=second)
    allocating.take_back(row, actor=None, on=TODAY)
    assert left(payment) == 200
    with pytest.raises(errors.AllocationGone):
        allocating.take_back(row, actor=None, on=TODAY)
    assert faults() == []


def test_no_more_than_the_payment_is_allocated(tenant: Tenant) -> None:
    first = posted({})
    second = posted({}, customer=first.customer)
    payment = receive(first.customer, "150", {first: "125.50"})
    with pytest.raises(errors.AbovePayment, match=r"Only €24\.50 of this payment is left"):
        allocating.allocate(payment, {second.pk: Decimal("24.51")}, actor=None, on=TODAY)
    with pytest.raises(errors.AboveOpen, match=r"Of 2026-0001 only €0\.00 is open"):
        allocating.allocate(payment, {first.pk: Decimal(126)}, actor=None, on=TODAY)
    assert settled(second) == []


def test_a_discount_is_taken_back(tenant: Tenant) -> None:
    invoice = posted({})
    pay(invoice, "120", closes="discount")
    discount = Allocation.objects.get(kind="discount")
    allocating.take_back(discount, actor=None, on=TODAY)
    assert (open_amount(invoice), standing(invoice)) == (Decimal("5.50"), "partly_paid")
    assert "3500" not in balances()


def test_the_pages_say_what_becomes_of_the_money(
    accountant: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    invoice, client = posted({}), signed_in(accountant)
    pay(invoice, "125.50")
    for page in ("credit/", "cancel/"):
        answer = client.get(f"/acme/invoices/{invoice.pk}/{page}")
        assert "€125.50 of it is paid." in answer.content.decode()
    answer = client.post(
        f"/acme/invoices/{invoice.pk}/cancel/", {"reason": "Tw\x00ice"}, follow=True
    )
    assert Invoice.objects.get(corrects=invoice).reason == "Twice"
    said = answer.content.decode()
    assert "€125.50 was paid already and is now to the credit of Asiakas Oy." in said


def test_the_database_wants_payments_let_go_of(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever posted a credit note past the domain could not commit."""
    invoice = posted({})
    note = credit(invoice, part(only_line(invoice), quantity="1"))
    row = {"invoice": invoice, "date": TODAY, "amount": Decimal(1), "account": "8730",
           "kind": "bad_debt", "entry": note.journal_entries.get()}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.create(**row)
    paid = posted({})
    pay(paid, "125.50")
    monkeypatch.setattr("invoicing.domain.posting.let_go_of_credited", lambda *a, **k: [])
    with pytest.raises(IntegrityError), transaction.atomic():
        _credited_and_checked(paid)
    assert Invoice.objects.filter(corrects=paid, status="posted").count() == 0


def _credited_and_checked(invoice: Invoice) -> None:
    credit(invoice, part(only_line(invoice), quantity="1"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
