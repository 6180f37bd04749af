"""A system that takes one request at a time is asked by one of us at a time."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations.domain import turns
from integrations.domain.turns import TurnTaker
from integrations.models import Turn
from integrations.ports import RetryLater
from tenants.models import Tenant
from tests.factories import TenantFactory


def taker(tenant: Tenant, seconds: float = 10) -> TurnTaker:
    return TurnTaker(tenant.pk, "toy:production", "Toy", seconds)


def test_who_asks_meanwhile_waits(committed_db: None) -> None:
    tenant, lock = TenantFactory(), threading.Lock()
    inside, most, done = 0, 0, 0

    def ask() -> None:
        nonlocal inside, most, done
        try:
            for _time in range(4):
                with taker(tenant)():
                    with lock:
                        inside += 1
                        most = max(most, inside)
                    time.sleep(0.01)
                    with lock:
                        inside -= 1
                        done += 1
        finally:
            database.close()

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, done) == (1, 16)


def test_a_turn_that_does_not_come_is_said_to_have_asked_nothing(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.1)
    with (
        taker(tenant)(),
        pytest.raises(RetryLater, match="Toy takes one request at a time") as refused,
        taker(tenant)(),
    ):
        raise AssertionError("two at once")
    assert refused.value.was_refused


def test_who_died_asking_holds_nobody_up_for_ever(tenant: Tenant) -> None:
    with taker(tenant)():
        Turn.objects.update(until=timezone.now() - timedelta(seconds=1))
        with taker(tenant)():
            pass


def test_an_error_gives_the_turn_back(tenant: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), taker(tenant)():
        1 / 0  # noqa: B018
    with taker(tenant)():
        assert Turn.objects.count() == 1
