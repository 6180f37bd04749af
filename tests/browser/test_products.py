"""A product chosen with the keyboard while a line's text is typed."""

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.drafting import new_draft
from tenants.models import Membership
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, ProductFactory, TaxRateFactory


def test_a_product_fills_the_line_in(
    page: Page,
    owner_of: Membership,
    signed_in_as: Callable[[BrowserContext, Membership], None],
) -> None:
    with tenant_scope(owner_of.tenant_id):
        TaxRateFactory()
        product = ProductFactory(number="F-1", account="3100", unit="MTR")
        ProductFactory(number="F-2", name="Oil filter")
        draft = new_draft(customer=CustomerFactory(), actor=None)
    signed_in_as(page.context, owner_of)
    page.set_default_timeout(30_000)
    page.goto(f"/acme/drafts/{draft.pk}/")
    page.wait_for_load_state("networkidle")

    text = page.locator("[data-draft-line] [data-field='text']").first
    text.press_sequentially("filt")
    expect(page.locator("#product-list [role='option']")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    line = page.locator("[data-draft-line]").first
    expect(line.locator("[data-field='text']")).to_have_value("Air filter")
    expect(line.locator("[data-field='unit_price']")).to_have_value("24.90")
    expect(line.locator("[data-field='unit']")).to_have_value("MTR")
    expect(line.locator("[data-field='account']")).to_have_value("3100")
    expect(line.locator("[data-field='quantity']")).to_be_focused()
    expect(line.locator("[data-product-number]")).to_have_text("F-1")
    expect(line.locator("[data-net]")).to_have_text("24.90")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved.")).to_be_visible()

    with tenant_scope(owner_of.tenant_id):
        stored = draft.lines.get()
        assert (stored.product_id, stored.net) == (product.pk, Decimal("24.90"))
