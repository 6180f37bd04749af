"""From the list of drafts to the page of a posted invoice, in a real browser."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, PostingRun
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, TaxRateFactory

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def drafts(page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn) -> Page:
    """Three drafts, one of which lacks the address, in the list."""
    with tenant_scope(company.pk):
        for day, (name, net) in enumerate(
            [("Aalto Oy", "100"), ("Brahe Oy", "50"), ("Cygnaeus Oy", "10")], start=1
        ):
            street = "" if name == "Cygnaeus Oy" else "Asiakastie 2"
            draft = new_draft(
                customer=CustomerFactory(name=name, street=street),
                actor=owner_of.user,
                issue_date=date(2026, 11, day),
            )
            line = InvoiceLine(
                invoice=draft,
                position=1,
                text="Work",
                quantity=Decimal(1),
                unit_price=Decimal(net),
                tax_rate=TaxRateFactory(),
            )
            price_line(line, currency=draft.currency)
            line.save()
            save_totals(draft)
    signed_in_as(page.context, owner_of)
    # The first page of a run waits for everything that is imported only then.
    page.goto("/acme/drafts/?sort=customer", timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


def numbers(company: Tenant) -> dict[str, str | None]:
    with tenant_scope(company.pk):
        return dict(Invoice.objects.values_list("billing_name", "number"))


def test_tick_two_post_them_and_look_at_one(drafts: Page, company: Tenant) -> None:
    for key in ("j", "x", "j", "x"):
        drafts.keyboard.press(key)
    expect(drafts.locator("[data-bulk-count]")).to_have_text("2")
    expect(drafts.locator("[data-bulk-sum]")).to_have_text("188.25")
    drafts.keyboard.press("p")
    expect(drafts.get_by_text("€188.25")).to_be_visible()
    expect(drafts.get_by_role("button", name="Post 2 invoices")).to_be_focused()
    drafts.keyboard.press("Enter")

    # Tests have no worker: the documents are made before the answer comes.
    drafts.wait_for_url("**/postings/*/", timeout=30_000)
    expect(drafts.get_by_text("2 invoices posted")).to_be_visible()
    assert numbers(company) == {
        "Aalto Oy": "2026-0001",
        "Brahe Oy": "2026-0002",
        "Cygnaeus Oy": None,
    }

    drafts.get_by_role("link", name="2026-0001").click()
    expect(drafts.get_by_role("heading", name="Invoice 2026-0001")).to_be_visible()
    expect(drafts.locator("iframe[title*='2026-0001']")).to_be_visible()
    drafts.locator("#invoice-tabs").get_by_role("link", name="Journal").click()
    expect(drafts.get_by_text("Balanced")).to_be_visible()
    assert drafts.url.endswith("/journal/")
    drafts.get_by_role("link", name="History").click()
    expect(drafts.get_by_text("Checked now")).to_be_visible()
    drafts.go_back()
    expect(drafts.get_by_text("Balanced")).to_be_visible()
    drafts.keyboard.press("l")
    expect(drafts.get_by_role("heading", name="Invoice 2026-0002")).to_be_visible()


def test_what_cannot_be_posted_is_said_before(drafts: Page, company: Tenant) -> None:
    expect(drafts.get_by_text("Address missing")).to_be_visible()
    drafts.get_by_label("Tick all drafts").click()
    drafts.get_by_role("button", name="Post", exact=True).click()
    expect(drafts.get_by_text("1 cannot be posted and stays a draft")).to_be_visible()
    drafts.keyboard.press("Escape")
    assert set(numbers(company).values()) == {None}
    with tenant_scope(company.pk):
        assert not PostingRun.objects.exists()


def test_discarding_asks_first(drafts: Page, company: Tenant) -> None:
    drafts.get_by_label("Tick Brahe Oy").check()
    drafts.get_by_role("button", name="Discard", exact=True).click()
    expect(drafts.get_by_role("link", name="Keep it")).to_be_focused()
    drafts.get_by_role("button", name="Discard the draft").click()

    expect(drafts.get_by_text("1 draft is discarded.")).to_be_visible()
    with tenant_scope(company.pk):
        kept = Invoice.objects.filter(status="draft").values_list("billing_name", flat=True)
        assert set(kept) == {"Aalto Oy", "Cygnaeus Oy"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe_to_complain_about(drafts: Page, scheme: str, company: Tenant) -> None:
    drafts.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    drafts.get_by_label("Tick all drafts").click()

    def check() -> None:
        found = Axe().run(drafts).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []

    check()
    drafts.keyboard.press("p")
    drafts.get_by_role("button", name="Post 2 invoices").click()
    expect(drafts.get_by_text("2 invoices posted")).to_be_visible(timeout=30_000)
    check()
    drafts.get_by_role("link", name="2026-0002").click()
    for tab in ("Hours", "Journal", "History"):
        drafts.locator("#invoice-tabs").get_by_role("link", name=tab).click()
        expect(drafts.locator("#invoice-tabs [aria-current=page]")).to_have_text(tab)
        check()


def test_a_telephone_shows_cards_that_fit(drafts: Page) -> None:
    drafts.set_viewport_size({"width": 390, "height": 844})
    drafts.reload()
    drafts.wait_for_load_state("networkidle")

    expect(drafts.get_by_role("link", name="Brahe Oy")).to_be_visible()
    assert drafts.evaluate("document.documentElement.scrollWidth") == 390
