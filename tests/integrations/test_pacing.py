"""How fast a system is asked: by one process, by many, and when Redis is not there."""

import logging
import multiprocessing
import threading
import time
from typing import Any

import pytest
import redis

from config.demo.services import free_port
from integrations import pacing
from integrations.domain.access import Door
from integrations.http import Http
from integrations.models import Export, ExportAttempt
from integrations.pacing import Limiter, Rate
from integrations.ports import Environment, OutOfTurn
from integrations.registry import all_systems
from tenants.models import Tenant
from tests.integrations.conftest import make_connection, posted, send
from tests.integrations.fake import FakeForm, fake_system

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def redis_url(redis_server_url: str, settings: Any) -> str:
    settings.REDIS_URL = redis_server_url
    return redis_server_url


@pytest.fixture(autouse=True)
def _begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "_own", pacing._Own())
    pacing._tell_once.cache_clear()


def most_in_any(moments: list[float], seconds: float) -> int:
    moments = sorted(moments)
    return max(sum(1 for other in moments if start <= other < start + seconds) for start in moments)


def _take_many(key: str, rate: Rate, count: int, results: Any) -> None:
    limiter = Limiter(key, rate)
    for _ in range(count):
        assert limiter.take(longest=30) == 0
        results.put(time.monotonic())


@pytest.mark.redis
def test_processes_share_one_rate_through_redis(redis_url: str) -> None:
    rate = Rate(20, 0.5, burst=5)
    results = FORK.Queue()
    workers = [
        FORK.Process(target=_take_many, args=("all", rate, 12, results)) for _worker in range(4)
    ]
    started = time.monotonic()
    for worker in workers:
        worker.start()
    moments = [results.get(timeout=60) for _ in range(48)]
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0

    # One process for itself would have been through four times sooner.
    assert time.monotonic() - started >= 43 * rate.interval
    # A sleep may end late, which moves a call behind the ones after it.
    assert most_in_any(moments, 0.5) <= 20 + 4


@pytest.mark.redis
def test_who_would_wait_too_long_takes_nothing(redis_url: str) -> None:
    limiter = Limiter("slow", Rate(1, 60))
    assert limiter.take() == 0
    waits = [limiter.take() for _ in range(3)]
    assert all(59 < wait <= 60 for wait in waits)
    # Another key is another bucket.
    assert Limiter("other", Rate(1, 60)).take() == 0


@pytest.mark.redis
def test_an_emptied_redis_begins_anew(redis_url: str) -> None:
    limiter = Limiter("emptied", Rate(1, 60))
    limiter.take()
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    client.script_flush()
    assert limiter.take() == 0


@pytest.mark.redis
def test_nothing_stays_in_redis_for_ever(redis_url: str) -> None:
    Limiter("kept", Rate(2, 10)).take()
    client: Any = redis.Redis.from_url(redis_url)
    (key,) = client.keys("laskuri:rate:*")
    assert 0 < client.pttl(key) <= 11_000


def test_a_redis_that_is_down_is_told_once_and_stops_nobody(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    limiter = Limiter("down", Rate(1, 60))
    with caplog.at_level(logging.WARNING, logger="integrations.pacing"):
        assert limiter.take() == 0
        # It paces all the same, in this process.
        assert limiter.take() > 59
    assert [record.getMessage() for record in caplog.records] == [
        "Redis did not answer (ConnectionError): for 10 seconds this process paces its calls by"
        " itself."
    ]


def test_without_redis_the_process_paces_itself(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = None
    rate = Rate(10, 0.2, burst=2)
    moments: list[float] = []

    def take() -> None:
        limiter = Limiter("own", rate)
        for _ in range(5):
            limiter.take(longest=5)
            moments.append(time.monotonic())

    threads = [threading.Thread(target=take) for _ in range(4)]
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="integrations.pacing"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert time.monotonic() - started >= 18 * rate.interval
    assert len(moments) == 20
    assert {record.getMessage() for record in caplog.records} == {
        "Without REDIS_URL each process paces its calls to other systems by itself."
    }
    told = len(caplog.records)
    Limiter("own", rate).take()
    assert len(caplog.records) == told


@pytest.mark.parametrize(
    ("rate", "interval"), [(Rate(2), 0.5), (Rate(60, 60), 1.0), (Rate(50, 1, burst=10), 1 / 41)]
)
def test_a_burst_and_what_follows_are_no_more_than_allowed(rate: Rate, interval: float) -> None:
    assert rate.interval == pytest.approx(interval)
    assert rate.burst + (rate.seconds - 1e-9) // rate.interval <= rate.calls


def door(tenant_id: int, connection_id: int, client: str, rate: Rate) -> Door:
    with fake_system(rate=rate):
        system = all_systems()["fake"]
    return Door(
        tenant_id=tenant_id,
        connection_id=connection_id,
        system=system,
        environment=Environment("production", "Production", "https://fake.example"),
        credentials={"key": client},
        settings={},
        lists={},
    )


def is_free(one: Door) -> bool:
    limiter = one.limiter()
    assert limiter is not None
    return limiter.take() == 0


def test_connections_count_by_themselves_or_all_of_a_client_together() -> None:
    each = Rate(1, 60)
    assert is_free(door(1, 1, "a", each))
    assert not is_free(door(1, 1, "b", each))
    assert is_free(door(1, 2, "a", each))
    together = Rate(1, 60, shared_by="key")
    assert is_free(door(1, 1, "a", together))
    assert not is_free(door(2, 7, "a", together))
    assert is_free(door(2, 7, "c", together))


def test_a_document_that_has_to_wait_for_its_turn_loses_no_attempt(tenant: Tenant) -> None:
    """It is not asked at all, comes again when its turn is, and what it began is forgotten."""
    with fake_system(form=FakeForm, needs_pdf=False) as remote:
        make_connection(system="fake", environment="production", settings={"unlinked": "send"})
        export = Export.objects.get(invoice=posted())

        def held_back(step: str, _delivery: Any) -> None:
            raise OutOfTurn("It waits for its turn.", seconds=7)

        before: Any = remote.before
        remote.before = held_back
        assert send(export).status == Export.Status.WAITING
        assert (export.attempts, export.error) == (0, "It waits for its turn.")
        assert export.next_attempt_at is not None
        assert export.steps.count() == 0
        assert not ExportAttempt.objects.exists()

        remote.before = before
        assert send(export).status == Export.Status.SENT


def test_requests_wait_before_they_are_recorded() -> None:
    def refuse() -> None:
        raise OutOfTurn("Not now.", seconds=3)

    with Http(["x.example"], wait=refuse) as http, pytest.raises(OutOfTurn):
        http.request("GET", "https://x.example/")
    assert http.calls == []
