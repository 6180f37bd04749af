import os
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config import embedded
from config.demo.services import free_port
from tests.conftest import TestServer
from tests.needs import NOT_TESTED, redis_server
from tests.smoke.processes import Demo, answers, clean_environment, running, wait_for

WHOLE_RUN = 400.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end nobody waits for it."""
    items.sort(key=lambda item: "tests/smoke/test_demo" not in item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure comes with what the programs wrote."""
    report = yield
    demo = getattr(item, "funcargs", {}).get("demo")
    if report.failed and isinstance(demo, Demo):
        report.sections.append(("What the programs wrote", demo.logs()))
    return report


@pytest.fixture(autouse=True)
def _local_installation(request: pytest.FixtureRequest) -> None:
    """With a `.env` the demo would write into the database that is named there."""
    if request.node.get_closest_marker("redis") is None and (embedded.BASE_DIR / ".env").exists():
        assert not os.environ.get("CI"), "a .env in CI keeps the demo from being tested"
        pytest.skip(f"{NOT_TESTED}The demo, because there is a .env that names another database.")


@pytest.fixture
def folder(worker_id: str) -> Iterator[Path]:
    """Under `var/`, where the user that runs PostgreSQL can go; and a short name, for sockets."""
    path = embedded.VAR_DIR / f"smoke-{os.getpid()}-{worker_id}"
    path.mkdir(parents=True)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    running = Demo(folder, free_port(), deadline=time.monotonic() + WHOLE_RUN)
    yield running
    running.kill()


@pytest.fixture
def redis_url(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        str(redis_server()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder),
        "--save", "", "--appendonly", "no",
    ]  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    with running(command, folder / "redis.log", clean_environment()):
        wait_for("Redis", lambda: answers(url), time.monotonic() + 20)
        yield url


@pytest.fixture
def environment(committed_db: None, database_server: TestServer, redis_url: str) -> dict[str, str]:
    """What the programs of an installation with Redis are told, with the test's own database."""
    return clean_environment(
        LASKURI_VAR=str(embedded.VAR_DIR),
        DATABASE_URL=embedded.url(
            database_server.server, "laskuri_app", connection.settings_dict["NAME"]
        ),
        DOCUMENT_DIR=str(settings.MEDIA_ROOT),
        REDIS_URL=redis_url,
    )
