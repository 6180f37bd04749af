"""The mail that tells what came of an invoicing run."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from core.periods import Period
from core.root_urls import tenant_reverse
from invoicing.models import InvoicingRun
from invoicing.selectors.invoicing_runs import reasons_of, run_progress
from tenants.mail import send_mail_from_template
from tenants.models import Membership, Tenant, User
from tenants.role_book import book_of
from tenants.roles import Permission
from tenants.scope import tenant_scope

TEMPLATE = "invoicing/mail/run"


def mail_report(tenant_id: int, run_id: int) -> None:
    """Whoever takes the row first sends it; where no server takes it, it is given back."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id), timezone.override(tenant.time_zone):
        ended = InvoicingRun.objects.filter(
            pk=run_id, reported_at=None, finished_at__isnull=False, is_trial=False
        )
        if not ended.update(reported_at=timezone.now()):
            return
        run = InvoicingRun.objects.select_related("started_by", "drafts_for").get(pk=run_id)
        readers = _readers(run, tenant)
        path = tenant_reverse(tenant.slug, "invoicing:run_detail", run.pk)
        context = {
            "run": run,
            "tenant": tenant,
            "progress": run_progress(run),
            "reasons": reasons_of(run),
            "url": settings.BASE_URL.rstrip("/") + path,
        }
    try:
        for user in readers:
            with translation.override(user.language):
                period = str(Period(run.start_date, run.end_date))
            send_mail_from_template(
                TEMPLATE,
                to=[user.email],
                language=user.language,
                context={**context, "period": period},
            )
    except OSError:
        with tenant_scope(tenant_id):
            InvoicingRun.objects.filter(pk=run_id).update(reported_at=None)
        raise


def _readers(run: InvoicingRun, tenant: Tenant) -> list[User]:
    """Who started it or answers for its schedule; where they are gone, whoever keeps schedules."""
    roles = book_of(tenant.pk).keys_with(Permission.MANAGE_SCHEDULES)
    able = Membership.objects.filter(tenant=tenant, is_active=True, user__is_active=True)
    concerned = Q(user=run.started_by_id or run.drafts_for_id)
    found = able.filter(concerned, role__in=roles) or able.filter(role__in=roles)
    return [member.user for member in found.select_related("user").order_by("pk") if member.user]
