"""The whole way in a real browser: hours are typed and locked, an invoice is made of them,
posted, and looked at as the customer gets it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.models import Invoice, JournalEntry
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, ProjectFactory, RateFactory, TaskFactory, UserFactory
from timesheets.models import BillingState, HoursLock, TimeEntry

type SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def people(company: Tenant) -> dict[str, Membership]:
    """A member and an accountant, and a project to work on; nothing else is there yet."""
    with tenant_scope(company.pk):
        ProjectFactory(name="Web shop", customer__name="Satama Oy", customer__payment_term_days=21)
        TaskFactory(name="Development")
        RateFactory(amount=Decimal("96"))
        return {
            name: MembershipFactory(
                user=UserFactory(email=f"{name.split()[0].lower()}@example.com", name=name),
                role=role,
            )
            for name, role in (("Bo Berg", Role.MEMBER), ("Cecilia Bok", Role.ACCOUNTANT))
        }


def sign_in(page: Page, signed_in_as: SignIn, member: Membership) -> None:
    page.context.clear_cookies()
    signed_in_as(page.context, member)


def type_hours_and_lock_them(page: Page) -> None:
    page.goto("/acme/hours/?week=2026-10-05", timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("a")
    page.keyboard.type("web shop dev")
    expect(page.get_by_role("option").first).to_contain_text("Web shop · Development")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell]").first).to_be_focused()
    for text in ("7:30", "8", "6,5"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.locator("[data-week-state]")).to_have_text("All saved")
    expect(page.locator("[data-week-sum]")).to_have_text("22:00")

    page.get_by_role("link", name="Lock this week").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("These hours become read-only")).to_be_visible()
    dialog.get_by_role("button", name="Lock").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("locked by Bo Berg")).to_be_visible()


def make_the_draft(page: Page) -> None:
    page.goto("/acme/ready/?start=2026-10-01&end=2026-10-31")
    page.wait_for_load_state("networkidle")
    row = page.locator(".ready-row")
    expect(row).to_have_count(1)
    expect(row.get_by_title("Everybody has locked these hours.")).to_be_visible()
    expect(row.locator(".ready-net")).to_have_text("€2,112.00")
    row.get_by_role("button", name="Make the draft for Satama Oy").click()
    expect(row.get_by_text("Draft made")).to_be_visible()
    row.get_by_role("link", name="Draft").click()
    page.wait_for_url("**/acme/drafts/*/")
    page.wait_for_load_state("networkidle")


def edit_and_post_it(page: Page) -> None:
    line = page.locator("#draft-list [data-field=text]")
    expect(line).to_have_value("Web shop · Bo Berg")
    line.fill("Web shop, version 2")
    discount = page.locator("#draft-list [data-field=discount_percent]")
    discount.fill("10")
    expect(page.locator("[data-draft-gross]")).to_have_text("€2,385.50")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_role("button", name="Save and post").click()
    expect(page.get_by_text("Post this invoice for €2,385.50?")).to_be_visible()
    page.locator("#confirm").get_by_role("button", name="Post the invoice").click()
    page.wait_for_url("**/acme/invoices/*/", timeout=30_000)
    expect(page.get_by_text("Invoice 2026-0001 is posted.")).to_be_visible()


def test_from_hours_to_the_posted_pdf(
    page: Page,
    company: Tenant,
    people: dict[str, Membership],
    signed_in_as: SignIn,
) -> None:
    sign_in(page, signed_in_as, people["Bo Berg"])
    type_hours_and_lock_them(page)
    with tenant_scope(company.pk):
        assert HoursLock.objects.get().member == people["Bo Berg"]
        assert [entry.rate for entry in TimeEntry.objects.all()] == [Decimal("96")] * 3

    sign_in(page, signed_in_as, people["Cecilia Bok"])
    make_the_draft(page)
    edit_and_post_it(page)

    frame = page.locator("iframe.invoice-frame")
    expect(frame).to_be_visible()
    address = str(frame.get_attribute("src")).partition("#")[0]
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.body())
    text = " ".join(document[0].get_textpage().get_text_bounded().split())
    for printed in ("2026-0001", "Satama Oy", "Web shop, version 2", "22", "1,900.80", "2,385.50"):
        assert printed in text, (printed, text)

    page.get_by_role("link", name="Invoices", exact=True).first.click()
    row = page.locator("tbody tr", has_text="2026-0001")
    expect(row).to_contain_text("Satama Oy")
    expect(row.locator(".money").last).to_have_text("€2,385.50")
    row.get_by_role("link", name="2026-0001").click()
    page.get_by_role("link", name="History").click()
    expect(page.locator("#invoice-tabs")).to_contain_text("Cecilia Bok")

    with tenant_scope(company.pk):
        invoice = Invoice.objects.get()
        assert (invoice.number, invoice.net_total) == ("2026-0001", Decimal("1900.80"))
        assert (invoice.due_date - invoice.issue_date).days == 21
        states = set(TimeEntry.objects.values_list("billing_state", flat=True))
        assert states == {BillingState.BILLED}
        assert JournalEntry.objects.filter(invoice=invoice).count() == 1
