"""Payments back: each becomes one payment here, and what cannot be booked comes to a person."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
import requests
from django.db import connection as database
from django.utils import timezone

from integrations import registry
from integrations.domain import settlements
from integrations.domain.connections import record_check
from integrations.domain.settlements import (
    book,
    book_again,
    connections_to_read,
    read_payments,
    see_to,
    settle_documents,
)
from integrations.errors import SeenTo
from integrations.models import Connection, Export, PaymentThere
from integrations.ports import AccessLost, Checked, RemotePayment, RetryLater, Settlement
from integrations.tasks import settle_documents as settle_task
from integrations.tasks import tick_payments
from invoicing.book_errors import DayMonthClosed
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import cancel_invoice, draft_credit_note
from invoicing.domain.payments.registering import NewPayment, pay_invoice, reverse_payment
from invoicing.domain.payments.settling import open_amounts
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.models import Allocation, Invoice, Payment
from tenants.models import AuditEntry, Membership, Tenant, User
from tenants.scope import current_tenant_id, tenant_scope
from tests.factories import CustomerFactory, TenantFactory
from tests.integrations.conftest import link, make_connection, posted, send
from tests.integrations.fake import FakeAdapter, fake_system
from tests.integrations.sandboxes import running

TODAY = date(2026, 11, 22)


class Paid:
    """What the fake system says was paid."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.since: list[datetime | None] = []
        self.answer: list[Settlement] = []
        self.failure: Exception | None = None

    def read(self, _adapter: Any, documents: Any, since: datetime | None) -> list[Settlement]:
        assert not database.in_atomic_block or database.savepoint_ids, "asked inside a transaction"
        self.asked.append([one.remote_id for one in documents])
        self.since.append(since)
        if self.failure is not None:
            raise self.failure
        return self.answer


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paid]:
    found = Paid()

    def read(adapter: Any, documents: Any, since: datetime | None) -> list[Settlement]:
        return found.read(adapter, documents, since)

    monkeypatch.setattr(FakeAdapter, "read_settlements", read, raising=False)
    with fake_system(needs_pdf=False):
        yield found


@pytest.fixture
def over(tenant: Tenant, paid: Paid) -> Connection:
    return make_connection(
        system="fake",
        name="Fake",
        environment="production",
        settings={"unlinked": "send", "payments": "3600"},
    )


@pytest.fixture
def invoice(over: Connection) -> Invoice:
    """125.50 over there."""
    made = posted()
    assert send(Export.objects.get(invoice=made)).status == Export.Status.SENT
    return made


@pytest.fixture
def actor(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


def there(invoice: Invoice, *payments: tuple[str, str], **fields: Any) -> Settlement:
    found = tuple(
        RemotePayment(id=key, amount=Decimal(amount), paid_on=date(2026, 11, 21), text="By bank")
        for key, amount in payments
    )
    return Settlement(
        **{
            "remote_id": f"id-{invoice.number}",
            "paid": sum((one.amount for one in found), Decimal(0)),
            "payments": found,
            **fields,
        }
    )


def is_open(invoice: Invoice) -> Decimal:
    return open_amounts([invoice.pk])[invoice.pk]


def only() -> PaymentThere:
    found: PaymentThere = PaymentThere.objects.get()
    return found


def faults() -> list[str]:
    return [fault for check in verify_books() for fault in check.faults]


def test_a_payment_there_is_a_payment_here_once(over: Connection, invoice: Invoice) -> None:
    for _ in range(2):
        book(over.pk, there(invoice, ("7", "100.00")))
    payment = Payment.objects.get()
    assert (payment.amount, payment.payment_date) == (Decimal("100.00"), date(2026, 11, 21))
    assert (payment.reference, payment.text) == (f"Fake {invoice.number}", "By bank")
    assert (is_open(invoice), only().payment, only().sentence) == (Decimal("25.50"), payment, "")

    book(over.pk, there(invoice, ("7", "100.00"), ("8", "25.50")))
    assert Payment.objects.count() == 2
    assert is_open(invoice) == 0
    assert faults() == []


def test_where_only_the_sum_is_told_what_came_to_it_is_booked(
    over: Connection, invoice: Invoice
) -> None:
    for sum_there in ("40", "40", "125.50"):
        book(over.pk, there(invoice, paid=Decimal(sum_there), paid_on=TODAY))
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [
        Decimal("40.00"), Decimal("85.50"),
    ]  # fmt: skip
    assert is_open(invoice) == 0

    book(over.pk, there(invoice, paid=Decimal("40"), paid_on=TODAY))
    told = PaymentThere.objects.latest("pk")
    assert (told.amount, told.payment) == (Decimal("-85.50"), None)
    assert "was taken back" in told.sentence
    # Told once.
    assert book(over.pk, there(invoice, paid=Decimal("40"), paid_on=TODAY)) == []


def test_too_much_is_the_customer_s_credit(over: Connection, invoice: Invoice) -> None:
    book(over.pk, there(invoice, ("1", "130")))
    assert is_open(invoice) == 0
    assert Payment.objects.with_left().get().left_amount == Decimal("4.50")  # type: ignore[attr-defined]
    assert faults() == []


def by_hand(invoice: Invoice, amount: str, actor: User) -> Payment:
    return pay_invoice(
        invoice,
        NewPayment(
            customer=invoice.customer,
            currency="EUR",
            amount=Decimal(amount),
            payment_date=date(2026, 11, 21),
            token=uuid4(),
        ),
        seen_open=is_open(invoice),
        actor=actor,
    )


def test_money_that_somebody_registered_already_is_not_booked_again(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    """All of it, or more than is left: a person knows whether it is the same."""
    by_hand(invoice, "100", actor)
    book(over.pk, there(invoice, ("1", "100")))
    assert only().sentence == (
        f"€100.00 of 2026-11-21 in Fake is not booked here. Of {invoice.number} only €25.50 is open"
        " here, and somebody has registered a payment of it already. If it is the same money, say"
        " that it is seen to; otherwise register it by hand."
    )
    by_hand(invoice, "25.50", actor)
    book(over.pk, there(invoice, ("1", "100"), ("2", "25.50")))
    assert "Nothing is open on" in PaymentThere.objects.latest("pk").sentence
    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 1), "this day lies before it"),
        (timezone.localdate() + timedelta(days=3), "This day is still to come"),
    ],
)
def test_what_our_books_refuse_comes_to_a_person(
    over: Connection, invoice: Invoice, day: date, words: str
) -> None:
    remote = RemotePayment(id="1", amount=Decimal("10"), paid_on=day)
    book(over.pk, there(invoice, paid=Decimal(10), payments=(remote,)))
    assert words in only().sentence
    assert not Payment.objects.exists()
    assert AuditEntry.objects.filter(action="export.payment_unclear").count() == 1


