import functools
import hashlib
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from config.demo.services import free_port
from customers.models import Customer
from integrations.domain.sending import send_export
from integrations.models import Connection, CustomerLink, Export
from integrations.sandbox.web import SandboxServer
from integrations.systems.procountor.sandbox import create
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceFile, InvoiceLine
from tenants.scope import current_tenant_id
from tests.factories import CustomerFactory, TaxRateFactory
from tests.needs import redis_server

PDF = b"%PDF-1.7 an invoice"
JARVIKANSA = "70001"  # the sandbox's first customer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end nobody waits for them."""
    items.sort(key=lambda item: item.get_closest_marker("soak") is None)


@pytest.fixture(scope="session", autouse=True)
def _one_signing_key() -> Iterator[None]:
    """Of all sandboxes of the worker: drawing one takes as long as most tests here."""
    with patch(
        "integrations.systems.lexoffice.sandbox.events.rsa.generate_private_key",
        functools.cache(rsa.generate_private_key),
    ):
        yield


@pytest.fixture(autouse=True)
def _nothing_kept(settings: Any) -> None:
    """No token of an earlier test, and no file on the disk."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}


@contextmanager
def served(folder: Path, settings: Any) -> Iterator[ProcountorSandbox]:
    """A sandbox of Procountor that the settings point to."""
    program = create(folder)
    server = SandboxServer(program, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {"procountor": server.url}
    try:
        yield program
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        program.close()


@pytest.fixture
def sandbox(tmp_path: Path, settings: Any) -> Iterator[ProcountorSandbox]:
    with served(tmp_path / "sandbox", settings) as program:
        yield program


def make_connection(**fields: Any) -> Connection:
    connection = Connection(
        **{
            "system": "procountor",
            "name": "Procountor",
            "environment": "sandbox",
            "settings": {"bank_account": "FI3715903000000776"},
            **fields,
        }
    )
    connection.credentials = {
        "client_id": "laskuri",
        "client_secret": "laskuri-sandbox",
        "api_key": "kuusi-api-key",
    }
    connection.save()
    return connection


def link(connection: Connection, customer: Customer, remote_id: str = JARVIKANSA) -> CustomerLink:
    made: CustomerLink = CustomerLink.objects.create(
        connection=connection, customer=customer, remote_id=remote_id, remote_name="Järvikansa"
    )
    return made


@pytest.fixture
def connection(tenant: Any, sandbox: ProcountorSandbox) -> Connection:
    return make_connection()


def posted(
    *,
    customer: Customer | None = None,
    net: str = "100",
    pdf: bool = True,
    percent: str = "25.5",
) -> Invoice:
    """A posted invoice with its stored PDF; exports are made by the posting itself."""
    usual = TaxRateFactory()
    rate = usual
    if Decimal(percent) != usual.percent:
        rate = TaxRateFactory(name=f"{percent} %", percent=Decimal(percent), is_default=False)
    draft = new_draft(
        customer=customer or CustomerFactory(), actor=None, issue_date=date(2026, 11, 20)
    )
    line = InvoiceLine(
        invoice=draft,
        position=1,
        text="Consulting in October",
        quantity=Decimal(1),
        unit_price=Decimal(net),
        tax_rate=rate,
    )
    price_line(line, currency=draft.currency)
    line.save()
    save_totals(draft)
    invoice = post_invoice(draft, actor=None)
    if pdf:
        store_pdf(invoice)
    return invoice


def store_pdf(invoice: Invoice, content: bytes = PDF) -> None:
    file = InvoiceFile(
        invoice=invoice,
        kind=InvoiceFile.Kind.PDF,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    file.file.save(f"{invoice.number}.pdf", ContentFile(content), save=False)
    file.save()


def send(export: Export) -> Export:
    """One attempt, now, whenever the next one would be due."""
    Export.objects.filter(pk=export.pk, status=Export.Status.WAITING).update(
        next_attempt_at=export.created_at
    )
    Connection.objects.filter(pk=export.connection_id).update(paused_until=None)
    send_export(tenant_id=current_tenant_id(), export_id=export.pk)
    export.refresh_from_db()
    return export


def locked_by(act: Callable[[], object]) -> list[str]:
    """The tables whose rows it holds, in the order in which it takes the first of each."""
    with CaptureQueriesContext(database) as asked:
        act()
    found = [
        re.search(r'FROM "(\w+)".* FOR UPDATE|^UPDATE "(\w+)"', query["sql"]) for query in asked
    ]
    return list(dict.fromkeys(one[1] or one[2] for one in found if one))


@pytest.fixture
def redis_server_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own."""
    if (program_path := redis_server()) is None:
        pytest.skip("Redis is missing.")
    port = free_port()
    program = subprocess.Popen(
        [
            program_path, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(tmp_path),
            "--save", "", "--appendonly", "no",
        ],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            redis.Redis.from_url(url).ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    yield url
    program.terminate()
    program.wait(10)
