"""A statement of account is sent by e-mail: once, with the paper that is kept."""

from collections.abc import Callable
from datetime import date
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from customers.models import Customer
from invoicing.domain.sending.queue import deliver_mail, due_mails, give_up_lost_mails
from invoicing.domain.sending.statements import QUEUE, proposed_letter
from invoicing.models import MailSettings, MailText, StatementSending
from invoicing.selectors.statements import statement_of
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import pages, words
from tests.factories import ContactFactory, CustomerFactory
from tests.payments.paying import pay
from tests.receivables.owing import owed

type SignedIn = Callable[[Membership], Client]
PERIOD = {"start": "2026-09-01", "end": "2026-11-20", "currency": "EUR"}


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def satama(tenant: Tenant) -> Customer:
    satama = CustomerFactory(name="Satama Oy", number="77", language="fi", email="old@satama.fi")
    ContactFactory(customer=satama, email="anna@satama.fi", gets_invoices=True)
    pay(owed("2026-10-10", "251.00", customer=satama), "100")
    return satama


def address(customer: Customer, page: str = "send/") -> str:
    return f"/acme/customers/{customer.pk}/statement/{page}?{urlencode(PERIOD)}"


def typed(**changes: str) -> dict[str, str]:
    return {
        "recipients": "anna@satama.fi", "copies": "", "subject": "Ote", "text": "Hei {customer}",
        "token": str(uuid4()), **changes,
    }  # fmt: skip


def test_the_letter_is_in_the_customers_language(satama: Customer) -> None:
    statement = statement_of(satama, currency="EUR", start=date(2026, 9, 1), end=date(2026, 11, 20))
    letter = proposed_letter(statement)
    assert letter.recipients == ["anna@satama.fi"]
    assert letter.wording.subject.startswith("Asiakastiliote, ")
    said = words(letter.wording.text)
    assert "Saldo: 151,00 €" in said
    assert "Erääntynyt: 151,00 €" in said
    MailText.objects.create(
        kind="statement", language="fi", subject="{customer_number}", text="{end}\nIBAN {iban}"
    )
    own = proposed_letter(statement).wording
    assert (own.subject, own.text) == ("77", "20.11.2026\nIBAN FI21 1234 5600 0007 85")


def test_it_goes_once_with_its_paper_and_is_told(
    satama: Customer, tenant: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    assert "anna@satama.fi" in client.get(address(satama)).content.decode()
    MailSettings.objects.create(own_copy="books@acme.example")
    form = typed(copies="boss@satama.fi")
    for _twice in range(2):
        assert client.post(address(satama), form).status_code == 302
    sending = StatementSending.objects.get()
    assert sending.text == "Hei Satama Oy"
    for _twice in range(2):
        deliver_mail(QUEUE, tenant.pk, sending.pk)
    (message,) = mail.outbox
    assert (message.to, message.cc, message.bcc, message.subject) == (
        ["anna@satama.fi"], ["boss@satama.fi"], ["books@acme.example"], "Ote",
    )  # fmt: skip
    ((name, content, kind),) = message.attachments
    assert (name, kind) == ("statement-77-2026-11-20.pdf", "application/pdf")
    assert isinstance(content, bytes)
    assert "151,00" in words(pages(content))
    # What is paid later changes nothing of what left.
    pay(satama.invoices.get(), "151")
    kept = client.get(f"/acme/statements/{sending.pk}/statement.pdf")
    assert kept.content == content
    page = client.get(address(satama, "")).content.decode()
    assert "Statements sent" in page
    assert f"/acme/statements/{sending.pk}/statement.pdf" in page
    told = AuditEntry.objects.filter(action__startswith="statement.").order_by("pk")
    assert [one.action for one in told] == ["statement.sending_asked", "statement.mail_sent"]


def test_what_cannot_be_sent_is_refused_and_nothing_typed_is_lost(
    satama: Customer, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    for changes, sentence in (
        ({"recipients": ""}, "Enter the e-mail address"),
        ({"text": "Hei {number}"}, "{number}"),
        ({"subject": ""}, "Write a subject"),
    ):
        answer = client.post(address(satama), typed(**{"copies": "boss@satama.fi", **changes}))
        assert answer.status_code == 422
        page = answer.content.decode()
        assert sentence in page
        assert "boss@satama.fi" in page
    with patch("invoicing.documents.statements.MOST_LINES", 0):
        answer = client.post(address(satama), typed())
    assert "too long for paper" in answer.content.decode()
    assert not StatementSending.objects.exists()


def test_a_mail_server_that_is_away_is_asked_again_and_a_lost_worker_is_told(
    satama: Customer, tenant: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    signed_in(accountant).post(address(satama), typed())
    sending = StatementSending.objects.get()
    with patch("django.core.mail.backends.locmem.EmailBackend.open", side_effect=OSError("away")):
        deliver_mail(QUEUE, tenant.pk, sending.pk)
    sending.refresh_from_db()
    assert (sending.status, sending.attempts, sending.failure) == ("waiting", 1, "away")
    assert due_mails(QUEUE, now=sending.requested_at) == []
    assert due_mails(QUEUE, now=sending.due_at) == [sending.pk]
    StatementSending.objects.update(status="sending", taken_at=sending.requested_at)
    give_up_lost_mails(QUEUE, now=sending.due_at)
    sending.refresh_from_db()
    assert sending.status == "sending"
    give_up_lost_mails(QUEUE, now=sending.due_at.replace(year=sending.due_at.year + 1))
    sending.refresh_from_db()
    assert sending.status == "unclear"
    assert "may have arrived or not" in sending.failure


def test_who_only_looks_sends_nothing(
    satama: Customer, auditor: Membership, member: Membership, signed_in: SignedIn
) -> None:
    assert "Send by e-mail" not in signed_in(auditor).get(address(satama, "")).content.decode()
    assert signed_in(auditor).get(address(satama)).status_code == 403
    assert signed_in(member).get(address(satama)).status_code == 403


def test_its_words_are_kept_beside_those_of_documents(
    satama: Customer, owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    page = client.get("/acme/company/mails/statement-fi/").content.decode()
    assert "{customer_number}" in page
    assert "Asiakastiliote" in page
    wrong = client.post("/acme/company/mails/statement-fi/", {"subject": "{link}", "text": "x"})
    assert wrong.status_code == 422
    right = client.post("/acme/company/mails/statement-fi/", {"subject": "{end}", "text": "x"})
    assert right.status_code == 302
    assert MailText.objects.get().kind == "statement"
