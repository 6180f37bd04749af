"""The adapter against the sandbox, with everything that goes wrong on the way."""

from typing import Any

import pytest

from integrations.models import Connection, Export, ExportStep
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.models import Invoice
from tests.integrations.conftest import link, posted, send


@pytest.fixture
def invoice(connection: Connection) -> Invoice:
    made = posted()
    link(connection, made.customer)
    return made


@pytest.fixture
def export(invoice: Invoice) -> Export:
    made: Export = Export.objects.get(invoice=invoice)
    return made


def stored(sandbox: ProcountorSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.store.find("invoice", "kuusi", [], order="id")
    return found


def test_an_invoice_arrives_with_its_pdf_approved_and_sent(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert arrived["status"] == "SENT"
    assert arrived["originalInvoiceNumber"] == invoice.number
    assert arrived["partnerId"] == 70001
    assert [one["name"] for one in arrived["attachments"]] == [f"{invoice.number}.pdf"]
    assert arrived["invoiceSumInfo"][0]["invoiceSumTotal"] == 125.5
    assert export.remote_id == str(arrived["id"])
    assert export.remote_number == str(arrived["invoiceNumber"])
    steps = ExportStep.objects.filter(export=export)
    assert [step.key for step in steps] == ["create", "attach", "approve", "send"]
    assert all(step.done_at for step in steps)
