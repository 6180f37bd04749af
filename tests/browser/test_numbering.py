"""The form of a number series in a real browser: typing, a token, a repair, saving."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.numbering import default_series
from invoicing.models import DocumentKind, NumberCounter, NumberSeries
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints

type SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture
def form(page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn) -> Page:
    with tenant_scope(company.pk):
        series = default_series(DocumentKind.INVOICE)
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/numbering/{series.pk}/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    return page


def test_a_format_is_typed_mended_and_saved(
    form: Page, company: Tenant, complaints: Complaints
) -> None:
    year = timezone.localdate().year
    examples = form.locator(".number-examples li")
    expect(examples.first).to_have_text(f"{year}-0001")

    box = form.locator("#id_format")
    box.fill("{Y}")
    expect(form.get_by_text("a counter is missing")).to_be_visible()
    expect(examples).to_have_count(0)
    found = Axe().run(form)
    assert found.violations_count == 0, found.generate_report()

    form.locator("[data-use-format]").press("Enter")
    expect(box).to_have_value("{Y}-{cy,4}")
    expect(examples.first).to_have_text(f"{year}-0001")

    box.press("Home")
    box.type("R")
    expect(examples.nth(4)).to_have_text(f"R{year}-0005")
    form.locator('[data-insert-token="{M}"]').press("Space")
    expect(box).to_have_value("R{M}{Y}-{cy,4}")
    expect(box).to_be_focused()

    box.fill("R{Y}-{cy,4}")
    form.locator("#id_next_number").fill("73")
    expect(examples.first).to_have_text(f"R{year}-0073")
    form.locator("#id_next_number").press("Enter")
    expect(form.get_by_text(f"R{year}-0073")).to_be_visible()

    with tenant_scope(company.pk):
        assert NumberSeries.objects.get(kind="invoice").format == "R{Y}-{cy,4}"
        assert NumberCounter.objects.get().count == 72
    assert complaints == []
