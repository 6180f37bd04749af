"""A schedule is written, tried and run, in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from core.periods import month_of
from invoicing.models import Invoice, InvoicingRun, Schedule
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import TaxRateFactory
from tests.schedules.making import customer_with_hours

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_from_the_form_over_a_trial_to_the_invoices(
    page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn
) -> None:
    last_month = month_of(timezone.localdate().replace(day=1) - timedelta(days=1))
    with tenant_scope(company.pk):
        TaxRateFactory()
        for name in ("Aalto Oy", "Brahe Oy", "Cygnaeus Oy"):
            customer_with_hours(name, [90], day=last_month.start)
    signed_in_as(page.context, owner_of)
    # The first page of a run waits for everything that is imported only then.
    page.goto("/acme/schedules/", timeout=30_000)
    page.wait_for_load_state("networkidle")

    page.keyboard.press("n")
    page.wait_for_load_state("networkidle")
    page.get_by_label("Name").fill("Chosen few")
    page.get_by_label("Only these").check()
    finder = page.get_by_role("combobox", name="Add a customer")
    for typed, name in (("aal", "Aalto Oy"), ("brahe", "Brahe Oy")):
        finder.fill(typed)
        page.get_by_role("option", name=name).click()
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    preview = page.locator("#schedule-preview")
    expect(preview.get_by_text("It is for 2 customers.")).to_be_visible()
    expect(preview.locator(".schedule-next > li")).to_have_count(5)
    # What belongs to weeks only is out of sight until weeks are chosen.
    expect(page.locator("#id_weekday")).to_be_hidden()
    page.get_by_label("Period", exact=True).select_option("week")
    expect(page.locator("#id_weekday")).to_be_visible()
    page.get_by_label("Period", exact=True).select_option("month")
    expect(preview.get_by_text("On the first working day of each month")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Control+s")

    expect(page.get_by_text("“Chosen few” is saved.")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("t")
    expect(page.get_by_text("2 invoices would be made")).to_be_visible(timeout=15_000)
    with tenant_scope(company.pk):
        assert not Invoice.objects.exists()
    page.get_by_role("button", name="Lines").first.click()
    expect(page.get_by_text("Aalto Oy's site").first).to_be_visible()
    assert Axe().run(page).violations_count == 0

    page.get_by_role("link", name="Chosen few").click()
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("2 invoices made")).to_be_visible(timeout=15_000)
    with tenant_scope(company.pk):
        assert Schedule.objects.get().targets.count() == 2
        assert InvoicingRun.objects.count() == 2
        names = Invoice.objects.order_by("billing_name").values_list("billing_name", flat=True)
        assert list(names) == ["Aalto Oy", "Brahe Oy"]
