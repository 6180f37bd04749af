"""Cancelling an invoice and crediting part of one, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.invoicing.crediting import billed, states
from timesheets.models import TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def made(company: Tenant) -> tuple[Invoice, list[TimeEntry]]:
    with tenant_scope(company.pk):
        return billed(60, 120)


@pytest.fixture
def desk(
    page: Page, made: tuple[Invoice, list[TimeEntry]], owner_of: Membership, signed_in_as: SignIn
) -> Page:
    """The page of a posted invoice over three hours."""
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/invoices/{made[0].pk}/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


def test_cancelling_with_a_reason(
    desk: Page, company: Tenant, made: tuple[Invoice, list[TimeEntry]]
) -> None:
    desk.get_by_role("button", name="Correct").click()
    desk.get_by_role("link", name="Cancel invoice…").click()
    desk.get_by_label("Reason").fill("Made by mistake")
    desk.get_by_role("button", name="Cancel the invoice").click()

    expect(desk.get_by_text("2026-0001 is cancelled by CN-2026-0001.")).to_be_visible(
        timeout=30_000
    )
    expect(desk.get_by_text("Made by mistake")).to_be_visible()
    expect(desk.get_by_text("Cancelled", exact=True)).to_be_visible()
    with tenant_scope(company.pk):
        assert states(made[1]) == ["open", "open"]
    desk.locator(".notice").get_by_role("link", name="CN-2026-0001").click()
    expect(desk.get_by_role("heading", name="Credit note CN-2026-0001")).to_be_visible()
    expect(desk.get_by_role("link", name="2026-0001", exact=True)).to_be_visible()


def test_part_of_a_line_with_its_hours(
    desk: Page, company: Tenant, made: tuple[Invoice, list[TimeEntry]]
) -> None:
    desk.goto(f"/acme/invoices/{made[0].pk}/credit/")
    desk.get_by_label("Reason").fill("One hour too many")
    quantity = desk.get_by_label("Credited quantity")
    amount = desk.get_by_label("Credited amount")
    amount.fill("150")
    expect(quantity).to_have_value("1.5")
    expect(desk.get_by_text("€188.25").first).to_be_visible()
    quantity.fill("4")
    expect(desk.get_by_text("only 3, 300.00 EUR, is left to credit")).to_be_visible()
    quantity.fill("2")
    expect(amount).to_have_value("200.00")

    desk.get_by_role("button", name="2 entries").click()
    first = desk.locator(".entry-choice input").first
    expect(first).not_to_be_checked()
    first.check()
    desk.get_by_role("button", name="Credit just what is ticked").click()
    expect(amount).to_have_value("100.00")
    assert Axe().run(desk, options={"resultTypes": ["violations"]}).violations_count == 0
    desk.get_by_role("button", name="Post credit note").click()
    desk.get_by_role("button", name="Post it").click()

    expect(desk.get_by_text("Credit note CN-2026-0001 is posted.")).to_be_visible(timeout=30_000)
    with tenant_scope(company.pk):
        assert states(made[1]) == ["open", "billed"]
    desk.goto(f"/acme/invoices/{made[0].pk}/")
    expect(desk.get_by_text("€251.00")).to_be_visible()
