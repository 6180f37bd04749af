"""What stops a reminder that was asked for and has not left yet."""

from typing import Any

from core.errors import DomainError
from core.templatetags.figures import money
from invoicing import reminder_errors as errors
from invoicing.domain.reminding.disputes import open_dispute_of
from invoicing.models import Reminder


def why_stopped(reminder: Reminder, invoice: Any) -> DomainError | None:
    """Paid or credited meanwhile, all or part of it, or disputed; `invoice` with what is open."""
    if invoice.open_amount != reminder.open_amount:
        return errors.PaidMeanwhile(
            invoice=invoice,
            open=money(invoice.open_amount, invoice.currency),
            seen=money(reminder.open_amount, invoice.currency),
        )
    if dispute := open_dispute_of(invoice):
        return errors.InDispute(invoice=invoice, reason=dispute.reason)
    return None
