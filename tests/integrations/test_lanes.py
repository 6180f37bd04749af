"""Who goes when: few of one connection at once, the next called by who is through, and nobody held
up by another's system, key or missing invoice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import TestCase
from django.utils import timezone

from customers.models import Customer
from integrations.domain import byhand, claiming, connections, ending, lanes, outbox
from integrations.domain.sending import send_export
from integrations.models import Connection, Export
from integrations.ports import AccessLost, Checked, Delivery, Rejected, RetryLater
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.domain.crediting import cancel_invoice
from tenants.models import Membership, Tenant, User
from tenants.scope import current_tenant_id
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, make_connection, posted, send, store_pdf
from tests.integrations.fake import Remote, fake_system


@pytest.fixture
def remote() -> Iterator[Remote]:
    with fake_system() as remote:
        yield remote


@pytest.fixture
def over(tenant: Tenant, remote: Remote) -> Connection:
    return make_connection(
        system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
    )


@pytest.fixture
def buyer(tenant: Tenant) -> Customer:
    return CustomerFactory()


@pytest.fixture
def actor(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


def waiting(buyer: Customer, count: int) -> list[Export]:
    ids = [posted(customer=buyer).pk for _ in range(count)]
    Export.objects.update(queued_at=None)
    return list(Export.objects.filter(invoice__in=ids).order_by("pk"))


def called() -> set[int]:
    """Those that a task was sent for."""
    return set(Export.objects.exclude(queued_at=None).values_list("pk", flat=True))


def tasks_of(callbacks: list[Any]) -> list[list[int]]:
    """The exports that tasks are sent for once the transaction is through."""
    return [one.args[1] for one in callbacks if getattr(one, "args", ())]


def refuse(failure: Exception) -> Any:
    def refuses(_step: str, _delivery: Delivery) -> None:
        raise failure

    return refuses


def test_only_a_few_of_one_connection_go_at_once_and_each_calls_the_next(
    over: Connection, buyer: Customer
) -> None:
    first, second, third, fourth = waiting(buyer, 4)
    now = timezone.now()
    claimed = claiming.claim(first.pk, now=now)
    assert claimed is not None
    assert claiming.claim(second.pk, now=now) is not None
    assert claiming.claim(third.pk, now=now) is None
    assert called() == set()

    with TestCase.captureOnCommitCallbacks() as callbacks:
        ending.settle(claimed, None, [])

    assert called() == {third.pk}
    assert tasks_of(callbacks)[-1] == [third.pk]
    assert claiming.claim(third.pk, now=timezone.now()) is not None
    assert claiming.claim(fourth.pk, now=timezone.now()) is None


def test_where_numbers_come_from_there_one_follows_the_other(
    over: Connection, buyer: Customer
) -> None:
    first, second = waiting(buyer, 2)
    Connection.objects.update(gives_numbers=True)
    now = timezone.now()
    claimed = claiming.claim(first.pk, now=now)
    assert claimed is not None
    assert claiming.claim(second.pk, now=now) is None
    ending.settle(claimed, None, [])
    assert called() == {second.pk}
    assert claiming.claim(second.pk, now=timezone.now()) is not None


def test_one_that_cannot_go_calls_the_next_too(tenant: Tenant, remote: Remote) -> None:
    make_connection(system="fake", name="Fake", environment="production")
    first, second = waiting(CustomerFactory(), 2)
    assert claiming.claim(first.pk, now=timezone.now()) is None
    first.refresh_from_db()
    assert first.problem == "not_linked"
    assert called() == {second.pk}


def test_the_sweep_begins_a_few_of_each_connection(over: Connection, buyer: Customer) -> None:
    exports = waiting(buyer, 7)
    make_connection(name="Other")
    others = waiting(buyer, 3)
    now = timezone.now()
    wanted = [one.pk for one in exports[:2]] + [
        one.pk for one in others if one.connection_id != over.pk
    ][:2]
    assert outbox.sweep(now=now) == wanted


def test_a_system_that_does_not_answer_pauses_by_itself(
    over: Connection, remote: Remote, buyer: Customer
) -> None:
    exports = waiting(buyer, 5)
    remote.before = refuse(RetryLater("It did not answer."))
    for export in exports[:3]:
        send_export(tenant_id=current_tenant_id(), export_id=export.pk)
    over.refresh_from_db()
    assert over.unanswered == 3
    assert over.paused_until is not None
    assert claiming.claim(exports[3].pk, now=timezone.now()) is None

    # Then one tries it, and with its answer all go on.
    later = over.paused_until + timedelta(seconds=1)
    claimed = claiming.claim(exports[3].pk, now=later)
    assert claimed is not None
    assert claiming.claim(exports[4].pk, now=later) is None
    ending.settle(claimed, Rejected("No."), [])
    over.refresh_from_db()
    assert over.unanswered == 0
    assert claiming.claim(exports[4].pk, now=later) is not None


@pytest.mark.parametrize(
    "failure",
    [
        RetryLater("Look again in a minute.", seconds=60),
        RetryLater("Too many.", seconds=5, was_refused=True),
        Rejected("No."),
    ],
)
def test_an_answer_is_an_answer(
    over: Connection, remote: Remote, buyer: Customer, failure: Exception
) -> None:
    remote.before = refuse(failure)
    for export in waiting(buyer, 4):
        send_export(tenant_id=current_tenant_id(), export_id=export.pk)
    over.refresh_from_db()
    assert (over.unanswered, over.paused_until) == (0, None)


def test_pauses_grow_to_five_minutes(over: Connection) -> None:
    now, pauses = timezone.now(), []
    with patch("random.uniform", return_value=1.0):
        for _ in range(9):
            lanes.not_answered(over.pk, RetryLater("Nothing."), now)
            over.refresh_from_db()
            pauses.append((over.paused_until - now).seconds if over.paused_until else 0)
    assert pauses == [0, 0, 15, 30, 60, 120, 240, 300, 300]


def test_an_expired_key_stops_its_connection_and_nobody_else(
    over: Connection, remote: Remote, sandbox: ProcountorSandbox, buyer: Customer
) -> None:
    other = make_connection(name="Other")
    link(other, buyer)
    remote.before = refuse(AccessLost("The key is no longer accepted."))
    first, second = [posted(customer=buyer) for _ in range(2)]

    send(Export.objects.get(invoice=first, connection=over))
    over.refresh_from_db()
    assert over.trouble == "The key is no longer accepted."
    waits = Export.objects.get(invoice=second, connection=over)
    assert claiming.claim(waits.pk, now=timezone.now()) is None
    assert waits.status == Export.Status.WAITING
    for invoice in (first, second):
        went = send(Export.objects.get(invoice=invoice, connection=other))
        assert went.status == Export.Status.SENT

    remote.before = lambda _step, _delivery: None
    connections.record_check(over.pk, Checked(company="Fake Oy"), actor=None)
    due = outbox.sweep(now=timezone.now() + timedelta(minutes=5))
    assert set(due) == set(Export.objects.filter(connection=over).values_list("pk", flat=True))
    assert set(Export.objects.filter(connection=over).values_list("attempts", flat=True)) == {0}
    for pk in due:
        assert send(Export.objects.get(pk=pk)).status == Export.Status.SENT


# A credit note and its invoice.


@pytest.fixture
def pair(over: Connection, buyer: Customer, actor: User) -> tuple[Export, Export]:
    invoice = posted(customer=buyer)
    note = cancel_invoice(invoice, reason="wrong", actor=actor)
    store_pdf(note)
    of = Export.objects.select_related("invoice")
    return of.get(invoice=invoice), of.get(invoice=note)


def test_a_credit_note_waits_for_its_invoice_and_follows_it(
    pair: tuple[Export, Export], remote: Remote
) -> None:
    invoice, note = pair
    send(note)
    assert (note.status, note.attempts) == (Export.Status.WAITING, 0)
    assert note.error == (
        f"Waits until invoice {invoice.invoice.number}, which it credits, is in Fake."
    )
    assert remote.done.total() == 0

    with TestCase.captureOnCommitCallbacks() as callbacks:
        send(invoice)
    note.refresh_from_db()
    assert note.next_attempt_at is not None
    assert note.next_attempt_at <= timezone.now()
    assert [note.pk] in tasks_of(callbacks)
    assert send(note).status == Export.Status.SENT


def test_a_credit_note_of_an_invoice_in_trouble_says_so(
    pair: tuple[Export, Export], remote: Remote, actor: User
) -> None:
    invoice, note = pair
    remote.before = refuse(Rejected("The account is missing."))
    send(invoice)
    assert "that one needs attention" in send(note).error
    byhand.confirm({invoice.pk: "1017"}, actor=actor)
    remote.before = lambda _step, _delivery: None
    note.refresh_from_db()
    assert note.next_attempt_at is not None
    assert note.next_attempt_at <= timezone.now()
    assert send(note).status == Export.Status.SENT


def test_a_credit_note_goes_where_its_invoice_is_not_wanted_or_older(
    pair: tuple[Export, Export], actor: User
) -> None:
    invoice, note = pair
    byhand.close(invoice, actor=actor, reason="Booked there already.")
    assert send(note).status == Export.Status.SENT


def test_a_credit_note_of_an_invoice_that_never_went_there_goes(
    tenant: Tenant, remote: Remote, buyer: Customer, actor: User
) -> None:
    invoice = posted(customer=buyer)
    make_connection(
        system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
    )
    note = cancel_invoice(invoice, reason="wrong", actor=actor)
    store_pdf(note)
    assert send(Export.objects.get(invoice=note)).status == Export.Status.SENT
