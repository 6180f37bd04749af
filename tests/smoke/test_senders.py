"""Workers and senders as docker-compose.yml starts them, on a real Redis: what may wait for an
accounting system goes to the senders alone, and a worker that is told no queues does everything."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery import Celery
from celery.app.task import Task
from django.conf import settings as django_settings

from integrations.models import Connection, Export
from tenants.scope import tenant_scope
from tests.factories import TenantFactory
from tests.integrations.killing import (
    Restarting,
    Way,
    assert_each_is_there_once,
    make_documents,
    statuses,
)
from tests.smoke.processes import running, wait_for

pytestmark = pytest.mark.redis
COUNT = 24
PATIENCE = 120.0


def command_of(service: str) -> list[str]:
    """As docker-compose.yml has it."""
    compose = (Path(django_settings.BASE_DIR) / "docker-compose.yml").read_text(encoding="utf-8")
    body = compose.partition(f"\n  {service}:\n")[2]
    found = re.search(r"^    command: (\[.*\])$", body, re.MULTILINE)
    assert found
    return [sys.executable, "-m", *json.loads(found[1])]


@dataclass
class Installation:
    company_id: int
    sandbox: Restarting
    folder: Path
    environment: dict[str, str]
    broker: Celery

    def run(self, stack: ExitStack, name: str, command: list[str]) -> Path:
        log = self.folder / f"{name}.log"
        named = [*command, "--hostname", f"{name}@%h"]
        stack.enter_context(running(named, log, self.environment))
        return log

    def make(self) -> None:
        with patch.object(Task, "apply_async"):
            make_documents(self.sandbox, self.sandbox.way, self.company_id, COUNT)
        with tenant_scope(self.company_id):
            # No task was sent for any: the sweep begins.
            Export.objects.update(queued_at=None)

    def wait_until_sent(self, number: int) -> None:
        def are_sent() -> bool | None:
            # As beat does every ten seconds.
            self.broker.send_task("integrations.tasks.sweep_exports")
            time.sleep(0.5)
            return True if statuses(self.company_id).get("sent", 0) >= number else None

        wait_for("all documents", are_sent, time.monotonic() + PATIENCE)


@pytest.fixture
def installation(
    environment: dict[str, str], folder: Path, tmp_path: Path, settings: Any
) -> Iterator[Installation]:
    company_id = int(TenantFactory().pk)
    sandbox = Restarting(Way("procountor"), tmp_path / "sandbox", [])
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {"procountor": sandbox.url}
    sandbox.start()
    environment = {
        **environment, "ALLOW_LOCAL_SANDBOX": "true", "SANDBOX_PROCOUNTOR_URL": sandbox.url,
    }  # fmt: skip
    broker = Celery(broker=environment["REDIS_URL"], set_as_current=False)
    yield Installation(company_id, sandbox, folder, environment, broker)
    sandbox.kill()


def test_what_may_wait_goes_to_the_senders_alone(installation: Installation) -> None:
    installation.make()
    with ExitStack() as stack:
        worker = installation.run(stack, "worker", command_of("worker"))
        sender = installation.run(stack, "sender", command_of("sender"))
        # Nobody has asked this system before: the first ones go the slow way, and the rest follows.
        installation.wait_until_sent(COUNT)
    assert "tasks.send_slow_export[" not in worker.read_text()
    assert re.search(r"tasks\.send_slow_export\[.* succeeded", sender.read_text())
    with tenant_scope(installation.company_id):
        assert Connection.objects.get().quick_until is not None
        assert not Export.objects.exclude(attempts=1).exists()
    assert_each_is_there_once(installation.sandbox, installation.company_id)


def test_a_worker_that_is_told_no_queues_sends_it_all(installation: Installation) -> None:
    installation.make()
    command = [word for word in command_of("worker") if word not in ("--queues", "celery,exports")]
    with ExitStack() as stack:
        log = installation.run(stack, "everything", command)
        installation.wait_until_sent(COUNT)
    assert re.search(r"tasks\.send_slow_export\[.* succeeded", log.read_text())
    assert_each_is_there_once(installation.sandbox, installation.company_id)
