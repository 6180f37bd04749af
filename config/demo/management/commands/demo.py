import os
import signal
import time
from collections.abc import Container, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.demo.accounting import DOORS
from config.demo.companies import COMPANIES
from config.demo.services import (
    Service,
    ServiceFailed,
    Services,
    free_ports,
    port_is_free,
    python,
)
from config.demo.signins import PASSWORD, sign_ins
from integrations.registry import folders_with
from integrations.systems.lexoffice.sandbox.events import Signer
from integrations.systems.lexoffice.sandbox.organisations import CLIENT_ID, CLIENT_SECRET
from tenants.models import Tenant


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
            old = set(Tenant.objects.values_list("slug", flat=True))
            self.step("Collecting the pages' files, starting the accounting sandboxes")
            urls = _sandbox_urls()
            services = Services(_services(port, urls, old), self.step)
            # They need nothing that is loaded, and there is more than one core.
            for early in services.services[:2]:
                early.start()
            call_command("load_demo")
            services.services[0].finish()
            self.step("Starting web server, worker, sender and scheduler")
            services.start()
            sandboxes = {
                str(company.details["name"]): urls[DOORS[company.slug].system]
                for company in COMPANIES
            }
            self._welcome(port, sandboxes, time.monotonic() - started_at)
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
            write(f"What reaches the accounting sandbox is shown at {bold(url + '/')} ({company})")
        write(f"Logs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything; data stays.\n")
        self.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def sandbox_folder(system: str) -> Path:
    """Where `manage.py sandbox all` keeps what belongs to this one."""
    folder: Path = settings.VAR_DIR / "sandbox" / system
    return folder


def _sandbox_urls() -> dict[str, str]:
    """By system; one program stands in for all, at ports in a row."""
    systems = folders_with("sandbox")
    first = free_ports(len(systems))
    return {key: f"http://127.0.0.1:{first + place}" for place, key in enumerate(systems)}


def _services(port: int, sandboxes: Mapping[str, str], old: Container[str]) -> list[Service]:
    """`old` are the companies that were there before; the others' first minutes are played."""
    new = [door for slug, door in DOORS.items() if slug not in old]
    faults = [f"{door.goes_wrong},system={door.system}" for door in new if door.goes_wrong]
    first = next(iter(sandboxes.values()))
    logs: Path = settings.VAR_DIR / "log"
    environment = {
        # Pages look and fail as in production; DEBUG is for developers.
        "DEBUG": "false",
        "BASE_URL": f"http://localhost:{port}",
        **{f"SANDBOX_{key.upper()}_URL": url for key, url in sandboxes.items()},
        "OAUTH_LEXOFFICE_CLIENT_ID": CLIENT_ID,
        "OAUTH_LEXOFFICE_CLIENT_SECRET": CLIENT_SECRET,
        # Made here where it is not there yet: each program reads it as it starts.
        "HOOK_LEXOFFICE_PUBLIC_KEYS": str(Signer(sandbox_folder("lexoffice")).public_file),
        "PYTHONUNBUFFERED": "1",
    }
    manage = str(settings.BASE_DIR / "manage.py")
    celery = python("-m", "celery", "--app", "config.celery")
    return [
        Service(
            "collection of files",
            python(manage, "collectstatic", "--no-input", "--verbosity", "0"),
            logs / "collectstatic.log",
            environment,
            is_once=True,
        ),
        Service(
            "sandbox of the accounting systems",
            python(manage, "sandbox", "all", "--port", first.rpartition(":")[2],
                   *(["--faults", *faults] if faults else [])),
            logs / "sandboxes.log",
            environment,
            url=f"{first}/",
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
            [*celery, "worker", "--queues", "celery,exports", "--concurrency", "2",
             "--loglevel", "INFO"],
            logs / "worker.log",
            environment,
        ),
        # As in production: a sandbox that is told to be slow holds up its own company only.
        Service(
            "sender",
            [*celery, "worker", "--queues", "exports,slow", "--pool", "threads",
             "--concurrency", "8", "--hostname", "sender@%h", "--loglevel", "INFO"],
            logs / "sender.log",
            environment,
        ),
        Service(
            "scheduler", [*celery, "beat", "--loglevel", "INFO"], logs / "beat.log", environment
        ),
        *(
            [
                Service(
                    "first minutes over there",
                    python(manage, "play_demo"),
                    logs / "play.log",
                    environment,
                    is_once=True,
                )
            ]
            if new
            else []
        ),
    ]  # fmt: skip
