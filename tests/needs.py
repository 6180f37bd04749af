"""What tests need that no Python package brings.

A test marked `browser`, `redis` or `libreoffice` is skipped where that is missing, and the summary
says so at its very end. With `CI` set nothing is skipped: there it is a failure.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from _pytest.terminal import TerminalReporter

NOT_TESTED = "NOT TESTED: "


@dataclass(frozen=True)
class Need:
    name: str
    package: str
    find: Callable[[], str | None]


def chromium() -> str | None:
    return _program("CHROMIUM", "chromium")


def redis_server() -> str | None:
    return _program("REDIS_SERVER", "redis-server")


def libreoffice() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


NEEDS = {
    "browser": Need("Chromium", "chromium", chromium),
    "redis": Need("Redis", "redis-server", redis_server),
    "libreoffice": Need(
        "LibreOffice", "libreoffice-writer-nogui libreoffice-calc-nogui", libreoffice
    ),
}


def _program(variable: str, name: str) -> str | None:
    """The one that the environment names, and no other, or else the one on the path."""
    return shutil.which(os.environ.get(variable) or name)


def pytest_configure(config: pytest.Config) -> None:
    for mark, need in NEEDS.items():
        config.addinivalue_line("markers", f"{mark}: needs {need.name}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, need in NEEDS.items():
        if item.get_closest_marker(mark) is not None and need.find() is None:
            if os.environ.get("CI"):
                pytest.fail(f"{need.name} is missing, and CI skips nothing.", pytrace=False)
            pytest.skip(
                f"{NOT_TESTED}{need.name} is missing. "
                f"Install it with:  sudo apt-get install {need.package}"
            )


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say it where it is seen: below everything else, with how many tests it concerns."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _, found, sentence = reason.partition(NOT_TESTED)
        if found:
            counts[sentence] = counts.get(sentence, 0) + 1
    if not counts:
        return
    terminalreporter.section("NOT EVERYTHING WAS TESTED", sep="!", red=True, bold=True)
    for sentence, count in sorted(counts.items()):
        tests = "1 test was" if count == 1 else f"{count} tests were"
        terminalreporter.write_line(f"{tests} skipped. {sentence}", red=True, bold=True)
