"""Documents too long for a PDF, and one long one at a time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.test import Client

from invoicing import tasks
from invoicing.documents import long_papers
from invoicing.documents.long_papers import DocumentTooLong, TurnTaken, trouble_of, turn
from invoicing.documents.previews import Preview, keep_preview, preview
from invoicing.documents.storing import (
    store_invoice_pdf,
    stored_einvoice,
    stored_pdf,
)
from invoicing.domain.sending.requesting import Letter, send_by_mail
from invoicing.domain.sending.wording import Wording
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.conftest import german_seller, seller
from tests.documents.making import draft, posted, put_work_on, rate_of

__all__ = ["german_seller", "seller"]
SignIn = Callable[[Membership], Client]


@contextmanager
def somebody_elses_turn(folder: Path) -> Iterator[None]:
    """As another process on this machine holds it."""
    with (folder / "long-document.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture
def at_most_two(settings: Any) -> None:
    settings.DOCUMENT_MOST_ROWS = 2


def stored(invoice: Invoice) -> bool:
    tenant_id = invoice.tenant_id
    assert tenant_id is not None
    return store_invoice_pdf(tenant_id, invoice.pk)


def three_lines(**fields: Any) -> Invoice:
    return posted({}, {"text": "Second"}, {"text": "Third"}, **fields)


def test_what_is_too_long_gets_no_pdf_and_says_so_once(seller: Tenant, at_most_two: None) -> None:
    invoice = three_lines()

    assert stored(invoice) is False
    assert stored(invoice) is False

    assert stored_pdf(invoice) is None
    [said] = AuditEntry.objects.filter(action="invoice.without_pdf")
    assert "3 rows of lines and work report" in said.detail["reason"]
    assert "at most 2" in said.detail["reason"]


def test_its_einvoice_is_made_and_the_pdf_when_the_bound_allows_it(
    german_seller: Tenant, settings: Any
) -> None:
    settings.DOCUMENT_MOST_ROWS = 2
    rate = {"tax_rate": rate_of("S", percent="19", tax_account="1776")}
    invoice = posted(rate, rate, rate)
    stored(invoice)
    alone = stored_einvoice(invoice)
    assert alone is not None

    settings.DOCUMENT_MOST_ROWS = 0
    assert stored(invoice) is True

    assert stored_pdf(invoice) is not None
    assert stored_einvoice(invoice) == alone


def test_the_work_report_counts(seller: Tenant, at_most_two: None) -> None:
    invoice = draft(has_work_report=True)
    put_work_on(invoice.lines.get(), 60, 90)
    with pytest.raises(DocumentTooLong):
        preview(invoice, Preview.INVOICE)
    invoice.has_work_report = False
    made = preview(invoice, Preview.INVOICE)
    assert made is not None
    assert made.pdf.startswith(b"%PDF")


def test_pages_say_it(
    seller: Tenant, accountant: Membership, signed_in: SignIn, at_most_two: None
) -> None:
    client, invoice = signed_in(accountant), three_lines()
    stored(invoice)

    page = client.get(f"/acme/invoices/{invoice.pk}/").content.decode()
    assert "There is no PDF of this document" in page
    assert "data-waits" not in page
    answer = client.get(f"/acme/invoices/{invoice.pk}/document.pdf")
    assert answer.status_code == 422
    assert "documents have at most 2" in answer.content.decode()

    drafted = draft(has_work_report=True)
    put_work_on(drafted.lines.get(), 60, 90)
    answer = client.get(f"/acme/drafts/{drafted.pk}/preview.pdf")
    assert answer.status_code == 422
    assert "at most 2" in client.get(f"/acme/drafts/{drafted.pk}/").content.decode()


def test_it_is_not_sent_to_wait_for_ever(seller: Tenant, at_most_two: None) -> None:
    invoice = three_lines()
    letter = Letter(["anna@asiakas.example"], [], Wording("Invoice", "Here it is."))
    with pytest.raises(DocumentTooLong):
        send_by_mail(invoice, letter, token=uuid4(), actor=None)


def test_a_docx_template_makes_no_pdf_of_many_lines(seller: Tenant) -> None:
    invoice = draft()
    assert trouble_of(invoice, lines=4001, kind="docx").startswith("Its template is a DOCX file")
    assert trouble_of(invoice, lines=4000, kind="docx") == ""
    assert trouble_of(invoice, lines=4001, kind="ods") == ""
    assert "at most 12,000" in trouble_of(invoice, lines=12_001, kind="ods")


def test_the_reason_stands_in_place_of_the_pdf(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    from invoicing.documents import storing
    from invoicing.templating.sheets import Made

    invoice = posted()
    made = Made(b"", b"a file", "docx", why_no_pdf="It took more than a minute.")
    with patch.object(storing, "make_sheet", return_value=made):
        stored(invoice)
    page = signed_in(accountant).get(f"/acme/invoices/{invoice.pk}/").content.decode()
    assert "The document is a DOCX file" in page
    assert "It took more than a minute." in page


# One at a time


def test_long_documents_wait_for_each_other(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with somebody_elses_turn(tmp_path):
        with pytest.raises(TurnTaken), turn(1001, waits=False):
            pass
        with turn(1000, waits=False):
            pass  # a short one needs none
    with turn(1001, waits=False):
        pass


def test_a_worker_comes_back_for_it(seller: Tenant, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    invoice = posted()
    keys = {"tenant_id": invoice.tenant_id, "invoice_id": invoice.pk}
    with (
        patch.object(long_papers, "LONG_ROWS", 0),
        somebody_elses_turn(tmp_path),
        patch.object(tasks.render_invoice_pdf, "apply_async") as again,
        patch.object(tasks.render_preview, "apply_async") as preview_again,
    ):
        tasks.render_invoice_pdf.run(**keys)
        tasks.render_preview.run(**keys, kind="invoice")
        with pytest.raises(TurnTaken):
            keep_preview(invoice, Preview.INVOICE)
    again.assert_called_once_with(kwargs=keys, countdown=tasks.TURN_SECONDS)
    preview_again.assert_called_once_with(
        kwargs={**keys, "kind": "invoice"}, countdown=tasks.TURN_SECONDS
    )
    assert stored_pdf(invoice) is None

    with patch.object(long_papers, "LONG_ROWS", 0):
        tasks.render_invoice_pdf.run(**keys)
    assert stored_pdf(invoice) is not None
