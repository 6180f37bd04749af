"""A quotation goes out: its paper is made and kept, and the e-mail handed over by a worker.

As with documents the row is the queue, taken in one update; what nobody can know is said and not
repeated (`invoicing.domain.sending.delivering`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from invoicing import quotation_errors as errors
from invoicing.documents.quotation_words import QUOTATION_WORDS
from invoicing.documents.quotations import address_of, quotation_pdf
from invoicing.documents.storing import plain_name
from invoicing.domain.freezing import seller_copy
from invoicing.domain.quotations.editing import company, held_quotation, state_words
from invoicing.domain.quotations.links import link_of, new_key
from invoicing.domain.sending.delivering import AGAIN_AFTER, Ended, hand_over, told
from invoicing.models import Quotation, QuotationSending, SendingAttempt
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id, tenant_scope

Status, Outcome = QuotationSending.Status, SendingAttempt.Outcome
LOST_AFTER = timedelta(minutes=10)
_ENDS = {
    Outcome.SENT: Status.SENT,
    Outcome.FAILED: Status.FAILED,
    Outcome.UNCLEAR: Status.UNCLEAR,
    Outcome.LATER: Status.WAITING,
}


@dataclass(frozen=True)
class QuotationLetter:
    recipients: list[str]
    copies: list[str]
    subject: str
    text: str


def proposed_letter(quotation: Quotation) -> QuotationLetter:
    """To the customer's contact, in the quotation's language; `{link}` is made when it leaves."""
    words = QUOTATION_WORDS[quotation.language]
    tenant = company()
    contact = quotation.customer.contacts.exclude(email="").order_by("-gets_invoices", "pk").first()
    to = contact.email if contact else quotation.customer.email
    name = tenant.legal_name or tenant.name
    told = {"number": quotation.label, "title": quotation.title, "company": name}
    return QuotationLetter(
        recipients=[to] if to else [],
        copies=[],
        subject=words.subject.format(**told),
        text=words.letter.format(**told, link="{link}"),
    )


@transaction.atomic
def send_quotation(
    quotation_id: int,
    letter: QuotationLetter,
    *,
    token: UUID,
    actor: User | None,
    now: datetime | None = None,
) -> QuotationSending:
    """Freeze the draft with its paper and send it; one that went out goes out again as it is.

    The same token once more is that sending again.
    """
    now = now or timezone.now()
    quotation = held_quotation(quotation_id)
    again = QuotationSending.objects.filter(token=token).first()
    if again is not None:
        found: QuotationSending = again
        return found
    if not letter.recipients:
        raise errors.NobodyToSendTo
    if not letter.subject.strip() or not letter.text.strip():
        raise errors.NoLetter
    freeze(quotation, actor=actor, now=now)
    sending: QuotationSending = QuotationSending.objects.create(
        token=token,
        quotation=quotation,
        recipients=letter.recipients,
        copies=[one for one in letter.copies if one not in letter.recipients],
        subject=" ".join(letter.subject.split())[:200],
        text=letter.text,
        requested_by=actor,
        requested_at=now,
        due_at=now,
    )
    log("quotation.sending_asked", quotation, actor=actor, recipients=letter.recipients)
    from invoicing.tasks import deliver_quotation

    transaction.on_commit(
        partial(deliver_quotation.delay, tenant_id=current_tenant_id(), sending_id=sending.pk)
    )
    return sending


@transaction.atomic
def hand_out(quotation_id: int, *, actor: User | None, now: datetime | None = None) -> Quotation:
    """It goes out without an e-mail: on paper, or by somebody's own mail program."""
    quotation = held_quotation(quotation_id)
    if not quotation.is_draft:
        raise errors.QuotationIsNoDraft(quotation=quotation.label, state=state_words(quotation))
    freeze(quotation, actor=actor, now=now or timezone.now())
    return quotation


