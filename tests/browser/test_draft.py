"""The draft form in a real browser, by keyboard as far as it goes."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Customer
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import BillingState, TimeEntry

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture
def customer(company: Tenant) -> int:
    with tenant_scope(company.pk):
        CustomerFactory(name="Kaari Oy", payment_term_days=7, city="Vaasa")
        return CustomerFactory(name="Satama Oy", payment_term_days=30).pk


@pytest.fixture
def worked(company: Tenant, customer: int) -> int:
    """A draft of two people's hours; Anna has two entries."""
    with tenant_scope(company.pk):
        project = ProjectFactory(customer_id=customer, name="Web shop")
        for name, minutes in (("Anna Aalto", (60, 30)), ("Bo Berg", (120,))):
            member = MembershipFactory(user=None, name=name)
            for number in minutes:
                TimeEntryFactory(
                    project=project, member=member, minutes=number, description=f"{number} min"
                )
        draft = draft_work(
            start=date(2026, 10, 1),
            end=date(2026, 10, 31),
            actor=None,
            customer_id=customer,
            allow_unlocked=True,
        )
        return draft.pk


@pytest.fixture
def blank(company: Tenant, customer: int) -> int:
    """A blank draft with three lines."""
    with tenant_scope(company.pk):
        draft = new_draft(customer=Customer.objects.get(pk=customer), actor=None)
        lines = [
            LineEdit(
                text=text,
                quantity=Decimal(1),
                unit_price=Decimal(100),
                tax_rate=TaxRateFactory(),
            )
            for text in ("one", "two", "three")
        ]
        save_draft(draft, version=1, values={}, lines=lines, actor=None)
        return draft.pk


