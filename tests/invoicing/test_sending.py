"""Sending a document: written down first, handed over at most once, told as it was."""

import smtplib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client, TestCase
from django.utils import timezone

from core.addresses import read_addresses
from customers.models import Contact
from invoicing import errors, tasks
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.indexing import check_index
from invoicing.domain.sending import delivering
from invoicing.domain.sending.delivering import AGAIN_AFTER, LOST_AFTER, give_up_lost
from invoicing.domain.sending.not_arrived import note_bounce
from invoicing.domain.sending.requesting import (
    mark_as_sent,
    recipients_of,
    send_by_mail,
    withdraw,
)
from invoicing.domain.sending.wording import Wording, check_wording, default_wording, written
from invoicing.models import Invoice, Sending
from invoicing.models.sendings import ARRIVED
from invoicing.selectors.archive import indexed
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, posted, posted_credit_note
from tests.factories import ContactFactory, CustomerFactory, MembershipFactory, TaxRateFactory
from tests.invoicing.sending import (
    BUSY,
    NO_SUCH,
    asked,
    delivered,
    letter,
    ready,
    sent,
    server,
    with_pdf,
)

Status = Sending.Status


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def actions(invoice: Invoice) -> list[str]:
    found = AuditEntry.objects.filter(object_type="invoicing.invoice", object_id=invoice.pk)
    return [
        one for one in found.order_by("pk").values_list("action", flat=True) if "pdf" not in one
    ]


# What leaves.


def test_the_customer_gets_the_pdf_from_the_company(tenant: Tenant, accountant: Membership) -> None:
    invoice = ready()

    sending = sent(
        invoice, "anna@customer.example", copies=("boss@customer.example",), actor=accountant.user
    )

    message = mail.outbox[0]
    assert (message.to, message.cc) == (["anna@customer.example"], ["boss@customer.example"])
    assert message.from_email == "Acme Oy <noreply@localhost>"
    assert message.reply_to == ["billing@example.com"]
    assert message.subject == f"Invoice {invoice.number} from Acme Oy"
    assert f"invoice {invoice.number} of 20 Nov 2026 over €125.50" in " ".join(message.body.split())
    assert [(one.filename, one.mimetype, one.content) for one in message.attachments] == [
        (f"{invoice.number}.pdf", "application/pdf", b"%PDF-1.7 the invoice")
    ]
    assert sending.status == Status.SENT
    assert sending.requested_by == accountant.user
    assert sending.sent_at is not None
    assert actions(invoice)[-2:] == ["invoice.sending_requested", "invoice.sent"]


def test_it_is_written_down_before_a_worker_hears_of_it() -> None:
    invoice = ready()
    with (
        patch("invoicing.tasks.deliver_sending.delay") as told,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        sending = asked(invoice)
        told.assert_not_called()
        assert Sending.objects.get().status == Status.WAITING

    told.assert_called_once_with(tenant_id=sending.tenant_id, sending_id=sending.pk)


def test_the_same_yes_twice_is_one_sending() -> None:
    invoice, token = ready(), uuid4()

    first = send_by_mail(invoice, letter(), token=token, actor=None)
    second = send_by_mail(invoice, letter(), token=token, actor=None)

    assert first == second
    delivered(first)
    delivered(second)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"recipients": ["right@customer.example"]},
        {"copies": ["boss@customer.example"]},
        {"wording": Wording("Other", default_wording("invoice", "en").text)},
        {"wording": Wording(default_wording("invoice", "en").subject, "Other")},
    ],
)
def test_a_used_token_with_another_letter_is_refused(other: dict[str, Any]) -> None:
    invoice, token = ready(), uuid4()
    send_by_mail(invoice, letter(), token=token, actor=None)

    with pytest.raises(errors.FormSentAlready, match=r"E-mail: anna@customer\.example"):
        send_by_mail(invoice, replace(letter(), **other), token=token, actor=None)
    with pytest.raises(errors.FormSentAlready):
        send_by_mail(ready(), letter(), token=token, actor=None)


def test_a_used_token_with_another_moment_is_refused() -> None:
    invoice, token = ready(), uuid4()
    tomorrow = timezone.now() + timedelta(days=1)
    first = send_by_mail(invoice, letter(), token=token, due_at=tomorrow, actor=None)

    assert send_by_mail(invoice, letter(), token=token, due_at=tomorrow, actor=None) == first
    with pytest.raises(errors.FormSentAlready):
        send_by_mail(invoice, letter(), token=token, actor=None)


