"""A statement of account goes to its customer by e-mail, on the paper it was looked at."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from invoicing import errors
from invoicing.documents.figures import Figures
from invoicing.documents.heads import in_groups
from invoicing.documents.statements import statement_name, statement_pdf
from invoicing.documents.words import words_of
from invoicing.domain.freezing import seller_copy
from invoicing.domain.sending.delivering import letter_of
from invoicing.domain.sending.own_words import own_copy, wording_for
from invoicing.domain.sending.queue import Queue, enqueue
from invoicing.domain.sending.requesting import Letter, recipients_at
from invoicing.domain.sending.wording import (
    STATEMENT_PLACEHOLDERS,
    Wording,
    check_wording,
    filled,
)
from invoicing.models import MailText, StatementSending
from invoicing.selectors.statements import Statement, statement_of
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id


def proposed_letter(statement: Statement) -> Letter:
    """To whom invoices go, with the company's words in the customer's language."""
    customer = statement.customer
    wording = wording_for(MailText.Kind.STATEMENT, customer.language)
    return Letter(recipients_at(customer), [], statement_wording(statement, wording))


def statement_wording(statement: Statement, wording: Wording) -> Wording:
    customer = statement.customer
    seller = seller_copy(Tenant.objects.get(pk=current_tenant_id()))
    figures = Figures(words_of(customer.language), statement.currency)
    overdue = statement.ageing.overdue
    values: Mapping[str, Callable[[], str]] = {
        "customer": lambda: customer.name,
        "customer_number": lambda: customer.number,
        "company": lambda: seller["legal_name"] or seller["name"],
        "start": lambda: figures.day(statement.start),
        "end": lambda: figures.day(statement.end),
        "balance": lambda: figures.money(statement.closing),
        "overdue": lambda: figures.money(overdue) if overdue > 0 else "",
        "currency": lambda: statement.currency,
        "iban": lambda: in_groups(seller["iban"], 4) if statement.closing > 0 else "",
    }
    return filled(wording, values)


@transaction.atomic
def send_statement(
    customer: Customer,
    letter: Letter,
    *,
    currency: str,
    start: date,
    end: date,
    token: UUID,
    actor: User | None,
) -> StatementSending:
    """Keep the statement as it is now, and have a worker hand it over. A token that was used is
    that sending again.

    The customer is held, so that the same form sent twice at once is one sending.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if known := StatementSending.objects.filter(token=token).first():
        again: StatementSending = known
        return again
    if not letter.recipients:
        raise errors.NoAddressToSend(customer=customer.name)
    check_wording(letter.wording, STATEMENT_PLACEHOLDERS)
    statement = statement_of(customer, currency=currency, start=start, end=end)
    wording = statement_wording(statement, letter.wording)
    content = statement_pdf(statement, on=timezone.localdate())
    folder = f"statements/{current_tenant_id()}/{customer.pk}"
    now = timezone.now()
    sending: StatementSending = StatementSending.objects.create(
        token=token,
        customer=customer,
        currency=currency,
        start_date=start,
        end_date=end,
        file=default_storage.save(f"{folder}/{statement_name(statement)}", ContentFile(content)),
        sha256=hashlib.sha256(content).hexdigest(),
        recipients=letter.recipients,
        copies=[one for one in letter.copies if one not in letter.recipients],
        subject=wording.subject,
        text=wording.text,
        requested_by=actor,
        requested_at=now,
        due_at=now,
    )
    log(
        "statement.sending_asked", customer, actor=actor, recipients=letter.recipients,
        start=str(start), end=str(end), sha256=sending.sha256,
    )  # fmt: skip
    enqueue(QUEUE, sending)
    return sending


def _message(sending: StatementSending) -> EmailMultiAlternatives:
    seller = seller_copy(Tenant.objects.get(pk=current_tenant_id()))
    language = sending.customer.language
    message = letter_of(sending, sending.text, seller=seller, language=language)
    if copy := own_copy():
        message.bcc = [copy]
    with sending.file.open("rb") as file:
        message.attach(str(sending.file.name).rpartition("/")[2], file.read(), "application/pdf")
    return message


QUEUE = Queue("statement", StatementSending, "customer", _message)