def freeze(quotation: Quotation, *, actor: User | None, now: datetime) -> None:
    """From here on it stays as it went out. The quotation is held by the caller."""
    if quotation.status == Quotation.Status.SENT:
        return
    if not quotation.is_draft:
        raise errors.QuotationIsNoDraft(quotation=quotation.label, state=state_words(quotation))
    if not quotation.lines.filter(kind="item").exists():
        raise errors.QuotationWithoutLines
    if quotation.valid_until < timezone.localdate(now):
        raise errors.ValidityIsOver
    quotation.addressee = list(address_of(quotation.customer))
    quotation.seller = seller_copy(company())
    quotation.status, quotation.sent_at = Quotation.Status.SENT, now
    quotation.key = new_key()
    content = quotation_pdf(quotation)
    folder = f"quotations/{current_tenant_id()}/{quotation.pk}"
    name = f"{folder}/{plain_name(quotation.label)}.pdf"
    quotation.file = default_storage.save(name, ContentFile(content))
    quotation.sha256 = hashlib.sha256(content).hexdigest()
    quotation.save()
    log("quotation.sent", quotation, actor=actor, sha256=quotation.sha256)


def deliver_quotation(tenant_id: int, sending_id: int, *, now: datetime | None = None) -> None:
    """Send what waits, unless somebody else does."""
    now = now or timezone.now()
    with tenant_scope(tenant_id):
        sending = (
            QuotationSending.objects.select_related("quotation")
            .filter(pk=sending_id, status=Status.WAITING, due_at__lte=now)
            .first()
        )
        message = _message(sending) if sending else None
    if message is None:
        return
    mailer = mailers.default
    try:
        mailer.open()
    except OSError as trouble:  # what smtplib raises is one too
        with tenant_scope(tenant_id):
            if _taken(sending_id, now):
                _settle(sending_id, Ended(Outcome.LATER, told(trouble)))
        return
    try:
        with tenant_scope(tenant_id):
            is_mine = _taken(sending_id, now)
        if not is_mine:
            return
        ended = hand_over(mailer, message)
    finally:
        mailer.close()
    with tenant_scope(tenant_id):
        _settle(sending_id, ended)


def due_quotations(*, now: datetime) -> list[int]:
    waiting = QuotationSending.objects.filter(status=Status.WAITING, due_at__lte=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True))


def give_up_lost_quotations(*, now: datetime) -> None:
    """What a worker took and never came back from: nobody knows whether it left."""
    QuotationSending.objects.filter(status=Status.SENDING, taken_at__lt=now - LOST_AFTER).update(
        status=Status.UNCLEAR,
        taken_at=None,
        failure="The program was stopped while it handed this over.",
    )


def _message(sending: QuotationSending) -> EmailMultiAlternatives:
    quotation = sending.quotation
    seller = quotation.seller
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    text = sending.text.replace("{link}", link_of(quotation))
    message = EmailMultiAlternatives(
        sending.subject,
        text,
        from_email=formataddr((seller["legal_name"] or seller["name"], address)),
        to=sending.recipients,
        cc=sending.copies,
        reply_to=[seller["email"]] if seller["email"] else None,
        headers={"Message-ID": f"<{sending.token}@{address.rpartition('@')[2] or 'localhost'}>"},
    )
    context = {"subject": sending.subject, "text": text, "language": quotation.language}
    message.attach_alternative(
        render_to_string("invoicing/mail/document.html", context), "text/html"
    )
    with quotation.file.open("rb") as file:
        message.attach(f"{plain_name(quotation.label)}.pdf", file.read(), "application/pdf")
    return message


def _taken(sending_id: int, now: datetime) -> bool:
    waiting = QuotationSending.objects.filter(pk=sending_id, status=Status.WAITING, due_at__lte=now)
    return bool(waiting.update(status=Status.SENDING, taken_at=timezone.now()))


@transaction.atomic
def _settle(sending_id: int, ended: Ended) -> None:
    sending = (
        QuotationSending.objects.select_related("quotation")
        .select_for_update(of=("self",))
        .get(pk=sending_id)
    )
    now = timezone.now()
    sending.attempts += 1
    sending.taken_at, sending.failure = None, ended.answer
    sending.status = _ENDS[ended.outcome]
    if sending.status == Status.WAITING and sending.attempts <= len(AGAIN_AFTER):
        sending.due_at = now + AGAIN_AFTER[sending.attempts - 1]
    elif sending.status == Status.WAITING:
        sending.status = Status.FAILED
    elif sending.status == Status.SENT:
        sending.sent_at = now
    sending.save()
    if sending.status != Status.WAITING:
        log(
            f"quotation.mail_{sending.status}", sending.quotation, actor=None,
            recipients=sending.recipients, reason=ended.answer,
        )  # fmt: skip
