import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.demo.services import (
    Service,
    ServiceFailed,
    Services,
    free_port,
    port_is_free,
    python,
)
from config.demo.signins import PASSWORD, sign_ins

# Which system the sandbox of which example company stands in for.
SANDBOXES = {"procountor": "Kuusi Ohjelmistot", "sevdesk": "Nordlicht Gebäudetechnik"}


class Stopped(BaseException):
    """Ctrl-C, or a polite kill."""


class Command(BaseCommand):
    help = "Start everything with example companies, and stop it on Ctrl-C."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        services: Services | None = None
        try:
            port = self._port()
            started_at = time.monotonic()
            self.step("Bringing the tables up to date")
            call_command("migrate", verbosity=0)
            call_command("load_demo")
            self.step("Collecting the pages' files")
            programs = _services(port)
            services = Services(programs, self.step)
            self.step("Starting web server, worker, scheduler and accounting sandboxes")
            services.start()
            sandboxes = {program.name: program.url for program in programs}
            self._welcome(
                port,
                {company: sandboxes[_sandbox(key)] for key, company in SANDBOXES.items()},
                time.monotonic() - started_at,
            )
            services.watch()
        except OSError as refused:
            raise CommandError(
                f"{refused.filename or settings.VAR_DIR} cannot be used ({refused.strerror})."
            ) from refused
        except ServiceFailed as failed:
            raise CommandError(str(failed)) from None
        except Stopped:
            self.stdout.write("")
        finally:
            # From here on a second Ctrl-C would leave something running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if services is not None:
                self.step("Stopping everything; the data stays")
                services.stop()

    def step(self, text: str) -> None:
        self.stdout.write(f"  {text}")
        self.stdout.flush()

    def _port(self) -> int:
        text = os.environ.get("PORT", "8000")
        if not text.isdecimal() or not 1 <= int(text) <= 65535:
            raise CommandError(f"PORT is {text!r}; a port is a number from 1 to 65535.")
        if not port_is_free(int(text)):
            raise CommandError(
                f"Port {text} is taken or not allowed. Choose another one: PORT=8001 make demo"
            )
        return int(text)

    def _welcome(self, port: int, sandboxes: dict[str, str], seconds: float) -> None:
        address = f"http://localhost:{port}"
        write, bold = self.stdout.write, self.style.MIGRATE_HEADING
        write(f"\nLaskuri is ready after {seconds:.0f} s: {bold(address)}\n")
        write(f"Every password is {bold(PASSWORD)}\n")
        for company, people in sign_ins():
            write(bold(company))
            for person in people:
                write(f"  {person.role:<16} {person.email:<40} {person.name}")
        write("")
        for company, url in sandboxes.items():
            write(f"What reaches the accounting sandbox is shown at {bold(url)} ({company})")
        write(f"Logs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything; data stays.\n")
        self.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _sandbox(system: str) -> str:
    return f"accounting sandbox of {system}"


def _services(port: int) -> list[Service]:
    ports = {key: free_port() for key in SANDBOXES}
    logs: Path = settings.VAR_DIR / "log"
    environment = {
        # Pages look and fail as in production; DEBUG is for developers.
        "DEBUG": "false",
        "BASE_URL": f"http://localhost:{port}",
        **{f"SANDBOX_{key.upper()}_URL": f"http://127.0.0.1:{at}" for key, at in ports.items()},
        "PYTHONUNBUFFERED": "1",
    }
    manage = str(settings.BASE_DIR / "manage.py")
    collect = Service(
        "collection of files",
        python(manage, "collectstatic", "--no-input", "--verbosity", "0"),
        logs / "collectstatic.log",
        environment,
    )
    collect.start()
    assert collect.process is not None
    if collect.process.wait() != 0:
        raise ServiceFailed(f"{collect.last_words()} (see {collect.log})")
    celery = python("-m", "celery", "--app", "config.celery")
    return [
        *(
            Service(
                _sandbox(key),
                python(manage, "sandbox", key, "--port", str(at)),
                logs / f"sandbox-{key}.log",
                environment,
                url=f"http://127.0.0.1:{at}/",
            )
            for key, at in ports.items()
        ),
        Service(
            "web server",
            python(
                "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
                "--blocking-threads", "8", "--access-log", "config.wsgi:application",
            ),
            logs / "web.log",
            environment,
            url=f"http://127.0.0.1:{port}/accounts/login/",
        ),
        Service(
            "worker",
            [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"],
            logs / "worker.log",
            environment,
        ),
        Service(
            "scheduler", [*celery, "beat", "--loglevel", "INFO"], logs / "beat.log", environment
        ),
    ]  # fmt: skip
