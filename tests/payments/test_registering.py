"""Money that comes in, by literal amounts: what it settles, and how it is booked."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from invoicing import payment_errors as errors
from invoicing.domain.payments.registering import (
    give_up,
    pay_back,
    pay_invoice,
    reverse_payment,
)
from invoicing.models import Allocation, DocumentIndex, Payment
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory
from tests.payments.paying import (
    ON,
    TODAY,
    balances,
    booked,
    faults,
    left,
    new,
    open_amount,
    pay,
    receive,
    settled,
    standing,
)


def test_a_payment_of_all_that_is_open(accountant: Membership) -> None:
    invoice = posted({})
    payment = pay(invoice, "125.50", reference="1009", actor=accountant.user)
    assert (open_amount(invoice), standing(invoice), left(payment)) == (0, "paid", 0)
    assert settled(invoice) == [("payment", Decimal("125.50"))]
    assert booked(payment.entry) == {"1910": Decimal("125.50"), "1700": Decimal("-125.50")}
    assert payment.entry.date == ON
    assert payment.created_by == accountant.user
    row = DocumentIndex.objects.get(invoice=invoice)
    assert (row.paid_total, row.open_amount) == (Decimal("125.50"), 0)
    assert set(
        AuditEntry.objects.filter(action__in=["payment.registered", "invoice.settled"]).values_list(
            "action", "object_type"
        )
    ) == {("payment.registered", "invoicing.payment"), ("invoice.settled", "invoicing.invoice")}
    assert faults() == []


def test_part_of_it_leaves_the_rest_open(tenant: Tenant) -> None:
    invoice = posted({})
    pay(invoice, "25.50")
    assert (open_amount(invoice), standing(invoice)) == (100, "partly_paid")
    pay(invoice, "60", payment_date=TODAY)
    pay(invoice, "40", payment_date=TODAY)
    assert (open_amount(invoice), standing(invoice)) == (0, "paid")
    assert balances() == {
        "1910": Decimal("125.50"), "3000": Decimal(-100), "2939": Decimal("-25.50"),
    }  # fmt: skip
    assert faults() == []


def test_what_is_too_much_is_the_customers_credit(tenant: Tenant) -> None:
    invoice = posted({})
    payment = pay(invoice, "150")
    assert (open_amount(invoice), left(payment)) == (0, Decimal("24.50"))
    assert booked(payment.entry) == {
        "1910": Decimal(150), "1700": Decimal("-125.50"), "2860": Decimal("-24.50"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "account"), [("discount", "3500"), ("bank_cost", "8570"), ("bad_debt", "8730")]
)
def test_what_is_missing_is_given_up_on_its_own_account(
    tenant: Tenant, kind: str, account: str
) -> None:
    invoice = posted({})
    pay(invoice, "120", closes=kind)
    assert (open_amount(invoice), standing(invoice)) == (0, "paid")
    assert settled(invoice) == [("payment", Decimal(120)), (kind, Decimal("5.50"))]
    assert balances() == {
        "1910": Decimal(120), account: Decimal("5.50"), "3000": Decimal(-100),
        "2939": Decimal("-25.50"),
    }  # fmt: skip
    assert faults() == []


def test_all_of_an_invoice_is_given_up_without_a_payment(tenant: Tenant) -> None:
    invoice = posted({})
    row = give_up(
        invoice, kind="bad_debt", reason="Bankrupt", seen_open=Decimal("125.50"), on=ON,
        actor=None, today=TODAY,
    )  # fmt: skip
    assert booked(row.entry) == {"8730": Decimal("125.50"), "1700": Decimal("-125.50")}
    assert (open_amount(invoice), row.reason) == (0, "Bankrupt")


def test_one_payment_for_several_invoices(tenant: Tenant) -> None:
    customer = CustomerFactory()
    first, second = posted({}, customer=customer), posted({}, customer=customer)
    payment = receive(customer, "200", {first: "125.50", second: "74.50"})
    assert (standing(first), standing(second)) == ("paid", "partly_paid")
    assert (open_amount(second), left(payment)) == (51, 0)
    assert booked(payment.entry) == {"1910": Decimal(200), "1700": Decimal(-200)}


def test_money_before_there_is_an_invoice(tenant: Tenant) -> None:
    payment = receive(CustomerFactory(), "80", payment_date=date(2026, 11, 1), account="1900")
    assert booked(payment.entry) == {"1900": Decimal(80), "2860": Decimal(-80)}
    assert left(payment) == 80


def test_the_same_form_sent_twice_is_one_payment(tenant: Tenant) -> None:
    invoice, token = posted({}), uuid4()
    first = pay(invoice, "125.50", token=token)
    assert pay(invoice, "125.50", token=token, seen_open=Decimal("125.50")) == first
    assert Payment.objects.count() == 1


def test_the_second_person_hears_of_the_first(accountant: Membership) -> None:
    invoice = posted({})
    seen = open_amount(invoice)
    pay(invoice, "100", actor=accountant.user)
    with pytest.raises(errors.PaidMeanwhile) as refused:
        pay(invoice, "125.50", seen_open=seen)
    assert str(refused.value).startswith("Accountant has registered €100.00 on 2026-0001 meanwhile")
    assert Payment.objects.count() == 1


def test_one_that_looks_the_same_is_asked_about(accountant: Membership) -> None:
    invoice = posted({})
    first = pay(invoice, "50", actor=accountant.user)
    with pytest.raises(errors.LooksKnown, match=r"Accountant has already registered €50\.00"):
        pay(invoice, "50", is_another=False)
    pay(invoice, "50", is_another=True)
    assert open_amount(invoice) == Decimal("25.50")
    reverse_payment(first, reason="Wrong", actor=None, on=TODAY)
    with pytest.raises(errors.LooksKnown):
        pay(invoice, "50", is_another=False)


@pytest.mark.parametrize(
    ("fields", "refusal", "sentence"),
    [
        ({"amount": Decimal(0)}, errors.AmountNotPositive, "above nought"),
        ({"amount": Decimal(-5)}, errors.AmountNotPositive, "above nought"),
        ({"amount": Decimal("1.001")}, errors.AmountTooFine, "EUR has 2 decimal places"),
        ({"payment_date": date(2026, 11, 22)}, errors.PaymentInFuture, "still to come"),
        ({"payment_date": date(2026, 11, 19)}, errors.PaymentBeforeInvoice, "2026-0001 is of"),
        ({"currency": "SEK"}, errors.OtherCurrency, "2026-0001 is in EUR"),
    ],
)
def test_bad_input_books_nothing(
    tenant: Tenant, fields: dict[str, Any], refusal: type[Exception], sentence: str
) -> None:
    invoice = posted({})
    before = balances()
    with pytest.raises(refusal, match=sentence):
        pay_invoice(
            invoice,
            new(invoice.customer, str(fields.pop("amount", "10")), **fields),
            seen_open=Decimal("125.50"),
            actor=None,
            today=TODAY,
        )
    assert (Payment.objects.count(), Allocation.objects.count()) == (0, 0)
    assert balances() == before


def test_shares_are_of_the_payer_and_within_payment_and_invoice(tenant: Tenant) -> None:
    customer = CustomerFactory()
    mine, theirs = posted({}, customer=customer), posted({})
    with pytest.raises(errors.OtherCustomer):
        receive(customer, "200", {theirs: "10"})
    with pytest.raises(errors.AboveOpen, match=r"only €125\.50 is open"):
        receive(customer, "200", {mine: "125.51"})
    with pytest.raises(errors.AbovePayment):
        receive(customer, "100", {mine: "100.01"})
    with pytest.raises(errors.NotOwed):
        receive(customer, "100", {draft({}, customer=customer): "1"})
    assert Payment.objects.count() == 0


def test_a_reversal_opens_what_was_paid(accountant: Membership) -> None:
    invoice = posted({})
    payment = pay(invoice, "120", closes="discount")
    reversal = reverse_payment(payment, reason="Bounced", actor=accountant.user, on=TODAY)
    assert (open_amount(invoice), standing(invoice), left(payment)) == (
        Decimal("125.50"), "posted", 0,
    )  # fmt: skip
    assert (reversal.amount, reversal.text) == (-120, "Bounced")
    assert booked(reversal.entry) == {"1910": Decimal(-120), "2860": Decimal(120)}
    assert balances() == {
        "1700": Decimal("125.50"), "3000": Decimal(-100), "2939": Decimal("-25.50"),
    }  # fmt: skip
    with pytest.raises(errors.AlreadyReversed):
        reverse_payment(payment, reason="Again", actor=None)
    with pytest.raises(errors.ReversalStays):
        reverse_payment(reversal, reason="Again", actor=None)
    assert faults() == []


def test_a_reversal_says_why(tenant: Tenant) -> None:
    with pytest.raises(errors.ReasonMissing):
        reverse_payment(pay(posted({}), "10"), reason=" ", actor=None)


def test_credit_is_paid_back_and_that_is_reversed_too(tenant: Tenant) -> None:
    payment = pay(posted({}), "150")
    back: Any = {"payment_date": TODAY, "actor": None, "today": TODAY}
    with pytest.raises(errors.AbovePayment, match=r"Only €24\.50"):
        pay_back(payment, amount=Decimal("24.51"), token=uuid4(), **back)
    refund = pay_back(payment, amount=Decimal("24.50"), token=uuid4(), **back)
    assert booked(refund.entry) == {"1910": Decimal("-24.50"), "2860": Decimal("24.50")}
    assert left(payment) == 0
    with pytest.raises(errors.RefundedFirst, match=r"€24\.50"):
        reverse_payment(payment, reason="Wrong", actor=None, on=TODAY)
    reverse_payment(refund, reason="Returned", actor=None, on=TODAY)
    assert left(payment) == Decimal("24.50")
    reverse_payment(payment, reason="Wrong", actor=None, on=TODAY)
    assert left(payment) == 0
    assert "2860" not in balances()
    assert faults() == []


def test_the_database_keeps_allocations_within_bounds(tenant: Tenant) -> None:
    invoice, other = posted({}), posted({})
    payment = receive(invoice.customer, "200", {invoice: "100"})
    row = Allocation.objects.get()
    fields = {
        "payment": payment, "date": ON, "account": "2860", "entry": payment.entry,
    }  # fmt: skip
    for wrong in (
        {"invoice": invoice, "amount": Decimal("25.51")},
        {"invoice": other, "amount": Decimal(1)},
        {"invoice": invoice, "amount": Decimal(1), "date": date(2026, 11, 19)},
        {"invoice": invoice, "amount": Decimal("-100.01"), "reverses": row},
        {"invoice": draft({}, customer=invoice.customer), "amount": Decimal(1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Allocation.objects.create(**fields | wrong)
    more = posted({"quantity": Decimal(10)}, customer=invoice.customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.create(**fields | {"invoice": more, "amount": Decimal("100.01")})


@pytest.mark.parametrize("table", ["invoicing_payment", "invoicing_allocation"])
def test_nothing_registered_is_changed_or_deleted(tenant: Tenant, table: str) -> None:
    pay(posted({}), "50")
    for statement in (f"UPDATE {table} SET amount = 1", f"DELETE FROM {table}"):
        with (
            pytest.raises(Exception, match="Cannot"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
