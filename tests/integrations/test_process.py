"""The whole way with a sandbox in a process of its own, as `make demo` starts it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from config.demo.services import free_port
from integrations.models import Connection, Export
from tenants.models import Tenant
from tests.integrations.conftest import link, make_connection, posted, send


@pytest.fixture
def url(tmp_path: Path, settings: Any) -> Iterator[str]:
    port = free_port()
    manage = str(django_settings.BASE_DIR / "manage.py")
    program = subprocess.Popen(
        [
            sys.executable,
            manage,
            "sandbox",
            "procountor",
            "--port",
            str(port),
            "--data",
            str(tmp_path),
        ],
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@/nowhere"},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {"procountor": url}
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{url}/_sandbox/faults", timeout=2)
                break
            except urllib.error.URLError:
                assert program.poll() is None
                time.sleep(0.2)
        yield url
    finally:
        program.terminate()
        program.wait(timeout=10)


def set_fault(url: str, **fields: Any) -> None:
    request = urllib.request.Request(
        f"{url}/_sandbox/faults",
        data=json.dumps(fields).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=5)


def test_an_invoice_arrives_in_another_process_after_a_lost_answer(
    tenant: Tenant, url: str
) -> None:
    connection: Connection = make_connection()
    invoice = posted()
    link(connection, invoice.customer)
    export = Export.objects.get(invoice=invoice)
    set_fault(url, kind="drop_after", method="POST", path="/invoices")

    send(export)
    assert export.status == Export.Status.WAITING
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    with urllib.request.urlopen(f"{url}/", timeout=5) as page:
        assert str(invoice.number) in page.read().decode()
