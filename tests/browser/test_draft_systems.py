"""The accounting system's own fields on the form of a draft, beside the draft's own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from integrations import registry
from integrations.models import DocumentAnswers
from integrations.ports import DocumentField, RemoteDraft
from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import link, make_connection
from tests.integrations.fake import FakeAdapter, fake_system

SignIn = Callable[[BrowserContext, Membership], None]


class Asking(FakeAdapter):
    def document_choices(self, remote_customer_id: str) -> Any:
        return {
            "channel": [["mail", "By e-mail"], ["post", "By post"]],
            "contact": [["Anna Ostaja", "Anna Ostaja"]],
            "term": [["14", "14 days"], ["45", "45 days, the customer's there"]],
        }

    def list_drafts(self, remote_customer_id: str) -> list[RemoteDraft]:
        return [RemoteDraft(id="D-1", label="RE-draft of 1 November")]


@pytest.fixture
def drafted(company: Tenant) -> Iterator[int]:
    fields = (
        DocumentField(key="contact", label="Contact person", is_free_text=True),
        DocumentField(key="term", label="Payment term", fills="payment_term_days"),
        DocumentField(key="channel", label="Channel"),
    )
    with fake_system(document_fields=fields) as remote:
        known = registry.all_systems()
        known["fake"] = replace(known["fake"], open=lambda _access: Asking(remote))
        with tenant_scope(company.pk):
            over = make_connection(system="fake", name="Fake Books", environment="production")
            customer = CustomerFactory(name="Satama Oy", payment_term_days=14)
            link(over, customer)
            draft = new_draft(customer=customer, actor=None, issue_date=date(2026, 11, 2))
            line = LineEdit(
                text="Work",
                quantity=Decimal(1),
                unit_price=Decimal(100),
                tax_rate=TaxRateFactory(),
            )
            save_draft(draft, version=1, values={}, lines=[line], actor=None)
        yield draft.pk


def test_fields_of_the_system_are_chosen_beside_the_draft_s_own(
    page: Page, owner_of: Membership, drafted: int, company: Tenant, signed_in_as: SignIn
) -> None:
    signed_in_as(page.context, owner_of)
    page.goto(f"/acme/drafts/{drafted}/")
    expect(page.get_by_text("Fake Books: Järvikansa")).to_be_visible()

    # A term of the system becomes the draft's own due date, and is saved with the draft.
    term = page.get_by_label("Payment term")
    expect(term).to_have_value("14")
    term.select_option("45")
    due = page.get_by_label("Due date")
    expect(due).to_have_value("2026-12-17")

    page.get_by_label("Channel").select_option("post")
    expect(page.get_by_text("Kept. It is sent along with the document.")).to_be_visible()
    page.get_by_label("Draft in Fake Books").select_option("D-1")
    contact = page.locator("#answer-fake-contact")
    with page.expect_response(lambda one: "/choices/" in one.url):
        contact.fill("Anna Ostaja")
        contact.press("Tab")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("Due date")).to_have_value("2026-12-17")
    expect(page.get_by_label("Channel")).to_have_value("post")
    expect(page.get_by_label("Payment term")).to_have_value("45")
    assert Axe().run(page).response["violations"] == []
    with tenant_scope(company.pk):
        kept = DocumentAnswers.objects.get()
        assert Invoice.objects.get(pk=drafted).due_date == date(2026, 12, 17)
    assert kept.choices == {"channel": "post", "contact": "Anna Ostaja"}
    assert (kept.append_to, kept.append_words) == ("D-1", "RE-draft of 1 November")