def test_a_closed_month_is_booked_after_it_is_opened(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    closed = DayMonthClosed(day="2026-11-21", month="November 2026", who="Anna")
    with patch.object(settlements, "pay_invoice", side_effect=closed):
        book(over.pk, there(invoice, ("1", "10")))
    assert "lies in November 2026, which Anna closed" in only().sentence

    booked = book_again(only(), actor=actor)
    assert booked.payment is not None
    assert (booked.sentence, is_open(invoice)) == ("", Decimal("115.50"))
    with pytest.raises(SeenTo):
        book_again(only(), actor=actor)


def test_without_an_account_for_money_it_says_so(over: Connection, invoice: Invoice) -> None:
    Tenant.objects.filter(pk=current_tenant_id()).update(bank_account="")
    book(over.pk, there(invoice, ("1", "10")))
    assert "on which account money comes in" in only().sentence


def test_a_document_deleted_there_is_told_once(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    for _ in range(2):
        book(over.pk, there(invoice, is_gone=True))
    assert only().sentence.startswith(f"{invoice.number} was deleted or cancelled in Fake.")
    see_to(only(), actor=actor)
    assert only().seen_by == actor
    with pytest.raises(SeenTo):
        see_to(only(), actor=actor)
    book(over.pk, there(invoice, is_gone=True))
    assert PaymentThere.objects.count() == 1


def test_what_our_own_credit_note_cancelled_there_is_not_told(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    note = cancel_invoice(invoice, reason="wrong", actor=actor)
    send(Export.objects.get(invoice=note))
    assert book(over.pk, there(invoice, is_gone=True)) == []
    assert not PaymentThere.objects.exists()
    assert not AuditEntry.objects.filter(action="export.gone").exists()


def test_what_is_credited_in_part_and_gone_there_is_told(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    """Of the rest somebody has to say what becomes of it."""
    part = LineCredit(line_id=invoice.lines.get().pk, net=Decimal("40"))
    post_invoice(draft_credit_note(invoice, [part], reason="less", actor=actor), actor=actor)
    book(over.pk, there(invoice, is_gone=True))
    assert "was deleted or cancelled in Fake" in only().sentence


def test_a_payment_that_is_taken_back_there_is_told(
    over: Connection, invoice: Invoice, actor: User
) -> None:
    book(over.pk, there(invoice, ("1", "10"), ("2", "20")))
    for _ in range(2):
        book(over.pk, there(invoice, ("2", "20")))
    row = PaymentThere.objects.get(key="id 1")
    assert row.sentence.startswith("Fake no longer knows the payment of €10.00 of 2026-11-21.")
    assert AuditEntry.objects.filter(action="export.payment_unclear").count() == 1
    assert row.payment is not None
    reverse_payment(row.payment, reason="Taken back", actor=actor)
    see_to(row, actor=actor)
    # The last one too.
    book(over.pk, there(invoice))
    assert "no longer knows" in PaymentThere.objects.get(key="id 2").sentence


def test_money_that_went_back_is_told(over: Connection, invoice: Invoice) -> None:
    book(over.pk, there(invoice, ("1", "125.50"), ("2", "-25.50")))
    assert "€25.50 was taken back on 2026-11-21" in PaymentThere.objects.get(key="id 2").sentence
    assert is_open(invoice) == 0


def test_long_ids_and_unknown_documents(over: Connection, invoice: Invoice) -> None:
    book(over.pk, there(invoice, ("x" * 500, "10"), ("x" * 501, "20")))
    assert is_open(invoice) == Decimal("95.50")
    assert book(over.pk, there(invoice, ("1", "5"), remote_id="nobody's")) == []


def test_a_credit_note_settles_no_money(over: Connection, invoice: Invoice, actor: User) -> None:
    note = cancel_invoice(invoice, reason="wrong", actor=actor)
    send(Export.objects.get(invoice=note))
    assert book(over.pk, there(note, ("1", "125.50"))) == []


# When it is asked.


def test_what_went_to_another_company_is_not_asked_for(
    over: Connection, invoice: Invoice, paid: Paid, actor: User
) -> None:
    first, other = Checked(company="A", company_id="1"), Checked(company="B", company_id="2")
    record_check(over.pk, first, actor=actor)
    record_check(over.pk, other, actor=actor, may_be_another=True)
    later = posted()
    assert send(Export.objects.get(invoice=later)).status == Export.Status.SENT
    record_check(over.pk, other, actor=actor)
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    assert paid.asked == [[f"id-{later.number}"]]


def test_what_may_be_paid_is_asked_for_and_only_so_often(
    over: Connection, invoice: Invoice, paid: Paid
) -> None:
    settled = posted()
    send(Export.objects.get(invoice=settled))
    book(over.pk, there(settled, ("1", "125.50")))
    PaymentThere.objects.update(found_at=timezone.now() - timedelta(days=100))
    paid.answer = [there(invoice, ("1", "10"))]
    assert connections_to_read(timezone.now()) == [over.pk]

    assert read_payments(tenant_id=current_tenant_id(), connection_id=over.pk) == 1

    assert paid.asked == [[f"id-{invoice.number}"]]
    assert paid.since == [None]
    assert is_open(invoice) == Decimal("115.50")
    over.refresh_from_db()
    assert over.payments_due_at is not None
    assert connections_to_read(timezone.now() + timedelta(minutes=59)) == []
    assert connections_to_read(timezone.now() + timedelta(minutes=61)) == [over.pk]
    # Another task that comes now finds it asked.
    assert read_payments(tenant_id=current_tenant_id(), connection_id=over.pk) == 0
    assert len(paid.asked) == 1

    Connection.objects.update(payments_due_at=timezone.now())
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    since = paid.since[1]
    assert since is not None
    assert over.payments_read_at is not None
    assert since < over.payments_read_at


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"payments": ""}},
        {"settings": {}},
        {"is_active": False},
        {"trouble": "The key is no longer accepted."},
        {"paused_until": timezone.now() + timedelta(hours=1)},
        {"payments_due_at": timezone.now() + timedelta(hours=1)},
    ],
)
def test_a_connection_that_shall_not_be_asked_is_not(
    over: Connection, changes: dict[str, Any]
) -> None:
    Connection.objects.filter(pk=over.pk).update(**changes)
    assert connections_to_read(timezone.now()) == []


