"""From what customers owe to a reminder that has left, in a real browser and by the keyboard."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, Reminder
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import draft
from tests.factories import CustomerFactory

SignIn = Callable[[BrowserContext, Membership], None]


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def overdue(page: Page, company: Tenant, owner_of: Membership, signed_in_as: SignIn) -> Invoice:
    """Twenty days late."""
    today = timezone.localdate()
    with tenant_scope(company.pk):
        invoice = draft(
            {},
            customer=CustomerFactory(name="Satama Oy"),
            issue_date=today - timedelta(days=34),
            tax_point=today - timedelta(days=34),
            due_date=today - timedelta(days=20),
        )
        posted = post_invoice(invoice, actor=None)
    signed_in_as(page.context, owner_of)
    return posted


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_from_the_ageing_to_a_reminder(page: Page, company: Tenant, overdue: Invoice) -> None:
    page.goto("/acme/receivables/", timeout=30_000)
    page.wait_for_load_state("networkidle")
    accessible(page)
    page.get_by_role("button", name="Show the documents of Satama Oy").click()
    expect(page.locator(".row-detail").get_by_text(str(overdue.number))).to_be_visible()

    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/acme/reminders/")
    page.wait_for_load_state("networkidle")
    accessible(page)
    page.get_by_role("link", name="Satama Oy").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Reminder: invoice {overdue.number}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()

    page.keyboard.press("s")
    page.get_by_role("button", name="Send them").click()
    page.wait_for_url("**/invoices/send/*/")
    expect(page.get_by_text("1 document sent")).to_be_visible()
    expect(page.get_by_role("link", name="Letter")).to_be_visible()
    with tenant_scope(company.pk):
        assert Reminder.objects.get().invoice == overdue
    (message,) = mail.outbox
    assert len(message.attachments) == 2

    page.goto(f"/acme/invoices/{overdue.pk}/")
    expect(page.get_by_text("1st reminder")).to_be_visible()
