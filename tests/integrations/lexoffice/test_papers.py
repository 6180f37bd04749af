"""Their PDF and their page of a document, from the page of its export."""

import pytest
from django.test import Client

from integrations.models import Connection, Export
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.models import Invoice
from tenants.models import Membership
from tests.integrations.conftest import send, store_pdf
from tests.integrations.lexoffice.test_adapter import VOUCHERS, set_up
from tests.integrations.sandboxes import Running


@pytest.fixture
def browser(accountant: Membership) -> Client:
    assert accountant.user is not None
    made = Client()
    made.force_login(accountant.user)
    return made


def test_their_pdf_is_shown(browser: Client, export: Export) -> None:
    send(export)
    page = f"/acme/exports/{export.pk}/"
    assert "Their PDF" in browser.get(page).content.decode()
    answer = browser.get(f"{page}paper/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="RE1001.pdf"'
    assert answer.content.startswith(b"%PDF-")


def test_a_draft_has_none_yet(browser: Client, export: Export) -> None:
    set_up(export.connection)
    send(export)
    page = browser.get(f"/acme/exports/{export.pk}/paper/", follow=True).content.decode()
    assert "still a draft in Lexware Office" in page


@pytest.mark.parametrize("kind", ["error_before", "drop_before"])
def test_without_an_answer_it_is_said(
    browser: Client, sandbox: LexofficeSandbox, export: Export, kind: str
) -> None:
    send(export)
    sandbox.faults.add({"kind": kind, "method": "GET", "path": "/invoices/*/file"})
    page = browser.get(f"/acme/exports/{export.pk}/paper/", follow=True).content.decode()
    assert "Their PDF cannot be shown: Lexware Office" in page


def test_a_voucher_has_only_ours(browser: Client, export: Export) -> None:
    set_up(export.connection, **VOUCHERS)
    send(export)
    page = f"/acme/exports/{export.pk}/"
    assert "Their PDF" not in browser.get(page).content.decode()
    assert browser.get(f"{page}paper/").status_code == 404


def test_before_it_arrived_there_is_none(browser: Client, export: Export) -> None:
    assert browser.get(f"/acme/exports/{export.pk}/paper/").status_code == 404


def test_links_lead_to_the_page_of_its_kind(
    served: Running, export: Export, invoice: Invoice
) -> None:
    send(export)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))
    there = f"{served.url}/permalink"
    assert export.address == f"{there}/invoices/view/{export.remote_id}"
    assert credit.address == f"{there}/credit-notes/view/{credit.remote_id}"

    Connection.objects.update(environment="production")
    export = Export.objects.get(pk=export.pk)
    app = "https://app.lexware.de/permalink"
    assert export.address == f"{app}/invoices/view/{export.remote_id}"
    Connection.objects.update(environment="partner", settings=VOUCHERS)
    export = Export.objects.get(pk=export.pk)
    app = "https://app.lexware-sandbox.de/permalink"
    assert export.address == f"{app}/vouchers/view/{export.remote_id}"
