"""The pages of accounting systems without a mouse: keys do the work, the focus is in sight."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from integrations.models import Connection, Export
from integrations.problems import Problem
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory
from tests.integrations.conftest import posted

type SignIn = Callable[[BrowserContext, Membership], None]
CLOSED = "The period is closed there. Open it and try again."
# What lies on top where the focused element is.
COVERED = """() => {
  const focused = document.activeElement;
  const box = focused.getBoundingClientRect();
  const x = box.x + Math.min(box.width / 2, 20);
  const top = document.elementFromPoint(x, box.y + box.height / 2);
  return top === null || !(focused.contains(top) || top.contains(focused));
}"""
NAME = "() => document.activeElement.name ?? ''"


@pytest.fixture
def over(company: Tenant) -> Connection:
    """By files: whatever is tried again is to be entered by hand, and nobody is asked."""
    with tenant_scope(company.pk):
        made: Connection = Connection.objects.create(
            system="hq", name="HQ", environment="production", is_active=True,
            settings={"dialect": "file", "unlinked": "send"},
        )  # fmt: skip
        return made


@pytest.fixture
def failed(company: Tenant, over: Connection) -> list[int]:
    with tenant_scope(company.pk):
        exports = [Export.objects.get(invoice=posted()) for _ in range(4)]
        for export, error in zip(exports, [CLOSED, CLOSED, CLOSED, "Something else."], strict=True):
            export.status, export.error, export.problem = "failed", error, Problem.REFUSED
            export.next_attempt_at = None
            export.save()
        return [export.pk for export in exports]


def test_many_that_failed_are_tried_again_by_keys(
    page: Page, failed: list[int], owner_of: Membership, signed_in_as: SignIn
) -> None:
    signed_in_as(page.context, owner_of)
    page.goto("/acme/exports/?state=attention")
    expect(page.get_by_role("link", name=CLOSED)).to_contain_text("3")

    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    expect(help_).to_contain_text("Try all 4 again")
    expect(help_).to_contain_text("Try again")
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.keyboard.press("r")
    expect(page.get_by_text("1 export is tried again.")).to_be_visible()

    page.get_by_role("link", name=CLOSED).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**reason=**")
    page.keyboard.press("a")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("exports again?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("exports are tried again.")).to_be_visible()
    expect(page.get_by_role("link", name=CLOSED)).to_be_hidden()


def test_the_focus_stays_where_the_work_is(
    page: Page, company: Tenant, over: Connection, owner_of: Membership, signed_in_as: SignIn
) -> None:
    with tenant_scope(company.pk):
        CustomerFactory(name="Aalto Oy")
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/accounting/{over.pk}/")
    test = page.get_by_role("button", name="Test the connection")
    test.focus()
    page.keyboard.press("Space")
    expect(page.locator("#check")).to_contain_text("It is ready")
    expect(test).to_be_focused()

    # Enter on a row is what is done there: looking for the customer, and back to it.
    page.goto(f"/acme/accounting/{over.pk}/customers/")
    page.keyboard.press("j")
    search = page.get_by_role("row").filter(has_text="Aalto Oy").get_by_role("link", name="Search")
    expect(search).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_be_focused()


def test_settings_follow_the_chosen_way_and_the_focus_stays_in_sight(
    page: Page, over: Connection, owner_of: Membership, signed_in_as: SignIn
) -> None:
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/accounting/{over.pk}/")
    ways = page.get_by_label("How documents get there")
    for hidden in ("Token", "Payments there", "Document template", "Units (v2)"):
        expect(page.get_by_label(hidden)).to_be_hidden()

    ways.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(ways).to_have_value("v2")
    expect(page.get_by_label("Units (v2)")).to_be_visible()
    expect(page.get_by_label("Lines (v1)")).to_be_hidden()

    page.get_by_label("Name").focus()
    reached = []
    while page.evaluate("() => document.activeElement.closest('.save-bar') === null"):
        assert not page.evaluate(COVERED), page.evaluate(NAME)
        reached.append(page.evaluate(NAME))
        page.keyboard.press("Tab")
    assert [name for name in reached if name] == [
        "name", "environment", "token", "dialect", "payments", "template", "payment_condition",
        "company_type", "tax_scale", "corrections", "units",
    ]  # fmt: skip
