"""Ready to invoice in a real browser, as an accountant at the end of a month uses it."""

from collections.abc import Callable
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Customer
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TimeEntryFactory,
)

SignIn = Callable[[BrowserContext, Membership], None]
OCTOBER = "/acme/ready/?start=2026-10-01&end=2026-10-31"


@pytest.fixture
def work(company: Tenant) -> None:
    """Two rows of Anna, who has locked, and one of Bo, who has not."""
    with tenant_scope(company.pk):
        anna, bo = (MembershipFactory(user=None, name=name) for name in ("Anna Aalto", "Bo Berg"))
        for name, person in (("Aalto Oy", anna), ("Brahe Oy", anna), ("Cygnaeus Oy", bo)):
            project = ProjectFactory(customer=CustomerFactory(name=name), name="Web shop")
            TimeEntryFactory(
                project=project, member=person, minutes=90, description=f"Work for {name}"
            )
        HoursLockFactory(member=anna)


@pytest.fixture
def ready(page: Page, work: None, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    page.goto(OCTOBER)
    page.wait_for_load_state("networkidle")
    return page


def drafts(company: Tenant) -> set[str]:
    with tenant_scope(company.pk):
        return set(Invoice.objects.values_list("billing_name", flat=True))


def test_ticking_with_the_space_bar_and_making_the_drafts(ready: Page, company: Tenant) -> None:
    for key in ("j", " ", "j", " "):
        ready.keyboard.press(key)
    expect(ready.locator("[data-bulk-count]")).to_have_text("2")
    expect(ready.locator("[data-bulk-sum]")).to_have_text("300.00")
    ready.keyboard.press("d")

    expect(ready.get_by_text("2 made")).to_be_visible()
    expect(ready.locator("[data-draft-outcome=made]")).to_have_count(2)
    expect(ready.get_by_role("link", name="See the drafts")).to_be_focused()
    ready.keyboard.press("Escape")
    expect(ready.locator("#dialog")).to_be_hidden()
    expect(ready.locator(".ready-row")).to_have_count(1)
    assert drafts(company) == {"Aalto Oy", "Brahe Oy"}


def test_a_row_that_was_closed_again_is_left_with_j(ready: Page) -> None:
    for key in ("j", "Enter"):
        ready.keyboard.press(key)
    expect(ready.get_by_role("columnheader", name="Person", exact=True)).to_be_visible()
    for key in ("Enter", "j"):
        ready.keyboard.press(key)
    expect(ready.locator(".ready-row").nth(1).locator(".row-link")).to_be_focused()


def test_unlocked_rows_are_asked_about_and_can_be_left(ready: Page, company: Tenant) -> None:
    ready.get_by_label("Tick all rows").click()
    ready.get_by_role("button", name="Make the drafts").click()
    expect(ready.get_by_text("1 row has hours that are not locked, by: Bo Berg.")).to_be_visible()
    ready.get_by_role("button", name="Only the 2 locked").click()

    expect(ready.get_by_text("2 made")).to_be_visible()
    assert drafts(company) == {"Aalto Oy", "Brahe Oy"}


def test_plus_drafts_the_row_and_keeps_the_place(ready: Page, company: Tenant) -> None:
    ready.keyboard.press("j")
    ready.keyboard.press("+")

    row = ready.locator(".ready-row").first
    expect(row.get_by_text("Draft made")).to_be_visible()
    expect(row.locator(".row-link")).to_be_focused()
    expect(ready.locator(".share-tab", has_text="Drafted")).to_contain_text("1")
    assert drafts(company) == {"Aalto Oy"}


def test_plus_on_unlocked_hours_names_the_people_first(ready: Page, company: Tenant) -> None:
    for _ in range(3):
        ready.keyboard.press("j")
    ready.keyboard.press("+")
    expect(ready.get_by_text("Not locked by: Bo Berg.")).to_be_visible()
    ready.keyboard.press("Escape")
    assert drafts(company) == set()

    ready.keyboard.press("+")
    ready.keyboard.press("Enter")
    expect(ready.get_by_text("Draft made")).to_be_visible()
    assert drafts(company) == {"Cygnaeus Oy"}


def test_a_row_opens_to_people_and_entries(ready: Page) -> None:
    ready.keyboard.press("j")
    ready.keyboard.press("Enter")
    person = ready.get_by_role("button", name="Anna Aalto")
    expect(person).to_be_visible()
    person.click()
    expect(ready.get_by_text("Work for Aalto Oy")).to_be_visible()


def test_names_appear_over_the_status(ready: Page) -> None:
    ready.locator("[data-who]").hover()
    expect(ready.locator(".who-bubble")).to_contain_text("Bo Berg")
    ready.mouse.move(5, 5)
    expect(ready.locator(".who-bubble")).to_be_hidden()


def test_everything_asked_for_is_in_the_address(ready: Page) -> None:
    ready.get_by_role("link", name="Waiting for locks").click()
    ready.wait_for_url("**status=waiting*")
    ready.keyboard.press("/")
    ready.keyboard.type("cyg")
    ready.wait_for_url("**q=cyg**status=waiting*")
    ready.get_by_label("One row per").select_option("customer")
    ready.wait_for_url("**group=customer*")
    ready.reload()
    expect(ready.locator(".ready-row")).to_have_count(1)
    expect(ready.get_by_text("1 project", exact=True)).to_be_visible()

    ready.get_by_role("link", name="The period before").click()
    ready.wait_for_url("**start=2026-09-01*")
    expect(ready.get_by_label("From")).to_have_value("2026-09-01")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe_to_complain_about(ready: Page, scheme: str) -> None:
    ready.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    ready.keyboard.press("j")
    ready.keyboard.press("Enter")
    expect(ready.get_by_role("button", name="Anna Aalto")).to_be_visible()

    found = Axe().run(ready).response["violations"]

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_a_telephone_shows_cards_that_fit(ready: Page) -> None:
    ready.set_viewport_size({"width": 390, "height": 844})
    ready.reload()
    ready.wait_for_load_state("networkidle")
    ready.locator(".row-link").first.click()
    expect(ready.get_by_role("button", name="Anna Aalto")).to_be_visible()

    assert ready.evaluate("document.documentElement.scrollWidth") == 390
    expect(ready.get_by_label("From")).to_be_hidden()
    ready.get_by_role("button", name="Filters").click()
    expect(ready.get_by_label("From")).to_be_visible()


def test_the_first_period_is_one_people_invoice(ready: Page) -> None:
    ready.goto("/acme/ready/")
    start = date.fromisoformat(ready.get_by_label("From").input_value())
    assert start.day == 1


def test_a_charge_goes_from_its_form_to_a_draft(
    page: Page, company: Tenant, work: None, owner_of: Membership, signed_in_as: SignIn
) -> None:
    with tenant_scope(company.pk):
        customer = Customer.objects.get(name="Aalto Oy")
        ChargeFactory(customer=customer, text="Hotel", charge_date=date(2026, 10, 7))
    signed_in_as(page.context, owner_of)
    page.goto("/acme/charges/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("row", name="Hotel")).to_be_visible()
    switch = page.get_by_role("button", name="Billable", exact=True).first
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")

    page.goto(OCTOBER)
    page.wait_for_load_state("networkidle")
    row = page.locator(".ready-row", has_text="Without a project")
    row.get_by_role("button", name="Aalto Oy").first.click()
    expect(row.get_by_text("Hotel")).to_be_visible()
    row.get_by_role("button", name="Make the draft for Aalto Oy").click()
    expect(row.get_by_role("link", name="Draft", exact=True)).to_be_visible()

    with tenant_scope(company.pk):
        draft = Invoice.objects.get()
        assert draft.lines.get().text == "Hotel"
    page.goto(f"/acme/drafts/{draft.pk}/")
    page.get_by_role("link", name="1 charge").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("Hotel")).to_be_visible()
    assert not Axe().run(page, context="#dialog").response["violations"]
