"""What keeps `make demo` from starting is told in one line that says what to do."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.smoke.processes import clean_environment, run_demo

# Root may write anywhere, unless it gives that power away.
AS_ANYBODY = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
)


def the_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 1, ended.stderr
    lines = (ended.stdout + ended.stderr).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_port_that_is_none_or_is_taken(folder: Path) -> None:
    for port in ("abc", "65536", ""):
        told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder), PORT=port)))
        assert told == f"CommandError: PORT is {port!r}; a port is a number from 1 to 65535."
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder), PORT=port)))
    assert told == (
        f"CommandError: Port {port} is taken or not allowed. "
        "Choose another one: PORT=8001 make demo"
    )


def test_a_folder_that_may_not_be_written(folder: Path) -> None:
    folder.chmod(0o555)
    told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder)), *AS_ANYBODY))
    assert told == (
        f"{folder} cannot be written (Permission denied). "
        "Make it writable, or name another folder in LASKURI_VAR."
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "log", "queue", "postgres", "documents"])
def test_a_file_where_a_folder_belongs(folder: Path, name: str) -> None:
    in_the_way = folder / "var" / name
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.touch()
    told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder / "var"))))
    assert told.startswith(f"{in_the_way} cannot be written (")
    assert told.endswith("). Make it writable, or name another folder in LASKURI_VAR.")


def test_a_database_of_another_version(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("9.6\n")
    told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder))))
    assert told.startswith(f"The local PostgreSQL does not start from {folder}/postgres (postgres:")
    assert told.endswith("Restore the folder, or move it away to begin anew.")


def test_keys_that_are_lost(folder: Path) -> None:
    (folder / "local.env").write_bytes(b"\xff\x00SECRET")
    told = the_line(run_demo(clean_environment(LASKURI_VAR=str(folder))))
    assert told.startswith(f"{folder}/local.env is damaged. Restore it, or move it away")