def test_a_system_that_cannot_tell_is_not_asked(over: Connection) -> None:
    system = registry.all_systems()["fake"]
    registry.all_systems()["fake"] = replace(system, can=frozenset())
    assert connections_to_read(timezone.now()) == []


def test_what_kept_us_from_asking_is_said_and_nothing_is_skipped(
    over: Connection, invoice: Invoice, paid: Paid
) -> None:
    paid.failure = RetryLater("Fake did not answer.")
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    over.refresh_from_db()
    assert (over.payments_trouble, over.payments_read_at) == ("Fake did not answer.", None)

    paid.failure = RetryLater("Too many.", seconds=90, pauses_connection=True, was_refused=True)
    Connection.objects.update(payments_due_at=None)
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    over.refresh_from_db()
    assert over.paused_until is not None
    pause = (over.paused_until - timezone.now()).total_seconds()
    assert 80 < pause <= 90
    Connection.objects.update(paused_until=None)

    paid.failure = AccessLost("The key is no longer accepted.")
    Connection.objects.update(payments_due_at=None)
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    over.refresh_from_db()
    assert over.trouble == "The key is no longer accepted."

    paid.failure, paid.answer = None, [there(invoice, ("1", "10"))]
    Connection.objects.update(payments_due_at=None)
    read_payments(tenant_id=current_tenant_id(), connection_id=over.pk)
    over.refresh_from_db()
    assert over.payments_trouble == ""
    assert is_open(invoice) == Decimal("115.50")


