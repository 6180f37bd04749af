"""A quotation written with the keyboard, handed out, and accepted by the customer's link."""

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.quotations.editing import begin_quotation
from invoicing.domain.quotations.links import link_of
from invoicing.domain.quotations.sending import hand_out
from invoicing.models import Quotation
from tenants.models import Membership
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, ProductFactory, TaxRateFactory


def test_it_is_written_and_accepted(
    page: Page,
    owner_of: Membership,
    signed_in_as: Callable[[BrowserContext, Membership], None],
) -> None:
    page.set_default_timeout(30_000)
    with tenant_scope(owner_of.tenant_id):
        TaxRateFactory()
        ProductFactory(number="F-1")
        quotation = begin_quotation(customer=CustomerFactory(), actor=None, title="A new roof")
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/quotations/{quotation.pk}/")
    page.wait_for_load_state("networkidle")
    line = page.locator("[data-draft-line]").first
    line.locator("[data-field='text']").press_sequentially("F-1")
    expect(page.locator("#product-list [role='option']")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("4")
    expect(line.locator("[data-net]")).to_have_text("99.60")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved.")).to_be_visible()

    with tenant_scope(owner_of.tenant_id):
        stored: Quotation = Quotation.objects.get()
        assert stored.net_total == Decimal("99.60")
        link = link_of(hand_out(stored.pk, actor=None))
    page.context.clear_cookies()
    page.goto("/" + link.partition("//")[2].partition("/")[2])
    page.get_by_label("Your name").fill("Anna Ostaja")
    page.get_by_label("I accept this quotation with its terms.").check()
    page.get_by_role("button", name="Accept the quotation").click()
    expect(page.get_by_role("status")).to_contain_text("Accepted by Anna Ostaja")
    with tenant_scope(owner_of.tenant_id):
        assert Quotation.objects.get().status == "accepted"
