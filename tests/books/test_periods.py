"""Nothing is booked into a closed month: by the program with a sentence, by the database anyway."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing import book_errors as errors
from invoicing.domain.books.periods import close_month, reopen_month
from invoicing.domain.payments.registering import pay_back, reverse_payment
from invoicing.domain.posting import post_invoice, refusals
from invoicing.models import DocumentKind, JournalEntry, Payment, PeriodClosing, Posting
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, posted
from tests.payments.paying import ON, TODAY, open_amount, pay

type SignedIn = Callable[[Membership], Client]


@pytest.fixture
def closed(tenant: Tenant, owner: Membership) -> PeriodClosing:
    """November 2026, in which the documents and payments of these tests would be booked."""
    return close_month(ON, actor=owner.user, today=TODAY)


def test_no_document_is_posted_into_it(closed: PeriodClosing) -> None:
    invoice = draft({}, tax_point=date(2026, 11, 30))
    sentence = r"lies in November 2026, which Owner closed\. Choose a later tax point"
    with pytest.raises(errors.DocumentMonthClosed, match=sentence):
        post_invoice(invoice, actor=None)
    assert isinstance(refusals([invoice])[invoice.pk], errors.DocumentMonthClosed)
    invoice.refresh_from_db()
    assert (invoice.number, JournalEntry.objects.count()) == (None, 0)
    invoice.tax_point = date(2026, 12, 1)
    invoice.save()
    assert post_invoice(invoice, actor=None).number == "2026-0001"


def test_no_credit_note_is_posted_into_it(tenant: Tenant) -> None:
    invoice = posted({}, tax_point=date(2026, 10, 31))
    close_month(ON, actor=None, today=TODAY)
    note = draft(
        {"corrects_line": invoice.lines.get()},
        customer=invoice.customer,
        kind=DocumentKind.CREDIT_NOTE,
        corrects=invoice,
        reason="Wrong hours",
    )
    with pytest.raises(errors.DocumentMonthClosed):
        post_invoice(note, actor=None)
    assert open_amount(invoice) == Decimal("125.5")


def test_no_payment_is_registered_reversed_or_paid_back_in_it(tenant: Tenant) -> None:
    invoice = posted({}, issue_date=date(2026, 10, 1), tax_point=date(2026, 10, 1))
    payment = pay(invoice, "200", payment_date=date(2026, 10, 15))
    close_month(ON, actor=None, today=TODAY)
    before = JournalEntry.objects.count()
    other = posted({}, issue_date=date(2026, 10, 1), tax_point=date(2026, 10, 1))
    for deed in (
        lambda: pay(other, "10"),
        lambda: reverse_payment(payment, reason="Bounced", actor=None, on=TODAY),
        lambda: pay_back(
            payment, amount=Decimal(10), payment_date=ON, token=uuid4(), actor=None, today=TODAY
        ),
    ):
        refused = pytest.raises(errors.DayMonthClosed, match="nothing is booked into it")
        with refused, transaction.atomic():
            deed()
    # The other invoice's own.
    assert JournalEntry.objects.count() == before + 1
    assert Payment.objects.count() == 1


def test_the_database_refuses_what_passes_the_program(closed: PeriodClosing) -> None:
    def entry(day: date) -> JournalEntry:
        found: JournalEntry = JournalEntry.objects.create(
            number=99, date=day, text="By hand", currency="EUR"
        )
        return found

    refused = pytest.raises(IntegrityError, match="the month of 2026-11-01 is closed")
    with refused, transaction.atomic():
        entry(date(2026, 11, 1))
    assert entry(date(2026, 12, 1)).pk


def test_no_posting_joins_an_old_entry(tenant: Tenant) -> None:
    """Else a balanced pair could be added to a closed month, or to any document's entry."""
    old = JournalEntry.objects.create(number=98, date=ON, text="Old", currency="EUR")
    JournalEntry.objects.create(
        number=99, date=ON, text="Yesterday's", currency="EUR", created_at="2026-11-20T12:00Z"
    )
    yesterdays = JournalEntry.objects.get(number=99)
    Posting.objects.create(entry=old, account="1700", amount=1)
    with pytest.raises(IntegrityError, match="together with their entry"), transaction.atomic():
        Posting.objects.create(entry=yesterdays, account="1700", amount=1)
    Posting.objects.create(entry=old, account="3000", amount=-1)