def test_a_webhook_settles_its_documents_and_no_others(
    over: Connection, invoice: Invoice, paid: Paid
) -> None:
    other = posted()
    send(Export.objects.get(invoice=other))
    paid.answer = [there(invoice, ("1", "10")), there(other, ("1", "10"))]
    told = settle_documents(
        over.pk, [f"id-{invoice.number}", "unknown"], tenant_id=current_tenant_id()
    )
    assert (told, paid.asked) == (2, [[f"id-{invoice.number}"]])
    assert (is_open(invoice), is_open(other)) == (Decimal("115.50"), Decimal("125.50"))
    assert settle_documents(over.pk, ["unknown"], tenant_id=current_tenant_id()) == 0
    paid.failure = RetryLater("Fake did not answer.")
    settle_task(
        tenant_id=current_tenant_id(),
        connection_id=over.pk,
        remote_ids=[f"id-{invoice.number}"],
    )


def test_many_that_ask_at_once_book_it_once(committed_db: None, paid: Paid) -> None:
    company = TenantFactory()
    with tenant_scope(company.pk):
        over = make_connection(
            system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
        )
        with patch("celery.app.task.Task.apply_async"):
            invoice = posted()
            export = Export.objects.get(invoice=invoice)
            Export.objects.filter(pk=export.pk).update(
                status=Export.Status.SENT, sent_at=timezone.now(), next_attempt_at=None,
                remote_id=f"id-{invoice.number}",
            )  # fmt: skip
    paid.answer = [there(invoice, ("1", "10"), ("2", "20"))]
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            settle_documents(over.pk, [f"id-{invoice.number}"], tenant_id=company.pk)
        except BaseException as failure:
            failures.append(failure)
        finally:
            database.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with tenant_scope(company.pk):
        assert sorted(Payment.objects.values_list("amount", flat=True)) == [10, 20]
        assert Allocation.objects.count() == 2
        assert is_open(invoice) == Decimal("95.50")


def test_the_tick_asks_those_that_are_due(over: Connection, paid: Paid) -> None:
    with patch("integrations.tasks.read_payments.delay") as delay:
        tick_payments()
    delay.assert_called_once_with(tenant_id=current_tenant_id(), connection_id=over.pk)


# Procountor.


@pytest.fixture
def procountor(tenant: Tenant, tmp_path: Path, settings: Any) -> Iterator[tuple[Any, Export]]:
    with running("procountor", tmp_path, settings) as sandbox:
        over = sandbox.connect()
        buyer = CustomerFactory()
        link(over, buyer, sandbox.door()["customer"])
        yield sandbox, send(Export.objects.get(invoice=posted(customer=buyer)))


def happen(sandbox: Any, export: Export) -> Callable[..., None]:
    def post(what: str, **form: str) -> None:
        url = f"{sandbox.url}/_sandbox/invoices/kuusi/{export.remote_id}/{what}"
        answer = requests.post(url, data=form, timeout=10, allow_redirects=False)
        assert answer.status_code == 303, answer.text

    return post


def test_money_that_comes_into_procountor(procountor: tuple[Any, Export], actor: User) -> None:
    sandbox, export = procountor
    invoice = export.invoice
    post = happen(sandbox, export)
    ask = {"connection_id": export.connection_id, "tenant_id": current_tenant_id()}

    post("pay", amount="100", day="2026-11-20", text="Viite 12")
    read_payments(**ask)
    post("pay", amount="25.50", day="2026-11-21")
    for _ in range(2):
        Connection.objects.update(payments_due_at=None)
        read_payments(**ask)
    assert is_open(invoice) == 0
    first, second = Payment.objects.order_by("pk")
    assert (first.amount, first.text) == (100, "Viite 12")
    assert second.reference == f"Procountor {export.remote_number}"

    post("payments/2/remove")
    Connection.objects.update(payments_due_at=None)
    read_payments(**ask)
    gone = PaymentThere.objects.get(payment=second)
    assert gone.sentence.startswith("Procountor no longer knows the payment of €25.50")


def test_an_invoice_invalidated_in_procountor(procountor: tuple[Any, Export]) -> None:
    sandbox, export = procountor
    stored = sandbox.program.store.get("invoice", "kuusi", int(export.remote_id))
    sandbox.program.store.put("invoice", "kuusi", {**stored, "status": "INVALIDATED"})
    settle_documents(export.connection_id, [export.remote_id], tenant_id=current_tenant_id())
    assert "was deleted or cancelled in Procountor" in only().sentence