@pytest.fixture
def desk(page: Page, customer: int, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    return page


def open_draft(page: Page, pk: int) -> Page:
    page.goto(f"/acme/drafts/{pk}/")
    page.wait_for_load_state("networkidle")
    return page


def texts(company: Tenant, pk: int) -> list[str]:
    with tenant_scope(company.pk):
        return list(
            InvoiceLine.objects.filter(invoice=pk)
            .order_by("position")
            .values_list("text", flat=True)
        )


def only_draft(company: Tenant) -> Invoice:
    with tenant_scope(company.pk):
        draft: Invoice = Invoice.objects.get()
        return draft


def shown(page: Page) -> list[str]:
    fields = page.locator("#draft-list [data-field=text]")
    return [fields.nth(number).input_value() for number in range(fields.count())]


def test_a_whole_invoice_by_keyboard_alone(desk: Page, company: Tenant) -> None:
    desk.goto("/acme/drafts/new/")
    desk.wait_for_load_state("networkidle")
    keys = desk.keyboard
    expect(desk.get_by_label("Customer")).to_be_focused()
    keys.type("sata")
    expect(desk.get_by_role("option", name="Satama Oy")).to_be_visible()
    keys.press("Enter")
    keys.press("Enter")
    desk.wait_for_url("**/drafts/*/")
    desk.wait_for_load_state("networkidle")

    expect(desk.locator("[data-field=text]").first).to_be_focused()
    for text, quantity, price in (("Workshop", "2,5", "120"), ("Travel", "1", "84.90")):
        keys.type(text)
        keys.press("Tab")
        keys.type(quantity)
        keys.press("Tab")
        keys.press("Tab")
        keys.type(price)
        keys.press("Enter")
    expect(desk.locator("[data-net]").first).to_have_text("300.00")
    expect(desk.locator("[data-draft-gross]")).to_have_text("€483.05")
    keys.press("Control+Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()

    draft = only_draft(company)
    assert draft.gross_total == Decimal("483.05")
    assert texts(company, draft.pk) == ["Workshop", "Travel"]

    keys.press("Control+Shift+Enter")
    expect(desk.get_by_text("Post this invoice for €483.05?")).to_be_visible()
    keys.press("Enter")
    desk.wait_for_url(lambda url: "/drafts/" not in url)
    assert only_draft(company).number is not None


def test_lines_move_by_keyboard_and_keep_the_focus(desk: Page, company: Tenant, blank: int) -> None:
    open_draft(desk, blank)
    desk.locator("[data-field=quantity]").nth(2).focus()
    desk.keyboard.press("Alt+ArrowUp")
    desk.keyboard.press("Alt+ArrowUp")
    assert shown(desk) == ["three", "one", "two"]
    expect(desk.locator("[data-field=quantity]").first).to_be_focused()
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("Saved.")).to_be_visible()
    expect(desk.locator("[data-field=quantity]").first).to_be_focused()
    assert texts(company, blank) == ["three", "one", "two"]


def test_lines_are_dragged(desk: Page, company: Tenant, blank: int) -> None:
    open_draft(desk, blank)
    handles = desk.locator("#draft-list [data-sortable-handle]")
    handles.nth(0).drag_to(handles.nth(2))
    expect(desk.locator("[data-field=text]").nth(2)).to_have_value("one")
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
    assert texts(company, blank) == ["two", "three", "one"]


def test_lines_are_copied_and_deleted_and_brought_back(
    desk: Page, company: Tenant, blank: int
) -> None:
    open_draft(desk, blank)
    desk.locator("[data-field=text]").nth(1).focus()
    desk.keyboard.press("Control+d")
    assert shown(desk) == ["one", "two", "two", "three"]
    expect(desk.locator("[data-draft-gross]")).to_have_text("€502.00")
    desk.locator("[data-field=text]").nth(0).focus()
    desk.keyboard.press("Control+Delete")
    assert shown(desk) == ["two", "two", "three"]
    expect(desk.locator("[data-draft-gross]")).to_have_text("€376.50")
    desk.get_by_role("button", name="Undo").click()
    assert shown(desk) == ["one", "two", "two", "three"]
    expect(desk.locator("[data-draft-gross]")).to_have_text("€502.00")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()
    assert texts(company, blank) == ["one", "two", "two", "three"]


def test_the_due_date_follows_until_it_is_set_by_hand(desk: Page, blank: int) -> None:
    open_draft(desk, blank)
    issue, due = desk.get_by_label("Invoice date"), desk.get_by_label("Due date")
    issue.fill("2026-12-01")
    expect(due).to_have_value("2026-12-31")
    expect(desk.get_by_label("Tax point")).to_have_value("2026-12-01")
    due.fill("2027-01-15")
    issue.fill("2026-12-05")
    expect(due).to_have_value("2027-01-15")


def test_another_customer_fills_in_the_parties(desk: Page, company: Tenant, blank: int) -> None:
    open_draft(desk, blank)
    desk.get_by_role("combobox", name="Customer").click()
    desk.keyboard.type("kaari")
    desk.get_by_role("option", name="Kaari Oy").click()
    expect(desk.locator(".draft-address-words")).to_contain_text("Vaasa")
    issued = date.fromisoformat(desk.get_by_label("Invoice date").input_value())
    due = (issued + timedelta(days=7)).isoformat()
    expect(desk.get_by_label("Due date")).to_have_value(due)
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
    draft = only_draft(company)
    assert (draft.billing_name, draft.billing_city) == ("Kaari Oy", "Vaasa")


def test_leaving_with_changes_asks_first(desk: Page, blank: int) -> None:
    open_draft(desk, blank)
    desk.locator("[data-field=text]").first.fill("changed")
    desk.locator("[data-field=unit_price]").first.fill("1")
    # The sums have come, which must not count as saving.
    expect(desk.locator("[data-net]").first).to_have_text("1.00")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    desk.on("dialog", stay)
    desk.get_by_role("link", name="Ready to invoice").click(no_wait_after=True)
    expect(desk.locator("[data-field=text]").first).to_have_value("changed")
    assert asked == ["beforeunload"]
    desk.remove_listener("dialog", stay)
    desk.on("dialog", lambda dialog: dialog.accept())


def test_taking_an_entry_off_shows_in_the_form_at_once(
    desk: Page, company: Tenant, worked: int
) -> None:
    open_draft(desk, worked)
    desk.locator("[data-field=text]").nth(1).fill("Bo's work, renamed")
    desk.get_by_title("See the hours of this line").first.click()
    row = desk.locator("#dialog tr", has_text="30 min")
    row.get_by_role("button", name="Take off").click()
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    with tenant_scope(company.pk):
        assert TimeEntry.objects.get(minutes=30).billing_state == BillingState.OPEN
    desk.keyboard.press("Escape")

    expect(desk.get_by_text("what you typed is still here")).to_be_visible()
    expect(desk.locator("[data-field=quantity]").first).to_have_value("1")
    assert shown(desk)[1] == "Bo's work, renamed"
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()
    assert texts(company, worked)[1] == "Bo's work, renamed"


def test_an_entry_taken_off_by_mistake_is_put_back(
    desk: Page, company: Tenant, worked: int
) -> None:
    open_draft(desk, worked)
    desk.get_by_role("link", name="Hours").last.click()
    row = desk.locator("#dialog tr", has_text="120 min")
    row.get_by_role("button", name="Take off").click()
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button", name="Take off")).to_be_visible()
    desk.keyboard.press("Escape")
    with tenant_scope(company.pk):
        states = set(TimeEntry.objects.values_list("billing_state", flat=True))
    assert states == {"drafted"}


def test_deleting_a_line_with_hours_asks_and_frees_them(
    desk: Page, company: Tenant, worked: int
) -> None:
    open_draft(desk, worked)
    desk.locator("[data-field=text]").first.focus()
    desk.keyboard.press("Control+Delete")
    expect(desk.get_by_text("Delete this line and free its work?")).to_be_visible()
    desk.get_by_role("button", name="Delete the line").last.click()
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()
    with tenant_scope(company.pk):
        assert TimeEntry.objects.filter(billing_state=BillingState.OPEN).count() == 2
        assert InvoiceLine.objects.count() == 1


def test_two_people_on_one_draft(
    desk: Page,
    company: Tenant,
    blank: int,
    signed_in_as: SignIn,
    complaints: Complaints,
) -> None:
    with tenant_scope(company.pk):
        bo = MembershipFactory(role=Role.ACCOUNTANT, user__name="Bo Berg")
    browser = desk.context.browser
    assert browser is not None
    server = open_draft(desk, blank).url.partition("/acme")[0]
    other = browser.new_context(base_url=server, locale="en", reduced_motion="reduce")
    signed_in_as(other, bo)
    theirs = open_draft(other.new_page(), blank)
    expect(theirs.get_by_text("Aino Owner has this draft open too.")).to_be_visible()

    theirs.locator("[data-field=text]").first.fill("theirs")
    theirs.get_by_label("Due date").fill("2027-06-30")
    theirs.get_by_role("button", name="Save draft").click()
    expect(theirs.get_by_text("Saved.")).to_be_visible()
    desk.locator("[data-field=text]").first.fill("mine")
    desk.get_by_role("button", name="Save draft").click()

    expect(desk.get_by_text("Bo Berg saved this draft at")).to_be_visible()
    complaints.expect("409")
    expect(desk.locator("[data-field=text]").first).to_have_value("mine")
    expect(desk.locator(".draft-line").get_by_text("Bo Berg: theirs")).to_be_visible()
    expect(desk.get_by_label("Due date")).to_have_value("2027-06-30")
    desk.get_by_role("button", name="Save with mine").click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
    assert texts(company, blank)[0] == "mine"
    assert only_draft(company).due_date == date(2027, 6, 30)
    other.close()


def test_what_is_wrong_is_focused_and_goes_when_mended(
    desk: Page, blank: int, complaints: Complaints
) -> None:
    open_draft(desk, blank)
    desk.locator("[data-field=discount_percent]").nth(1).fill("101")
    desk.keyboard.press("Control+Enter")
    sentence = desk.get_by_text("Enter a discount of at most 100 percent.")
    expect(sentence).to_be_visible()
    complaints.expect("422")
    wrong = desk.locator("[data-field=discount_percent]").nth(1)
    expect(wrong).to_be_focused()
    wrong.fill("10")
    expect(sentence).to_have_count(0)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()


def test_discarding_from_the_page(desk: Page, company: Tenant, worked: int) -> None:
    open_draft(desk, worked)
    desk.get_by_role("link", name="Discard").click()
    expect(desk.get_by_text("3 entries (3:30 h) come off and are open again")).to_be_visible()
    desk.get_by_role("button", name="Discard the draft").click()
    expect(desk.get_by_text("1 draft is discarded.")).to_be_visible()
    with tenant_scope(company.pk):
        assert Invoice.objects.get(pk=worked).status == "discarded"
    # The keys are there once the page's modules have run.
    desk.wait_for_load_state("networkidle")
    desk.keyboard.press("u")
    expect(desk.get_by_text("1 draft is restored.")).to_be_visible()
    with tenant_scope(company.pk):
        assert Invoice.objects.get(pk=worked).status == "draft"


def test_the_keys_are_in_the_help(desk: Page, blank: int) -> None:
    open_draft(desk, blank)
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("?")
    for words in ("Move the line up or down", "Save and post", "the line below, or a new one"):
        expect(desk.locator("#shortcuts").get_by_text(words)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe_to_complain_about(desk: Page, worked: int, scheme: str) -> None:
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_draft(desk, worked)
    desk.locator("[data-field=quantity]").first.fill("99")
    expect(desk.get_by_text("Recorded: 1.5 h × 100.00")).to_be_visible()

    found = Axe().run(desk).response["violations"]

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    desk.on("dialog", lambda dialog: dialog.accept())


def test_a_telephone_shows_it_without_sideways_scrolling(desk: Page, worked: int) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    open_draft(desk, worked)
    assert desk.evaluate("document.documentElement.scrollWidth") == 390
    expect(desk.locator("[data-field=unit_price]").first).to_be_visible()
