"""Asking for a document to be sent, marking it as sent, and noting what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from customers.models import Contact, Customer
from invoicing import errors
from invoicing.documents.long_papers import refuse_too_long, rows_to_print
from invoicing.documents.storing import stored_document
from invoicing.domain.receipts import refuse_heavy
from invoicing.domain.sending.own_words import own_copy
from invoicing.domain.sending.wording import LINK_LATER, Wording, check_wording, written
from invoicing.models import Invoice, InvoiceQuerySet, Reminder, Sending
from tenants.audit import log
from tenants.models import User

Channel, Status = Sending.Channel, Sending.Status


@dataclass(frozen=True)
class Letter:
    """An e-mail as it was asked for; subject and text may hold placeholders."""

    recipients: list[str]
    copies: list[str]
    wording: Wording
    with_receipts: bool = False


def recipients_of(invoice: Invoice) -> list[str]:
    """Whom the document goes to unless somebody says otherwise: what was copied at posting goes
    before what the customer's record says now."""
    if invoice.contact_email:
        return [invoice.contact_email]
    return recipients_at(invoice.customer)


def recipients_at(customer: Customer) -> list[str]:
    """The contact who gets invoices, else the customer's own address."""
    contact = customer.contacts.filter(gets_invoices=True).exclude(email="").first()
    found = contact.email if contact else customer.email
    return [found] if found else []


def usual_address() -> Coalesce:
    """As `recipients_of` finds it for one, for annotating documents."""
    contact = Contact.objects.filter(customer=OuterRef("customer"), gets_invoices=True)
    return Coalesce(
        NullIf("contact_email", Value("")),
        Subquery(contact.exclude(email="").values("email")[:1]),
        "customer__email",
    )


@transaction.atomic
def send_by_mail(
    invoice: Invoice,
    letter: Letter,
    *,
    token: UUID,
    actor: User | None,
    seen: int | None = None,
    due_at: datetime | None = None,
    now: datetime | None = None,
) -> Sending:
    """Write down what goes to whom, and have a worker hand it over once this is committed.

    A token that was used is that sending again, and refused where something else is asked for now.
    `seen` is the latest sending that whoever asks knew of (0: none); a later one stops this one, so
    that two people do not send the same twice.
    """
    invoice = locked(invoice)
    if not letter.recipients:
        raise errors.NoAddressToSend(customer=invoice.billing_name)
    if stored_document(invoice) is None:
        # Waiting for its PDF would help nothing.
        refuse_too_long(rows_to_print(invoice))
    check_wording(letter.wording)
    wording = written(letter.wording, invoice, link=lambda: LINK_LATER)
    if letter.with_receipts:
        refuse_heavy(invoice)
    content = {
        "invoice_id": invoice.pk,
        "channel": Channel.EMAIL,
        "with_receipts": letter.with_receipts,
        "recipients": letter.recipients,
        "copies": [one for one in letter.copies if one not in letter.recipients],
        "subject": wording.subject,
        "text": wording.text,
    }
    if (known := Sending.objects.filter(token=token).first()) is not None:
        is_later = (due_at or known.requested_at) != known.due_at
        return _same(known, content, differs=is_later and not known.attempts.exists())
    _refuse_unseen(invoice, seen)
    now = now or timezone.now()
    return _written_down(content, invoice, token=token, actor=actor, now=now, due_at=due_at)


def send_reminder(
    reminder: Reminder,
    recipients: list[str],
    text: str,
    *,
    token: UUID,
    actor: User | None,
    due_at: datetime | None = None,
) -> Sending:
    """The letter of a reminder, whose invoice the caller holds locked: by e-mail, or by post where
    nobody can be written to."""
    content: dict[str, Any] = {"invoice_id": reminder.invoice_id, "reminder_id": reminder.pk}
    now = timezone.now()
    if recipients:
        content |= {
            "channel": Channel.EMAIL,
            "recipients": recipients,
            "copies": [],
            "subject": reminder.subject,
            "text": text,
        }
        return _written_down(
            content, reminder.invoice, token=token, actor=actor, now=now, due_at=due_at
        )
    sending: Sending = Sending.objects.create(
        **content,
        token=token,
        channel=Channel.POST,
        status=Status.SENT,
        requested_by=actor,
        requested_at=now,
        due_at=now,
        sent_at=now,
    )
    way = str(sending.get_channel_display())
    log("invoice.sent_otherwise", reminder.invoice, actor=actor, way=way, day=str(reminder.date))
    return sending


