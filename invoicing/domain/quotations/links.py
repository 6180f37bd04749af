"""The customer's link to a quotation: signed, kept nowhere, and closed by a new key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import compare_digest, token_urlsafe

from django.db import transaction
from django.utils import timezone

from invoicing import errors
from invoicing.domain.customer_access import NOTED_EVERY
from invoicing.domain.signed_links import SignedLink
from invoicing.models import Quotation
from tenants.audit import log
from tenants.models import Tenant, User

LINK = SignedLink("invoicing.quotation", "quotation_page")
# What was accepted can be read again for a while.
READABLE_AFTER = timedelta(days=180)


@dataclass(frozen=True)
class OpenedQuotation:
    """A link that holds, inside the scope of its company."""

    quotation: Quotation
    tenant: Tenant


def link_of(quotation: Quotation) -> str:
    """The whole address, as it is sent."""
    assert quotation.key
    return LINK.address(LINK.token(quotation.tenant_id, quotation.pk, quotation.key))


def new_key() -> str:
    return token_urlsafe(32)


@transaction.atomic
def withdraw_link(quotation: Quotation, *, actor: User) -> None:
    """Nobody opens the page with an older link; the next sending makes a new one."""
    Quotation.objects.filter(pk=quotation.pk).update(key=new_key())
    log("quotation.link_withdrawn", quotation, actor=actor)


@contextmanager
def opened_quotation(token: str, *, now: datetime | None = None) -> Iterator[OpenedQuotation]:
    """Open the company's scope for a link that holds; raises LinkInvalid or LinkExpired."""
    now = now or timezone.now()
    with LINK.opened(token) as vouched:
        quotation = (
            Quotation.objects.select_related("customer")
            .exclude(status=Quotation.Status.DRAFT)
            .filter(pk=vouched.pk)
            .first()
        )
        if quotation is None or not quotation.key or not compare_digest(quotation.key, vouched.key):
            raise errors.LinkInvalid
        if timezone.localdate(now) > quotation.valid_until + READABLE_AFTER:
            raise errors.LinkExpired
        yield OpenedQuotation(quotation, vouched.tenant)


def note_opening(quotation: Quotation, *, now: datetime) -> None:
    if quotation.opened_at is None or now - quotation.opened_at > NOTED_EVERY:
        Quotation.objects.filter(pk=quotation.pk).update(opened_at=now)
