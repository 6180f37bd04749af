"""Fields are defined in a dialog, put in order with the keyboard, filled in, shown as a column."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Customer, CustomField
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.browser.conftest import Complaints
from tests.factories import CustomerFactory

type SignIn = Callable[[BrowserContext, Membership], None]


def define(page: Page, label: str, kind: str = "", choices: str = "") -> None:
    page.get_by_role("link", name="New field").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Label", exact=True).fill(label)
    if kind:
        dialog.get_by_label("Kind").select_option(label=kind)
    expect(dialog.get_by_label("Choices")).to_be_visible(visible=bool(choices))
    if choices:
        dialog.get_by_label("Choices").fill(choices)
    dialog.get_by_role("button", name="Save field").click()
    expect(page.locator("#list").get_by_role("link", name=label, exact=True)).to_be_visible()


def test_from_the_settings_to_a_column(
    page: Page,
    company: Tenant,
    owner_of: Membership,
    signed_in_as: SignIn,
    complaints: Complaints,
) -> None:
    with tenant_scope(company.pk):
        customer = CustomerFactory(name="Pohjola Oy")
    signed_in_as(page.context, owner_of)
    page.goto("/acme/company/fields/", timeout=30_000)
    expect(page.get_by_text("No fields yet")).to_be_visible()
    define(page, "Segment", "Choice", "big = Large company\nSmall company")
    define(page, "Monthly fee", "Number")
    assert Axe().run(page).violations_count == 0

    page.get_by_role("button", name="Move “Monthly fee”").focus()
    with page.expect_response(lambda answer: "order" in answer.url) as moved:
        page.keyboard.press("ArrowUp")
    assert moved.value.status == 204
    with tenant_scope(company.pk):
        labels = CustomField.objects.order_by("position").values_list("label", flat=True)
        assert list(labels) == ["Monthly fee", "Segment"]

    page.goto(f"/acme/customers/{customer.pk}/edit/")
    page.get_by_label("Monthly fee").fill("a lot")
    page.get_by_label("Segment").select_option(label="Large company")
    page.get_by_role("button", name="Save customer").click()
    expect(page.get_by_text("“a lot” is not a number.")).to_be_visible()
    complaints.expect("422")
    page.get_by_label("Monthly fee").fill("1 200,5")
    page.get_by_role("button", name="Save customer").click()
    expect(page.get_by_text("1,200.5")).to_be_visible()
    with tenant_scope(company.pk):
        assert Customer.objects.get().custom_values == {"segment": "big", "monthly-fee": "1200.5"}

    page.goto("/acme/customers/")
    page.get_by_role("button", name="Columns").click()
    page.locator(".columns-menu").get_by_label("Segment").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("cell", name="Large company")).to_be_visible()
    bar = page.get_by_role("search")
    bar.get_by_label("Segment").select_option(label="Small company")
    expect(page.get_by_text("No customer matches these filters")).to_be_visible()
