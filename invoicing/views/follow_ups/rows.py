"""An e-mail that did not arrive, as a row: what it is about, and where it is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from invoicing.models import QuotationSending, Sending, StatementSending
from invoicing.selectors.follow_ups import MailKind
from tenants.models import Membership
from tenants.roles import Permission

# Who sends such e-mails sends them again, or decides that nobody has to.
SENDS: Mapping[str, Permission] = {
    MailKind.DOCUMENT: Permission.POST_INVOICE,
    MailKind.STATEMENT: Permission.POST_INVOICE,
    MailKind.QUOTATION: Permission.MANAGE_QUOTATIONS,
}


@dataclass(frozen=True)
class Row:
    kind: str
    mail: Any
    name: str
    more: str
    customer: str
    page: str
    again: str
    may_send: bool

    @property
    def recipients(self) -> str:
        """Of what went otherwise than by e-mail, how."""
        return ", ".join(self.mail.recipients) or str(self.mail.get_channel_display())


def may_send(reader: Membership, kind: str, mail: Any) -> bool:
    if kind == MailKind.DOCUMENT and mail.reminder_id is not None:
        return reader.may(Permission.SEND_REMINDERS)
    return reader.may(SENDS[kind])


def row_of(kind: str, mail: Any, reader: Membership) -> Row:
    match mail:
        case Sending():
            told = _of_document(mail)
        case StatementSending():
            told = _of_statement(mail)
        case QuotationSending():
            told = _of_quotation(mail)
    return Row(kind, mail, *told, may_send(reader, kind, mail))


def _of_document(mail: Sending) -> tuple[str, str, str, str, str]:
    invoice = mail.invoice
    page = reverse("invoicing:invoice_detail", args=[invoice.pk])
    name, customer = str(invoice.number), str(invoice.billing_name)
    if mail.reminder is None:
        return name, "", customer, page, reverse("invoicing:invoice_send", args=[invoice.pk])
    # Its level is due again; amounts, interest and days are those of another day.
    again = f"{reverse('invoicing:reminders')}?{urlencode({'q': name})}"
    more = _("Reminder %(level)s") % {"level": mail.reminder.level}
    return name, more, customer, page, again


def _of_statement(mail: StatementSending) -> tuple[str, str, str, str, str]:
    days = {"start": str(mail.start_date), "end": str(mail.end_date)}
    asked = f"?{urlencode(days | {'currency': mail.currency})}"
    page, again = (
        reverse(f"invoicing:{name}", args=[mail.customer_id]) + asked
        for name in ("customer_statement", "customer_statement_send")
    )
    start, end = (date_format(day, "SHORT_DATE_FORMAT") for day in (mail.start_date, mail.end_date))
    name = _("Statement")
    return name, f"{start} – {end}, {mail.currency}", mail.customer.name, page, again


def _of_quotation(mail: QuotationSending) -> tuple[str, str, str, str, str]:
    quotation = mail.quotation
    page, again = (
        reverse(f"invoicing:{name}", args=[quotation.pk])
        for name in ("quotation_detail", "quotation_send")
    )
    return quotation.label, _("Quotation"), quotation.customer.name, page, again
