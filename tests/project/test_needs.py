"""Where Chromium or Redis is missing, the summary says loudly what was not tested; CI fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

MARKED = """
import pytest

@pytest.mark.{mark}
def test_one():
    pass

@pytest.mark.{mark}
def test_two():
    pass

def test_three():
    pass
"""


# Without the plugins of other packages it takes a second.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(folder: Path, mark: str, *options: str, **environment: str) -> tuple[int, str]:
    (folder / "test_it.py").write_text(MARKED.format(mark=mark))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p tests.needs\n")
    others = {name: value for name, value in os.environ.items() if name != "CI"}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env={
            **others,
            "PYTHONPATH": str(embedded.BASE_DIR),
            "NO_COLOR": "1",
            **ALONE,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("mark", "variable", "name", "package"),
    [
        ("browser", "CHROMIUM", "Chromium", "chromium"),
        ("redis", "REDIS_SERVER", "Redis", "redis-server"),
    ],
)
def test_what_is_missing(tmp_path: Path, mark: str, variable: str, name: str, package: str) -> None:
    missing = {variable: "/nowhere"}
    status, told = run(tmp_path, mark, **missing)
    assert status == 0
    assert "NOT EVERYTHING WAS TESTED" in told
    assert (
        f"2 tests were skipped. {name} is missing. Install it with:  sudo apt-get install {package}"
    ) in told
    assert "1 passed, 2 skipped" in told.splitlines()[-1]

    status, told = run(tmp_path, mark, "-p", "xdist", "-n", "2", **missing)
    assert (status, "2 tests were skipped." in told) == (0, True)

    status, told = run(tmp_path, mark, **missing, CI="true")
    assert status == 1
    assert "1 passed, 2 errors" in told.splitlines()[-1]
    assert f"{name} is missing, and CI skips nothing." in told


def test_nothing_is_said_where_nothing_is_missing(tmp_path: Path) -> None:
    status, told = run(tmp_path, "redis", REDIS_SERVER=sys.executable)
    assert (status, "NOT EVERYTHING" in told) == (0, False)
    assert "3 passed" in told