def _written_down(
    content: Mapping[str, Any],
    invoice: Invoice,
    *,
    token: UUID,
    actor: User | None,
    now: datetime,
    due_at: datetime | None,
) -> Sending:
    """For a worker, once this is committed."""
    sending: Sending = Sending.objects.create(
        **content,
        token=token,
        own_copy=own_copy(),
        requested_by=actor,
        requested_at=now,
        due_at=max(due_at or now, now),
    )
    log("invoice.sending_requested", invoice, actor=actor, **about(sending))
    enqueue(sending)
    return sending


@transaction.atomic
def mark_as_sent(
    invoice: Invoice,
    *,
    channel: str,
    on: date,
    via: str = "",
    token: UUID | None = None,
    actor: User | None,
) -> Sending:
    """Note that it left by post, or as an e-invoice through an accounting system.

    A token that was used is that note again, unless something else is noted.
    """
    assert channel in (Channel.POST, Channel.EINVOICE)
    invoice = locked(invoice)
    assert invoice.posted_at is not None
    posted = timezone.localtime(invoice.posted_at).date()
    if on > timezone.localdate():
        raise errors.SentInFuture
    if on < posted:
        raise errors.SentBeforePosting(day=posted)
    moment = min(timezone.make_aware(datetime.combine(on, time(12))), timezone.now())
    sending, is_new = Sending.objects.get_or_create(
        token=token or uuid4(),
        defaults={
            "invoice": invoice,
            "channel": channel,
            "status": Status.SENT,
            "via": via,
            "requested_by": actor,
            "requested_at": timezone.now(),
            "due_at": moment,
            "sent_at": moment,
        },
    )
    if not is_new:
        content = {"invoice_id": invoice.pk, "channel": channel, "via": via}
        return _same(sending, content, differs=timezone.localtime(sending.due_at).date() != on)
    marked: Sending = sending
    way = str(marked.get_channel_display())
    log(
        "invoice.sent_otherwise", invoice, actor=actor,
        way=f"{way} ({via})" if via else way, day=on.isoformat(),
    )  # fmt: skip
    return marked


@transaction.atomic
def withdraw(sending: Sending, *, actor: User | None) -> None:
    """Take back what no worker has taken yet."""
    taken_back = Sending.objects.filter(pk=sending.pk, status=Status.WAITING).update(
        status=Status.WITHDRAWN
    )
    if not taken_back:
        raise errors.NotWaiting
    log("invoice.sending_withdrawn", sending.invoice, actor=actor, **about(sending))


def enqueue(sending: Sending) -> None:
    from invoicing.tasks import deliver_sending

    transaction.on_commit(
        partial(deliver_sending.delay, tenant_id=sending.tenant_id, sending_id=sending.pk)
    )


def with_open_amount(invoice_id: int, *, lock: bool = False) -> Any:
    """The document with its customer, and with what is open of it."""
    invoices = Invoice.objects.filter(pk=invoice_id)
    assert isinstance(invoices, InvoiceQuerySet)
    found = invoices.with_open_amount().select_related("customer", "corrects")
    return (found.select_for_update(of=("self",)) if lock else found).get()


def locked(invoice: Invoice) -> Any:
    """Locked, so that of two who send at once the second one sees the first."""
    found: Invoice = with_open_amount(invoice.pk, lock=True)
    if not found.is_posted:
        raise errors.NotPostedYet(invoice=found)
    return found


def _same(known: Sending, content: Mapping[str, object], *, differs: bool) -> Sending:
    """What a used token stands for; refused where its form now says something else, because who
    goes back in the browser, changes it and sends it would believe that it left."""
    if differs or any(getattr(known, name) != value for name, value in content.items()):
        raise errors.FormSentAlready(sent=known)
    return known


def _refuse_unseen(invoice: Invoice, seen: int | None) -> None:
    if seen is None:
        return
    later = invoice.sendings.filter(pk__gt=seen).select_related("requested_by").first()
    if later is not None:
        raise errors.SentMeanwhile(invoice=invoice, person=later.requested_by, sending=later)


def about(sending: Sending) -> dict[str, object]:
    """What the log tells of an e-mail."""
    return {
        "recipients": list(sending.recipients),
        "copies": list(sending.copies),
        "about": sending.subject,
        **({"with_receipts": True} if sending.with_receipts else {}),
    }