def test_a_used_token_with_another_note_is_refused() -> None:
    invoice, token, today = posted(), uuid4(), timezone.localdate()
    note: dict[str, Any] = {
        "channel": "einvoice",
        "via": "Netvisor",
        "on": today,
        "token": token,
        "actor": None,
    }
    first = mark_as_sent(invoice, **note)

    assert mark_as_sent(invoice, **note) == first
    for other in ({"channel": "post"}, {"via": "Procountor"}):
        with pytest.raises(errors.FormSentAlready):
            mark_as_sent(invoice, **note | other)
    with pytest.raises(errors.FormSentAlready):
        mark_as_sent(posted(), **note)
    assert Sending.objects.count() == 1


def test_a_used_token_with_another_day_is_refused() -> None:
    with patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=2)):
        invoice = posted()
    today, token = timezone.localdate(), uuid4()
    mark_as_sent(invoice, channel="post", on=today, token=token, actor=None)

    with pytest.raises(errors.FormSentAlready):
        mark_as_sent(invoice, channel="post", on=today - timedelta(days=1), token=token, actor=None)


def test_a_subject_holds_no_link() -> None:
    with pytest.raises(errors.LinkInSubject):
        asked(ready(), subject="Look: { link }")
    assert not Sending.objects.exists()


def test_who_did_not_see_the_last_sending_is_told_of_it(accountant: Membership) -> None:
    invoice = ready()
    seen = asked(invoice, actor=accountant.user)

    with pytest.raises(errors.SentMeanwhile, match=r"Accountant.*anna@customer\.example"):
        send_by_mail(invoice, letter(), token=uuid4(), seen=0, actor=None)
    send_by_mail(invoice, letter(), token=uuid4(), seen=seen.pk, actor=None)

    assert Sending.objects.count() == 2


def test_a_draft_is_not_sent() -> None:
    with pytest.raises(errors.NotPostedYet):
        asked(draft())


def test_without_an_address_nothing_is_written_down() -> None:
    invoice = ready()
    nobody = letter()
    nobody.recipients.clear()

    with pytest.raises(errors.NoAddressToSend, match="Asiakas Oy"):
        send_by_mail(invoice, nobody, token=uuid4(), actor=None)
    assert not Sending.objects.exists()


def test_it_waits_for_its_pdf_and_leaves_with_it() -> None:
    invoice = posted()
    sending = delivered(asked(invoice))
    assert (sending.status, mail.outbox) == (Status.WAITING, [])

    with_pdf(invoice)
    with patch("invoicing.documents.storing.store_invoice_pdf"):
        tasks.render_invoice_pdf(tenant_id=invoice.tenant_id, invoice_id=invoice.pk)

    sending.refresh_from_db()
    assert (sending.status, len(mail.outbox)) == (Status.SENT, 1)


def test_a_damaged_pdf_is_not_sent() -> None:
    invoice = ready()
    with patch("invoicing.documents.storing.hashlib.sha256") as hashed:
        hashed.return_value.hexdigest.return_value = "other"
        sending = delivered(asked(invoice))

    assert sending.status == Status.FAILED
    assert str(invoice.number) in sending.failure
    assert mail.outbox == []


def test_an_invoice_cancelled_meanwhile_stays_here() -> None:
    invoice = ready()
    sending = asked(invoice)
    cancel_invoice(invoice, reason="Wrong customer", actor=None)

    assert delivered(sending).status == Status.FAILED
    assert "cancelled before it was sent" in sending.failure
    assert mail.outbox == []


# What goes wrong.


@pytest.mark.parametrize(
    "trouble",
    [
        {"on_open": ConnectionRefusedError(111, "Connection refused")},
        {"on_open": TimeoutError("timed out")},
        {"on_open": smtplib.SMTPAuthenticationError(535, b"Wrong password")},
        {"on_send": BUSY},
        {"on_send": smtplib.SMTPRecipientsRefused({"a@b.example": (450, b"Greylisted")})},
    ],
)
def test_what_is_surely_not_sent_is_tried_again(trouble: Any) -> None:
    invoice = ready()
    sending = asked(invoice)
    with server(**trouble):
        delivered(sending)
    assert sending.status == Status.WAITING
    assert sending.failure
    attempt = sending.attempts.get()
    assert (attempt.outcome, attempt.answer) == ("later", sending.failure)
    # Not at once.
    assert delivered(sending).status == Status.WAITING

    with server() as healthy:
        delivered(sending, now=timezone.now() + AGAIN_AFTER[0])

    assert (sending.status, healthy.taken) == (Status.SENT, 1)
    assert sending.attempts.count() == 2


