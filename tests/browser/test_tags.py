"""Tags on hours, by keyboard: found, made, taken off again, and filtered by."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import TagFactory, TimeEntryFactory
from timesheets.domain.tags.wearing import names_on
from timesheets.models import TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]


def test_tags_are_typed_made_and_filtered_by(
    page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn
) -> None:
    with tenant_scope(company.pk):
        for name in ("Late", "On call", "Warranty"):
            TagFactory(name=name)
        entry = TimeEntryFactory(member=owner_of, description="Boiler")
        TimeEntryFactory(member=owner_of, description="Roof")
    signed_in_as(page.context, owner_of)
    page.goto("/acme/hours/entries/?start=2026-10-01&end=2026-10-31")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="2026-10-05").last.click()
    dialog = page.locator("dialog[open]")
    field = dialog.get_by_label("Tags")
    chips = dialog.locator(".tag-chip > span")

    field.press_sequentially("cal")
    field.press("Enter")
    field.press_sequentially("late")
    field.press("Tab")
    expect(chips).to_have_text(["Late", "On call"])
    field.focus()
    field.press("Backspace")
    field.press_sequentially("Second visit")
    expect(dialog.get_by_role("option")).to_have_text(["Second visitNew tag"])
    field.press(",")
    expect(chips).to_have_text(["Late", "Second visit"])
    dialog.get_by_role("button", name="Remove Late").click()
    field.press("Control+s")
    expect(page.locator(".hours-table .tag")).to_have_text(["Second visit"])
    with tenant_scope(company.pk):
        ids = TimeEntry.objects.values_list("pk", flat=True)
        assert list(names_on(list(ids)).values()) == [["Second visit"]]
        assert entry.pk in ids

    page.reload()
    page.wait_for_load_state("networkidle")
    bar = page.locator(".filter-bar")
    bar.get_by_label("Tags").press_sequentially("second")
    bar.get_by_label("Tags").press("Enter")
    expect(page.locator(".hours-table tbody tr")).to_have_count(1)
    assert "tags=" in page.url
    bar.get_by_role("link", name="Reset").click()
    expect(bar.locator(".tag-chip")).to_have_count(0)
