"""Receipts of expenses go with the invoice by e-mail: where the customer wants them, or once."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client

from customers.models import Customer, Project
from invoicing import errors
from invoicing.domain import receipts as packing
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.sending.runs import send_as_usual
from invoicing.models import Invoice, Sending
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.sending import delivered, with_pdf
from tests.timesheets.test_receipts import expense, pdf, photo
from timesheets.domain import receipts

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def invoice(tenant: Tenant, accountant: Membership, settings: Any, tmp_path: Any) -> Invoice:
    """Of an expense with two receipts, to somebody who can be written to."""
    settings.MEDIA_ROOT = tmp_path
    TaxRateFactory()
    project: Project = ProjectFactory(customer=CustomerFactory(email="anna@customer.example"))
    charge = expense(accountant, project, text="Hotel", unit_price=Decimal(10))
    for upload in (pdf(), photo()):
        receipts.add_receipt(charge.pk, upload=upload, actor=accountant)
    draft = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user,
    )  # fmt: skip
    return with_pdf(post_invoice(draft, actor=accountant.user))


def attached() -> list[str]:
    return [str(one.filename) for one in mail.outbox[-1].attachments]


def test_they_go_along_where_the_customer_wants_them(invoice: Invoice) -> None:
    delivered(send_as_usual(invoice, token=uuid4(), actor=None))
    assert attached() == [f"{invoice.number}.pdf"]

    Customer.objects.update(gets_receipts=True)
    invoice = Invoice.objects.get(pk=invoice.pk)
    delivered(send_as_usual(invoice, token=uuid4(), actor=None))

    assert attached() == [f"{invoice.number}.pdf", f"receipts-{invoice.number}.zip"]
    content = mail.outbox[-1].attachments[1].content
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == ["01-2026-10-12-hotel.pdf", "02-2026-10-12-hotel.jpg"]


def test_the_form_offers_them_as_the_customer_has_it(
    invoice: Invoice, accountant: Membership, signed_in: SignedIn
) -> None:
    Customer.objects.update(gets_receipts=True)
    client, url = signed_in(accountant), f"/acme/invoices/{invoice.pk}/send/"
    form = client.get(url).context["form"]
    assert form["with_receipts"].label == "Attach 2 receipts"
    assert form["with_receipts"].value() is True

    told = {"recipients": "a@b.example", "subject": "s", "text": "t", "seen": "0"}
    for ticked in ({}, {"with_receipts": "on"}):
        last = Sending.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        answer = client.post(url, {**told, **ticked, "token": uuid4(), "seen": last})
        assert answer.status_code == 302
    assert list(Sending.objects.order_by("pk").values_list("with_receipts", flat=True)) == [
        False, True,
    ]  # fmt: skip
    page = client.get(f"/acme/invoices/{invoice.pk}/").content.decode()
    assert page.count("With receipts") == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Sending.objects.update(with_receipts=True)


def test_what_no_mail_server_takes_is_refused(
    invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    Customer.objects.update(gets_receipts=True)
    monkeypatch.setattr(packing, "MOST_MAILED", 100)
    with pytest.raises(errors.ReceiptsTooLargeToMail):
        send_as_usual(Invoice.objects.get(pk=invoice.pk), token=uuid4(), actor=None)
    assert not Sending.objects.exists()
