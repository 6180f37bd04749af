"""Workers killed at random, again and again, while the sandbox loses answers, repeats, delays,
fails and restarts: in the end each document is there exactly once, with the right sums.

The suite does it with few documents, `make soak` with five hundred for each system.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery.app.task import Task

from integrations import registry
from integrations.models import Export, ExportAttempt
from tenants.scope import tenant_scope
from tests.factories import TenantFactory
from tests.integrations.killing import (
    EACH_WAY,
    FORK,
    Person,
    Restarting,
    Way,
    Worker,
    assert_each_is_there_once,
    assert_still_signed_in,
    is_over,
    let_lease_end,
    let_time_pass,
    make_documents,
    point_to,
    started,
    statuses,
)

pytestmark = pytest.mark.usefixtures("committed_db")
FEW, MANY = 40, 500
SEED = int(os.environ.get("SEED", "20261122"))
WORKERS = 3
# A worker's life, in things stored or asked, on average.
SEAMS = {FEW: 50, MANY: 200}
# Seconds that a worker waits for an answer, and that a slow one takes.
PATIENCE, LATE = 0.5, 0.8
# A sign-in that ended ends a round as well; a test that never ends is a fault of its own.
MOST_ROUNDS = 100
MOST_RESTARTS = 6
FAULTS: list[dict[str, Any]] = [
    {"kind": "drop_after", "chance": 2},
    {"kind": "drop_before", "chance": 1},
    {"kind": "error_after", "chance": 1, "status": 502, "body": "html"},
    {"kind": "error_before", "chance": 1, "status": 503, "body": "empty"},
    {"kind": "timeout_after", "chance": 0.5, "seconds": LATE},
    {"kind": "slow", "chance": 0.5, "seconds": LATE},
    {"kind": "repeat", "chance": 1, "method": "GET"},
    {"kind": "repeat", "chance": 4, "method": "POST"},
    {"kind": "repeat", "chance": 4, "method": "PUT"},
    {"kind": "answer_twice", "chance": 1},
    {"kind": "rate_limit", "chance": 0.3, "retry_after": 1, "times": 3},
]
# Where tokens are asked for; elsewhere they are keys, which nobody but a person makes anew.
EXPIRING = [{"kind": "expire_tokens", "chance": 0.5, "times": 3}]
EXPIRY = {"procountor": EXPIRING, "lexoffice": EXPIRING}
# Signed in by redirect: the token is renewed all the time, and the one to renew with rotates. Who
# dies with the new one in hand, or whose request came twice, has ended the sign-in.
SIGNED_IN = "lexoffice-document"


@pytest.fixture(params=EACH_WAY, ids=str)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Restarting]:
    way: Way = request.param
    kinds = FAULTS + EXPIRY.get(way.system, [])
    # In each life of the sandbox at least one document is made twice.
    # Some of the blank ones of v2 are taken by documents that lack their own.
    times = 2 if str(way) == "hq-v2" else 1
    kinds = [{"kind": "repeat", "method": "POST", "path": way.creates, "times": times}, *kinds]
    faults = [{"times": "always", "seed": SEED, **fault} for fault in kinds]
    found = Restarting(way, tmp_path / "sandbox", faults)
    point_to(found, settings, tmp_path)
    systems = registry.all_systems()
    hasty = replace(systems[way.system], answer_seconds=PATIENCE)
    found.start()
    with patch.dict(systems, {way.system: hasty}), patch.object(Task, "apply_async"):
        yield found
    found.kill()


@dataclass
class Shift:
    """Some workers at once, each replaced as it dies, until nothing is due."""

    company_id: int
    sandbox: Restarting
    seams: int
    random: random.Random
    deaths: int = 0
    lives: int = 0
    restarts: int = 0
    rounds: int = 0

    def __post_init__(self) -> None:
        self.at_work = FORK.Array("q", WORKERS)

    def round(self) -> None:
        self.rounds += 1
        running = {place: self._born(place) for place in range(WORKERS)}
        restart_at = time.monotonic() + self.random.uniform(0.1, 2)
        while running:
            for place, process in list(running.items()):
                process.join(0.01)
                if process.exitcode is None:
                    continue
                del running[place]
                if process.exitcode == -signal.SIGKILL:
                    self.deaths += 1
                    let_lease_end(self.company_id, self.at_work[place])
                    running[place] = self._born(place)
                else:
                    assert process.exitcode == 0, "a worker fell over"
            if running and time.monotonic() > restart_at and self.restarts < MOST_RESTARTS:
                self.restarts += 1
                self.sandbox.kill()
                self.sandbox.start(fails=True)
                restart_at = time.monotonic() + self.random.uniform(1, 4)

    def _born(self, place: int) -> Any:
        self.lives += 1
        at = self.random.randrange(2 * self.seams)
        worker = Worker(
            self.company_id, seed=f"{SEED} {self.lives}", at_work=self.at_work, place=place
        )
        return started(worker.work, at=at)


@pytest.mark.parametrize("count", [pytest.param(FEW), pytest.param(MANY, marks=pytest.mark.soak)])
def test_each_document_is_there_once(sandbox: Restarting, count: int) -> None:
    company_id = int(TenantFactory().pk)
    make_documents(sandbox, sandbox.way, company_id, count)
    person = Person(sandbox, company_id, seed=str(SEED))
    if str(sandbox.way) == SIGNED_IN:
        person.sign_in()
    begun = sum(os.times()[:4])
    shift = Shift(company_id, sandbox, SEAMS[count], random.Random(SEED))
    sandbox.kill()
    sandbox.start(fails=True)
    while shift.rounds < MOST_ROUNDS:
        shift.round()
        sandbox.wait_until_idle()
        if is_over(company_id):
            break
        person.see_to_all()
        let_time_pass(company_id, sandbox.way.quiet)
    with tenant_scope(company_id):
        attempts = ExportAttempt.objects.count()
        most = Export.objects.order_by("-attempts").values_list("attempts", flat=True)[0]
    spent = sum(os.times()[:4]) - begun
    print(
        f"{sandbox.way}: seed {SEED}, {count} documents, {shift.rounds} rounds, {shift.deaths}"
        f" deaths, {shift.restarts} restarts, {attempts} attempts ended, {most} at most of one,"
        f" {person.doubles} doubles, signed in {person.sign_ins} times,"
        f" {spent:.0f} s without PostgreSQL; {statuses(company_id)}"
    )
    # Nobody else deletes there: what is there once in the end and was there twice was told.
    assert (person.doubles > 0) != sandbox.way.refuses_doubles
    assert shift.deaths >= 3
    sandbox.kill()
    sandbox.start()
    assert_each_is_there_once(sandbox, company_id)
    if str(sandbox.way) == SIGNED_IN:
        assert_still_signed_in(sandbox, company_id)
