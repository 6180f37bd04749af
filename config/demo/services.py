"""The programs of a local installation: started, watched, started again, and ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 60.0
GRACE = 15.0


@dataclass
class Service:
    """One program. `url` answers once it is ready; without one it is ready when it runs."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    url: str = ""
    # It does something and ends; how that went is in its log.
    is_once: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    crashes: int = field(default=0, init=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # An own session: Ctrl-C reaches only us, and its children end with it.
            self.process = subprocess.Popen(  # noqa: S603 (our own programs)
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def answers(self) -> bool:
        if not self.url:
            return True
        try:
            with urllib.request.urlopen(self.url, timeout=5):  # noqa: S310 (loopback)
                return True
        except urllib.error.HTTPError:
            return True  # it speaks HTTP
        except OSError:
            return False

    def finish(self) -> None:
        """Wait for one that ends by itself; raises ServiceFailed when it went wrong."""
        assert self.process is not None
        if self.process.wait() != 0:
            raise ServiceFailed(f"{self.last_words()} (see {self.log})")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for it, then see that nothing of its session is left."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class ServiceFailed(Exception):
    pass


class Services:
    def __init__(self, services: Sequence[Service], say: Callable[[str], None]) -> None:
        self.services = services
        self.say = say
        self.is_stopping = False

    def start(self) -> None:
        """All that do not run yet, and what is done once when the others answer; back when each is
        ready."""
        for is_once in (False, True):
            group = [service for service in self.services if service.is_once == is_once]
            for service in group:
                if service.process is None:
                    service.start()
            for service in group:
                self._wait_until_ready(service)

    def watch(self) -> None:
        """Until a signal says stop; whatever crashes meanwhile is started again."""
        while not self.is_stopping:
            for service in self.services:
                if service.has_ended and not (service.is_once or self.is_stopping):
                    self._revive(service)
            time.sleep(0.3)

    def stop(self) -> None:
        self.is_stopping = True
        for service in self.services:
            service.ask_to_end()
        deadline = time.monotonic() + GRACE
        for service in self.services:
            service.end(deadline)

    def _wait_until_ready(self, service: Service) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.is_stopping and not service.answers():
            if service.has_ended:
                raise ServiceFailed(
                    f"The {service.name} does not start: {service.last_words()} (see {service.log})"
                )
            if time.monotonic() > deadline:
                raise ServiceFailed(f"The {service.name} does not answer, see {service.log}")
            time.sleep(0.2)

    def _revive(self, service: Service) -> None:
        assert service.process is not None
        lived = time.monotonic() - service.started_at
        service.crashes = service.crashes + 1 if lived < 10 else 1
        if service.crashes > 5:
            raise ServiceFailed(f"The {service.name} keeps ending, see {service.log}")
        self.say(
            f"The {service.name} ended with {service.process.returncode} and is started again"
            f" (see {service.log})."
        )
        time.sleep(min(service.crashes - 1, 3))
        service.start()


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the web server will: a port that only waits for its last packets is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many free ones in a row."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + count <= 65536 and all(port_is_free(first + place) for place in range(count)):
            return first


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