def test_closings_are_kept_and_opened_again_once(closed: PeriodClosing, owner: Membership) -> None:
    with pytest.raises(errors.MonthIsClosed):
        close_month(ON, actor=None, today=TODAY)
    with pytest.raises(errors.MonthNotBegun):
        close_month(date(2026, 12, 1), actor=None, today=TODAY)
    with pytest.raises(errors.ReopeningNeedsReason):
        reopen_month(ON, reason="  ", actor=None)
    reopened = reopen_month(ON, reason="A late invoice", actor=owner.user)
    assert (reopened.pk, reopened.reason) == (closed.pk, "A late invoice")
    with pytest.raises(errors.MonthIsOpen):
        reopen_month(ON, reason="Again", actor=None)
    assert posted({}).number
    again = close_month(ON, actor=owner.user, today=TODAY)
    assert again.pk != closed.pk
    for change in (
        lambda: PeriodClosing.objects.filter(pk=again.pk).delete(),
        lambda: PeriodClosing.objects.filter(pk=again.pk).update(month=date(2026, 10, 1)),
        lambda: PeriodClosing.objects.filter(pk=closed.pk).update(reason="Another"),
    ):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic():
            change()
    logged = AuditEntry.objects.filter(action__startswith="period.").order_by("pk")
    assert [one.action for one in logged] == ["period.closed", "period.reopened", "period.closed"]
    assert logged[1].detail["reason"] == "A late invoice"


# Pages


def test_the_page_of_a_year(
    tenant: Tenant, owner: Membership, auditor: Membership, member: Membership,
    signed_in: SignedIn,
) -> None:  # fmt: skip
    posted({}, tax_point=date(2026, 10, 31))
    draft({}, tax_point=date(2026, 10, 5))
    client = signed_in(owner)
    assert client.post("/acme/books/periods/close/", {"month": "2026-10"}).status_code == 302
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/acme/books/periods/?year=2026")
    assert len(asked) <= 12
    october = answer.context["months"][9]
    assert (october.entries, october.drafts, october.closing.closed_by) == (1, 1, owner.user)
    answer = client.post("/acme/books/periods/reopen/", {"month": "2026-10"})
    assert answer.status_code == 422
    assert "Say why the month is opened again" in answer.content.decode()
    sent = {"month": "2026-10", "reason": "Forgot one"}
    page = client.post("/acme/books/periods/reopen/", sent, follow=True).content.decode()
    assert "October 2026 is open again." in page
    assert "Forgot one" in page
    for month in ("", "2026-13", "x", "9999-01"):
        assert client.post("/acme/books/periods/close/", {"month": month}).status_code == 422
    for year in ("x", "99999", "1", "2026"):
        assert client.get(f"/acme/books/periods/?year={year}").status_code == 200
    reading = signed_in(auditor)
    assert "Forgot one" in reading.get("/acme/books/periods/?year=2026").content.decode()
    assert reading.post("/acme/books/periods/close/", {"month": "2026-10"}).status_code == 403
    assert signed_in(member).get("/acme/books/periods/").status_code == 403


def test_the_pages_of_drafts_and_payments_say_it(
    tenant: Tenant, owner: Membership, signed_in: SignedIn
) -> None:
    open_invoice = posted({}, issue_date=date(2026, 10, 1), tax_point=date(2026, 10, 1))
    waiting = draft({})
    close_month(ON, actor=owner.user, today=TODAY)
    client = signed_in(owner)
    answer: Any = client.post("/acme/drafts/post/", {"pk": [waiting.pk]})
    assert "which Owner closed" in answer.content.decode()
    sent = {
        "token": uuid4(), "amount": "10", "currency": "EUR", "payment_date": ON.isoformat(),
        "method": "transfer", "account": "1910", "closes": "", "seen_open": "125.5",
    }  # fmt: skip
    answer = client.post(f"/acme/invoices/{open_invoice.pk}/pay/", sent)
    assert answer.status_code == 422
    assert "which Owner closed: nothing is booked into it" in answer.content.decode()
