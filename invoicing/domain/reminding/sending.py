"""Writing a reminder down and having it sent; what it says is what its rows say from then on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format

from core.templatetags.figures import money
from invoicing import reminder_errors as errors
from invoicing.domain.reminding.proposing import Proposal, Standing, proposal_of
from invoicing.domain.reminding.words import reminder_wording, with_amounts, words_for
from invoicing.domain.sending.requesting import locked, send_reminder
from invoicing.domain.sending.wording import Wording
from invoicing.models import Invoice, Reminder, Sending
from tenants.audit import log
from tenants.models import User


@transaction.atomic
def remind(
    invoice: Invoice,
    *,
    level: int,
    seen_open: Any,
    on: date,
    token: UUID,
    actor: User | None,
    due_at: datetime | None = None,
) -> Sending:
    """Remind of the invoice as it was proposed; refused where that is no longer what is due.

    The invoice is held, so that of two who remind at once the second one sees the first. A token
    that was used is that reminder again.
    """
    held = locked(invoice)
    if known := Reminder.objects.filter(token=token).first():
        again: Sending = known.sendings.earliest("pk")
        return again
    proposal = proposal_of(held.pk, on)
    check_proposal(proposal, held)
    assert proposal is not None
    if proposal.level != level:
        raise errors.RemindedMeanwhile(invoice=held)
    if proposal.open_amount != seen_open:
        raise errors.PaidMeanwhile(
            invoice=held,
            open=money(proposal.open_amount, held.currency),
            seen=money(seen_open, held.currency),
        )
    wording = reminder_wording(proposal, words_for(level, held.language))
    reminder = reminder_of(proposal, wording, token=token, actor=actor)
    reminder.save(force_insert=True)
    log(
        "invoice.reminded", held, actor=actor, level=level, open=str(proposal.open_amount),
        fees=str(proposal.fees), interest=str(proposal.interest), total=str(proposal.total),
    )  # fmt: skip
    return send_reminder(
        reminder,
        [proposal.email] if proposal.email else [],
        with_amounts(reminder.text, reminder, held),
        token=token,
        actor=actor,
        due_at=due_at,
    )


def check_proposal(proposal: Proposal | None, invoice: Any) -> None:
    """Raise why this invoice gets no reminder."""
    if proposal is None:
        raise errors.NotOwed(invoice=invoice)
    match proposal.standing:
        case Standing.DISPUTED:
            raise errors.InDispute(invoice=invoice, reason=proposal.dispute)
        case Standing.NEVER:
            raise errors.NeverReminded(customer=invoice.billing_name)
        case Standing.USED_UP:
            raise errors.LevelsUsedUp(invoice=invoice)
        case Standing.SMALL:
            raise errors.TooSmall(open=money(proposal.open_amount, invoice.currency))
        case Standing.WAITING:
            assert proposal.due_on is not None
            if proposal.earlier and proposal.earlier.on == proposal.on:
                raise errors.RemindedMeanwhile(invoice=invoice)
            day = date_format(proposal.due_on, "SHORT_DATE_FORMAT")
            raise errors.NotDueForReminder(invoice=invoice, day=day)


def reminder_of(
    proposal: Proposal, wording: Wording, *, token: UUID, actor: User | None
) -> Reminder:
    """Unsaved: what is previewed is made as what is sent."""
    return Reminder(
        token=token,
        invoice=proposal.invoice,
        level=proposal.level,
        date=proposal.on,
        pay_by=proposal.pay_by,
        open_amount=proposal.open_amount,
        fee=proposal.fee,
        earlier_fees=proposal.earlier_fees,
        lump_sum=proposal.lump_sum,
        interest=proposal.interest,
        stretches=[
            [str(one.start), str(one.end), str(one.principal), str(one.percent)]
            for one in proposal.stretches
        ],
        is_consumer=proposal.is_consumer,
        language=proposal.invoice.language,
        subject=wording.subject,
        text=wording.text,
        created_by=actor,
    )
