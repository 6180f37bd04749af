"""The accountant's month: from the journal to an account, a month closed and opened again."""

from collections.abc import Callable
from datetime import date

from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.books.accounts import make_chart
from invoicing.models import PeriodClosing
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import posted


def test_a_month_is_looked_through_closed_and_opened_again(
    page: Page,
    owner_of: Membership,
    signed_in_as: Callable[[BrowserContext, Membership], None],
) -> None:
    with tenant_scope(owner_of.tenant_id):
        make_chart(Tenant.objects.get(pk=owner_of.tenant_id))
        posted({}, tax_point=date(2026, 1, 15), issue_date=date(2026, 1, 20))
    signed_in_as(page.context, owner_of)
    page.set_default_timeout(30_000)
    page.goto("/acme/books/journal/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Journal entry 1")
    page.get_by_role("link", name="1700").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trade receivables")
    expect(page.locator("tbody tr")).to_have_count(1)

    page.goto("/acme/books/periods/?year=2026")
    page.wait_for_load_state("networkidle")
    january = page.locator("tbody tr").first
    january.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Close month").click()
    expect(january).to_contain_text("Closed by")
    page.wait_for_load_state("networkidle")
    january.get_by_role("button", name="Open again").click()
    page.get_by_label("Why").fill("A late invoice")
    page.get_by_role("button", name="Open again", exact=True).click()
    expect(january).to_contain_text("A late invoice")
    with tenant_scope(owner_of.tenant_id):
        assert PeriodClosing.objects.get().reason == "A late invoice"
