"""From the time report to a draft in a real browser, with the keyboard; and work that moves."""

from collections.abc import Callable
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Project
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TimeEntryFactory,
)
from timesheets.models import Charge, TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]
REPORT = "/acme/hours/entries/?start=2026-10-01&end=2026-10-31"


@pytest.fixture
def work(company: Tenant) -> Project:
    """Anna's October on two projects of one customer, locked."""
    with tenant_scope(company.pk):
        anna = MembershipFactory(user=None, name="Anna Aalto")
        customer = CustomerFactory(name="Satama Oy")
        app, shop = (ProjectFactory(customer=customer, name=name) for name in ("App", "Web shop"))
        for project, minutes in ((app, 60), (shop, 90), (shop, 30)):
            TimeEntryFactory(project=project, member=anna, minutes=minutes)
        HoursLockFactory(member=anna)
        return shop


@pytest.fixture
def lines(page: Page, work: Project, owner_of: Membership, signed_in_as: SignIn) -> Page:
    """The page of the lines, reached from the report by keys."""
    signed_in_as(page.context, owner_of)
    page.goto(REPORT, timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Invoice these…").first.press("Enter")
    expect(page.get_by_role("heading", name="Satama Oy")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page


def to_the_lines(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.wait_for_url("**/lines/", timeout=30_000)
    page.wait_for_load_state("networkidle")


def test_the_whole_way_with_the_keyboard(
    lines: Page, company: Tenant, complaints: Complaints
) -> None:
    bar = lines.locator("#compose-bar")
    expect(bar).to_contain_text("€300.00")
    lines.keyboard.press("j")
    lines.keyboard.press("Space")  # App, out
    expect(bar).to_contain_text("€200.00")
    lines.keyboard.press("j")
    lines.keyboard.press("ArrowRight")
    expect(lines.locator("[data-tick-entry]")).to_have_count(2)
    lines.keyboard.press("j")
    lines.keyboard.press("Space")  # the first of the web shop, out
    expect(bar).not_to_contain_text("€200.00")
    box = lines.locator("[data-tick-group]").nth(1)
    expect(box).to_have_js_property("indeterminate", True)
    lines.keyboard.press("Space")
    expect(bar).to_contain_text("€200.00")
    expect(box).to_be_checked()

    to_the_lines(lines)
    expect(lines.get_by_text("Web shop · Anna Aalto")).to_be_visible()
    lines.get_by_label("Text", exact=True).select_option("pattern")
    expect(lines.get_by_text("Write what a line says")).to_be_visible()
    complaints.expect("422")
    lines.get_by_role("button", name="{project}", exact=True).click()
    expect(lines.locator(".compose-line-text")).to_have_text("Web shop")
    expect(lines.get_by_text("Write what a line says")).to_have_count(0)
    lines.keyboard.type(" {hours} h")
    expect(lines.locator(".compose-line-text")).to_have_text("Web shop 2:00 h")
    expect(lines.get_by_label("Own pattern")).to_have_value("{project} {hours} h")
    lines.keyboard.press("Enter")

    expect(lines.get_by_text("The draft for Satama Oy is made.")).to_be_visible()
    expect(lines.get_by_text("by Aino Owner: 2 entries, 2:00 h")).to_be_visible()
    with tenant_scope(company.pk):
        draft = Invoice.objects.get()
        assert [line.text for line in draft.lines.all()] == ["Web shop 2:00 h"]


def test_work_that_came_meanwhile_is_told_and_chosen(
    lines: Page, work: Project, company: Tenant, complaints: Complaints
) -> None:
    to_the_lines(lines)
    make = lines.get_by_role("button", name="Make the draft")
    expect(make).to_be_enabled()
    with tenant_scope(company.pk):
        TimeEntryFactory(
            project=work, member=MembershipFactory(user=None), work_date=date(2026, 10, 7)
        )
    make.click()
    expect(lines.get_by_text("1 entry is new since you looked.")).to_be_visible()
    complaints.expect("422")
    lines.get_by_role("button", name="Look again").click()
    expect(lines.get_by_text("since you looked")).to_have_count(0)
    expect(lines.locator(".compose-result-table")).to_contain_text("€400.00")
    with tenant_scope(company.pk):
        assert not Invoice.objects.exists()
        late = TimeEntry.objects.latest("pk")
        TimeEntry.objects.filter(pk=late.pk).update(minutes=120)
    lines.locator("[data-compose-make]").click()
    expect(lines.get_by_text("1 changed since you looked.")).to_be_visible()
    complaints.expect("422")
    lines.get_by_role("button", name="Only what was shown").click()
    expect(lines.get_by_text("The draft for Satama Oy is made.")).to_be_visible()
    with tenant_scope(company.pk):
        assert Invoice.objects.get().net_total == 300
        late.refresh_from_db()
        assert late.billing_state == "open"


def test_charges_are_ticked_previewed_and_drafted_beside_hours(
    page: Page,
    company: Tenant,
    work: Project,
    owner_of: Membership,
    signed_in_as: SignIn,
) -> None:
    with tenant_scope(company.pk):
        for text, price in (("Hotel", 90), ("Train", 40)):
            ChargeFactory(project=work, text=text, unit_price=price, charge_date=date(2026, 10, 6))
    signed_in_as(page.context, owner_of)
    page.goto(REPORT, timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Invoice these…").first.press("Enter")
    expect(page.get_by_role("heading", name="Satama Oy")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#share-billable")).to_contain_text("2 charges")
    page.get_by_role("button", name="Web shop").click()
    page.get_by_role("checkbox", name="2026-10-06, Train").click()
    expect(page.locator("#compose-bar")).to_contain_text("1 charge")
    assert not Axe().run(page, context="#overview").response["violations"]

    to_the_lines(page)
    lines = page.locator(".compose-result-table tbody")
    expect(lines.get_by_role("row").last).to_contain_text("Hotel")
    expect(lines.get_by_text("Train")).to_have_count(0)
    page.get_by_role("button", name="Make the draft").click()
    page.wait_for_url("**/drafts/*/", timeout=30_000)
    page.wait_for_load_state("networkidle")

    page.keyboard.press("w")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("row", name="Web shop Hotel")).to_be_visible()
    dialog.get_by_role("row", name="Train").get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Add to the draft").click()
    expect(dialog).not_to_be_visible()
    with tenant_scope(company.pk):
        states = set(Charge.objects.values_list("text", "billing_state"))
    assert states == {("Hotel", "drafted"), ("Train", "drafted")}


def test_a_draft_for_each_customer_one_after_the_other(
    page: Page,
    company: Tenant,
    work: Project,
    owner_of: Membership,
    signed_in_as: SignIn,
) -> None:
    with tenant_scope(company.pk):
        anna = TimeEntry.objects.earliest("pk").member
        for name, rate in (("Brahe Oy", 100), ("Cygnaeus Oy", None)):
            project = ProjectFactory(customer=CustomerFactory(name=name))
            TimeEntryFactory(project=project, member=anna, is_locked=True, rate=rate)
    signed_in_as(page.context, owner_of)
    page.goto(REPORT, timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Invoice these…").first.press("Enter")
    page.get_by_role("button", name="Make 3 drafts, one for each").click()
    expect(page.get_by_text("2 made, 1 refused")).to_be_visible()
    expect(page.locator("[data-draft-words]")).to_have_text("3 of 3")
    expect(page.get_by_text("There is no rate for the hours of Anna Aalto")).to_be_visible()
    assert not Axe().run(page, context="main").response["violations"]
    page.get_by_role("link", name="See the drafts").press("Enter")
    expect(page.get_by_role("link", name="Satama Oy")).to_be_visible()
    with tenant_scope(company.pk):
        names = set(Invoice.objects.values_list("billing_name", flat=True))
    assert names == {"Satama Oy", "Brahe Oy"}