def test_after_the_last_try_it_has_failed() -> None:
    sending = asked(ready())
    now = timezone.now()
    with server(on_send=BUSY):
        for _attempt in range(len(AGAIN_AFTER) + 1):
            assert sending.status == Status.WAITING
            now += timedelta(days=1)
            delivered(sending, now=now)

    assert (sending.status, sending.failure) == (Status.FAILED, "451 Try again later")
    assert actions(sending.invoice)[-1] == "invoice.sending_failed"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (NO_SUCH, "anna@customer.example: 550 No such mailbox"),
        (smtplib.SMTPDataError(554, b"Too large"), "554 Too large"),
    ],
)
def test_what_the_server_refuses_for_good_has_failed(refusal: Exception, told: str) -> None:
    sending = asked(ready())
    with server(on_send=refusal):
        delivered(sending)

    assert (sending.status, sending.failure) == (Status.FAILED, told)


@pytest.mark.parametrize(
    "broken", [smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), TimeoutError("x")]
)
def test_a_connection_that_breaks_in_the_middle_is_not_repeated(broken: Exception) -> None:
    sending = asked(ready())
    with server(on_send=broken):
        delivered(sending)
    assert sending.status == Status.UNCLEAR
    assert sending.failure == str(broken)

    delivered(sending, now=timezone.now() + timedelta(days=2))
    tasks.sweep_sendings()

    assert mail.outbox == []
    assert actions(sending.invoice)[-1] == "invoice.sending_unclear"


class Killed(BaseException):
    """As SIGKILL: nothing below it runs."""


@pytest.mark.parametrize(
    ("step", "before", "outcome", "gone"),
    [
        # What dies inside a transaction takes it along: nothing was taken, another one sends.
        ("_prepared", True, Status.SENT, 1),
        ("_prepared", False, Status.SENT, 1),
        ("_taken", True, Status.SENT, 1),
        ("_taken", False, Status.SENT, 1),
        # From here on nobody knows, and it is never sent a second time.
        ("hand_over", True, Status.UNCLEAR, 0),
        ("hand_over", False, Status.UNCLEAR, 1),
        ("_settle", True, Status.UNCLEAR, 1),
        ("_settle", False, Status.UNCLEAR, 1),
    ],
)
def test_a_worker_killed_at_any_step_sends_no_second_one_in_silence(
    step: str, before: bool, outcome: str, gone: int
) -> None:
    sending = asked(ready())
    whole = getattr(delivering, step)

    def die(*args: Any, **kwargs: Any) -> Any:
        if not before:
            whole(*args, **kwargs)
        raise Killed

    with patch.object(delivering, step, die), pytest.raises(Killed):
        delivered(sending)

    # Another worker gets the same task, and the sweep comes by later.
    delivered(sending)
    give_up_lost(now=timezone.now() + LOST_AFTER + timedelta(seconds=1))
    delivered(sending)

    assert (sending.status, len(mail.outbox)) == (outcome, gone)
    assert [one.outcome for one in sending.attempts.all()] == [outcome]


def test_a_slow_worker_that_was_given_up_brings_the_good_news() -> None:
    sending = asked(ready())
    attempt = delivering._taken(sending.pk, timezone.now())
    assert attempt is not None
    give_up_lost(now=timezone.now() + LOST_AFTER + timedelta(seconds=1))

    delivering._settle(attempt, delivering.Ended(delivering.Outcome.SENT), now=timezone.now())

    sending.refresh_from_db()
    assert (sending.status, sending.failure) == (Status.SENT, "")


