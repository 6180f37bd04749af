from celery import shared_task
from django.utils import timezone, translation

from tenants.models import Tenant
from tenants.scope import tenant_scope


@shared_task
def render_invoice_pdf(*, tenant_id: int, invoice_id: int) -> None:
    """Render the posted document and store it once."""
    raise NotImplementedError


@shared_task
def work_posting_run(*, tenant_id: int, run_id: int) -> None:
    """Post what a run still has to post, in the language of whoever reads the refusals."""
    from invoicing.domain.posting_runs import advance, language_of

    with tenant_scope(tenant_id):
        language = language_of(run_id)
    has_more = True
    while has_more:
        with tenant_scope(tenant_id), translation.override(language):
            has_more = advance(run_id)


@shared_task
def sweep_posting_runs() -> None:
    from invoicing.domain.posting_runs import sweep_runs

    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        with tenant_scope(tenant_id):
            sweep_runs(now=timezone.now())
