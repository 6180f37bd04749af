"""Handing e-mails over to the mail server, each at most once.

In this order: the PDF is read and the connection opened, the row is taken in one update, the
e-mail is handed over with no transaction open, the outcome is written down. What fails before the
row is taken, or is refused by the server as temporary, is tried again. A worker that is lost
between taking and writing down, and a connection that breaks in the middle, leave it open whether
the e-mail left: then the sending says so, and is never repeated by itself.
"""

import logging
import smtplib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from functools import partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.smtp import Answer, refusals_of
from invoicing import errors
from invoicing.documents.media_types import media_type
from invoicing.documents.printed import seller_of
from invoicing.documents.reminders import reminder_name, reminder_pdf
from invoicing.documents.storing import (
    StoredFileDamaged,
    plain_name,
    stored_bytes,
    stored_document,
    stored_einvoice,
)
from invoicing.domain.customer_access import link_for
from invoicing.domain.receipts import name_of_receipts, packed, receipts_of
from invoicing.domain.reminding.stopping import why_stopped
from invoicing.domain.sending.requesting import about, with_open_amount
from invoicing.domain.sending.wording import with_link
from invoicing.models import Invoice, InvoiceFile, Sending, SendingAttempt
from invoicing.models.mails import QueuedMail
from tenants.audit import log
from tenants.einvoices import EInvoiceFormat
from tenants.scope import tenant_scope

Status, Outcome = Sending.Status, SendingAttempt.Outcome
# After the first, second, ... attempt; then it has failed.
AGAIN_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]
# Far longer than the mail server is waited for.
LOST_AFTER = timedelta(minutes=10)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ended:
    outcome: SendingAttempt.Outcome
    answer: str = ""


def deliver(tenant_id: int, sending_id: int, *, now: datetime | None = None) -> None:
    """Send what waits, unless somebody else does or its PDF is still being made."""
    now = now or timezone.now()
    with tenant_scope(tenant_id):
        message = _prepared(sending_id, now)
    if message is None:
        return
    mailer = mailers.default
    try:
        mailer.open()
    except OSError as trouble:  # what smtplib raises is one too
        with tenant_scope(tenant_id):
            if attempt := _taken(sending_id, now):
                _settle(attempt, Ended(Outcome.LATER, told(trouble)), now=timezone.now())
        return
    try:
        with tenant_scope(tenant_id):
            attempt = _taken(sending_id, now)
        if attempt is None:
            return
        ended = hand_over(mailer, message)
    finally:
        close(mailer)
    with tenant_scope(tenant_id):
        _settle(attempt, ended, now=timezone.now())


def _prepared(sending_id: int, now: datetime) -> EmailMultiAlternatives | None:
    """The whole e-mail, read before anything is taken."""
    sending = (
        Sending.objects.select_related("invoice__customer", "requested_by", "reminder")
        .filter(pk=sending_id, status=Status.WAITING, due_at__lte=now)
        .first()
    )
    if sending is None:
        return None
    invoice = with_open_amount(sending.invoice_id)
    if invoice.is_cancelled:
        _fail(sending, errors.CancelledBeforeSending(invoice=invoice))
        return None
    if sending.reminder and (stopped := why_stopped(sending.reminder, invoice)):
        _fail(sending, stopped)
        return None
    stored = stored_document(invoice)
    if stored is None:
        return None
    try:
        content = stored_bytes(stored)
        einvoice = _einvoice_beside(invoice)
    except StoredFileDamaged:
        logger.exception("The file of %s cannot be sent", invoice.number)
        _fail(sending, errors.PdfDamaged(invoice=invoice))
        return None
    return message_of(sending, content, einvoice, ending=stored.kind)


def _einvoice_beside(invoice: Invoice) -> bytes:
    """That of a PDF which has none inside."""
    stored = stored_einvoice(invoice)
    if stored is None or stored.format == EInvoiceFormat.FACTUR_X:
        return b""
    return stored_bytes(stored)


