"""The customer's page: the link to it, who may open it, and what is asked there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import compare_digest, token_urlsafe
from urllib.parse import unquote

from django.db import transaction
from django.utils import timezone

from invoicing import errors
from invoicing.domain.signed_links import SignedLink
from invoicing.models import CustomerAccess, CustomerQuestion, Invoice
from tenants.audit import log
from tenants.models import Tenant, User

VALID_FOR = timedelta(days=90)
# A link in a letter shall be good for a while; a younger one is used again.
LEFT_AT_LEAST = timedelta(days=60)
SALT = "invoicing.customer_access"
LINK = SignedLink(SALT, "customer_page")
# A link that is passed on shall be no way to fill the books with words.
QUESTIONS_AN_HOUR = 5
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Opened:
    """A link that holds, inside the scope of its company."""

    access: CustomerAccess
    tenant: Tenant


def token_of(access: CustomerAccess) -> str:
    return LINK.token(access.tenant_id, access.pk, access.key)


def link_of(access: CustomerAccess) -> str:
    """The whole address, as it is sent."""
    return LINK.address(token_of(access))


def example_link() -> str:
    """How a link looks, for previews; it opens nothing."""
    return unquote(LINK.address("…"))


@transaction.atomic
def link_for(invoice: Invoice, *, actor: User | None, now: datetime | None = None) -> str:
    """A link to the customer's page with this document first; one that holds long is used again."""
    now = now or timezone.now()
    if not invoice.is_posted:
        raise errors.NotPostedYet(invoice=invoice)
    live = CustomerAccess.objects.filter(
        invoice=invoice, revoked_at=None, expires_at__gt=now + LEFT_AT_LEAST
    )
    access = live.order_by("-expires_at", "-pk").first()
    if access is None:
        access = CustomerAccess.objects.create(
            customer_id=invoice.customer_id,
            invoice=invoice,
            key=token_urlsafe(32),
            created_by=actor,
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        log("customer_link.made", invoice, actor=actor, until=access.expires_at.date().isoformat())
    return link_of(access)


@transaction.atomic
def revoke_links(invoice: Invoice, *, actor: User | None) -> int:
    """Close every link to the page of this document's customer, whichever document it came with."""
    revoked: int = CustomerAccess.objects.filter(
        customer=invoice.customer_id, revoked_at=None
    ).update(revoked_at=timezone.now())
    if revoked:
        log("customer_link.revoked", invoice, actor=actor, links=revoked)
    return revoked


@contextmanager
def opened(token: str, *, now: datetime | None = None) -> Iterator[Opened]:
    """Open the company's scope for a link that holds; raises LinkInvalid or LinkExpired."""
    now = now or timezone.now()
    with LINK.opened(token) as vouched:
        access = (
            CustomerAccess.objects.select_related("customer", "invoice")
            .filter(pk=vouched.pk, revoked_at=None)
            .first()
        )
        if access is None or not compare_digest(access.key, vouched.key):
            raise errors.LinkInvalid
        if access.expires_at <= now:
            raise errors.LinkExpired
        yield Opened(access, vouched.tenant)


def note_opening(access: CustomerAccess, *, now: datetime) -> None:
    if access.opened_at is None or now - access.opened_at > NOTED_EVERY:
        CustomerAccess.objects.filter(pk=access.pk).update(opened_at=now)


@transaction.atomic
def ask(
    access: CustomerAccess,
    invoice: Invoice,
    *,
    text: str,
    name: str = "",
    email: str = "",
    now: datetime | None = None,
) -> CustomerQuestion:
    """Keep what a customer asks about one of their documents, and tell the company."""
    now = now or timezone.now()
    assert invoice.customer_id == access.customer_id
    # Locked, so that a hundred at once are counted one after the other.
    CustomerAccess.objects.select_for_update().get(pk=access.pk)
    recent = CustomerQuestion.objects.filter(access=access, asked_at__gt=now - timedelta(hours=1))
    if recent.count() >= QUESTIONS_AN_HOUR:
        raise errors.TooManyQuestions
    question: CustomerQuestion = CustomerQuestion.objects.create(
        access=access, invoice=invoice, text=text, name=name, email=email, asked_at=now
    )
    who = ", ".join(filter(None, (name, email))) or str(access.customer)
    log("invoice.question_asked", invoice, actor=None, customer=who, question=text)
    from invoicing.tasks import mail_question

    transaction.on_commit(
        partial(mail_question.delay, tenant_id=question.tenant_id, question_id=question.pk)
    )
    return question


@transaction.atomic
def mark_answered(question: CustomerQuestion, *, actor: User | None) -> None:
    done = CustomerQuestion.objects.filter(pk=question.pk, answered_at=None).update(
        answered_at=timezone.now(), answered_by=actor
    )
    if done:
        log("invoice.question_answered", question.invoice, actor=actor, question=question.text)
