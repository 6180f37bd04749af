"""Paper beside a form, made anew as one types: of a draft, and of a design."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.models import DocumentTemplate
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import pages, words
from tests.factories import CustomerFactory, TaxRateFactory

SignIn = Callable[[BrowserContext, Membership], None]


def printed(page: Page, frame: str) -> str:
    """The words of the PDF that the frame shows."""
    address = (page.locator(frame).get_attribute("src") or "").partition("#")[0]
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return words(pages(answer.body()))


def test_the_paper_of_a_draft_follows_what_is_typed(
    page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn
) -> None:
    with tenant_scope(company.pk):
        draft = new_draft(customer=CustomerFactory(name="Kaari Oy"), actor=None)
        line = LineEdit(
            text="Work",
            quantity=Decimal(1),
            unit_price=Decimal(100),
            tax_rate=TaxRateFactory(),
        )
        save_draft(draft, version=1, values={}, lines=[line], actor=None)
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/drafts/{draft.pk}/")
    page.wait_for_load_state("networkidle")
    page.locator("[data-paper-toggle]").click()
    frame = "#draft-paper iframe"
    expect(page.locator(frame)).to_be_visible()
    first = page.locator(frame).get_attribute("src")
    page.locator("#draft-form [name=comment]").fill("Thank you for the good work.")
    expect(page.locator(frame)).not_to_have_attribute("src", first or "")
    assert "Thank you for the good work." in printed(page, frame)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_design_is_chosen_and_set_with_its_paper_beside(
    page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn, scheme: str
) -> None:
    signed_in_as(page.context, owner_of)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/acme/company/documents/designs/")
    page.wait_for_load_state("networkidle")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Nordic").click()
    frame = "#design-paper iframe"
    expect(page.locator(frame)).to_be_visible()
    page.wait_for_load_state("networkidle")
    first = page.locator(frame).get_attribute("src") or ""
    assert "Unit price" in printed(page, frame)
    page.get_by_role("checkbox", name="Unit price").uncheck()
    expect(page.locator(frame)).not_to_have_attribute("src", first)
    assert "Unit price" not in printed(page, frame)
    assert Axe().run(page).violations_count == 0
    # By keyboard: the quantity one place up, before the texts.
    page.get_by_role("button", name="Move “Quantity”").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Documents posted from now on")).to_be_visible()
    with tenant_scope(company.pk):
        stored = DocumentTemplate.objects.get().design_settings["columns"]
    assert stored == ["position", "quantity", "text", "discount", "tax", "net"]