def message_of(
    sending: Sending, document: bytes, einvoice: bytes = b"", *, ending: str = "pdf"
) -> EmailMultiAlternatives:
    invoice = sending.invoice
    text = with_link(sending.text, partial(link_for, invoice, actor=sending.requested_by))
    message = letter_of(sending, text, seller=seller_of(invoice), language=invoice.language)
    if sending.own_copy:
        message.bcc = [sending.own_copy]
    if sending.reminder:
        letter = reminder_pdf(sending.reminder, invoice)
        message.attach(reminder_name(sending.reminder, invoice), letter, "application/pdf")
    name = plain_name(str(invoice.number))
    message.attach(f"{name}.{ending}", document, media_type(ending))
    if einvoice:
        message.attach(f"{name}.xml", einvoice, "application/xml")
    if sending.with_receipts and (receipts := receipts_of(invoice)):
        message.attach(name_of_receipts(invoice), packed(receipts).read(), "application/zip")
    return message


def letter_of(
    sending: Sending | QueuedMail, text: str, *, seller: Mapping[str, str], language: str
) -> EmailMultiAlternatives:
    """From the company, as text and as HTML; what goes with it is attached by the caller."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = EmailMultiAlternatives(
        sending.subject,
        text,
        from_email=formataddr((seller["legal_name"] or seller["name"], address)),
        to=sending.recipients,
        cc=sending.copies,
        reply_to=[seller["email"]] if seller["email"] else None,
        # The same for every attempt, so that mail programs can tell a repetition.
        headers={"Message-ID": f"<{sending.token}@{address.rpartition('@')[2] or 'localhost'}>"},
    )
    context = {"subject": sending.subject, "text": text, "language": language}
    message.attach_alternative(
        render_to_string("invoicing/mail/document.html", context), "text/html"
    )
    return message


@transaction.atomic
def _taken(sending_id: int, now: datetime) -> SendingAttempt | None:
    """Take it for this worker alone, and write down that it is being tried."""
    mine = Sending.objects.filter(pk=sending_id, status=Status.WAITING, due_at__lte=now).update(
        status=Status.SENDING, taken_at=timezone.now()
    )
    if not mine:
        return None
    attempt: SendingAttempt = SendingAttempt.objects.create(
        sending_id=sending_id, began_at=timezone.now()
    )
    return attempt


def hand_over(mailer: object, message: EmailMultiAlternatives) -> Ended:
    try:
        mailer.send_messages([message])  # type: ignore[attr-defined]
    except smtplib.SMTPRecipientsRefused as refused:
        return Ended(_after(code for code, _text in refused.recipients.values()), told(refused))
    except smtplib.SMTPResponseException as refused:
        return Ended(_after([refused.smtp_code]), told(refused))
    except smtplib.SMTPNotSupportedError as refused:
        return Ended(Outcome.FAILED, told(refused))
    except OSError as broken:
        return Ended(Outcome.UNCLEAR, told(broken))
    return _ended_for(message, dict(refusals_of(message)))


def _after(codes: Iterable[int]) -> SendingAttempt.Outcome:
    return Outcome.LATER if all(400 <= code < 500 for code in codes) else Outcome.FAILED


def _ended_for(message: EmailMultiAlternatives, refused: dict[str, Answer]) -> Ended:
    """The server took it, but perhaps not for everybody. It is sent when all got it whom the
    customer's letter names; the blind copy is ours, and a second one does no harm."""
    answer = told(smtplib.SMTPRecipientsRefused(refused)) if refused else ""
    named = [*message.to, *message.cc]
    lost = [address for address in named if address in refused]
    reached = [address for address in named if address not in refused]
    if not lost:
        return Ended(Outcome.SENT, answer)
    if reached:
        # Not again by itself: these would get it twice.
        only = _("Only %(reached)s got it.") % {"reached": ", ".join(reached)}
        return Ended(Outcome.FAILED, f"{answer}. {only}")
    return Ended(_after(refused[address][0] for address in lost), answer)


def close(mailer: object) -> None:
    """The e-mail has gone by now; a server that hangs up rudely changes nothing."""
    try:
        mailer.close()  # type: ignore[attr-defined]
    except OSError as trouble:
        logger.info("The mail server hung up: %s", trouble)


