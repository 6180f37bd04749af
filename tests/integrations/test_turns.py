"""A system that takes one request at a time is asked by one of us at a time."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations.domain import turns
from integrations.domain.access import Door
from integrations.domain.turns import TurnTaker, key_of, one_request
from integrations.http import Answer, Http, NoAnswer
from integrations.models import Turn
from integrations.ports import OutOfTurn, RetryLater
from integrations.registry import system_of
from tenants.models import Tenant

KEY = key_of("serial", "toy", "https://toy.example", "0123")


def taker(seconds: float = 10) -> TurnTaker:
    return one_request(KEY, "Toy", seconds)


def test_who_asks_meanwhile_waits(committed_db: None) -> None:
    lock = threading.Lock()
    inside, most, done = 0, 0, 0

    def ask() -> None:
        nonlocal inside, most, done
        try:
            for _time in range(4):
                with taker()():
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
        taker()(),
        pytest.raises(RetryLater, match="Toy takes one request at a time") as refused,
        taker()(),
    ):
        raise AssertionError("two at once")
    assert refused.value.was_refused


def test_who_died_asking_holds_nobody_up_for_ever(tenant: Tenant) -> None:
    with taker()():
        Turn.objects.update(until=timezone.now() - timedelta(seconds=1))
        with taker()():
            pass


def test_who_comes_after_it_ran_out_is_not_disturbed_by_the_first(tenant: Tenant) -> None:
    with taker()():
        Turn.objects.update(until=timezone.now() - timedelta(seconds=1))
        late = taker()()
        late.__enter__()
    assert Turn.objects.count() == 1
    late.__exit__(None, None, None)
    assert Turn.objects.count() == 0


def test_an_error_gives_the_turn_back(tenant: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), taker()():
        1 / 0  # noqa: B018
    with taker()():
        assert Turn.objects.count() == 1


def test_the_table_says_neither_whose_turn_it_is_nor_where(tenant: Tenant) -> None:
    with taker()():
        assert (
            Turn.objects.get().key
            == hashlib.sha256(b"serial\ntoy\nhttps://toy.example\n0123").hexdigest()
        )


def door(tenant_id: int, organisation: str, system: str = "netvisor") -> Door:
    found = system_of(system)
    assert found is not None
    return Door(
        tenant_id=tenant_id,
        connection_id=tenant_id,
        system=found,
        environment=found.environments[0],
        credentials={"customer_id": str(tenant_id)},
        settings={"organisation": organisation},
        lists={},
    )


def test_two_of_our_companies_with_the_same_company_there_take_turns(tenant: Tenant) -> None:
    """Whoever they are here: Netvisor counts by its own company."""
    assert door(1, "12345678")._company_key() == door(2, "12345678")._company_key()
    assert door(1, "12345678")._company_key() != door(1, "87654321")._company_key()
    # One whose company is not known has its own turn.
    assert door(1, "")._company_key() != door(2, "")._company_key()
    assert door(1, "x", "hq")._company_key() != door(2, "x", "hq")._company_key()


def test_who_appends_to_one_draft_keeps_out_another_connection(tenant: Tenant) -> None:
    with (
        door(1, "")._alone("draft 7", "Busy."),
        door(2, "")._alone("draft 8", "Busy."),
        pytest.raises(OutOfTurn, match="Busy"),
        door(2, "")._alone("draft 7", "Busy."),
    ):
        raise AssertionError("two at once")


# Several requests in one turn.


class Toy(Http):
    """Tells what would be asked, and in which turn."""

    def __init__(self, seconds: float = 30) -> None:
        super().__init__(["toy.example"], seconds=seconds, turn=self._told_turn)
        self.told: list[str] = []

    @contextmanager
    def _told_turn(self) -> Iterator[None]:
        self.told.append("taken")
        try:
            yield
        finally:
            self.told.append("given back")

    def _recorded(self, method: str, *_arguments: Any, **_named: Any) -> Answer:
        self.told.append(method)
        return Answer(200, {}, b"")

    def ask(self, *methods: str) -> None:
        for method in methods:
            self.request(method, "https://toy.example/")


def test_requests_of_one_document_share_a_turn() -> None:
    http = Toy()
    with http.one_turn():
        http.ask("GET", "POST")
    http.ask("PUT")
    assert http.told == ["taken", "GET", "POST", "given back", "taken", "PUT", "given back"]


def test_a_turn_is_not_kept_for_longer_than_an_answer_may_take() -> None:
    http = Toy(seconds=0)
    with http.one_turn():
        http.ask("GET", "POST")
    assert http.told == ["taken", "GET", "given back", "taken", "POST", "given back"]


def test_nothing_is_taken_where_nothing_is_asked() -> None:
    http = Toy()
    with http.one_turn():
        pass
    assert http.told == []


def test_what_breaks_gives_the_turn_back() -> None:
    http = Toy()
    with suppress(NoAnswer), http.one_turn():
        http.ask("GET")
        raise NoAnswer
    assert http.told == ["taken", "GET", "given back"]
