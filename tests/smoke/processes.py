"""`manage.py demo` as a process of its own, with its own folder, port and PostgreSQL."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
import redis

from config import embedded

# What tests have set for themselves, and what django-environ has read into the environment.
NOT_HANDED_ON = (
    "ALLOW_LOCAL_SANDBOX", "DATABASE_OWNER_URL", "DATABASE_POOL", "DATABASE_URL", "DEBUG",
    "FIELD_ENCRYPTION_KEYS", "LASKURI_VAR", "PORT", "REDIS_URL", "SECRET_KEY",
)  # fmt: skip
LONGEST_LOG = 4000


def clean_environment(**values: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in NOT_HANDED_ON and not name.startswith("SANDBOX_")
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **values}


def run_demo(environment: Mapping[str, str], *before: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, which has to come soon."""
    return subprocess.run(
        [*before, sys.executable, "manage.py", "demo"],
        cwd=embedded.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wait_for[T](what: str, answer: Callable[[], T | None], deadline: float) -> T:
    """Ask until there is an answer; `deadline` is a moment of `time.monotonic()`."""
    while True:
        found = answer()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited in vain for {what}")
        time.sleep(0.2)


@contextmanager
def running(
    command: list[str], log: Path, environment: Mapping[str, str], *, dies: bool = False
) -> Iterator[None]:
    """A program for the length of a test, with everything that it starts itself; `dies` lets it
    end nothing of what it has begun."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=embedded.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    except BaseException:
        print(f"===== {log.name}\n{log.read_text(errors='replace')[-4000:]}")
        raise
    finally:
        started = psutil.Process(process.pid).children(recursive=True)
        if not dies:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
        process.kill()
        process.wait(5)
        for left in started:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def answers(url: str) -> bool | None:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return None


@dataclass
class Demo:
    """A running demo. Whatever happens, nothing that it started outlives `kill`."""

    folder: Path
    port: int
    deadline: float
    process: subprocess.Popen[bytes] | None = None
    started: set[psutil.Process] = field(default_factory=set)

    @property
    def output(self) -> str:
        return (self.folder / "demo.out").read_text(errors="replace")

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox_address(self) -> str:
        found = re.search(r"sandbox is shown at (http://\S+)", self.output)
        assert found, self.output
        return found[1].rstrip("/")

    def sandbox_of(self, company: str) -> str:
        found = re.search(rf"sandbox is shown at (http://\S+)/ \({company}\)", self.output)
        assert found, self.output
        return found[1]

    def sign_in_of(self, company: str, role: str) -> tuple[str, str]:
        """E-mail and password as they are printed."""
        password = re.search(r"^Every password is (\S+)", self.output, re.MULTILINE)
        section = self.output.partition(f"(/{company}/)")[2]
        email = re.search(rf"^ +{role} +(\S+@\S+)", section, re.MULTILINE)
        assert password, self.output
        assert email, self.output
        return email[1], password[1]

    def start(self) -> Self:
        self.begin()
        wait_for(f"the address {self.address}", self._is_ready, self.deadline)
        self.remember()
        return self

    def begin(self) -> None:
        with (self.folder / "demo.out").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=embedded.BASE_DIR,
                env=clean_environment(LASKURI_VAR=str(self.folder), PORT=str(self.port)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _is_ready(self) -> bool | None:
        assert self.process is not None
        assert self.process.poll() is None, "it ended instead of starting"
        # The last line: the sign-ins above it come one by one.
        return True if "Ctrl-C stops everything" in self.output else None

    def remember(self) -> None:
        """Note every process there is now; PostgreSQL is nobody's child."""
        assert self.process is not None
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            self.started |= {parent, *parent.children(recursive=True)}
        postmaster = embedded._postmaster(self.folder / "postgres")
        if postmaster is not None:
            server = psutil.Process(postmaster)
            self.started |= {server, *server.children(recursive=True)}

    def press_ctrl_c(self) -> int:
        """As a terminal does: the signal goes to the whole foreground group."""
        assert self.process is not None
        self.remember()
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(max(self.deadline - time.monotonic(), 1))

    def left_over(self) -> list[str]:
        _gone, alive = psutil.wait_procs(self.started, timeout=10)
        return [f"{process.pid} {process.name()}" for process in alive]

    def kill(self) -> None:
        if self.process is not None:
            self.remember()
        for process in self.started:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self.started, timeout=10)
        if self.process is not None:
            self.process.wait(10)

    def logs(self) -> str:
        """What to read when it went wrong."""
        files = [self.folder / "demo.out", *sorted((self.folder / "log").glob("*.log"))]
        return "\n".join(
            f"===== {file.name}\n{file.read_text(errors='replace')[-LONGEST_LOG:]}"
            for file in [*files, self.folder / "postgres" / "log"]
            if file.exists()
        )
