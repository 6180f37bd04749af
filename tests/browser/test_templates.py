"""A template of one's own: uploaded, mended where it names what is not, chosen, posted with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.documents.storing import stored_bytes, stored_pdf
from invoicing.domain.posting import post_invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.documents.making import draft
from tests.factories import CustomerFactory

type SignIn = Callable[[BrowserContext, Membership], None]

FAULTY = "<html><body>\n<h1>Our own look</h1>\n<p>{{ invoice.nummer }}</p></body></html>"


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def file(source: str) -> Any:
    return {"name": "own.html", "mimeType": "text/html", "buffer": source.encode()}


def test_from_the_file_to_the_posted_document(
    page: Page,
    company: Tenant,
    owner_of: Membership,
    signed_in_as: SignIn,
    complaints: Complaints,
) -> None:
    with tenant_scope(company.pk):
        customer = CustomerFactory(name="Pohjola Oy")
        invoice = draft(customer=customer)
    signed_in_as(page.context, owner_of)
    page.goto("/acme/company/templates/", timeout=30_000)
    page.get_by_role("link", name="Upload").click()
    page.get_by_label("Name").fill("Ours")
    page.get_by_label("File").set_input_files(file(FAULTY))
    page.get_by_role("button", name="Upload and try").click()
    expect(page.get_by_text("invoice.nummer: line 3")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()

    page.get_by_label("File").set_input_files(file(FAULTY.replace("nummer", "number")))
    page.get_by_role("button", name="Upload a new version").click()
    expect(page.get_by_text("made by it without a finding")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("invoice.nummer")).to_be_hidden()

    page.wait_for_load_state("networkidle")
    page.get_by_label("Use it for").select_option("customer")
    page.get_by_role("combobox", name="Customer").fill("Pohj")
    page.locator("[role=option]", has_text="Pohjola Oy").click()
    page.get_by_role("button", name="Use it there").click()
    expect(page.locator(".list-group-item", has_text="Pohjola Oy")).to_be_visible()

    with tenant_scope(company.pk):
        posted = post_invoice(invoice, actor=None)
    with tenant_scope(company.pk):
        stored = stored_pdf(posted)
        assert stored is not None
        text = pypdfium2.PdfDocument(stored_bytes(stored))[0].get_textpage().get_text_bounded()
        assert posted.template_version is not None
        assert posted.template_version.number == 2
    assert "Our own look" in text
    assert str(posted.number) in text
    page.goto("/acme/company/templates/")
    row = page.get_by_role("row", name="Ours")
    expect(row).to_contain_text("Pohjola Oy")
    expect(row).to_contain_text("version 2")
