"""Nothing more is to be done about an e-mail that did not arrive; it stays in the log."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from invoicing.models import QuotationSending, Sending, StatementSending
from tenants.audit import log
from tenants.models import User


@transaction.atomic
def dismiss(mail: Sending | StatementSending | QuotationSending, *, actor: User | None) -> bool:
    """Whether it was not dismissed before."""
    rows: Any = type(mail).objects
    done = rows.filter(pk=mail.pk, dismissed_at=None).update(dismissed_at=timezone.now())
    if not done:
        return False
    match mail:
        case Sending():
            code, about = "invoice.mail_dismissed", mail.invoice
        case StatementSending():
            code, about = "statement.mail_dismissed", mail.customer
        case QuotationSending():
            code, about = "quotation.mail_dismissed", mail.quotation
    log(code, about, actor=actor, recipients=mail.recipients, reason=mail.failure)
    return True
