"""What waits for somebody across all documents: open questions, and e-mails that did not arrive."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from invoicing.models import (
    CustomerAccess,
    CustomerQuestion,
    Invoice,
    Quotation,
    QuotationSending,
    Reminder,
    Sending,
    StatementSending,
)
from invoicing.selectors.follow_ups import FollowUps, follow_ups
from tenants.models import AuditEntry, Membership, Tenant
from tests.asking import asked_by
from tests.factories import CustomerFactory, ProjectFactory
from tests.invoicing.test_archive import document
from tests.payments.paying import pay
from tests.receivables.owing import owed

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


def sending(
    invoice: Invoice,
    status: str,
    *,
    back: datetime | None = None,
    reminder: Reminder | None = None,
) -> Sending:
    made: Sending = Sending.objects.create(
        token=uuid4(),
        invoice=invoice,
        reminder=reminder,
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


def reminder_of(invoice: Invoice) -> Reminder:
    made: Reminder = Reminder.objects.create(
        token=uuid4(), invoice=invoice, level=1, date=date(2026, 11, 20),
        pay_by=date(2026, 11, 30), open_amount=invoice.gross_total, fee=5, earlier_fees=0,
        lump_sum=0, interest=0, is_consumer=False, language="en", subject="Please", text="Pay",
    )  # fmt: skip
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


def statement(customer: Customer, status: str = "failed", **fields: Any) -> StatementSending:
    made: StatementSending = StatementSending.objects.create(
        **{
            "token": uuid4(),
            "customer": customer,
            "currency": "EUR",
            "start_date": date(2026, 1, 1),
            "end_date": date(2026, 10, 31),
            "file": "statements/1.pdf",
            "sha256": "0" * 64,
            "status": status,
            "recipients": ["kaisa@satama.example"],
            "subject": "Statement",
            "text": "Here it is",
            "failure": "Mailbox full",
            "requested_at": timezone.now(),
            "due_at": timezone.now(),
            **fields,
        }
    )
    return made


def quotation_mail(status: str, *, of: str = "sent") -> QuotationSending:
    quotation = Quotation.objects.create(
        number=f"Q-{uuid4().hex[:8]}",
        customer=CustomerFactory(),
        title="A roof",
        language="en",
        currency="EUR",
        issue_date=date(2026, 10, 1),
        valid_until=date(2026, 12, 31),
    )
    Quotation.objects.filter(pk=quotation.pk).update(
        status=of, sent_at=timezone.now(), sha256="0" * 64, key="k" * 43,
        **({"decided_at": timezone.now(), "decided_name": "Kaisa"} if of == "accepted" else {}),
    )  # fmt: skip
    made: QuotationSending = QuotationSending.objects.create(
        token=uuid4(), quotation=quotation, status=status, recipients=["a@b.example"],
        subject="Yours", text="Words", failure="Refused", requested_at=timezone.now(),
        due_at=timezone.now(),
    )  # fmt: skip
    return made


def test_statements_and_quotations_that_did_not_leave_wait_beside_documents(
    signed_in: SignIn, accountant: Membership
) -> None:
    sent = statement(CustomerFactory(name="Satama Oy"), "unclear")
    quoted = quotation_mail("failed")
    sending(document("Kone", posted=True), "failed")

    page = text(signed_in(accountant).get(PAGE))

    again = f"/acme/customers/{sent.customer_id}/statement/send/"
    assert f'href="{again}?start=2026-01-01&amp;end=2026-10-31&amp;currency=EUR"' in page
    assert f'href="/acme/quotations/{quoted.quotation_id}/send/"' in page
    assert follow_ups(accountant).undelivered == 3


@pytest.mark.parametrize(
    ("later", "waits"),
    [({"status": "waiting"}, 0), ({"status": "sent"}, 0), ({"status": "failed"}, 1),
     ({"status": "sent", "currency": "SEK"}, 1)],
)  # fmt: skip
def test_only_a_statement_in_the_same_currency_replaces_one(
    accountant: Membership, later: dict[str, str], waits: int
) -> None:
    customer = CustomerFactory()
    statement(customer)
    statement(customer, **later)
    assert follow_ups(accountant).undelivered == waits


@pytest.mark.parametrize(("of", "waits"), [("sent", 1), ("accepted", 0), ("replaced", 0)])
def test_a_quotation_that_is_decided_waits_for_nobody(
    accountant: Membership, of: str, waits: int
) -> None:
    quotation_mail("failed", of=of)
    assert follow_ups(accountant).undelivered == waits


def test_a_reminder_that_failed_waits_for_another_one_while_the_invoice_is_owed(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    invoice = owed("2026-10-15")
    reminder = reminder_of(invoice)
    sending(invoice, "failed", reminder=reminder)
    # The invoice alone replaces no reminder.
    sending(invoice, "sent")

    page = text(signed_in(accountant).get(PAGE))
    assert f'href="/acme/reminders/?q={invoice.number}"' in page
    assert "Reminder 1" in page

    sending(invoice, "waiting", reminder=reminder_of(invoice))
    assert follow_ups(accountant).undelivered == 0


def test_a_reminder_of_what_is_paid_waits_for_nobody(accountant: Membership) -> None:
    invoice = owed("2026-10-15")
    sending(invoice, "failed", reminder=reminder_of(invoice))
    assert follow_ups(accountant).undelivered == 1
    pay(invoice, "125.50")
    assert follow_ups(accountant).undelivered == 0


@pytest.mark.parametrize("kind", ["document", "statement", "quotation"])
def test_what_is_dismissed_waits_no_more_and_stays_in_the_log(
    signed_in: SignIn, accountant: Membership, auditor: Membership, kind: str
) -> None:
    mail: Any = {
        "document": lambda: sending(document(posted=True), "failed"),
        "statement": lambda: statement(CustomerFactory()),
        "quotation": lambda: quotation_mail("unclear"),
    }[kind]()
    address = f"/acme/invoices/follow-up/{kind}/{mail.pk}/dismiss/"
    assert signed_in(auditor).post(address).status_code == 403
    client = signed_in(accountant)

    assert client.post(address)["Location"] == PAGE

    mail.refresh_from_db()
    assert mail.dismissed_at is not None
    assert follow_ups(accountant).undelivered == 0
    assert AuditEntry.objects.filter(action__endswith=".mail_dismissed").count() == 1
    # A second tap, from another window.
    assert client.post(address).status_code == 404
    assert client.post(address.replace(kind, "letter")).status_code == 404


@pytest.mark.parametrize("kind", ["document", "statement", "quotation"])
def test_what_came_back_is_noted_and_waits_until_it_is_sent_again(
    signed_in: SignIn, accountant: Membership, auditor: Membership, kind: str
) -> None:
    mail: Any = {
        "document": lambda: sending(document(posted=True), "sent"),
        "statement": lambda: statement(CustomerFactory(), "sent"),
        "quotation": lambda: quotation_mail("sent"),
    }[kind]()
    assert follow_ups(accountant).undelivered == 0
    address = f"/acme/invoices/follow-up/{kind}/{mail.pk}/bounce/"
    assert signed_in(auditor).post(address, {"note": "x"}).status_code == 403
    client = signed_in(accountant)
    pages = {
        "document": lambda: f"/acme/invoices/{mail.invoice_id}/",
        "statement": lambda: f"/acme/customers/{mail.customer_id}/statement/",
        "quotation": lambda: f"/acme/quotations/{mail.quotation_id}/",
    }
    assert f'href="{address}"' in text(client.get(pages[kind]()))

    assert client.post(address, {"note": ""}).status_code == 422
    done = client.post(address, {"note": "No such mailbox"})
    assert done["Location"].startswith(pages[kind]())

    shown = text(client.get(pages[kind]()))
    assert "Came back: No such mailbox" in " ".join(shown.split())
    assert f'href="{address}"' not in shown
    assert "No such mailbox" in text(client.get(PAGE))
    assert follow_ups(accountant).undelivered == 1
    assert AuditEntry.objects.filter(action__endswith="bounced").count() == 1
    refused = client.post(address, {"note": "Again"})
    assert (refused.status_code, AuditEntry.objects.filter(action__endswith="bounced").count()) == (
        422, 1,
    )  # fmt: skip


def test_what_never_left_cannot_come_back(signed_in: SignIn, accountant: Membership) -> None:
    mail = statement(CustomerFactory(), "failed")
    answer = signed_in(accountant).post(
        f"/acme/invoices/follow-up/statement/{mail.pk}/bounce/", {"note": "x"}
    )
    assert answer.status_code == 422


def test_managers_neither_see_nor_dismiss_mails_about_whole_customers(
    signed_in: SignIn, manager: Membership
) -> None:
    statement(CustomerFactory())
    assert follow_ups(manager) == FollowUps(questions=0, undelivered=0)


def test_nothing_waits(signed_in: SignIn, accountant: Membership) -> None:
    document(posted=True)
    client = signed_in(accountant)
    page = text(client.get(PAGE))
    assert "No customer waits for an answer." in page
    assert "Everything that was sent has arrived" in page
    assert "Nothing waits for you" in page
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
    statement(CustomerFactory())
    quotation_mail("failed")
    with_each = asked_by(client, PAGE)
    for number in range(4):
        more = document(f"More {number}", posted=True)
        asked(more)
        sending(more, "failed")
        statement(CustomerFactory(), "unclear")
        quotation_mail("failed")
    assert asked_by(client, PAGE) == with_each == alone + 2 <= 12
    assert asked_by(client, "/acme/invoices/") <= 12
    assert asked_by(client, "/acme/ready/") <= 12
