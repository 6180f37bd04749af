import os
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from config import embedded
from config.demo.services import free_port
from tests.needs import NOT_TESTED
from tests.smoke.processes import Demo

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
