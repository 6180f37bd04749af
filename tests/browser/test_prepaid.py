"""Prepaid hours from the sale to the balance, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.models import PrepaidHours
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, ProjectFactory
from tests.prepaid.selling import balance, worked

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_sell_post_draw_and_look(
    page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn
) -> None:
    page.set_default_timeout(30_000)
    with tenant_scope(company.pk):
        customer = CustomerFactory(name="Havu Oy")
        project = ProjectFactory(customer=customer, name="Upkeep")
        worked(120, 90, 240, project=project)
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/prepaid/new/?customer={customer.pk}")
    page.wait_for_load_state("networkidle")
    page.get_by_label("Hours", exact=True).fill("5")
    page.get_by_label("Price per hour, net").fill("95,50")
    page.get_by_label("Valid from").fill("2026-01-01")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_text("This draft sells prepaid hours.")).to_be_visible()
    page.wait_for_load_state("networkidle")

    page.get_by_role("button", name="Save and post").click()
    page.locator("#confirm").get_by_role("button", name="Post the invoice").click()
    page.get_by_role("link", name="What is left of them").click()
    page.get_by_role("link", name="Draw hours").click()
    expect(page.get_by_text("5:00 h left, 3:30 h drawn now, 1:30 h left then")).to_be_visible()
    expect(page.get_by_text("1:30 h are left; the next entry")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="Draw 3:30 h").click()

    expect(page.get_by_role("img", name="3:30 h of 5:00 h are drawn")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    with tenant_scope(company.pk):
        assert balance(PrepaidHours.objects.get()) == (300, 210, 90)
    page.locator("input[name=draw]").first.check()
    page.get_by_role("button", name="Undo the draws").click()
    page.locator("#confirm").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("img", name="1:30 h of 5:00 h are drawn")).to_be_visible()
    with tenant_scope(company.pk):
        assert balance(PrepaidHours.objects.get()) == (300, 90, 210)
