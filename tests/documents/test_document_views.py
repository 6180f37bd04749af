"""Who gets which document, and in what form."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from invoicing.documents import previews
from invoicing.documents.storing import store_invoice_pdf, stored_pdf
from invoicing.models import Invoice, Unit
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import draft, pages, posted, put_work_on, words
from tests.factories import ProjectFactory, TaxRateFactory

SignIn = Callable[[Membership], Client]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def stored(tenant: Tenant, **fields: Any) -> Invoice:
    invoice = posted({}, **fields)
    store_invoice_pdf(tenant.pk, invoice.pk)
    return invoice


def url(name: str, invoice: Invoice) -> str:
    kind = {
        "pdf": f"invoices/{invoice.pk}/document.pdf",
        "preview": f"drafts/{invoice.pk}/preview.pdf",
        "report": f"invoices/{invoice.pk}/work-report/",
    }[name]
    return f"/acme/{kind}"


def test_the_addresses_are_those_other_pages_link_to() -> None:
    for name in ("invoice_pdf", "draft_preview", "work_report"):
        assert reverse(f"invoicing:{name}", args=[7], urlconf="config.tenant_urls")


def test_the_stored_file_is_served_under_its_number(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = stored(seller)
    response = signed_in(accountant).get(url("pdf", invoice))
    file = stored_pdf(invoice)
    assert file is not None
    assert response.status_code == 200
    assert response.content == Path(file.file.path).read_bytes()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="2026-0001.pdf"'
    assert response["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert response["Cache-Control"] == "private, no-cache"


def test_it_can_be_saved(seller: Tenant, signed_in: SignIn, accountant: Membership) -> None:
    response = signed_in(accountant).get(url("pdf", stored(seller)) + "?download=1")
    assert response["Content-Disposition"] == 'attachment; filename="2026-0001.pdf"'


def test_a_browser_that_has_it_is_told_so(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    client, address = signed_in(accountant), url("pdf", stored(seller))
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_document_that_is_not_rendered_yet_is_waited_for(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = posted({})
    with patch("invoicing.documents.rendering.HTML", side_effect=AssertionError("in a request")):
        response = signed_in(accountant).get(url("pdf", invoice))
    assert response.status_code == 202
    assert '<meta http-equiv="refresh" content="2">' in response.text
    assert "2026-0001 is being made" in response.text
    assert response["Cache-Control"] == "no-store"


def test_after_a_minute_the_page_says_that_it_takes_longer(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    past = timezone.now() - timedelta(minutes=5)
    with patch("invoicing.domain.posting.timezone.now", return_value=past):
        invoice = posted({})
    response = signed_in(accountant).get(url("pdf", invoice))
    assert 'content="10"' in response.text
    assert "takes longer than usual" in response.text


def test_a_damaged_file_is_not_handed_out(
    seller: Tenant, signed_in: SignIn, accountant: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = stored(seller)
    file = stored_pdf(invoice)
    assert file is not None
    Path(file.file.path).unlink()
    response = signed_in(accountant).get(url("pdf", invoice))
    assert response.status_code == 500
    assert "restore it from a backup" in response.text
    assert "The file of 2026-0001 cannot be handed out" in caplog.text


def test_a_draft_is_previewed_with_its_mark(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = draft({})
    response = signed_in(accountant).get(url("preview", invoice))
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'inline; filename="draft-{invoice.pk}.pdf"'
    assert "Draft" in words(pages(response.content))


def test_the_preview_shows_what_was_just_saved(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = draft({"text": "Before"})
    client = signed_in(accountant)
    assert "Before" in words(pages(client.get(url("preview", invoice)).content))
    invoice.lines.update(text="After")
    assert "After" in words(pages(client.get(url("preview", invoice)).content))


def test_each_address_leads_to_the_form_the_document_has(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    done, open_draft = posted({}), draft({})
    client = signed_in(accountant)
    assert client.get(url("preview", done))["Location"] == url("pdf", done)
    assert client.get(url("pdf", open_draft))["Location"] == url("preview", open_draft)


def with_hours() -> Invoice:
    invoice = draft({"quantity": Decimal("2.25"), "unit": Unit.HOUR})
    put_work_on(invoice.lines.get(), 90, 45, description="=1+1")
    return invoice


def test_the_work_report_stands_alone(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = with_hours()
    response = signed_in(accountant).get(url("report", invoice))
    assert response["Content-Disposition"] == (
        f'inline; filename="work-report-draft-{invoice.pk}.pdf"'
    )
    assert "2:15 = 2.25 h" in words(pages(response.content))


def test_the_work_report_as_a_table(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = with_hours()
    response = signed_in(accountant).get(url("report", invoice) + "?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, *rows = (line.split(";") for line in text.splitlines())
    assert head == [
        "Line", "Date", "Person", "Project", "Task", "Description", "Minutes", "Hours",
    ]  # fmt: skip
    assert [row[-2:] for row in rows] == [["90", "1,50"], ["45", "0,75"]]
    assert [row[5] for row in rows] == ["'=1+1", "'=1+1"]
    assert f"work-report-draft-{invoice.pk}-acme.csv" in response["Content-Disposition"]


def test_a_large_document_is_made_by_the_worker(
    seller: Tenant, signed_in: SignIn, accountant: Membership, settings: Any
) -> None:
    invoice, client = with_hours(), signed_in(accountant)
    with (
        patch.object(previews, "MOST_ROWS_AT_ONCE", 1),
        patch("invoicing.tasks.render_preview.delay") as delay,
    ):
        waiting = client.get(url("report", invoice))
        client.get(url("report", invoice))
        assert (waiting.status_code, delay.call_count) == (202, 1)
        assert "many rows" in waiting.text

        from invoicing.tasks import render_preview

        render_preview(**delay.call_args.kwargs)
        made = client.get(url("report", invoice))
    assert "2:15 = 2.25 h" in words(pages(made.content))


def test_a_large_preview_is_made_anew_once_the_draft_changed(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    from invoicing.domain.drafting import touch

    invoice, client = with_hours(), signed_in(accountant)
    with (
        patch.object(previews, "MOST_ROWS_AT_ONCE", 0),
        patch("invoicing.tasks.render_preview.delay") as delay,
    ):
        previews.keep_preview(invoice, previews.Preview.INVOICE)
        assert client.get(url("preview", invoice)).status_code == 200
        touch(invoice, actor=None)
        assert client.get(url("preview", invoice)).status_code == 202
        assert delay.call_count == 1


@pytest.mark.parametrize(
    ("role", "status"), [("accountant", 200), ("auditor", 200), ("member", 403), ("manager", 404)]
)
def test_roles(
    seller: Tenant, signed_in: SignIn, request: pytest.FixtureRequest, role: str, status: int
) -> None:
    """A manager does not see documents of other people's projects."""
    done, open_draft = stored(seller), draft({})
    client = signed_in(request.getfixturevalue(role))
    for name, invoice in (("pdf", done), ("report", done), ("preview", open_draft)):
        assert client.get(url(name, invoice)).status_code == status


