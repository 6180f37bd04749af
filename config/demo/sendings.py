"""How the example companies' documents reached their customers, as if it had happened then."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from invoicing.domain.customer_access import ask, link_for
from invoicing.domain.reminding.proposing import Proposal
from invoicing.domain.reminding.sending import reminder_of
from invoicing.domain.reminding.words import reminder_wording, with_amounts, words_for
from invoicing.domain.sending.not_arrived import note_bounce
from invoicing.domain.sending.own_words import wording_for
from invoicing.domain.sending.requesting import about, recipients_of
from invoicing.domain.sending.wording import written
from invoicing.models import CustomerAccess, Invoice, Sending, SendingAttempt
from tenants.audit import log
from tenants.models import User


def send(invoices: Sequence[Invoice], *, actor: User) -> list[Sending]:
    """Those with an address have left by e-mail, a few minutes after somebody asked for it."""
    return [_sent(invoice, actor) for invoice in invoices if recipients_of(invoice)]


def _sent(invoice: Invoice, actor: User) -> Sending:
    asked_at = timezone.now()
    left_at = asked_at + timedelta(minutes=1)
    wording = written(wording_for(invoice.kind, invoice.language), invoice, link=str)
    sending: Sending = Sending.objects.create(
        token=uuid4(),
        invoice=invoice,
        channel=Sending.Channel.EMAIL,
        status=Sending.Status.SENT,
        recipients=recipients_of(invoice),
        subject=wording.subject,
        text=wording.text,
        requested_by=actor,
        requested_at=asked_at,
        due_at=asked_at,
        sent_at=left_at,
    )
    SendingAttempt.objects.create(
        sending=sending,
        began_at=left_at,
        ended_at=left_at,
        outcome=SendingAttempt.Outcome.SENT,
    )
    log("invoice.sending_requested", invoice, actor=actor, **about(sending))
    log("invoice.sent", invoice, actor=None, **about(sending))
    return sending


def remind(proposal: Proposal, *, actor: User) -> None:
    """The next letter of an overdue invoice, as if it had left on that day."""
    invoice, moment = proposal.invoice, timezone.now()
    wording = reminder_wording(proposal, words_for(proposal.level, invoice.language))
    reminder = reminder_of(proposal, wording, token=uuid4(), actor=actor)
    reminder.save()
    sending = Sending.objects.create(
        token=reminder.token,
        invoice=invoice,
        reminder=reminder,
        channel=Sending.Channel.EMAIL,
        status=Sending.Status.SENT,
        recipients=[proposal.email],
        subject=reminder.subject,
        text=with_amounts(reminder.text, reminder, invoice),
        requested_by=actor,
        requested_at=moment,
        due_at=moment,
        sent_at=moment,
    )
    log("invoice.reminded", invoice, actor=actor, level=reminder.level, total=str(reminder.total))
    log("invoice.sent", invoice, actor=None, **about(sending))


def bounce(sending: Sending, note: str, *, actor: User) -> None:
    note_bounce(sending, note=note, actor=actor)


def question(invoice: Invoice, text: str, *, actor: User) -> None:
    """The customer had the link, and asks."""
    link_for(invoice, actor=actor)
    access = CustomerAccess.objects.filter(invoice=invoice).latest("pk")
    ask(access, invoice, text=text, name=invoice.contact_name, email=invoice.contact_email)