def test_the_letter_stays_as_it_left() -> None:
    sending = sent(ready())
    for change in ({"text": "Other"}, {"recipients": ["other@example.com"]}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Sending.objects.filter(pk=sending.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        sending.delete()


# By hand.


def test_marked_as_sent_by_post() -> None:
    invoice = posted()

    sending = mark_as_sent(invoice, channel="post", on=timezone.localdate(), actor=None)

    assert (sending.status, sending.channel) == (Status.SENT, "post")
    assert Sending.objects.filter(ARRIVED).get() == sending
    assert actions(invoice)[-1] == "invoice.sent_otherwise"


def test_it_leaves_neither_tomorrow_nor_before_it_was_posted() -> None:
    invoice = posted()
    with pytest.raises(errors.SentInFuture):
        mark_as_sent(
            invoice, channel="post", on=timezone.localdate() + timedelta(days=1), actor=None
        )
    with pytest.raises(errors.SentBeforePosting):
        mark_as_sent(invoice, channel="post", on=date(2020, 1, 1), actor=None)


def test_what_came_back_does_not_count_as_sent(accountant: Membership) -> None:
    sending = sent(ready())

    note_bounce(sending, note="No such mailbox", actor=accountant.user)

    assert not Sending.objects.filter(ARRIVED).exists()
    with pytest.raises(errors.NotBouncing):
        note_bounce(sending, note="Again", actor=None)
    assert actions(sending.invoice)[-1] == "invoice.bounced"


def test_what_waits_can_be_withdrawn_and_nothing_else() -> None:
    sending = asked(posted())
    withdraw(sending, actor=None)
    with_pdf(sending.invoice)

    assert delivered(sending).status == Status.WITHDRAWN
    assert mail.outbox == []
    with pytest.raises(errors.NotWaiting):
        withdraw(sent(ready()), actor=None)


# Words and addresses.


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
def test_the_words_are_in_the_documents_language(language: str) -> None:
    invoice = posted(language=language)

    for kind in ("invoice", "credit_note"):
        check_wording(default_wording(kind, language))
    words = written(default_wording("invoice", language), invoice, link=str)

    assert str(invoice.number) in words.subject
    assert "FI21 1234 5600 0007 85" in words.text
    assert "{" not in words.text
    assert "Asiakas" not in words.subject


def test_a_line_about_nothing_is_left_out() -> None:
    note = posted_credit_note()
    words = written(
        Wording("S", "To {customer}\nAccount: {iban}\nDue {due_date}\n{link}\nBye"), note, link=str
    )

    assert words.text == "To Asiakas Oy\nBye"


@pytest.mark.parametrize(
    ("subject", "text", "refusal"),
    [
        ("", "x", errors.SubjectMissing),
        ("x", " ", errors.TextMissing),
        ("{nummer}", "x", errors.PlaceholderUnknown),
        ("x", "{number", errors.PatternUnclear),
    ],
)
def test_words_that_cannot_be_used(subject: str, text: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_wording(Wording(subject, text))


def test_a_name_with_line_breaks_adds_no_header() -> None:
    invoice = posted(billing_name="Evil\nBcc: x@y.example")
    assert "\n" not in written(Wording("To {customer}", "x"), invoice, link=str).subject


def test_the_recipient_is_who_was_named_on_the_invoice_else_on_the_customer() -> None:
    customer = CustomerFactory(email="general@customer.example")
    assert recipients_of(posted(customer=customer, contact_email="one@x.example")) == [
        "one@x.example"
    ]
    invoice = posted(customer=customer, contact_email="")
    assert recipients_of(invoice) == ["general@customer.example"]
    ContactFactory(customer=customer, email="later@x.example", gets_invoices=True)
    assert recipients_of(invoice) == ["later@x.example"]
    Contact.objects.all().delete()
    customer.email = ""
    customer.save()
    assert recipients_of(posted(customer=customer, contact_email="")) == []


def test_addresses_as_people_paste_them() -> None:
    assert read_addresses("a@b.example; Anna <c@d.example>,\n A@B.example ,") == [
        "a@b.example",
        "c@d.example",
    ]
    with pytest.raises(Exception, match="“anna@” is no e-mail address"):
        read_addresses("a@b.example, anna@")
    longest = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.{'c' * 10}"
    assert len(longest) == 254
    assert read_addresses(longest) == [longest]
    with pytest.raises(Exception, match="address has at most 254 characters"):
        read_addresses(f"{longest}c")
    with pytest.raises(Exception, match="At most 20"):
        read_addresses(",".join(f"a{n}@b.example" for n in range(21)))


# In the archive.


def state(invoice: Invoice) -> str:
    rows: Any = indexed(MembershipFactory(role="owner"), on=date(2026, 11, 21))
    return str(rows.get(invoice=invoice).state)


def test_what_went_out_is_sent_until_it_comes_back() -> None:
    invoice = ready()
    sending = asked(invoice)
    assert state(invoice) == "posted"
    delivered(sending)
    assert state(invoice) == "sent"
    note_bounce(sending, note="No such mailbox", actor=None)
    assert state(invoice) == "posted"
    mark_as_sent(invoice, channel="post", on=timezone.localdate(), actor=None)
    assert state(invoice) == "sent"
    cancel_invoice(invoice, reason="Wrong customer", actor=None)
    assert state(invoice) == "cancelled"
    assert check_index().differing == []


def test_what_perhaps_went_out_is_not_sent() -> None:
    invoice = ready()
    with server(on_send=TimeoutError("x")):
        delivered(asked(invoice))

    assert state(invoice) == "posted"


def test_sent_and_late_is_overdue() -> None:
    invoice = ready(due_date=date(2026, 11, 20))
    sent(invoice)

    assert state(invoice) == "overdue"


def test_the_archive_finds_what_was_sent(
    signed_in: Callable[[Membership], Client], accountant: Membership
) -> None:
    gone, here = ready(), ready()
    sent(gone)
    client = signed_in(accountant)

    for query in ("status=sent", "q=status:sent"):
        shown = client.get(f"/acme/invoices/?{query}").content.decode()
        assert f"/invoices/{gone.pk}/" in shown
        assert f"/invoices/{here.pk}/" not in shown
