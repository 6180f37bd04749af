"""A sixth system is a folder and nothing else: a toy one goes the whole way."""

import re
import threading
from collections.abc import Callable, Iterator
from html import unescape
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client

from customers.models import Customer
from integrations import registry
from integrations.models import Connection, CustomerLink, Export
from integrations.sandbox.app import Sandbox
from integrations.sandbox.web import SandboxServer
from invoicing.domain.crediting import cancel_invoice
from tenants.models import Membership
from tests.factories import CustomerFactory
from tests.integrations.conftest import posted, send

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def toys(settings: Any) -> Iterator[None]:
    """The package with the toy is one of those whose folders are systems."""
    settings.ACCOUNTING_SYSTEMS = [*settings.ACCOUNTING_SYSTEMS, "tests.integrations.toys"]
    registry.all_systems.cache_clear()
    yield
    registry.all_systems.cache_clear()


@pytest.fixture
def toy(toys: None, tmp_path: Path, settings: Any) -> Iterator[Sandbox]:
    """Its sandbox, found and served as the command does it."""
    program: Sandbox = import_module(registry.folders_with("sandbox")["toy"]).create(tmp_path)
    server = SandboxServer(program, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {"toy": server.url}
    try:
        yield program
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        program.close()


@pytest.fixture
def connected(tenant: Any, toy: Sandbox, accountant: Membership, signed_in: SignIn) -> Client:
    client = signed_in(accountant)
    client.post(
        "/acme/accounting/new/toy/", {"name": "Ours", "environment": "sandbox", "key": "toy-key"}
    )
    return client


def page_of(client: Client, url: str, **options: Any) -> str:
    answer = client.get(f"/acme/{url}", follow=True, **options)
    assert answer.status_code == 200, url
    return unescape(answer.content.decode())


def exported(customer: Customer) -> Export:
    export: Export = Export.objects.get(invoice=posted(customer=customer, pdf=False))
    return send(export)


def linked(client: Client) -> Customer:
    customer: Customer = CustomerFactory(name="Järvikansa Oy", business_id="1967543-8")
    connection = Connection.objects.get()
    answer = client.post(
        f"/acme/customers/{customer.pk}/accounting/{connection.pk}/link/?remote=1",
        {"email": "a@b.example", "contact_name": "", "payment_term_days": "14"},
    )
    assert answer.status_code in (204, 302), answer.content.decode()
    return customer


def test_it_is_offered_and_connected(
    tenant: Any, toy: Sandbox, accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    assert "Toy ledger" in page_of(client, "accounting/")
    assert "A system of the tests." in page_of(client, "accounting/new/toy/")
    entered = {"name": "Ours", "environment": "sandbox", "key": "wrong"}
    tried = client.post("/acme/accounting/check/toy/", entered).content.decode()
    assert "Toy does not accept the key." in tried

    client.post("/acme/accounting/new/toy/", {**entered, "key": "toy-key"})

    connection = Connection.objects.get()
    assert connection.remote["company"] == "Toy Company"
    page = page_of(client, f"accounting/{connection.pk}/")
    assert "Sales" in page
    assert "toy-key" not in page


def test_customers_are_proposed_linked_and_added(connected: Client, toy: Sandbox) -> None:
    connection = Connection.objects.get()
    same = CustomerFactory(name="Järvikansa Oy", business_id="1967543-8")
    assert "Järvikansa" in page_of(connected, f"accounting/{connection.pk}/customers/")
    guesses = page_of(connected, f"accounting/{connection.pk}/customers/guesses/?pk={same.pk}")
    assert "Järvikansa" in guesses
    search = f"customers/{same.pk}/accounting/{connection.pk}/search/?q=järvi"
    assert "1967543-8" in page_of(connected, search)

    connected.post(f"/acme/accounting/{connection.pk}/customers/link/", {"pick": f"{same.pk}:1"})
    assert CustomerLink.objects.get().remote_name == "Järvikansa Oy"
    assert "Järvikansa" in page_of(connected, f"customers/{same.pk}/accounting/")

    new = CustomerFactory(name="Uusi Oy")
    connected.post(
        f"/acme/customers/{new.pk}/accounting/{connection.pk}/create/",
        {"email": "", "contact_name": "", "payment_term_days": ""},
    )
    assert CustomerLink.objects.get(customer=new).remote_id == "2"


def test_a_posted_invoice_and_its_credit_note_go_there_and_stand_on_every_page(
    connected: Client, toy: Sandbox
) -> None:
    unlinked = exported(CustomerFactory())
    assert (unlinked.status, unlinked.problem) == ("failed", "not_linked")
    export = exported(linked(connected))
    assert (export.status, export.remote_id, export.remote_number) == ("sent", "1", "T100")

    credit = cancel_invoice(export.invoice, actor=None, reason="Wrong")
    other = send(Export.objects.get(invoice=credit))
    assert (other.status, other.remote_number) == ("sent", "T101")
    sums = {one["number"]: one["gross"] for one in toy.documents()}
    assert sums == {export.invoice.number: "125.50", credit.number: "-125.50"}

    exports = page_of(connected, "exports/")
    assert str(export.invoice.number) in exports
    assert "T100" in exports
    detail = page_of(connected, f"exports/{export.pk}/")
    assert "Write it down" in detail
    assert "/api/documents" in detail
    assert "toy-key" not in detail
    assert "T100" in page_of(connected, f"exports/invoice/{export.invoice_id}/", headers=HTMX)
    assert str(export.invoice.number) in page_of(connected, f"invoices/{export.invoice_id}/")
    assert "Toy Company" in page_of(connected, "accounting/")


def test_its_sandbox_has_pages_and_faults(connected: Client, toy: Sandbox) -> None:
    url = django_settings.SANDBOX_URLS["toy"]
    assert "Toy sandbox" in requests.get(url, timeout=5).text
    toy.faults.add({"kind": "error_after", "method": "POST", "path": "/documents"})
    export = exported(linked(connected))
    assert (export.status, export.error) == ("waiting", "Toy is out of order.")
    assert send(export).status == "sent"
    assert export.steps.get().was_found
    assert len(toy.documents()) == 1


def test_the_command_knows_its_sandbox(toys: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="toy"):
        call_command("sandbox", "nothing", data=tmp_path, stdout=StringIO())


# What is said of it outside.

ROOT = Path(django_settings.BASE_DIR)
# Texts and programs: pictures and office files may hold any letters.
ENDINGS = {".py", ".html", ".js", ".css", ".txt", ".toml", ".yml", ".sh"}
ELSEWHERE = (
    "integrations/systems/",
    "tests/",
    "docs/",
    "config/demo/",
    "config/settings.py",
    "static/vendor/",
    "var/",
)


def files() -> Iterator[Path]:
    for part in (
        "catalog", "config", "core", "customers", "integrations", "invoicing",
        "scripts", "static", "templates", "tenants", "timesheets",
    ):  # fmt: skip
        for path in sorted((ROOT / part).rglob("*")):
            relative = path.relative_to(ROOT).as_posix()
            if path.suffix in ENDINGS and not relative.startswith(ELSEWHERE):
                yield path


def test_no_code_outside_names_a_system() -> None:
    words = set()
    for system in registry.all_systems().values():
        words |= {system.key, *re.findall(r"\w+", system.title.casefold())}
    # Words of titles that mean something by themselves.
    words -= {"office"}
    assert {"procountor", "hq", "hellohq"} <= words
    named = re.compile(rf"\b({'|'.join(map(re.escape, sorted(words)))})\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if named.search(line)
    ]
    assert found == []


def test_files_that_are_looked_at_are_those_that_matter() -> None:
    looked_at = {path.relative_to(ROOT).as_posix() for path in files()}
    assert {
        "integrations/domain/outbox.py",
        "integrations/ports.py",
        "templates/integrations/export_list.html",
        "static/css/integrations.css",
        "invoicing/models/documents.py",
    } <= looked_at
    assert len(looked_at) > 500
