"""A bank statement in a real browser: sent, accepted with the keyboard, chosen, undone."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.models import Invoice, Payment
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.banking.files import camt, entry
from tests.banking.importing import bank_account, owed
from tests.factories import CustomerFactory
from tests.payments.paying import open_amount

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture
def bank(
    page: Page, owner_of: Membership, signed_in_as: SignIn, tmp_path: Path, settings: Any
) -> Page:
    """The page where statements are sent."""
    settings.MEDIA_ROOT = tmp_path
    signed_in_as(page.context, owner_of)
    page.goto("/acme/bank/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def invoices(company: Tenant) -> list[Invoice]:
    with tenant_scope(company.pk):
        bank_account()
        return [owed(customer=CustomerFactory(name=f"{name} Oy")) for name in ("Yksi", "Kaksi")]


def test_from_a_file_to_the_books(
    company: Tenant, invoices: list[Invoice], bank: Page, tmp_path: Path
) -> None:
    page, file = bank, tmp_path / "statement.xml"
    file.write_bytes(
        camt(entry(name="YKSI"), entry(name="KAKSI"), entry("40.00", name="Tuntematon"))
    )
    page.set_input_files("input[type=file]", str(file))
    expect(page.get_by_role("heading", name="statement.xml")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-bank-accept]")).to_have_count(2)
    assert Axe().run(page).response["violations"] == []

    # j enters the list, Enter accepts, and the next line has the focus.
    page.keyboard.press("j")
    expect(page.locator("[data-bank-accept]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-bank-accept]")).to_have_count(1)
    expect(page.locator("[data-bank-accept]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-bank-accept]")).to_have_count(0)
    expect(page.locator("#bank-tabs").get_by_role("link", name="Booked")).to_contain_text("2")
    with tenant_scope(company.pk):
        assert [open_amount(one) for one in invoices] == [0, 0]

    page.locator("#bank-tabs").get_by_role("link", name="Booked").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Undo…").first.click()
    page.get_by_label("Why?").fill("Wrong customer")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Undo…")).to_have_count(1)

    # The open line is spread by hand; what is left follows.
    page.locator("#bank-tabs").get_by_role("link", name="Open").click()
    page.wait_for_load_state("networkidle")
    unknown = page.get_by_role("row").filter(has_text="Tuntematon")
    unknown.get_by_role("link", name="Choose…").click()
    expect(page.locator("[data-bank-rest]")).to_have_text("€40.00")
    page.get_by_role("searchbox").last.fill("oy")
    fill = page.locator("[data-bank-fill]").first
    expect(fill).to_be_visible()
    fill.click()
    expect(page.locator("[data-bank-rest]")).to_have_text("€0.00")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(unknown).to_have_count(0)
    # What was undone waits for a decision as well.
    expect(page.get_by_role("link", name="Choose…")).to_have_count(1)
    with tenant_scope(company.pk):
        assert Payment.objects.filter(amount=Decimal(40)).exists()
