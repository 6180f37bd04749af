"""The mail that tells what came of an invoicing run.

Each reader gets it at most once: a reader is written down before the mail is handed over, as
sendings are, and struck out only where the server said that it did not take it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db.models import Q
from django.utils import timezone, translation

from core.periods import Period
from core.root_urls import tenant_reverse
from invoicing.domain.sending.delivering import hand_over
from invoicing.models import InvoicingRun, SendingAttempt
from invoicing.selectors.invoicing_runs import reasons_of, run_progress
from tenants.mail import mail_from_template
from tenants.models import Membership, Tenant, User
from tenants.role_book import book_of
from tenants.roles import Permission
from tenants.scope import tenant_scope

TEMPLATE = "invoicing/mail/run"
Outcome = SendingAttempt.Outcome
logger = logging.getLogger(__name__)


class NotTakenYet(OSError):
    """The mail server asks to come again later."""


def mail_report(tenant_id: int, run_id: int) -> None:
    """Tell whoever has not been told; raises OSError where that is to be tried again."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        ended = InvoicingRun.objects.filter(
            pk=run_id, reported_at=None, finished_at__isnull=False, is_trial=False
        )
        run = ended.select_related("started_by", "drafts_for").first()
        if run is None:
            return
        readers = [user for user in _readers(run, tenant) if user.pk not in run.told_to]
        path = tenant_reverse(tenant.slug, "invoicing:run_detail", run.pk)
        context = {
            "run": run,
            "tenant": tenant,
            "progress": run_progress(run),
            "reasons": reasons_of(run),
            "url": settings.BASE_URL.rstrip("/") + path,
        }
    taken = [_tell(user, run, context) for user in readers]
    if not all(taken):
        raise NotTakenYet(f"The report of run {run_id} was not taken for everybody")
    with tenant_scope(tenant_id):
        # One that was taken up again meanwhile is told of once more when it is over.
        ended = InvoicingRun.objects.filter(pk=run_id, finished_at=run.finished_at)
        ended.update(reported_at=timezone.now())


def _tell(user: User, run: InvoicingRun, context: dict[str, Any]) -> bool:
    """False where the server did not take it and may take it later."""
    message = _message(user, run, context)
    mailer = mailers.default
    mailer.open()
    try:
        if not _taken(run, user):
            return True
        ended = hand_over(mailer, message)
        if ended.outcome == Outcome.LATER:
            _give_back(run, user)
        elif ended.outcome != Outcome.SENT:
            logger.warning("The report of run %s to %s: %s", run.pk, user.pk, ended.answer)
        return ended.outcome != Outcome.LATER
    finally:
        mailer.close()


def _message(user: User, run: InvoicingRun, context: dict[str, Any]) -> EmailMultiAlternatives:
    with translation.override(user.language):
        period = str(Period(run.start_date, run.end_date))
    return mail_from_template(
        TEMPLATE, to=[user.email], language=user.language, context={**context, "period": period}
    )


def _taken(run: InvoicingRun, user: User) -> bool:
    with _held(run) as found:
        if user.pk in found.told_to or found.finished_at != run.finished_at:
            return False
        found.told_to.append(user.pk)
    return True


def _give_back(run: InvoicingRun, user: User) -> None:
    with _held(run) as found:
        found.told_to = [pk for pk in found.told_to if pk != user.pk]


@contextmanager
def _held(run: InvoicingRun) -> Iterator[InvoicingRun]:
    """In a transaction of its own, with who was told kept at its end."""
    assert run.tenant_id is not None
    with tenant_scope(run.tenant_id):
        found = InvoicingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        yield found
        found.save(update_fields=["told_to"])


def _readers(run: InvoicingRun, tenant: Tenant) -> list[User]:
    """Who started it or answers for its schedule; where they are gone, whoever keeps schedules."""
    roles = book_of(tenant.pk).keys_with(Permission.MANAGE_SCHEDULES)
    able = Membership.objects.filter(tenant=tenant, is_active=True, user__is_active=True)
    concerned = Q(user=run.started_by_id or run.drafts_for_id)
    found = able.filter(concerned, role__in=roles) or able.filter(role__in=roles)
    return [member.user for member in found.select_related("user").order_by("pk") if member.user]
