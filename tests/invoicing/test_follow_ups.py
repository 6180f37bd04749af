"""What waits for somebody across all documents: open questions, and e-mails that did not arrive."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from invoicing.models import CustomerAccess, CustomerQuestion, Invoice, Sending
from invoicing.selectors.follow_ups import FollowUps, follow_ups
from tenants.models import Membership, Tenant
from tests.asking import asked_by
from tests.factories import ProjectFactory
from tests.invoicing.test_archive import document

SignIn = Callable[[Membership], Client]
PAGE = "/acme/invoices/follow-up/"


def asked(invoice: Invoice, text: str = "Which order was this?") -> CustomerQuestion:
    now = timezone.now()
    access = CustomerAccess.objects.create(
        customer=invoice.customer, invoice=invoice, key="k" * 43, created_at=now, expires_at=now
    )
    made: CustomerQuestion = CustomerQuestion.objects.create(
        access=access, invoice=invoice, text=text, name="Kaisa", asked_at=timezone.now()
    )
    return made


def sending(invoice: Invoice, status: str, *, back: datetime | None = None) -> Sending:
    made: Sending = Sending.objects.create(
        token=uuid4(),
        invoice=invoice,
        channel="email",
        status=status,
        requested_at=timezone.now(),
        due_at=timezone.now(),
        recipients=["kaisa@satama.example"],
        failure="Mailbox full" if status in ("failed", "unclear") else "",
        sent_at=timezone.now() if status == "sent" else None,
        bounced_at=back,
        bounce_note="No such person" if back else "",
    )
    return made


def text(page: Any) -> str:
    return str(page.content.decode())


def test_open_questions_and_what_did_not_arrive(signed_in: SignIn, accountant: Membership) -> None:
    satama, kone, muu = (document(name, posted=True) for name in ("Satama", "Kone", "Muu"))
    question = asked(satama)
    sending(kone, "failed")
    sending(muu, "sent", back=timezone.now())
    client = signed_in(accountant)

    page = text(client.get(PAGE))

    for words in ("Which order was this?", "Mailbox full", "No such person", kone.number):
        assert str(words) in page
    for start in ("/acme/invoices/", "/acme/ready/"):
        hint = text(client.get(start))
        assert "1 question of a customer is open. 2 e-mails did not arrive." in hint

    done = client.post(f"/acme/questions/{question.pk}/answered/?from=follow-up")
    assert done["Location"] == PAGE
    assert follow_ups(accountant) == FollowUps(questions=0, undelivered=2)


@pytest.mark.parametrize(
    ("later", "waits"),
    [("sent", 0), ("waiting", 0), ("failed", 1), ("withdrawn", 1)],
)
def test_what_was_sent_again_waits_for_nobody(
    accountant: Membership, later: str, waits: int
) -> None:
    invoice = document(posted=True)
    sending(invoice, "failed")
    sending(invoice, later)
    assert follow_ups(accountant).undelivered == waits


def test_nothing_waits(signed_in: SignIn, accountant: Membership) -> None:
    document(posted=True)
    client = signed_in(accountant)
    page = text(client.get(PAGE))
    assert "No customer waits for an answer." in page
    assert "Everything that was sent has arrived" in page
    assert "follow-up" not in text(client.get("/acme/invoices/"))


def test_managers_see_what_is_about_their_projects(
    signed_in: SignIn, manager: Membership, member: Membership
) -> None:
    own = ProjectFactory(manager=manager)
    mine = document(posted=True, customer=own.customer, project=own)
    others = document("Other", posted=True)
    for invoice in (mine, others):
        asked(invoice, f"About {invoice.number}")
        sending(invoice, "unclear")

    page = text(signed_in(manager).get(PAGE))

    assert f"About {mine.number}" in page
    assert f"About {others.number}" not in page
    assert follow_ups(manager) == FollowUps(questions=1, undelivered=1)
    assert signed_in(member).get(PAGE).status_code == 403


def test_as_many_statements_for_many(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    client = signed_in(accountant)
    invoice = document(posted=True)
    asked(invoice)
    sending(invoice, "failed")
    client.get(PAGE)
    alone = asked_by(client, PAGE)
    for number in range(4):
        more = document(f"More {number}", posted=True)
        asked(more)
        sending(more, "failed")
    assert asked_by(client, PAGE) == alone <= 12
    assert asked_by(client, "/acme/invoices/") <= 12
    assert asked_by(client, "/acme/ready/") <= 12
