"""The archive in a real browser: found, refused, saved, sorted, packed; counted after it shows."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.documents.storing import store_invoice_pdf
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import posted
from tests.factories import CustomerFactory

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def invoices(company: Tenant) -> list[Invoice]:
    with tenant_scope(company.pk):
        return [
            posted(
                {"unit_price": Decimal(price), "text": text}, customer=CustomerFactory(name=name),
                issue_date=date(2026, 10, 1), due_date=date(2100, 1, 1),
            )
            for name, price, text in (
                ("Jyväskylän Pumppu Oy", 900, "Hydraulic pump"),
                ("Satama Oy", 1000, "Repair of a pump"),
                ("Kuusi Oy", 80, "Meeting"),
            )
        ]  # fmt: skip


@pytest.fixture
def archive(
    page: Page, invoices: list[Invoice], owner_of: Membership, signed_in_as: SignIn
) -> Page:
    signed_in_as(page.context, owner_of)
    page.goto("/acme/invoices/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


def test_searching_saving_and_sorting(archive: Page) -> None:
    archive.keyboard.press("/")
    archive.keyboard.type("jyvaskylan OR repair", delay=20)
    expect(archive.locator("td.archive-customer")).to_have_count(2)
    archive.wait_for_url("**?q=jyvaskylan*repair*")
    archive.get_by_role("columnheader", name="Gross").get_by_role("link").click()
    expect(archive.locator("td.archive-customer")).to_have_text(
        ["Jyväskylän Pumppu Oy", "Satama Oy"]
    )
    expect(archive.locator(".stats")).to_contain_text("2,384.50")

    archive.get_by_role("link", name="Save these filters").click()
    archive.get_by_label("Name").fill("Pumps")
    archive.get_by_role("button", name="Save").last.click()
    expect(archive.get_by_role("link", name="Pumps", exact=True)).to_be_visible()
    archive.get_by_role("link", name="All", exact=True).click()
    expect(archive.locator("td.archive-customer")).to_have_count(3)
    archive.get_by_role("link", name="Pumps", exact=True).click()
    expect(archive.locator("td.archive-customer")).to_have_text(
        ["Jyväskylän Pumppu Oy", "Satama Oy"]
    )


def test_a_search_that_is_not_understood_says_at_which_word(archive: Page, complaints: Any) -> None:
    archive.get_by_role("searchbox").fill("pump amount:much")
    archive.keyboard.press("Enter")

    refusal = archive.locator(".search-error, [role=alert]").filter(has_text="amount:much")
    expect(refusal).to_contain_text("is no number")
    expect(refusal.locator("mark")).to_have_text("amount:much")
    complaints.expect("422")


def test_a_long_archive_is_counted_after_it_shows(
    page: Page, invoices: list[Invoice], owner_of: Membership, signed_in_as: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("invoicing.selectors.archive_pages.FEW", 2)
    monkeypatch.setattr("invoicing.views.archive.lists.PER_PAGE", 2)
    signed_in_as(page.context, owner_of)
    page.goto("/acme/invoices/?sort=customer", timeout=30_000)

    expect(page.locator(".stats").first).to_contain_text("2,484.90")
    expect(page.locator(".pagination-bar")).to_contain_text("1–2 of 3")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("td.archive-customer")).to_have_text(["Satama Oy"])
    expect(page.locator(".pagination-bar")).to_contain_text("3–3 of 3")
    assert page.url.endswith("/acme/invoices/?sort=customer&page=2")


def test_ticked_documents_come_as_a_zip(
    archive: Page, company: Tenant, invoices: list[Invoice]
) -> None:
    store_invoice_pdf(company.pk, invoices[0].pk)
    archive.locator("tbody tr", has_text="Pumppu").get_by_role("checkbox").check()
    archive.locator("tbody tr", has_text="Satama").get_by_role("checkbox").check()
    archive.get_by_role("button", name="PDFs as a zip", exact=True).click()

    expect(archive.get_by_text("1 document packed")).to_be_visible(timeout=30_000)
    expect(archive.get_by_text("Its PDF is still being made.")).to_be_visible()
    with archive.expect_download() as download:
        archive.get_by_role("link", name="Download the zip").click()
    assert download.value.suggested_filename.endswith(".zip")
