"""Two lanes: of those that answered quickly a moment ago, and of all others, where waiting holds up
nobody."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import TestCase
from django.utils import timezone

from config.celery import app
from integrations import tasks
from integrations.domain import claiming, lanes
from integrations.domain.sending import send_export
from integrations.models import Connection, Export, ExportAttempt
from integrations.ports import Delivery, RetryLater
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from tests.factories import CustomerFactory
from tests.integrations.conftest import make_connection, posted
from tests.integrations.fake import Remote, fake_system

# Longer than any test takes, and shorter than anything.
LONG, NO_TIME = timedelta(minutes=5), timedelta(days=-1)


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """It is quick, until `slow_down` is called."""
    monkeypatch.setattr(lanes, "QUICK", LONG)
    with fake_system() as remote:
        yield remote


@pytest.fixture
def slow_down(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda: monkeypatch.setattr(lanes, "QUICK", NO_TIME)


@pytest.fixture
def over(tenant: Tenant, remote: Remote) -> Connection:
    return make_connection(
        system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
    )


def waiting(count: int) -> list[Export]:
    buyer = CustomerFactory()
    ids = [posted(customer=buyer).pk for _ in range(count)]
    Export.objects.update(queued_at=None, next_attempt_at=timezone.now())
    return list(Export.objects.filter(invoice__in=ids).order_by("pk"))


def send_quickly(export: Export) -> list[int]:
    """What the task of the quick lane does; the exports that it handed on."""
    with (
        patch.object(tasks.send_export, "apply_async"),
        patch.object(tasks.send_slow_export, "delay") as handed,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        tasks.send_export(tenant_id=current_tenant_id(), export_id=export.pk)
    export.refresh_from_db()
    return [call.kwargs["export_id"] for call in handed.call_args_list]


def send_patiently(export: Export) -> None:
    with (
        patch.object(tasks.send_export, "apply_async"),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        tasks.send_slow_export(tenant_id=current_tenant_id(), export_id=export.pk)
    export.refresh_from_db()


def is_quick(over: Connection) -> bool:
    over.refresh_from_db()
    return lanes.may_be_quick(over, timezone.now())


def test_who_was_never_asked_is_handed_on_and_let_in_by_a_quick_answer(
    over: Connection, remote: Remote
) -> None:
    first, second = waiting(2)
    assert send_quickly(first) == [first.pk]
    assert (first.status, first.attempts) == (Export.Status.WAITING, 0)
    assert first.queued_at is not None
    assert remote.done.total() == 0

    send_patiently(first)
    assert first.status == Export.Status.SENT
    assert send_quickly(second) == []
    assert second.status == Export.Status.SENT


def test_a_quick_answer_counts_for_a_while(over: Connection, remote: Remote) -> None:
    first, second = waiting(2)
    send_patiently(first)
    assert is_quick(over)
    noted = over.quick_until
    send_patiently(second)
    over.refresh_from_db()
    # Not every document writes to its connection.
    assert over.quick_until == noted

    assert not lanes.may_be_quick(over, timezone.now() + lanes.QUICK_FOR)


def test_a_slow_answer_ends_it_and_the_next_quick_one_mends_it(
    over: Connection, remote: Remote, slow_down: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, fourth = waiting(4)
    send_patiently(first)
    slow_down()
    send_patiently(second)
    assert second.status == Export.Status.SENT
    assert not is_quick(over)
    assert send_quickly(third) == [third.pk]

    monkeypatch.setattr(lanes, "QUICK", LONG)
    send_patiently(third)
    assert is_quick(over)
    assert send_quickly(fourth) == []


def test_who_turns_slow_leaves_with_the_step_at_hand(
    over: Connection, remote: Remote, slow_down: Any
) -> None:
    first, second, third = waiting(3)
    send_patiently(first)
    Export.objects.update(queued_at=None)
    remote.after = lambda step, _delivery: slow_down() if step == "create" else None
    place = second.next_attempt_at
    assert send_quickly(second) == [second.pk]
    assert (second.status, second.attempts) == (Export.Status.WAITING, 0)
    # Nobody was called in its stead.
    assert second.next_attempt_at == place
    assert not Export.objects.filter(pk=third.pk).exclude(queued_at=None).exists()
    assert second.error == "Fake answers slowly; the rest follows."
    assert [(step.key, bool(step.done_at)) for step in second.steps.all()] == [("create", True)]
    assert not is_quick(over)

    send_patiently(second)
    assert (second.status, second.attempts) == (Export.Status.SENT, 1)
    assert set(remote.done.values()) == {1}
    assert [one.outcome for one in ExportAttempt.objects.filter(export=second)] == ["sent"]


def test_before_something_is_written_it_leaves_without_a_trace(
    over: Connection, remote: Remote, slow_down: Any
) -> None:
    first, second = waiting(2)
    send_patiently(first)
    remote.before = lambda _step, _delivery: slow_down()
    send_quickly(second)
    assert second.status == Export.Status.WAITING
    assert not second.steps.exists()
    assert remote.done.total() == 3


def test_a_step_that_has_written_is_brought_to_its_end(
    over: Connection, remote: Remote, slow_down: Any
) -> None:
    """To leave in its middle would have to be looked up."""
    first, second = waiting(2)
    send_patiently(first)

    def write_again(step: str, delivery: Delivery) -> None:
        slow_down()
        delivery.write()
        remote.write(f"{step}-more", delivery.invoice.number)

    remote.after = write_again
    send_quickly(second)
    assert [(step.key, bool(step.done_at)) for step in second.steps.all()] == [("create", True)]
    assert remote.done["create-more", second.invoice.number] == 1


def test_no_second_one_follows_one_that_is_waited_for(over: Connection, remote: Remote) -> None:
    first, second, third = waiting(3)
    send_patiently(first)
    now = timezone.now()
    assert claiming.claim(second.pk, now=now, is_patient=False) is not None

    later = now + lanes.QUICK + timedelta(seconds=1)
    Connection.objects.update(quick_until=later + lanes.QUICK_FOR)
    with (
        patch.object(tasks.send_slow_export, "delay") as handed,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        assert claiming.claim(third.pk, now=later, is_patient=False) is None
    handed.assert_called_once_with(tenant_id=current_tenant_id(), export_id=third.pk)
    assert claiming.claim(third.pk, now=later) is not None


@pytest.mark.parametrize(
    "failure", [RetryLater("No answer."), RetryLater("Again in a minute.", seconds=60)]
)
def test_waiting_in_vain_is_slow(
    over: Connection, remote: Remote, slow_down: Any, failure: RetryLater
) -> None:
    first, second = waiting(2)
    send_patiently(first)

    def wait(_step: str, _delivery: Delivery) -> None:
        slow_down()
        raise failure

    remote.before = wait
    send_patiently(second)
    assert second.status == Export.Status.WAITING
    assert not is_quick(over)


def test_a_refusal_that_comes_at_once_is_not_slow(over: Connection, remote: Remote) -> None:
    first, second = waiting(2)
    send_patiently(first)

    def refuse(_step: str, _delivery: Delivery) -> None:
        raise RetryLater("Too many.", seconds=5, was_refused=True)

    remote.before = refuse
    send_export(tenant_id=current_tenant_id(), export_id=second.pk)
    assert is_quick(over)


# The queues.

TO_SYSTEMS = {
    "send_export": "exports",
    "send_slow_export": "slow",
    "read_payments": "slow",
    "settle_documents": "slow",
    "do_event": "slow",
    "listen_to_system": "slow",
}


def test_what_may_wait_for_a_system_has_queues_of_its_own() -> None:
    app.loader.import_default_modules()
    found = {
        name: app.amqp.router.route({}, name)["queue"].name
        for name in app.tasks
        if not name.startswith("celery.")
    }
    wanted = {f"integrations.tasks.{name}": queue for name, queue in TO_SYSTEMS.items()}
    assert wanted.items() <= found.items()
    assert {found[name] for name in found.keys() - wanted.keys()} == {"celery"}


def test_a_worker_that_is_told_no_queues_serves_all() -> None:
    names = {"celery", "exports", "slow"}
    assert set(app.amqp.queues.consume_from) == names
    # A key that two of them had would bring each message to both.
    assert {queue.routing_key for queue in settings.CELERY_TASK_QUEUES} == names
