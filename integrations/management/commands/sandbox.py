import signal
import sqlite3
import threading
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.registry import folders_with
from integrations.sandbox.app import Sandbox
from integrations.sandbox.faults import BadFault, parse
from integrations.sandbox.web import SandboxServer


class Command(BaseCommand):
    help = "Stand in for an accounting system, on this machine only."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", help=f"one of: {', '.join(folders_with('sandbox'))}")
        parser.add_argument("--port", type=int, default=8090, help="0 takes any free port")
        parser.add_argument("--data", type=Path, help="folder that keeps what arrives")
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="take requests however fast they come"
        )
        parser.add_argument(
            "--faults",
            nargs="+",
            default=[],
            metavar="KIND[,NAME=VALUE...]",
            help="what goes wrong from the start, for example timeout_after,path=/invoices,times=2",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        name, port = options["system"], options["port"]
        data = options["data"] or settings.VAR_DIR / "sandbox" / name
        sandbox = _create(name, data)
        sandbox.limits_rate = not options["no_rate_limit"]
        try:
            try:
                for text in options["faults"]:
                    sandbox.faults.add(parse(text))
            except BadFault as bad:
                raise CommandError(str(bad)) from None
            self._serve(sandbox, port, data)
        finally:
            sandbox.close()

    def _serve(self, sandbox: Sandbox, port: int, data: Path) -> None:
        try:
            server = SandboxServer(sandbox, port)
        except (OSError, OverflowError):
            raise CommandError(
                f"Port {port} is taken or not allowed. Choose another one with --port."
            ) from None

        def stop(_number: int, _frame: FrameType | None) -> None:
            # serve_forever has to return before shutdown does.
            threading.Thread(target=server.shutdown).start()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        with server:
            self.stdout.write(f"{sandbox.title} is at {server.url}/ and keeps its data in {data}.")
            for line in sandbox.usage(server.url):
                self.stdout.write(f"  {line}")
            self.stdout.flush()
            server.serve_forever(poll_interval=0.1)


def _create(name: str, data: Path) -> Sandbox:
    known = folders_with("sandbox")
    if name not in known:
        raise CommandError(f"There is no sandbox for “{name}”; there is: {', '.join(known)}.")
    try:
        sandbox = import_module(known[name]).create(data)
    except OSError as refused:
        raise CommandError(f"{data} cannot be written ({refused.strerror}).") from None
    except sqlite3.Error as broken:
        raise CommandError(
            f"{data} cannot be used ({broken}). Move it away to begin anew."
        ) from None
    assert isinstance(sandbox, Sandbox)
    return sandbox
