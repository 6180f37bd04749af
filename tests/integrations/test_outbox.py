"""The outbox: rows beside posted documents, one worker at a time, nothing lost, nothing twice."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import transaction
from django.test import TestCase
from django.utils import timezone

from integrations import crypto, registry
from integrations.domain import byhand, claiming, connections, ending, lanes, linking, outbox
from integrations.domain.sending import send_export
from integrations.errors import AlreadyQueued, AnotherIsSending, ExportArrived, NotPosted
from integrations.models import Connection, Export, ExportAttempt
from integrations.outgoing import OutgoingInvoice
from integrations.ports import AccessLost, Checked, Delivery, Partner, Rejected, RetryLater
from integrations.problems import Problem
from integrations.tasks import sweep_exports
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.drafting import new_draft
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import current_tenant_id, tenant_scope
from tests.factories import CustomerFactory, TenantFactory
from tests.integrations.conftest import link, make_connection, posted, send, store_pdf
from tests.integrations.fake import FakeAdapter, Remote, fake_system


@pytest.fixture
def remote() -> Iterator[Remote]:
    with fake_system() as remote:
        yield remote


@pytest.fixture
def over(tenant: Tenant, remote: Remote) -> Connection:
    return make_connection(system="fake", name="Fake", environment="production")


@pytest.fixture
def export(over: Connection) -> Export:
    invoice = posted()
    link(over, invoice.customer)
    made: Export = Export.objects.get(invoice=invoice)
    return made


def times(remote: Remote) -> list[int]:
    return sorted(remote.done.values())


# Into the outbox.


def test_posting_makes_a_row_for_each_connection_that_sends(over: Connection) -> None:
    make_connection(name="Old one", is_active=False)
    invoice = posted()
    assert [export.connection for export in invoice.exports.all()] == [over]
    assert invoice.exports.get().status == Export.Status.WAITING


def test_the_row_comes_and_goes_with_the_posting(over: Connection) -> None:
    with transaction.atomic():
        posted(pdf=False)
        assert Export.objects.exists()
        transaction.set_rollback(True)
    assert not Export.objects.exists()


def test_a_task_is_sent_after_the_commit(over: Connection) -> None:
    with TestCase.captureOnCommitCallbacks() as callbacks:
        posted(pdf=False)
    names = [getattr(getattr(one, "func", one), "__name__", "") for one in callbacks]
    assert "_send_tasks" in names


def test_without_a_connection_nothing_is_made(tenant: Tenant) -> None:
    posted(pdf=False)
    assert not Export.objects.exists()


# Sending.


def test_all_steps_are_done_and_stored(remote: Remote, export: Export) -> None:
    send(export)
    assert (export.status, export.remote_number) == (Export.Status.SENT, export.invoice.number)
    assert times(remote) == [1, 1, 1]
    assert [step.key for step in export.steps.all()] == ["create", "attach", "send"]
    assert AuditEntry.objects.filter(action="export.sent").count() == 1
    send(export)  # a second task finds nothing to do
    assert times(remote) == [1, 1, 1]


def test_it_waits_for_the_pdf(remote: Remote, over: Connection) -> None:
    invoice = posted(pdf=False)
    link(over, invoice.customer)
    export = Export.objects.get(invoice=invoice)
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert "Waits for the invoice's PDF" in export.error
    assert outbox.sweep(now=timezone.now() + timedelta(minutes=5)) == []
    store_pdf(invoice)
    assert outbox.sweep(now=timezone.now() + timedelta(minutes=5)) == [export.pk]
    send(export)
    assert export.status == Export.Status.SENT


def test_a_damaged_pdf_is_not_sent(remote: Remote, export: Export) -> None:
    file = export.invoice.files.get()
    with file.file.storage.open(file.file.name, "wb") as opened:
        opened.write(b"something else")
    send(export)
    assert export.status == Export.Status.FAILED
    assert "damaged" in export.error
    assert not remote.done


def test_an_unlinked_customer_holds_its_invoices_until_it_is_linked(
    remote: Remote, over: Connection, accountant: Membership
) -> None:
    export = Export.objects.get(invoice=posted())
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_LINKED)
    assert not remote.done

    customer = export.invoice.customer
    linking.link(over, customer, Partner(id="9", name="There"), actor=accountant.user)

    export.refresh_from_db()
    assert (export.status, export.problem, export.error) == (Export.Status.WAITING, "", "")
    send(export)
    assert export.status == Export.Status.SENT


def test_unlinked_customers_may_be_allowed(remote: Remote, over: Connection) -> None:
    over.settings = {"unlinked": "send"}
    over.save()
    export = Export.objects.get(invoice=posted())
    send(export)
    assert export.status == Export.Status.SENT


@pytest.mark.parametrize("step", ["create", "attach", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_between_steps_is_taken_over(
    remote: Remote, export: Export, step: str, moment: str
) -> None:
    """Killed: no exception handler of ours runs, nothing is settled."""

    class Killed(BaseException):
        pass

    def die(at: str, _delivery: Delivery) -> None:
        if at == step:
            raise Killed

    setattr(remote, moment, die)
    with pytest.raises(Killed):
        send(export)
    export.refresh_from_db()
    assert export.status == Export.Status.SENDING
    setattr(remote, moment, lambda _step, _delivery: None)

    assert outbox.sweep(now=timezone.now()) == []  # its turn is not over yet
    now = timezone.now() + claiming.LEASE + timedelta(seconds=1)
    assert outbox.sweep(now=now) == [export.pk]
    send(export)

    assert export.status == Export.Status.SENT
    assert times(remote) == [1, 1, 1]


def test_a_worker_whose_turn_has_passed_writes_nothing(remote: Remote, export: Export) -> None:
    """It slept through its lease; another one is at it and it must not interfere."""

    def lose(step: str, delivery: Delivery) -> None:
        if step == "attach":
            remote.before = lambda _step, _delivery: None
            Export.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
            outbox.sweep(now=timezone.now())
            send(export)
            assert export.status == Export.Status.SENT
            remote.done.clear()

    remote.before = lose
    send_export(tenant_id=current_tenant_id(), export_id=export.pk)
    assert not remote.done
    export.refresh_from_db()
    assert export.status == Export.Status.SENT


# Ends.


def test_later_means_later_each_time(remote: Remote, export: Export) -> None:
    def fail(_step: str, _delivery: Delivery) -> None:
        raise RetryLater("Nobody answers.")

    remote.before = fail
    for attempt in range(1, 6):
        now = timezone.now()
        send(export)
        assert (export.status, export.attempts) == (Export.Status.WAITING, attempt)
        assert export.next_attempt_at is not None
        wait = (export.next_attempt_at - now).total_seconds()
        usual = 15 * 2 ** (attempt - 1)
        assert usual * 0.74 < wait < usual * 1.26 + 5
    assert ExportAttempt.objects.filter(export=export).count() == 5


def test_delays_have_a_ceiling_and_follow_what_was_asked() -> None:
    assert max(ending.delay(40) for _ in range(50)) <= 4500
    assert all(60 <= ending.delay(1, asked=60) <= 67 for _ in range(50))
    assert len({ending.delay(3) for _ in range(10)}) > 1


def test_after_many_attempts_a_person_is_asked(remote: Remote, export: Export) -> None:
    def fail(_step: str, _delivery: Delivery) -> None:
        raise RetryLater("Nobody answers.")

    remote.before = fail
    Export.objects.update(attempts=outbox.MOST_ATTEMPTS - 1)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.GAVE_UP)
    assert export.error == "Nobody answers. It was tried 16 times; try again by hand."


def test_a_bug_is_no_endless_loop(remote: Remote, export: Export) -> None:
    def crash(_step: str, _delivery: Delivery) -> None:
        raise ZeroDivisionError

    remote.before = crash
    Export.objects.update(attempts=outbox.MOST_ATTEMPTS - 1)
    with pytest.raises(ZeroDivisionError):
        send(export)
    outbox.sweep(now=timezone.now() + claiming.LEASE * 2)
    export.refresh_from_db()
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.GAVE_UP)


def test_lost_access_stops_the_connection_until_it_is_mended(
    remote: Remote, over: Connection, export: Export, accountant: Membership
) -> None:
    def refuse(_step: str, _delivery: Delivery) -> None:
        raise AccessLost("The key is revoked.")

    remote.before = refuse
    send(export)
    over.refresh_from_db()
    assert over.trouble == "The key is revoked."
    assert claiming.claim(export.pk, now=timezone.now()) is None

    connections.record_check(over.pk, Checked(company="Fake Oy"), actor=accountant.user)

    remote.before = lambda _step, _delivery: None
    send(export)
    assert export.status == Export.Status.SENT


def test_lost_access_keeps_no_other_connection(remote: Remote, over: Connection) -> None:
    """What goes elsewhere goes on: of other documents, and of the same one."""
    known = registry.all_systems()
    known["other"] = replace(
        known["fake"], key="other", open=lambda _access: FakeAdapter(other_remote)
    )
    other_remote = Remote()
    other = make_connection(
        system="other", name="Other", environment="production", settings={"unlinked": "send"}
    )

    def refuse(_step: str, _delivery: Delivery) -> None:
        raise AccessLost("The key is revoked.")

    remote.before = refuse
    try:
        buyer = CustomerFactory()
        link(over, buyer)
        link(other, buyer)
        first, second = posted(customer=buyer), posted(customer=buyer)
        sent = {
            (export.connection_id, export.invoice_id): send(export).status
            for export in Export.objects.order_by("pk")
        }
    finally:
        del known["other"]
    assert sent == {
        **{(over.pk, one.pk): Export.Status.WAITING for one in (first, second)},
        **{(other.pk, one.pk): Export.Status.SENT for one in (first, second)},
    }
    assert set(Connection.objects.values_list("name", "trouble")) == {
        (over.name, "The key is revoked."), ("Other", ""),
    }  # fmt: skip
    # The second one was not even tried where the key does not work.
    assert Export.objects.get(connection=over, invoice=second).attempts == 0


def test_a_credit_note_does_not_name_an_invoice_of_another_company_s_books(
    remote: Remote, over: Connection, accountant: Membership
) -> None:
    seen: list[OutgoingInvoice] = []
    remote.before = lambda _step, delivery: seen.append(delivery.invoice)
    first, second = Checked(company="A", company_id="1"), Checked(company="B", company_id="2")
    connections.record_check(over.pk, first, actor=None)
    buyer = CustomerFactory()
    here, elsewhere = posted(customer=buyer), posted(customer=buyer)
    link(over, buyer)
    for invoice in (here, elsewhere):
        assert send(Export.objects.get(invoice=invoice)).status == Export.Status.SENT
    send_note(cancel_invoice(here, reason="wrong", actor=accountant.user))
    assert seen[-1].corrected_remote_id == f"id-{here.number}"

    connections.record_check(over.pk, second, actor=None, may_be_another=True)
    link(over, buyer)
    send_note(cancel_invoice(elsewhere, reason="wrong", actor=accountant.user))
    assert seen[-1].is_credit_note
    assert (seen[-1].corrected_remote_id, seen[-1].corrected_remote_number) == ("", "")
    assert seen[-1].corrected_number == elsewhere.number


def send_note(note: Invoice) -> None:
    store_pdf(note)
    assert send(Export.objects.get(invoice=note)).status == Export.Status.SENT


def test_an_earlier_unknown_outcome_is_not_forgotten_by_a_refusal(
    remote: Remote, export: Export
) -> None:
    """What timed out an hour ago stays to be looked up, though the next attempt met a 429."""

    def die(_step: str, _delivery: Delivery) -> None:
        raise RetryLater("Timed out.")

    remote.after = die
    send(export)
    begun_at = export.steps.get(key="create").begun_at

    def busy(_step: str, delivery: Delivery) -> None:
        assert delivery.written_at == begun_at
        delivery.write()
        raise RetryLater("Too many.", was_refused=True)

    remote.before = busy
    send(export)
    assert export.steps.get(key="create").begun_at == begun_at


# Serial systems.


def test_a_system_that_takes_one_call_at_a_time(tenant: Tenant) -> None:
    with fake_system(is_serial=True):
        over = make_connection(system="fake", name="Fake", environment="production")
        over.settings = {"unlinked": "send"}
        over.save()
        first, second = (Export.objects.get(invoice=posted()) for _ in range(2))
        now = timezone.now()
        assert claiming.claim(first.pk, now=now) is not None
        assert claiming.claim(second.pk, now=now) is None
        second.refresh_from_db()
        # It keeps its place, and whoever is through calls it.
        assert (second.status, second.queued_at) == (Export.Status.WAITING, None)


# By hand.


def test_failed_ones_are_tried_again_and_arrived_ones_left_alone(
    remote: Remote, export: Export, accountant: Membership
) -> None:
    assert accountant.user is not None

    def refuse(_step: str, _delivery: Delivery) -> None:
        raise Rejected("No.")

    remote.before = refuse
    send(export)
    assert export.status == Export.Status.FAILED
    remote.before = lambda _step, _delivery: None
    assert byhand.retry([export.pk], actor=accountant.user) == [export]
    send(export)
    assert export.status == Export.Status.SENT
    assert byhand.retry([export.pk], actor=accountant.user) == []
    with pytest.raises(ExportArrived):
        byhand.close(export, actor=accountant.user, reason="done there")


def test_closing_takes_a_reason_and_can_be_undone(
    remote: Remote, over: Connection, accountant: Membership
) -> None:
    assert accountant.user is not None
    export = Export.objects.get(invoice=posted())
    byhand.close(export, actor=accountant.user, reason="Booked by hand.")
    export.refresh_from_db()
    assert (export.status, export.error) == (Export.Status.CANCELLED, "Booked by hand.")
    assert outbox.sweep(now=timezone.now() + timedelta(hours=1)) == []
    byhand.retry([export.pk], actor=accountant.user)
    export.refresh_from_db()
    assert export.status == Export.Status.WAITING


def test_an_earlier_invoice_is_ordered_by_hand_once(
    tenant: Tenant, remote: Remote, accountant: Membership
) -> None:
    assert accountant.user is not None
    invoice = posted()
    over = make_connection(system="fake", name="Fake", environment="production")
    byhand.order(invoice, over, actor=accountant.user)
    with pytest.raises(AlreadyQueued):
        byhand.order(invoice, over, actor=accountant.user)
    draft = new_draft(customer=CustomerFactory(), actor=None)
    with pytest.raises(NotPosted):
        byhand.order(draft, over, actor=accountant.user)


def test_a_second_connection_to_a_system_is_refused(
    over: Connection, accountant: Membership
) -> None:
    assert accountant.user is not None
    with pytest.raises(AnotherIsSending):
        connections.save_connection(
            Connection(system="fake"),
            actor=accountant.user,
            name="Again",
            environment="production",
            settings={},
            credentials={},
        )


# The sweep, and other tenants.


def test_the_sweep_finds_what_no_task_was_sent_for(remote: Remote, export: Export) -> None:
    Export.objects.update(queued_at=None, next_attempt_at=timezone.now() - timedelta(minutes=1))
    with TestCase.captureOnCommitCallbacks(execute=True):
        sweep_exports()
    export.refresh_from_db()
    assert export.status == Export.Status.SENT


def test_the_sweep_does_not_send_a_task_twice_in_a_row(over: Connection) -> None:
    export = Export.objects.get(invoice=posted())
    now = timezone.now() + timedelta(minutes=10)
    assert outbox.sweep(now=now) == [export.pk]
    assert outbox.sweep(now=now + timedelta(seconds=10)) == []
    assert outbox.sweep(now=now + lanes.LOST_AFTER + timedelta(seconds=1)) == [export.pk]


def test_another_tenant_s_export_cannot_be_claimed(db: None) -> None:
    ours, theirs = TenantFactory(), TenantFactory()
    with fake_system():
        with tenant_scope(theirs.pk):
            make_connection(system="fake", name="Fake", environment="production")
            export = Export.objects.get(invoice=posted())
        with tenant_scope(ours.pk):
            now = timezone.now() + timedelta(hours=1)
            assert claiming.claim(export.pk, now=now) is None
            assert outbox.sweep(now=now) == []
            assert not Connection.objects.exists()


# Keys.


def test_keys_are_rotated(over: Connection, settings: Any) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys", verbosity=0)

    settings.FIELD_ENCRYPTION_KEYS = [new]
    over.refresh_from_db()
    assert over.credentials["api_key"] == "kuusi-api-key"

    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(crypto.UnreadableSecrets):
        _ = over.credentials
    with pytest.raises(CommandError, match="Keep the old keys"):
        call_command("rotate_keys", verbosity=0)


def test_lost_keys_are_told_and_nothing_is_lost(export: Export, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    send(export)
    assert export.status == Export.Status.WAITING
    assert "cannot be read any more" in export.error


# Many workers.


def test_eight_workers_at_once_do_each_step_once(committed_db: None) -> None:
    """They all take the same exports; each invoice is created, attached and sent exactly once."""
    tenant = TenantFactory(slug="acme", name="Acme")
    with fake_system() as remote:
        with tenant_scope(tenant.pk):
            make_connection(
                system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
            )
            for _number in range(5):
                posted()
            Export.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
            ids = list(Export.objects.values_list("pk", flat=True))
        start = threading.Barrier(8)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                start.wait(timeout=20)
                for export_id in ids:
                    send_export(tenant_id=tenant.pk, export_id=export_id)
            except BaseException as failure:
                failures.append(failure)
            finally:
                database.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert len(remote.done) == 15
        assert set(remote.done.values()) == {1}
    with tenant_scope(tenant.pk):
        assert Export.objects.filter(status=Export.Status.SENT).count() == 5
        assert ExportAttempt.objects.count() == 5
        assert Invoice.objects.posted().count() == 5  # type: ignore[attr-defined]
