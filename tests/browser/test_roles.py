"""Roles × permissions by keyboard, and on a telephone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tenants.models import Membership, Tenant
from tenants.roles import Permission, Role
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.factories import MembershipFactory

SignIn = Callable[[BrowserContext, Membership], None]
ROLES = "/acme/company/roles/"


@pytest.fixture
def accountant_of(company: Tenant) -> Membership:
    with tenant_scope(company.pk):
        return MembershipFactory(role=Role.ACCOUNTANT, user__name="Timo")


@pytest.fixture
def desk(page: Page, server: str, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    page.set_default_navigation_timeout(30_000)
    page.goto(server + ROLES)
    page.wait_for_load_state("networkidle")
    return page


def may_post(member: Membership) -> bool:
    return Membership.objects.get(pk=member.pk).may(Permission.POST_INVOICE)


def test_a_tick_is_taken_away_by_keyboard_after_a_second_look(
    accountant_of: Membership, desk: Page, complaints: Complaints
) -> None:
    page = desk
    page.get_by_label("Accountant: Register payments").focus()
    page.keyboard.press("ArrowUp")
    # Over the owner's, which cannot be changed, the left arrow goes nowhere.
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("Accountant: Credit and cancel invoices")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Accountant: Post invoices")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 tick is changed.")).to_be_visible()
    page.keyboard.press("Control+s")

    loses = "1 person with the role Accountant loses: Post invoices."
    expect(page.get_by_text(loses)).to_be_visible()
    expect(page.get_by_role("button", name="Save nevertheless")).to_be_focused()
    assert not Axe().run(page).response["violations"]
    assert may_post(accountant_of)
    page.keyboard.press("Enter")

    expect(page.get_by_text("The roles are saved.")).to_be_visible()
    expect(page.get_by_label("Accountant: Post invoices")).not_to_be_checked()
    assert not may_post(accountant_of)
    complaints.expect("422")


def test_a_telephone_shows_one_role_at_a_time(desk: Page) -> None:
    page = desk
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_label("Accountant: Post invoices")).to_be_visible()
    expect(page.get_by_label("Member: Post invoices")).to_be_hidden()
    page.get_by_label("Role", exact=True).select_option("member")
    expect(page.get_by_label("Member: Post invoices")).to_be_visible()
    expect(page.get_by_label("Accountant: Post invoices")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_label("Member: Post invoices").check()
    page.get_by_role("button", name="Save roles").click()
    expect(page.get_by_label("Member: Post invoices")).to_be_checked(timeout=10_000)
