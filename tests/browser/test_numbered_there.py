"""Many drafts that get their numbers in another system: asked, handed over, followed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from integrations import registry
from integrations.domain.sending import send_export
from integrations.models import Connection, Export
from integrations.ports import Rejected
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.integrations.conftest import make_connection
from tests.integrations.fake import fake_system
from tests.integrations.test_numbered_there import Numbering, worked

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _no_worker(tmp_path: Path, settings: Any) -> Iterator[None]:
    """The test itself is the worker, so that there is something to follow."""
    settings.MEDIA_ROOT = tmp_path
    with (
        patch("integrations.tasks.send_export.apply_async"),
        patch("invoicing.tasks.render_invoice_pdf.delay"),
    ):
        yield


@pytest.fixture
def drafts(company: Tenant) -> Iterator[list[Invoice]]:
    Numbering.numbers.clear()
    with fake_system() as remote:
        known = registry.all_systems()
        known["fake"] = replace(known["fake"], open=lambda _access: Numbering(remote))
        with tenant_scope(company.pk):
            over: Connection = make_connection(
                system="fake", name="Fake", environment="production", gives_numbers=True
            )
            made = [worked(over) for _one in range(3)]
        yield made


def work(company: Tenant, draft: Invoice) -> None:
    with tenant_scope(company.pk):
        export = Export.objects.get(invoice=draft)
    send_export(tenant_id=company.pk, export_id=export.pk)


def test_many_are_created_there_and_followed(
    page: Page,
    company: Tenant,
    drafts: list[Invoice],
    owner_of: Membership,
    signed_in_as: SignIn,
) -> None:
    signed_in_as(page.context, owner_of)
    page.goto("/acme/drafts/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.get_by_label("Tick all drafts").click()
    page.get_by_role("button", name="Post", exact=True).click()
    create = page.get_by_role("button", name="Create in Fake and mark as billed")
    expect(create).to_be_visible(timeout=30_000)
    expect(page.get_by_text("They are created in Fake one after the other")).to_be_visible()
    expect(page.get_by_role("button", name="Post and send")).to_have_count(0)
    create.click()
    expect(page.get_by_text("3 invoices wait for their numbers from Fake")).to_be_visible(
        timeout=30_000
    )

    # The page follows by itself.
    work(company, drafts[0])
    with patch.object(Numbering, "run", side_effect=Rejected("Fake has no such customer.")):
        work(company, drafts[1])
    expect(page.get_by_text("R-1", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Fake has no such customer.")).to_be_visible()
    expect(page.get_by_text("1 needs attention")).to_be_visible()
    work(company, drafts[2])
    expect(page.get_by_text("R-2", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 invoice waits for its number from Fake")).to_be_visible()
    page.get_by_role("link", name="Fake has no such customer.").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=30_000)
