"""What accountants do all day, with the keyboard: settling work, changing a charge, registering a
payment, sending an invoice, and stepping through drafts."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.models import Invoice, Payment, Sending
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import ChargeFactory, CustomerFactory, MembershipFactory, TimeEntryFactory
from tests.invoicing.test_archive import document
from timesheets.models import BillingState, Charge, TimeEntry

type SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def desk(page: Page, owner_of: Membership, signed_in_as: SignIn) -> Page:
    signed_in_as(page.context, owner_of)
    return page


def go(desk: Page, path: str) -> None:
    desk.goto(path, timeout=30_000)
    desk.wait_for_load_state("networkidle")


def complaints_of(desk: Page) -> int:
    found: int = Axe().run(desk, options={"resultTypes": ["violations"]}).violations_count
    return found


def test_hours_are_marked_as_billed_elsewhere_and_freed_again(
    desk: Page, company: Tenant, complaints: Any
) -> None:
    with tenant_scope(company.pk):
        entry = TimeEntryFactory(
            member=MembershipFactory(name="Anna Aalto"), minutes=90, work_date=date(2026, 10, 5)
        )
    go(desk, "/acme/hours/entries/?start=2026-10-01&end=2026-10-31")

    desk.locator("input[name='pk']").first.check()
    desk.get_by_role("button", name="Billing").click()
    desk.get_by_role("button", name="Mark as billed elsewhere…").click()
    dialog = desk.locator("#dialog")
    expect(dialog.get_by_text("They become read-only")).to_be_visible()
    dialog.get_by_role("button", name="Mark as billed elsewhere").click()
    # Nothing is typed yet: the sentence says what is missing, and nothing has happened.
    expect(dialog.get_by_text("Say where these hours were billed")).to_be_visible()
    complaints.expect("422")
    dialog.get_by_label("Where they were billed").fill("Invoice 77 of the old program")
    assert complaints_of(desk) == 0
    dialog.get_by_role("button", name="Mark as billed elsewhere").click()

    undo = desk.locator(".undo-bar")
    expect(undo.get_by_text("Marked as billed elsewhere: 1 entry")).to_be_visible(timeout=30_000)
    with tenant_scope(company.pk):
        assert TimeEntry.objects.get(pk=entry.pk).billing_state == BillingState.BILLED
    undo.get_by_role("button", name="Undo").click()
    expect(undo).to_be_hidden(timeout=30_000)
    with tenant_scope(company.pk):
        assert TimeEntry.objects.get(pk=entry.pk).billing_state == BillingState.OPEN


def test_a_charge_is_changed_in_its_dialog(desk: Page, company: Tenant) -> None:
    with tenant_scope(company.pk):
        charge = ChargeFactory(
            customer=CustomerFactory(name="Satama Oy"), project=None, text="Hotel",
            charge_date=date(2026, 10, 5),
        )  # fmt: skip
    go(desk, "/acme/charges/?start=2026-10-01&end=2026-10-31")

    desk.locator("tbody a.row-link").click()
    dialog = desk.locator("#dialog")
    dialog.get_by_label("Unit price").fill("129,50")
    dialog.get_by_label("Text").fill("Hotel in Turku")
    # The list behind has a filter of the same name.
    dialog.get_by_text("Customer", exact=True).click()
    expect(dialog.get_by_label("Customer", exact=True)).to_be_focused()
    assert complaints_of(desk) == 0
    dialog.get_by_role("button", name="Save").click()

    expect(desk.get_by_text("Hotel in Turku").first).to_be_visible(timeout=30_000)
    with tenant_scope(company.pk):
        assert Charge.objects.get(pk=charge.pk).unit_price == Decimal("129.50")


def test_a_payment_too_small_is_closed_as_a_discount(desk: Page, company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = document("Satama Oy", "100", posted=True)
    go(desk, f"/acme/invoices/{invoice.pk}/")

    desk.keyboard.press("p")
    dialog = desk.locator("#dialog")
    amount = dialog.get_by_label("Amount")
    expect(amount).to_have_value("125.50")
    amount.fill("120")
    expect(dialog.get_by_text("less than is open")).to_be_visible()
    amount.fill("130")
    expect(dialog.get_by_text("more than is open becomes")).to_be_visible()
    amount.fill("125.50")
    assert complaints_of(desk) == 0
    dialog.get_by_role("button", name="Register").click()

    expect(desk.get_by_text("Paid", exact=True).first).to_be_visible(timeout=30_000)
    with tenant_scope(company.pk):
        assert Payment.objects.get().amount == Decimal("125.50")


def test_an_invoice_is_sent_with_changed_words(desk: Page, company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = document("Satama Oy", posted=True, contact_email="kaisa@satama.example")
    go(desk, f"/acme/invoices/{invoice.pk}/send/")

    expect(desk.get_by_label("To", exact=True)).to_have_value("kaisa@satama.example")
    desk.get_by_label("Subject").fill("Your invoice, with thanks")
    expect(desk.locator("#send-preview").get_by_text("Your invoice, with thanks")).to_be_visible(
        timeout=30_000
    )
    assert complaints_of(desk) == 0
    desk.get_by_role("button", name="Send", exact=True).click()

    expect(desk.get_by_role("heading", name="Sending")).to_be_visible(timeout=30_000)
    with tenant_scope(company.pk):
        sent = Sending.objects.get(invoice=invoice)
        assert (sent.subject, sent.recipients) == (
            "Your invoice, with thanks", ["kaisa@satama.example"],
        )  # fmt: skip


def test_drafts_are_walked_through_with_two_keys(desk: Page, company: Tenant) -> None:
    with tenant_scope(company.pk):
        for name in ("Aalto Oy", "Berg Oy", "Cederberg Oy"):
            document(name)
        assert Invoice.objects.count() == 3
    go(desk, "/acme/drafts/?sort=customer")

    desk.get_by_role("link", name="Aalto Oy").click()
    for key, name in (("l", "Berg Oy"), ("l", "Cederberg Oy"), ("h", "Berg Oy")):
        desk.wait_for_load_state("networkidle")
        desk.keyboard.press("Escape")
        desk.locator("h1").click()
        desk.keyboard.press(key)
        expect(desk.get_by_role("heading", name=f"Draft for {name}")).to_be_visible(timeout=30_000)
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
