"""What is noted of e-mails that did not arrive, whatever went with them; they stay in the log."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from invoicing import errors
from invoicing.models import QuotationSending, Sending, StatementSending
from tenants.audit import log
from tenants.models import User

type Mail = Sending | StatementSending | QuotationSending


@transaction.atomic
def note_bounce(mail: Mail, *, note: str, actor: User | None) -> None:
    """It came back: what went with it no longer counts as sent by it."""
    rows: Any = type(mail).objects
    found: Mail = rows.select_for_update(of=("self",)).get(pk=mail.pk)
    if not found.may_bounce:
        raise errors.NotBouncing
    found.bounced_at, found.bounced_by, found.bounce_note = timezone.now(), actor, note
    found.save(update_fields=["bounced_at", "bounced_by", "bounce_note"])
    code, subject = _told(found, "bounced")
    log(
        code, subject, actor=actor, reason=note, recipients=list(found.recipients),
        copies=list(found.copies), about=found.subject,
    )  # fmt: skip


@transaction.atomic
def dismiss(mail: Mail, *, actor: User | None) -> bool:
    """Whether it was not dismissed before."""
    rows: Any = type(mail).objects
    done = rows.filter(pk=mail.pk, dismissed_at=None).update(dismissed_at=timezone.now())
    if not done:
        return False
    code, subject = _told(mail, "dismissed")
    log(code, subject, actor=actor, recipients=mail.recipients, reason=mail.failure)
    return True


def _told(mail: Mail, what: str) -> tuple[str, Model]:
    """The log's code, and what the e-mail was about."""
    match mail:
        case Sending():
            codes, about = _OF_DOCUMENTS, mail.invoice
        case StatementSending():
            codes, about = _OF_STATEMENTS, mail.customer
        case QuotationSending():
            codes, about = _OF_QUOTATIONS, mail.quotation
    return codes[what], about


_OF_DOCUMENTS = {"bounced": "invoice.bounced", "dismissed": "invoice.mail_dismissed"}
_OF_STATEMENTS = {"bounced": "statement.mail_bounced", "dismissed": "statement.mail_dismissed"}
_OF_QUOTATIONS = {"bounced": "quotation.mail_bounced", "dismissed": "quotation.mail_dismissed"}
