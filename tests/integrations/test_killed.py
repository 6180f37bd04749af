"""A worker that is killed between any two steps, over every system that has a sandbox and each way
there: in the end each document is there exactly once, with the right sums.

`test_killed_at_random.py` does the same with more of them and a sandbox that fails as well.
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery.app.task import Task

from integrations.models import Export
from tenants.scope import tenant_scope
from tests.factories import TenantFactory
from tests.integrations.killing import (
    EACH_WAY,
    Person,
    Restarting,
    Worker,
    assert_each_is_there_once,
    is_over,
    let_time_pass,
    make_documents,
    point_to,
    started,
)

pytestmark = pytest.mark.usefixtures("committed_db")
COUNT = 3
# More than these have; documents that never end are a fault of their own.
MOST_SEAMS = 200


@pytest.fixture(params=EACH_WAY, ids=str)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Restarting]:
    way = request.param
    twice = {"kind": "repeat", "method": "POST", "path": way.creates, "times": 1, "seed": 0}
    found = Restarting(way, tmp_path / "sandbox", [twice])
    point_to(found, settings, tmp_path)
    found.start(fails=True)
    with patch.object(Task, "apply_async"):
        yield found
    found.kill()


def test_a_worker_is_killed_between_any_two_steps(sandbox: Restarting) -> None:
    """At each seam of a document in turn; the next worker goes on with what it finds."""
    company_id = int(TenantFactory().pk)
    make_documents(sandbox, sandbox.way, company_id, COUNT)
    deaths = 0
    person = Person(sandbox, company_id, seed="the same")
    for at in range(MOST_SEAMS):
        process = started(Worker(company_id, seed="the same").work, at=at)
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL)
        deaths += process.exitcode != 0
        let_time_pass(company_id, sandbox.way.quiet)
        with tenant_scope(company_id):
            # Nobody has so many deaths.
            Export.objects.update(attempts=0)
        person.see_to_all()
        if is_over(company_id):
            break
    # Each turn dies one seam later than the one before, so each got a little further.
    assert deaths >= COUNT
    told = {"netvisor": {0}, "hq-v2": {0, 1}}.get(str(sandbox.way), {1})
    # A blank draft in HQ that is one too many may be taken by a document that lacks its own.
    assert person.doubles in told
    assert_each_is_there_once(sandbox, company_id)
