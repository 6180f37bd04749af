"""All systems that have a sandbox, served from a thread; a new one takes part by its folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests

from integrations import registry
from integrations.models import Connection, ProductMapping
from integrations.sandbox.app import Sandbox
from integrations.sandbox.web import SandboxServer

PACKAGE = "integrations.systems"
WITH_SANDBOX = sorted(
    key for key in registry.all_systems() if find_spec(f"{PACKAGE}.{key}.sandbox") is not None
)


@dataclass(frozen=True)
class Running:
    system: str
    program: Sandbox
    url: str

    def documents(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = requests.get(
            f"{self.url}/_sandbox/documents", timeout=30
        ).json()
        return found

    def delete(self, name: str) -> bool:
        """As somebody there would the document of this number or id; whether there was one."""
        answer = requests.post(f"{self.url}/_sandbox/delete", data={"name": name}, timeout=30)
        assert answer.status_code in (204, 404)
        return answer.status_code == 204

    def door(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.url}/_sandbox/door", timeout=30).json()
        return found

    def percent(self) -> str:
        """A rate of VAT that is known there."""
        return str(self.door().get("percent", "25.5"))

    def connect(self, **fields: Any) -> Connection:
        """A connection of the tenant of the scope that works."""
        door = self.door()
        connection = Connection(
            **{
                "system": self.system,
                "name": registry.all_systems()[self.system].title,
                "environment": registry.SANDBOX,
                "settings": door["settings"],
                **fields,
            }
        )
        connection.credentials = door["credentials"]
        connection.save()
        if product := door.get("product"):
            # Everything is this one there, so that every line has a product.
            ProductMapping.objects.create(
                connection=connection, remote_id=product, remote_name="There"
            )
        return connection


def new_sandbox(system: str, folder: Path) -> Sandbox:
    program = import_module(f"{PACKAGE}.{system}.sandbox").create(folder)
    assert isinstance(program, Sandbox)
    return program


@contextmanager
def running(
    system: str, folder: Path, settings: Any, *, limits_rate: bool = True
) -> Iterator[Running]:
    """A sandbox that the settings point to, beside those they point to already."""
    program = new_sandbox(system, folder)
    program.limits_rate = limits_rate
    server = SandboxServer(program, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {**settings.SANDBOX_URLS, system: server.url}
    try:
        yield Running(system, program, server.url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        program.close()
