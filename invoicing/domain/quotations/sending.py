"""A quotation goes out: its paper is made and kept, and the e-mail handed over by a worker."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from invoicing import quotation_errors as errors
from invoicing.documents.customer_letters import address_of
from invoicing.documents.quotation_words import QUOTATION_WORDS
from invoicing.documents.quotations import quotation_pdf
from invoicing.documents.storing import plain_name
from invoicing.domain.freezing import seller_copy
from invoicing.domain.quotations.editing import company, held_quotation, state_words
from invoicing.domain.quotations.links import link_of, new_key
from invoicing.domain.sending.delivering import letter_of
from invoicing.domain.sending.queue import Queue, enqueue
from invoicing.models import Quotation, QuotationSending
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id


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
    enqueue(QUEUE, sending)
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
    quotation.seller = seller_copy(company())
    quotation.addressee = list(address_of(quotation.customer, quotation.seller["country"]))
    quotation.status, quotation.sent_at = Quotation.Status.SENT, now
    quotation.key = new_key()
    content = quotation_pdf(quotation)
    folder = f"quotations/{current_tenant_id()}/{quotation.pk}"
    name = f"{folder}/{plain_name(quotation.label)}.pdf"
    quotation.file = default_storage.save(name, ContentFile(content))
    quotation.sha256 = hashlib.sha256(content).hexdigest()
    quotation.save()
    log("quotation.sent", quotation, actor=actor, sha256=quotation.sha256)


def _message(sending: QuotationSending) -> EmailMultiAlternatives:
    quotation = sending.quotation
    text = sending.text.replace("{link}", link_of(quotation))
    message = letter_of(sending, text, seller=quotation.seller, language=quotation.language)
    with quotation.file.open("rb") as file:
        message.attach(f"{plain_name(quotation.label)}.pdf", file.read(), "application/pdf")
    return message


QUEUE = Queue("quotation", QuotationSending, "quotation", _message)
