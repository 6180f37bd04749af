"""The sandbox as its own process, the way `make demo` starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.demo.services import free_port
from tests.integrations.sandbox.conftest import Remote
from tests.integrations.sandboxes import WITH_SANDBOX

type Start = Callable[..., tuple[subprocess.Popen[str], Remote]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> tuple[subprocess.Popen[str], Remote]:
        process = subprocess.Popen(
            [
                sys.executable, str(settings.BASE_DIR / "manage.py"), "sandbox", "procountor",
                "--port", "0", "--data", str(tmp_path / "data"), *options,
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "DATABASE_URL": "postgresql://nobody@/nowhere"},
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        return process, Remote(found[0])

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_ends_when_told_and_keeps_what_it_has(start: Start) -> None:
    process, remote = start()
    created = remote.sign_in().create(originalInvoiceNumber="2026-0001")
    attached = remote.attach(created["id"]).json()
    remote.approve(created["id"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0

    _process, again = start()
    again.token = remote.token

    kept = again.get(f"/invoices/{created['id']}").json()
    assert (kept["status"], kept["attachments"]) == ("NOT_SENT", [attached])
    assert again.control("GET", f"/files/kuusi/{attached['id']}").content == b"%PDF-1.7 content"
    assert again.get("/businesspartners").json()["meta"]["totalCount"] == 16
    assert again.create()["invoiceNumber"] == created["invoiceNumber"] + 1


def test_it_starts_with_faults_and_ends_although_somebody_waits(start: Start) -> None:
    process, remote = start(
        "--faults", "rate_limit,path=/status,retry_after=9", "timeout_before,path=/invoices"
    )
    remote.sign_in()
    assert remote.get("/status").headers["Retry-After"] == "9"
    waiting = socket.create_connection(("127.0.0.1", int(remote.url.rpartition(":")[2])))
    waiting.sendall(b"GET /api/invoices HTTP/1.1\r\nHost: localhost\r\n\r\n")
    remote.wait_for_fault("Time out")

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    waiting.close()


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["nothing"], {}, "There is no sandbox for “nothing”"),
        (["procountor"], {"faults": ["explode"]}, "“explode” is no kind of fault"),
        (["procountor"], {"port": 70000}, "Port 70000 is taken or not allowed"),
    ],
)
def test_a_start_that_cannot_be_says_why(
    tmp_path: Path, arguments: list[str], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("sandbox", *arguments, data=tmp_path / "data", **options)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(CommandError, match="is taken"):
        call_command("sandbox", "procountor", data=tmp_path / "data", port=port)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("sandbox", "procountor", data=tmp_path / "file" / "data", port=0)

    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sandbox.sqlite3").write_text("this is no database, whatever it is called " * 99)
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("sandbox", "procountor", data=broken, port=0)


def test_all_start_at_ports_in_a_row_with_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "- {kind: rate_limit, path: /status, retry_after: 9, system: procountor}\n"
        "- {kind: slow, seconds: 0.1}\n"
    )
    process = subprocess.Popen(
        [
            sys.executable, str(settings.BASE_DIR / "manage.py"), "sandbox", "all", "--port", "0",
            "--data", str(tmp_path / "data"), "--faults", str(plan),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@/nowhere"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found: dict[str, str] = {}
        while len(found) < len(WITH_SANDBOX):
            line = process.stdout.readline()
            assert line
            if match := re.search(
                r"(http://127\.0\.0\.1:\d+)/ and keeps its data in (\S+)\.", line
            ):
                found[Path(match[2]).name] = match[1]
        assert sorted(found) == WITH_SANDBOX
        set_there = {
            name: [
                one["kind"]
                for one in Remote(url).control("GET", "/_sandbox/faults").json()["faults"]
            ]
            for name, url in found.items()
        }
        assert set_there.pop("procountor") == ["rate_limit", "slow"]
        assert {tuple(kinds) for kinds in set_there.values()} <= {("slow",)}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("text", ["kind: slow", "[1, 2]", "[{kind: slow", "- {kind: explode}"])
def test_a_plan_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(text)
    with pytest.raises(CommandError):
        call_command("sandbox", "procountor", data=tmp_path / "data", port=0, faults=[str(plan)])