def told(trouble: OSError) -> str:
    """What a mail server or the network said, as people can pass it on."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        answers = trouble.recipients.items()
        return "; ".join(f"{address}: {code} {_plain(text)}" for address, (code, text) in answers)
    if isinstance(trouble, smtplib.SMTPResponseException):
        return f"{trouble.smtp_code} {_plain(trouble.smtp_error)}"
    return str(trouble) or type(trouble).__name__


def _plain(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


@transaction.atomic
def _settle(attempt: SendingAttempt, ended: Ended, *, now: datetime) -> None:
    """Write down what became of an attempt, and of its sending with it."""
    sending = (
        Sending.objects.select_for_update(of=("self",))
        .select_related("invoice")
        .get(pk=attempt.sending_id)
    )
    attempt.ended_at, attempt.outcome, attempt.answer = now, ended.outcome, ended.answer
    attempt.save(update_fields=["ended_at", "outcome", "answer"])
    if sending.status == Status.UNCLEAR and ended.outcome == Outcome.SENT:
        # A sweep gave a slow worker up, who now brings the good news.
        sending.failure = ""
    elif sending.status != Status.SENDING:
        return
    sending.taken_at = None
    if ended.outcome == Outcome.SENT:
        sending.status, sending.sent_at = Status.SENT, now
        log("invoice.sent", sending.invoice, actor=None, **about(sending))
    elif ended.outcome == Outcome.UNCLEAR:
        _leave_unclear(sending, ended.answer)
    elif ended.outcome == Outcome.LATER and (wait := _wait_after(sending)):
        sending.status, sending.due_at, sending.failure = Status.WAITING, now + wait, ended.answer
    else:
        sending.status, sending.failure = Status.FAILED, ended.answer
        log(
            "invoice.sending_failed", sending.invoice, actor=None,
            reason=ended.answer, **about(sending),
        )  # fmt: skip
    sending.save(update_fields=["status", "taken_at", "sent_at", "due_at", "failure"])


def _wait_after(sending: Sending) -> timedelta | None:
    attempts = sending.attempts.count()
    return AGAIN_AFTER[attempts - 1] if attempts <= len(AGAIN_AFTER) else None


def _leave_unclear(sending: Sending, answer: str) -> None:
    sending.status = Status.UNCLEAR
    sending.failure = answer or why_unclear()
    log(
        "invoice.sending_unclear", sending.invoice, actor=None,
        reason=sending.failure, **about(sending),
    )  # fmt: skip


def why_unclear() -> str:
    return _("The program was stopped while it handed this over. It may have arrived or not.")


def _fail(sending: Sending, refusal: DomainError) -> None:
    failed = Sending.objects.filter(pk=sending.pk, status=Status.WAITING).update(
        status=Status.FAILED, failure=str(refusal)
    )
    if failed:
        log(
            "invoice.sending_failed", sending.invoice, actor=None,
            reason=str(refusal), **about(sending),
        )  # fmt: skip


@transaction.atomic
def give_up_lost(*, now: datetime) -> None:
    """What a worker took and never came back from: nobody knows whether it left."""
    lost = Sending.objects.filter(status=Status.SENDING, taken_at__lt=now - LOST_AFTER)
    for sending in lost.select_related("invoice").select_for_update(skip_locked=True, of=("self",)):
        sending.taken_at = None
        _leave_unclear(sending, "")
        sending.save(update_fields=["status", "taken_at", "failure"])
        sending.attempts.filter(ended_at=None).update(ended_at=now, outcome=Outcome.UNCLEAR)


def due(*, now: datetime, invoice_id: int | None = None) -> list[int]:
    """The sendings that wait for a worker and have their document, the oldest first."""
    made = InvoiceFile.objects.filter(invoice=OuterRef("invoice"), kind__in=InvoiceFile.RENDERED)
    waiting = Sending.objects.filter(Exists(made), status=Status.WAITING, due_at__lte=now)
    if invoice_id is not None:
        waiting = waiting.filter(invoice=invoice_id)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True))


def language_of_sending(sending_id: int) -> str:
    """Of whoever reads why it failed."""
    sending = Sending.objects.select_related("requested_by").filter(pk=sending_id).first()
    return sending.requested_by.language if sending and sending.requested_by else "en"