def test_a_manager_sees_the_documents_of_their_own_projects(
    seller: Tenant, signed_in: SignIn, manager: Membership
) -> None:
    invoice = stored(seller, project=ProjectFactory(manager=manager))
    client = signed_in(manager)
    assert client.get(url("pdf", invoice)).status_code == 200
    assert client.get(url("report", invoice)).status_code == 200


def test_other_companies_and_strangers_get_nothing(
    db: None, other_tenant: Tenant, client: Client
) -> None:
    from tests.factories import MembershipFactory, TenantFactory

    ours = TenantFactory(slug="acme", name="Acme")
    with tenant_scope(other_tenant.pk):
        TaxRateFactory()
        theirs = stored(other_tenant)
        their_draft = draft({})
    with tenant_scope(ours.pk):
        owner = MembershipFactory(role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    for name, invoice in (("pdf", theirs), ("report", theirs), ("preview", their_draft)):
        assert client.get(url(name, invoice)).status_code == 404
        assert client.get(url(name, invoice).replace("acme", "other")).status_code == 404
    client.logout()
    assert client.get(url("pdf", theirs)).status_code == 302


def test_only_reading_is_possible(
    seller: Tenant, signed_in: SignIn, accountant: Membership
) -> None:
    invoice = stored(seller)
    assert signed_in(accountant).post(url("pdf", invoice)).status_code == 405
