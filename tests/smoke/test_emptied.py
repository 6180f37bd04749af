"""Redis is emptied and the workers die while documents are under way: the sweep finds them all."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import redis
from celery import Celery
from celery.app.task import Task
from django.db.models import F

from integrations.domain import lanes
from integrations.models import Export
from tenants.scope import tenant_scope
from tests.factories import TenantFactory
from tests.integrations.killing import (
    Restarting,
    Way,
    assert_each_is_there_once,
    let_time_pass,
    make_documents,
    statuses,
)
from tests.smoke.processes import running, wait_for

pytestmark = pytest.mark.redis
COUNT = 40
PATIENCE = 120.0


@contextmanager
def working(environment: dict[str, str], log: Path) -> Iterator[None]:
    """Two processes that share the limiter."""
    command = [
        sys.executable, "-m", "celery", "--app", "config.celery", "worker", "--concurrency", "2",
        "--loglevel", "INFO",
    ]  # fmt: skip
    with running(command, log, environment, dies=True):
        yield


def forget_tasks(company_id: int) -> None:
    """Two minutes later: those that nobody has brought are lost."""
    with tenant_scope(company_id):
        Export.objects.update(queued_at=F("queued_at") - lanes.LOST_AFTER)


def test_redis_emptied_in_the_middle(
    environment: dict[str, str],
    folder: Path,
    tmp_path: Path,
    settings: Any,
) -> None:
    company_id = int(TenantFactory().pk)
    sandbox = Restarting(Way("procountor"), tmp_path / "sandbox", [], limits_rate=True)
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {"procountor": sandbox.url}
    sandbox.start()
    with patch.object(Task, "apply_async"):
        # No task of these was ever sent.
        make_documents(sandbox, sandbox.way, company_id, COUNT)
    environment = {
        **environment, "ALLOW_LOCAL_SANDBOX": "true", "SANDBOX_PROCOUNTOR_URL": sandbox.url,
    }  # fmt: skip
    broker = Celery(broker=environment["REDIS_URL"], set_as_current=False)
    deadline = time.monotonic() + PATIENCE

    def sent(least: int) -> bool | None:
        # As beat does every ten seconds.
        broker.send_task("integrations.tasks.sweep_exports")
        time.sleep(0.3)
        return True if statuses(company_id).get("sent", 0) >= least else None

    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        with working(environment, folder / "first.log"):
            wait_for("the first documents", lambda: sent(COUNT // 8), deadline)
            assert list(client.scan_iter("laskuri:rate:*")), "each paced itself"
            client.flushall()
            forget_tasks(company_id)
            wait_for("more of them", lambda: sent(COUNT // 4), deadline)
        client.flushall()
        assert statuses(company_id)["sent"] < COUNT
        let_time_pass(company_id)
        with working(environment, folder / "second.log"):
            wait_for("all of them", lambda: sent(COUNT), deadline)
    assert_each_is_there_once(sandbox, company_id)
    sandbox.kill()
