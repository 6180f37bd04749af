"""A package is subscribed to and filled into a line; usage comes as a file and gets on a draft."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.periods import month_of
from customers.models import Customer
from invoicing.domain.drafting import new_draft
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import ComponentFactory, ComponentPriceFactory, CustomerFactory
from timesheets.models import PackageComponent

SignIn = Callable[[BrowserContext, Membership], None]
HEAD = "Customer number;Date;Destination;Minutes;Price"


@pytest.fixture
def customer(company: Tenant) -> Customer:
    with tenant_scope(company.pk):
        found: Customer = CustomerFactory(number="1001", name="Ostaja Oy")
    return found


@pytest.fixture
def desk(page: Page, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    page.set_default_timeout(30_000)
    return page


def test_a_package_is_subscribed_to_and_fills_in_a_line(
    desk: Page, company: Tenant, customer: Customer
) -> None:
    with tenant_scope(company.pk):
        component: PackageComponent = ComponentFactory(package__name="Care", name="Licences")
        ComponentPriceFactory(component=component, unit_price=Decimal("29.90"))
        draft = new_draft(customer=customer, actor=None)
    desk.goto(f"/acme/subscriptions/new/?customer={customer.pk}&package={component.package_id}")
    desk.wait_for_load_state("networkidle")
    desk.get_by_label("Quantity").fill("3")
    desk.get_by_role("button", name="Save subscription").click()
    expect(desk.get_by_text("The subscription is added")).to_be_visible()

    desk.goto(f"/acme/drafts/{draft.pk}/")
    desk.wait_for_load_state("networkidle")
    line = desk.locator("[data-draft-line]").first
    line.locator("[data-field=text]").press_sequentially("licen")
    expect(desk.locator("#product-list [role=option]")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(line.locator("[data-field=quantity]")).to_have_value("3")
    expect(line.locator("[data-net]")).to_have_text("89.70")

    # The days are there for the keyboard, too: behind the amounts.
    for _field in ("unit", "price", "discount", "VAT", "account", "days"):
        desk.keyboard.press("Tab")
    expect(line.locator("summary")).to_be_focused()
    expect(line.locator("[data-field=end_date]")).to_be_visible()
    line.locator("[data-field=end_date]").fill(month_of(date(2027, 1, 1)).end.isoformat())
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("Saved.")).to_be_visible()

    with tenant_scope(company.pk):
        stored: InvoiceLine = draft.lines.get()
        assert (stored.text, stored.net, stored.end_date) == (
            "Licences", Decimal("89.70"), date(2027, 1, 31),
        )  # fmt: skip


def test_usage_comes_as_a_file_and_gets_on_a_draft(
    desk: Page, company: Tenant, customer: Customer, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    rows = [f"1001;{day}.10.2026;Finland;10;0,25" for day in range(1, 11)]
    file.write_text("\n".join([HEAD, *rows, "9999;1.10.2026;Finland;10;0,25"]), encoding="utf-8")
    desk.goto("/acme/usage/imports/")
    desk.wait_for_load_state("networkidle")
    desk.locator("input[type=file]").set_input_files(file)

    expect(desk.get_by_label("Destination")).to_have_value("2")
    desk.get_by_role("button", name="Import").click()
    expect(desk.get_by_text("There is no customer “9999”")).to_be_visible()
    desk.goto(f"/acme/usage/?customer={customer.pk}&start=2026-10-01&end=2026-10-31&by=week")
    sum_row = desk.locator("tfoot tr")
    expect(sum_row).to_contain_text("100")
    expect(sum_row).to_contain_text("€25.00")

    desk.goto("/acme/ready/?start=2026-10-01&end=2026-10-31")
    desk.wait_for_load_state("networkidle")
    for key in ("j", " ", "d"):
        desk.keyboard.press(key)
    expect(desk.get_by_text("1 made")).to_be_visible()
    desk.goto(f"/acme/usage/?customer={customer.pk}&start=2026-10-01&end=2026-10-31")
    expect(desk.locator("tfoot tr [data-label='Not invoiced yet']")).to_have_text("€0.00")

    with tenant_scope(company.pk):
        line = Invoice.objects.get().lines.get()
        assert (line.quantity, line.net) == (Decimal(100), Decimal("25.00"))
