"""A line's product there, from the export that waits for it to the document that arrives."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from integrations.domain.product_links import map_to
from integrations.models import Connection, Export, ProductMapping
from integrations.ports import RemoteProduct
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import ProductFactory, TaskFactory, TimeEntryFactory
from tests.integrations.conftest import link, posted, send
from tests.integrations.netvisor import JARVIKANSA, connect
from tests.integrations.sandboxes import Running, running


@pytest.fixture
def sandbox(tmp_path: Path, settings: Any) -> Iterator[Running]:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    with running("netvisor", tmp_path / "sandbox", settings) as sandbox:
        yield sandbox


@pytest.fixture
def connection(company: Tenant, sandbox: Running) -> Connection:
    with tenant_scope(company.pk):
        made = connect()
        ProductMapping.objects.all().delete()
        ProductFactory(number="KONS", name="Consulting by the hour")
        ProductFactory(number="P-2", name="Matkakulut")
        mapped = ProductFactory(number="P-3", name="Air filter")
        map_to(made, mapped, RemoteProduct(id="2003", name="Muu myynti", number="MUU"), actor=None)
        TimeEntryFactory(task=TaskFactory(project=None, name="Installation and repair"))
        return made


def test_products_are_chosen_and_what_waited_goes(
    page: Page,
    company: Tenant,
    connection: Connection,
    owner_of: Membership,
    signed_in_as: Callable[[BrowserContext, Membership], None],
) -> None:
    with tenant_scope(company.pk):
        invoice = posted()
        link(connection, invoice.customer, JARVIKANSA)
        export = send(Export.objects.get(invoice=invoice))
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/exports/{export.pk}/")
    page.get_by_role("link", name="Choose the products").click()

    expect(page.get_by_role("heading", name="Products in Netvisor")).to_be_visible()
    expect(page.get_by_text("Needed before the next documents can go")).to_be_visible()
    # The number is the same: one tick. Only the name: somebody looks first.
    page.get_by_label("Map Consulting by the hour").check()
    page.get_by_role("button", name="Map them").click()
    expect(page.get_by_text("1 is mapped.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="P-2")
    row.get_by_role("link", name="Look and choose…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Matkakulut").click()
    expect(row.get_by_role("link", name="Another one")).to_be_visible()

    page.get_by_role("link", name="Choose", exact=True).first.click()
    dialog.get_by_label("Name or number there").fill("konsul")
    dialog.get_by_role("button", name="Konsultointi").click()
    expect(page.get_by_text("Everything without a product of its own is this one.")).to_be_visible()
    expect(page.get_by_text("Needed before the next documents can go")).not_to_be_visible()
    with tenant_scope(company.pk):
        export.refresh_from_db()
        assert send(export).status == Export.Status.SENT, export.error
