"""The frame of all pages, used as somebody in a hurry uses it: with the keyboard."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from customers.models import Contact, Customer, Project
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.browser.conftest import PASSWORD, Complaints
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TenantFactory,
)

SignIn = Callable[[BrowserContext, Membership], None]
NAMES = ["Aalto Oy", "Brahe Oy", "Cygnaeus Oy"]


@pytest.fixture
def customers(company: Tenant) -> list[Customer]:
    with tenant_scope(company.pk):
        cities = zip(NAMES, "CBA", strict=True)
        return [CustomerFactory(name=name, city=city) for name, city in cities]


@pytest.fixture
def inside(page: Page, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    return page


def open_and_settle(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")


def test_signing_in_opens_the_company(page: Page, owner_of: Membership) -> None:
    page.goto("/acme/customers/")
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/acme/customers/")
    expect(page.get_by_text("No customers yet")).to_be_visible()


def test_another_company_is_opened_from_the_menu(inside: Page, owner_of: Membership) -> None:
    kaari = TenantFactory(slug="kaari", name="Kaari Tili")
    Membership.objects.create(tenant=kaari, user=owner_of.user, name="Aino", role=Role.OWNER)
    open_and_settle(inside, "/acme/customers/")
    inside.get_by_role("button", name="Acme").focus()
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("link", name="Kaari Tili")).to_be_visible()
    inside.keyboard.press("ArrowDown")
    inside.keyboard.press("ArrowDown")
    inside.keyboard.press("Enter")
    inside.wait_for_url("**/kaari/**")
    expect(inside.get_by_role("button", name="Kaari Tili")).to_be_visible()


def test_searching_sorting_and_going_back(inside: Page, customers: list[Customer]) -> None:
    open_and_settle(inside, "/acme/customers/")
    inside.keyboard.press("/")
    inside.keyboard.type("brahe")
    inside.wait_for_url("**/?q=brahe")
    expect(inside.locator("#list tbody tr")).to_have_count(1)
    inside.keyboard.press("Escape")
    inside.get_by_role("link", name="Reset").click()
    inside.wait_for_url("**/acme/customers/")
    inside.wait_for_load_state("networkidle")

    inside.get_by_role("link", name="City").click()
    inside.wait_for_url("**sort=city*")
    expect(inside.locator("th[aria-sort=ascending]")).to_have_text("City")
    expect(inside.locator("#list tbody .row-link")).to_have_text(NAMES[::-1])
    # A filter set now keeps the order.
    inside.get_by_label("State").select_option("all")
    inside.wait_for_url("**state=all*")
    assert "sort=city" in inside.url
    inside.go_back()
    inside.wait_for_url(re.compile(r"\?sort=city$"))
    expect(inside.locator("#list tbody .row-link")).to_have_text(NAMES[::-1])


def test_rows_are_walked_and_opened_with_keys(inside: Page, customers: list[Customer]) -> None:
    open_and_settle(inside, "/acme/customers/")
    for key in ("j", "j", "ArrowDown", "k"):
        inside.keyboard.press(key)
    assert inside.evaluate("document.activeElement.textContent") == "Brahe Oy"
    inside.keyboard.press("Enter")
    inside.wait_for_url(f"**/acme/customers/{customers[1].pk}/")
    inside.wait_for_load_state("networkidle")
    inside.keyboard.press("g")
    inside.keyboard.press("p")
    inside.wait_for_url("**/acme/projects/")


def test_help_lists_the_keys_of_the_page(inside: Page) -> None:
    open_and_settle(inside, "/acme/customers/")
    inside.keyboard.press("?")
    help_ = inside.get_by_role("dialog", name="Keyboard")
    expect(help_).to_contain_text("New customer")
    inside.keyboard.press("Escape")
    expect(help_).to_be_hidden()


def test_a_dialog_keeps_what_was_typed_and_asks_before_it_goes(
    inside: Page, company: Tenant, customers: list[Customer], complaints: Complaints
) -> None:
    open_and_settle(inside, f"/acme/customers/{customers[0].pk}/?tab=contacts")
    inside.get_by_role("link", name="Add a contact").click()
    dialog = inside.locator("#dialog")
    name = dialog.get_by_label("Name")
    expect(name).to_be_focused()
    name.fill("Berta")
    dialog.get_by_label("E-mail").fill("nonsense")
    inside.keyboard.press("Enter")

    expect(dialog.locator(".errorlist")).to_have_text("Enter a valid email address.")
    expect(dialog.get_by_label("E-mail")).to_be_focused()
    expect(name).to_have_value("Berta")
    complaints.expect("422")
    inside.keyboard.press("Escape")
    question = inside.get_by_role("dialog", name="Leave without saving?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    inside.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(dialog).to_be_visible()

    dialog.get_by_label("E-mail").fill("berta@example.com")
    inside.keyboard.press("Control+s")
    expect(inside.locator(".toast-note")).to_contain_text("Berta is added.")
    with tenant_scope(company.pk):
        assert Contact.objects.filter(name="Berta").exists()


def test_removing_asks_first_and_cancel_is_the_default(
    inside: Page, company: Tenant, customers: list[Customer]
) -> None:
    with tenant_scope(company.pk):
        ContactFactory(customer=customers[0], name="Anna")
    open_and_settle(inside, f"/acme/customers/{customers[0].pk}/?tab=contacts")
    inside.get_by_role("button", name="Remove Anna").click()
    question = inside.get_by_role("dialog", name="Remove Anna?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    inside.keyboard.press("Enter")
    expect(question).to_be_hidden()
    with tenant_scope(company.pk):
        assert Contact.objects.filter(name="Anna").exists()

    inside.get_by_role("button", name="Remove Anna").click()
    question.get_by_role("button", name="Remove").click()
    expect(inside.locator(".toast-note")).to_contain_text("Anna is removed.")


def test_a_row_is_changed_in_place_and_a_refusal_says_why(
    inside: Page, company: Tenant, complaints: Complaints
) -> None:
    with tenant_scope(company.pk):
        MembershipFactory(user=None, name="Kaisa", email="kaisa@example.com")
    open_and_settle(inside, "/acme/company/members/")
    kaisa = inside.get_by_role("row", name=re.compile("Kaisa"))
    kaisa.get_by_role("button", name="More for Kaisa").click()
    kaisa.get_by_role("button", name="Invite by e-mail").click()
    expect(inside.locator(".toast-note")).to_contain_text("The invitation is on its way.")
    expect(kaisa.locator(".pill")).to_have_text("Invited")

    owner = inside.get_by_role("row", name=re.compile("Aino Owner"))
    owner.get_by_role("button", name="More for Aino Owner").click()
    owner.get_by_role("button", name="Deactivate").click()
    inside.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(owner.get_by_role("alert")).to_contain_text("A company needs an owner.")
    complaints.expect("422")


def test_a_select_of_many_is_typed_into_and_a_changed_form_is_guarded(
    inside: Page, company: Tenant, customers: list[Customer]
) -> None:
    open_and_settle(inside, "/acme/projects/new/")
    customer = inside.get_by_role("combobox", name="Customer")
    customer.focus()
    inside.keyboard.type("oy cyg")
    expect(inside.get_by_role("listbox").get_by_role("option")).to_have_text(["Cygnaeus Oy"])
    inside.keyboard.press("Enter")
    expect(customer).to_have_value("Cygnaeus Oy")
    inside.get_by_label("Name").fill("Site")

    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    inside.once("dialog", stay)
    inside.get_by_role("link", name="Members").click(no_wait_after=True)
    inside.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(inside.get_by_label("Name")).to_have_value("Site")
    inside.keyboard.press("Control+s")
    expect(inside.locator(".toast-note")).to_contain_text("Site is added.")
    with tenant_scope(company.pk):
        assert Project.objects.get(name="Site").customer == customers[2]


def test_the_look_is_kept(inside: Page, owner_of: Membership) -> None:
    open_and_settle(inside, "/acme/customers/")
    inside.get_by_role("button", name=re.compile("Aino Owner")).click()
    with inside.expect_response(lambda response: response.request.method == "POST"):
        inside.get_by_role("button", name="Dark").click()
    expect(inside.locator("html")).to_have_attribute("data-bs-theme", "dark")
    inside.keyboard.press("Escape")
    inside.keyboard.press("[")
    inside.reload()
    expect(inside.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(inside.locator("html")).to_have_attribute("data-sidebar", "narrow")
    assert User.objects.get(memberships=owner_of).theme == "dark"


def test_a_session_that_ended_leads_to_the_sign_in_page(
    inside: Page, customers: list[Customer]
) -> None:
    open_and_settle(inside, "/acme/customers/")
    inside.context.clear_cookies()
    inside.get_by_role("link", name="City").click()
    inside.wait_for_url("**/accounts/login/?next=%2Facme%2Fcustomers%2F")


def test_the_menu_opens_on_a_telephone(
    browser: Browser, server: str, owner_of: Membership, signed_in_as: SignIn
) -> None:
    context = browser.new_context(base_url=server, viewport={"width": 390, "height": 844})
    signed_in_as(context, owner_of)
    page = context.new_page()
    open_and_settle(page, "/acme/customers/")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.get_by_role("link", name="Projects")).not_to_be_in_viewport()
    page.get_by_role("button", name="Open the menu").click()
    page.get_by_role("link", name="Projects").click()
    page.wait_for_url("**/acme/projects/")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(  # noqa: PLR0917 - fixtures
    browser: Browser,
    server: str,
    company: Tenant,
    owner_of: Membership,
    signed_in_as: SignIn,
    customers: list[Customer],
    scheme: str,
) -> None:
    """axe's rules: contrast, names, landmarks, roles. Its script is injected past our policy."""
    with tenant_scope(company.pk):
        project = ProjectFactory(customer=customers[0])
        ContactFactory(customer=customers[0])
    context = browser.new_context(
        base_url=server,
        locale="en",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    paths = ["/accounts/login/"]
    found = {path: _violations(page, path) for path in paths}
    signed_in_as(context, owner_of)
    customer = f"/acme/customers/{customers[0].pk}/"
    paths = [
        "/?all", "/profile/", "/accounts/2fa/", "/accounts/email/", "/acme/customers/",
        "/acme/customers/new/", customer, f"{customer}?tab=contacts", f"{customer}?tab=projects",
        "/acme/projects/", "/acme/projects/new/", f"/acme/projects/{project.pk}/",
        "/acme/company/members/", "/acme/company/members/new/", "/acme/company/settings/",
        "/acme/company/audit/", "/acme/nothing/",
    ]  # fmt: skip
    found |= {path: _violations(page, path) for path in paths}
    context.close()
    assert {path: problems for path, problems in found.items() if problems} == {}


def _violations(page: Page, path: str) -> list[str]:
    open_and_settle(page, path)
    result = Axe().run(page)
    return [f"{v['id']}: {v['nodes'][0]['html'][:150]}" for v in result.response["violations"]]
