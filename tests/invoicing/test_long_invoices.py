"""Posted documents of thousands of lines: a page of lines at a time, and files by the worker."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from invoicing.documents import previews
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tests.asking import asked_by
from tests.factories import CustomerFactory, TaxRateFactory
from tests.invoicing.test_long_drafts import long_draft, words

SignIn = Callable[[Membership], Client]
LINES = {"HX-Request": "true", "HX-Target": "invoice-lines"}


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def client_(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def long_invoice(count: int = 250, **fields: Any) -> Invoice:
    return post_invoice(long_draft(count, **fields), actor=None)


def page_url(invoice: Invoice, end: str = "") -> str:
    return f"/acme/invoices/{invoice.pk}/{end}"


def texts(response: Any) -> list[str]:
    return [line.text for line in response.context["lines"]]


def test_the_lines_come_a_hundred_at_a_time_and_are_searched(client_: Client) -> None:
    invoice = long_invoice()
    page = client_.get(page_url(invoice))
    assert texts(page) == [f"Part {number:05}" for number in range(1, 101)]
    assert "Search the lines" in words(page)

    last = client_.get(page_url(invoice), {"page": 3}, headers=LINES)
    assert texts(last) == [f"Part {number:05}" for number in range(201, 251)]
    assert "<html" not in words(last)

    found = client_.get(page_url(invoice), {"q": "part 00249"})
    assert texts(found) == ["Part 00249"]
    assert "No line has these words" in words(client_.get(page_url(invoice), {"q": "_"}))


def test_a_short_document_has_no_search(client_: Client) -> None:
    page = client_.get(page_url(long_invoice(100)))
    assert len(texts(page)) == 100
    assert "Search the lines" not in words(page)


def test_ten_thousand_lines_take_as_few_queries(client_: Client) -> None:
    """The true size: draft, invoice."""
    draft = long_draft(10_000)
    assert asked_by(client_, f"/acme/drafts/{draft.pk}/") <= 13
    invoice = post_invoice(draft, actor=None)
    assert invoice.net_total == Decimal(100_000)
    few = long_invoice(1, customer=CustomerFactory())
    assert asked_by(client_, page_url(invoice)) == asked_by(client_, page_url(few)) <= 13


def test_a_long_preview_is_made_by_the_worker(
    client_: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.tasks import render_preview

    def never(*_args: Any) -> bytes:
        raise AssertionError("rendered within the request")

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(previews, "_rendered", never)
    monkeypatch.setattr(render_preview, "delay", lambda **given: asked.append(given))
    draft = long_draft(previews.MOST_ROWS_AT_ONCE + 1)

    answer = client_.get(f"/acme/drafts/{draft.pk}/preview.pdf")

    assert answer.status_code == 202
    assert "many rows" in words(answer)
    assert [one["invoice_id"] for one in asked] == [draft.pk]
