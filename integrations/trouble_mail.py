"""Once a day, in the company's morning, and only when something needs a person: an e-mail to those
who manage the connections and did not say that they want none."""

import logging
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import mailers
from django.db.models import Q
from django.utils import timezone

from core.root_urls import tenant_reverse
from integrations.models import Export, PaymentThere, TroubleMail
from integrations.needs import TO_SEE_TO, Needs, needs_of_the_company
from invoicing.domain.sending.delivering import hand_over
from invoicing.models import SendingAttempt
from tenants.mail import mail_from_template
from tenants.models import Membership, Tenant
from tenants.role_book import book_of
from tenants.roles import Permission
from tenants.scope import current_tenant_id, tenant_scope

TEMPLATE = "integrations/mail/trouble"
# From seven until noon: who was away in the morning is not told in the evening.
FIRST_HOUR, LAST_HOUR = 7, 12
SHOWN = 10
logger = logging.getLogger(__name__)


def readers_due(now: datetime) -> list[int]:
    """The members to tell now; needs the company's scope and clock."""
    local = timezone.localtime(now)
    if not FIRST_HOUR <= local.hour < LAST_HOUR:
        return []
    told = TroubleMail.objects.filter(Q(is_wanted=False) | Q(sent_on__gte=local.date()))
    wanted = _able().exclude(pk__in=told.values("member_id"))
    ids = list(wanted.order_by("pk").values_list("pk", flat=True))
    return ids if ids and needs_of_the_company() else []


def _able() -> Any:
    tenant_id = current_tenant_id()
    roles = book_of(tenant_id).keys_with(Permission.MANAGE_INTEGRATIONS)
    return Membership.objects.filter(
        tenant=tenant_id, is_active=True, user__is_active=True, role__in=roles
    )


def tell(tenant_id: int, member_id: int) -> bool:
    """Send today's e-mail to this member, unless it was sent, is not wanted or nothing is left."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        today = timezone.localdate()
        member = _able().filter(pk=member_id).select_related("user").first()
        needs = needs_of_the_company()
        if member is None or not needs or not _take(member, today):
            return False
        context = {
            "tenant": tenant,
            "needs": needs,
            "exports": list(
                Export.objects.filter(status=Export.Status.FAILED)
                .select_related("invoice", "connection")
                .order_by("-pk")[:SHOWN]
            ),
            "payments": list(PaymentThere.objects.filter(TO_SEE_TO).order_by("-pk")[:SHOWN]),
            "url": _first_url(tenant, needs),
            "by_hand_url": _url(tenant, "integrations:export_list") + "?state=by_hand",
            "payments_url": _url(tenant, "integrations:payment_list"),
            "stop_url": _url(tenant, "integrations:trouble_mail"),
        }
    message = mail_from_template(
        TEMPLATE, to=[member.user.email], language=tenant.language, context=context
    )
    mailer = mailers.default
    mailer.open()
    try:
        ended = hand_over(mailer, message)
    finally:
        mailer.close()
    if ended.outcome == SendingAttempt.Outcome.LATER:
        with tenant_scope(tenant_id):
            TroubleMail.objects.filter(member=member_id, sent_on=today).update(sent_on=None)
    elif ended.outcome != SendingAttempt.Outcome.SENT:
        logger.warning("The daily e-mail to member %s: %s", member_id, ended.answer)
    return bool(ended.outcome == SendingAttempt.Outcome.SENT)


def _take(member: Membership, today: date) -> bool:
    """Written down before it is sent, so that no second worker sends it as well."""
    row, _is_new = TroubleMail.objects.get_or_create(member=member)
    free = TroubleMail.objects.filter(Q(sent_on=None) | Q(sent_on__lt=today), pk=row.pk)
    return bool(free.filter(is_wanted=True).update(sent_on=today))


def _first_url(tenant: Tenant, needs: Needs) -> str:
    """Where there is something to see to: never an empty list."""
    if needs.payments and not (needs.failed or needs.by_hand or needs.troubles):
        return _url(tenant, "integrations:payment_list")
    state = "by_hand" if needs.by_hand and not needs.failed else "attention"
    return f"{_url(tenant, 'integrations:export_list')}?state={state}"


def _url(tenant: Tenant, name: str) -> str:
    base: str = settings.BASE_URL.rstrip("/")
    return base + tenant_reverse(tenant.slug, name)


def is_wanted(member: Membership) -> bool:
    return not TroubleMail.objects.filter(member=member, is_wanted=False).exists()


def want(member: Membership, *, yes: bool) -> None:
    TroubleMail.objects.update_or_create(member=member, defaults={"is_wanted": yes})
