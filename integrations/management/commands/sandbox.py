import signal
import sqlite3
import threading
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.registry import folders_with
from integrations.sandbox.app import Sandbox
from integrations.sandbox.faults import BadFault, parse
from integrations.sandbox.web import SandboxServer

ALL = "all"


class Command(BaseCommand):
    help = "Stand in for an accounting system, on this machine only."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", help=f"all, or one of: {', '.join(folders_with('sandbox'))}")
        parser.add_argument(
            "--port", type=int, default=8090, help="of the first one; 0 takes any free ports"
        )
        parser.add_argument("--data", type=Path, help="folder that keeps what arrives")
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="take requests however fast they come"
        )
        parser.add_argument(
            "--faults",
            nargs="+",
            default=[],
            metavar="PLAN.yaml|KIND[,NAME=VALUE...]",
            help="what goes wrong from the start, for example timeout_after,path=/invoices,times=2",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        is_all = options["system"] == ALL
        names = folders_with("sandbox") if is_all else [options["system"]]
        faults = [fault for text in options["faults"] for fault in _faults(text)]
        with ExitStack() as opened:
            servers = []
            for place, name in enumerate(names):
                base = options["data"] or settings.VAR_DIR / "sandbox" / ("" if is_all else name)
                data = base / name if is_all else base
                sandbox = _create(name, data)
                opened.callback(sandbox.close)
                sandbox.limits_rate = not options["no_rate_limit"]
                _set(sandbox, [one for one in faults if one.get("system") in (None, name)])
                port = options["port"] + place if options["port"] else 0
                server = opened.enter_context(_server(sandbox, port))
                self.stdout.write(
                    f"{sandbox.title} is at {server.url}/ and keeps its data in {data}."
                )
                keys = sandbox.keys(server.url)
                width = max((len(key.label) for key in keys), default=0)
                for label, value, note in keys:
                    self.stdout.write(f"  {label:<{width}}  {value}{note and f'  ({note})'}")
                servers.append(server)
            self.stdout.flush()
            _serve(servers)


def _server(sandbox: Sandbox, port: int) -> SandboxServer:
    try:
        return SandboxServer(sandbox, port)
    except (OSError, OverflowError):
        raise CommandError(
            f"Port {port} is taken or not allowed. Choose another one with --port."
        ) from None


def _serve(servers: list[SandboxServer]) -> None:
    """Until a signal ends them."""
    ended = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        for server in servers
    ]
    for thread in threads:
        thread.start()
    ended.wait()
    for server in servers:
        server.shutdown()
    for thread in threads:
        thread.join()


def _faults(text: str) -> list[dict[str, Any]]:
    """One as it is written on the command line, or those of a plan."""
    if not text.endswith((".yaml", ".yml")):
        try:
            return [dict(parse(text))]
        except BadFault as bad:
            raise CommandError(str(bad)) from None
    try:
        plan = yaml.safe_load(Path(text).read_text())
    except (OSError, UnicodeError, yaml.YAMLError) as broken:
        raise CommandError(f"{text} cannot be read: {broken}") from None
    if not isinstance(plan, list) or not all(isinstance(one, dict) for one in plan):
        raise CommandError(f"{text} is no list of faults, each with a “kind”.")
    return plan


def _set(sandbox: Sandbox, faults: list[dict[str, Any]]) -> None:
    try:
        for fault in faults:
            sandbox.faults.add({name: value for name, value in fault.items() if name != "system"})
    except BadFault as bad:
        raise CommandError(str(bad)) from None


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
