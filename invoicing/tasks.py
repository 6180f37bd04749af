from datetime import timedelta
from functools import partial

from celery import Task, shared_task
from django.core.cache import cache
from django.db import OperationalError
from django.utils import timezone, translation

from tenants.scope import tenant_scope
from tenants.turns import for_each_tenant

# Younger documents are still in the queue; the sweep leaves them to it.
SWEPT_AFTER = timedelta(minutes=2)
# A document that cannot be made is tried again at this pace, not with every tick.
SWEPT_AGAIN_AFTER = timedelta(minutes=15)
SWEPT_AT_ONCE = 200
# A long document that finds another one being made comes back after so many seconds.
TURN_SECONDS = 20


@shared_task(
    bind=True,
    # A full or slow disk, a database that restarts: these pass. Anything else is a bug.
    autoretry_for=(OSError, OperationalError),
    max_retries=8,
    retry_backoff=5,
    retry_backoff_max=600,
    retry_jitter=True,
)
def render_invoice_pdf(self: Task, *, tenant_id: int, invoice_id: int) -> None:
    """Render the posted document and store it once. Twice does not matter."""
    from invoicing.documents.long_papers import TurnTaken
    from invoicing.documents.storing import store_invoice_pdf
    from invoicing.domain.sending.delivering import due

    try:
        store_invoice_pdf(tenant_id, invoice_id, waits=False)
    except TurnTaken:
        again = {"tenant_id": tenant_id, "invoice_id": invoice_id}
        render_invoice_pdf.apply_async(kwargs=again, countdown=TURN_SECONDS)
        return
    with tenant_scope(tenant_id):
        waiting = due(now=timezone.now(), invoice_id=invoice_id)
    for sending_id in waiting:
        deliver_sending.delay(tenant_id=tenant_id, sending_id=sending_id)


@shared_task
def render_preview(*, tenant_id: int, invoice_id: int, kind: str) -> None:
    """Make a large document for somebody who waits for it on a page."""
    from invoicing.documents.long_papers import TurnTaken
    from invoicing.documents.previews import Preview, keep_preview
    from invoicing.models import Invoice

    with tenant_scope(tenant_id):
        invoice = Invoice.objects.select_related("customer").filter(pk=invoice_id).first()
        if invoice is None:
            return
        try:
            keep_preview(invoice, Preview(kind))
        except TurnTaken:
            again = {"tenant_id": tenant_id, "invoice_id": invoice_id, "kind": kind}
            render_preview.apply_async(kwargs=again, countdown=TURN_SECONDS)


@shared_task
def look_at_einvoices(*, tenant_id: int, invoice_ids: list[int]) -> None:
    """Find out which drafts of a list would get no right e-invoice."""
    from invoicing.einvoices.before_posting import look_at_drafts
    from invoicing.models import Invoice
    from tenants.models import Tenant

    with tenant_scope(tenant_id):
        drafts = Invoice.objects.filter(pk__in=invoice_ids, status=Invoice.Status.DRAFT).order_by(
            "pk"
        )
        look_at_drafts(list(drafts), Tenant.objects.get(pk=tenant_id))


@shared_task
def sweep_documents() -> None:
    """Ask again for posted documents without a PDF: their task was lost, or it failed."""
    from invoicing.selectors.documents import documents_without_pdf

    posted_before = timezone.now() - SWEPT_AFTER

    def missing() -> list[int]:
        found = documents_without_pdf(posted_before=posted_before)[:SWEPT_AT_ONCE]
        return list(found.values_list("pk", flat=True))

    def ask(tenant_id: int, ids: list[int]) -> None:
        for invoice_id in ids:
            key = f"document-swept-{tenant_id}-{invoice_id}"
            if cache.add(key, 1, timeout=int(SWEPT_AGAIN_AFTER.total_seconds())):
                render_invoice_pdf.delay(tenant_id=tenant_id, invoice_id=invoice_id)

    for_each_tenant(missing, what="sweep of documents", then=ask)


@shared_task
def work_posting_run(*, tenant_id: int, run_id: int) -> None:
    """Post what a run still has to post, in the language of whoever reads the refusals."""
    from invoicing.domain.long_runs import begin
    from invoicing.domain.posting_runs import advance, language_of
    from invoicing.models import PostingRun

    with tenant_scope(tenant_id):
        language = language_of(run_id)
        has_more = begin(PostingRun.objects.all(), run_id)
    while has_more:
        with tenant_scope(tenant_id), translation.override(language):
            has_more = advance(run_id)


@shared_task
def sweep_posting_runs() -> None:
    from invoicing.domain.posting_runs import sweep_runs

    for_each_tenant(lambda: sweep_runs(now=timezone.now()), what="sweep of postings")


@shared_task
def work_statement_import(*, tenant_id: int, import_id: int) -> None:
    """Read, match and book what a bank's file still has to be, step by step."""
    from invoicing.domain.banking.importing import advance, language_of_import
    from invoicing.domain.long_runs import begin
    from invoicing.models import StatementImport

    with tenant_scope(tenant_id):
        language = language_of_import(import_id)
        has_more = begin(StatementImport.objects.all(), import_id)
    with translation.override(language):
        while has_more:
            with tenant_scope(tenant_id):
                has_more = advance(import_id)


@shared_task
def sweep_statement_imports() -> None:
    from invoicing.domain.banking.importing import sweep_imports

    for_each_tenant(lambda: sweep_imports(now=timezone.now()), what="sweep of bank statements")


@shared_task
def deliver_mail(*, queue: str, tenant_id: int, sending_id: int) -> None:
    """Hand an e-mail with a quotation or a statement over. Twice does not matter."""
    from invoicing.domain.sending.queue import deliver_mail as deliver
    from invoicing.domain.sending.queue import language_of_mail
    from invoicing.domain.sending.queues import QUEUES

    with tenant_scope(tenant_id):
        language = language_of_mail(QUEUES[queue], sending_id)
    with translation.override(language):
        deliver(QUEUES[queue], tenant_id, sending_id)


@shared_task
def sweep_mails() -> None:
    """E-mails whose task was lost, or that are to be tried again."""
    from invoicing.domain.sending.queues import waiting_mails

    def hand_on(tenant_id: int, waiting: list[tuple[str, int]]) -> None:
        for queue, sending_id in waiting:
            deliver_mail.delay(queue=queue, tenant_id=tenant_id, sending_id=sending_id)

    for_each_tenant(
        lambda: waiting_mails(now=timezone.now()), what="sweep of e-mails", then=hand_on
    )


@shared_task
def sweep_selections() -> None:
    """Forget the selections of hours that nobody came back to."""
    from invoicing.domain.composing.selections import forget_old

    for_each_tenant(lambda: forget_old(now=timezone.now()), what="sweep of selections")


@shared_task(
    bind=True,
    autoretry_for=(OSError, OperationalError),
    max_retries=3,
    retry_backoff=5,
    retry_jitter=True,
)
def make_document_bundle(self: Task, *, tenant_id: int, bundle_id: int) -> None:
    """Put documents into one zip. Twice does not matter."""
    from invoicing.domain.bundles import language_of_bundle, make_bundle

    with tenant_scope(tenant_id):
        language = language_of_bundle(bundle_id)
    with translation.override(language):
        make_bundle(tenant_id, bundle_id)


@shared_task
def sweep_document_bundles() -> None:
    from invoicing.domain.bundles import sweep_bundles

    for_each_tenant(lambda: sweep_bundles(now=timezone.now()), what="sweep of bundles")


@shared_task(
    bind=True,
    autoretry_for=(OSError, OperationalError),
    max_retries=3,
    retry_backoff=5,
    retry_jitter=True,
)
def deliver_sending(self: Task, *, tenant_id: int, sending_id: int) -> None:
    """Hand one e-mail over. A second task for it finds it taken and does nothing."""
    from invoicing.domain.sending.delivering import deliver, language_of_sending

    with tenant_scope(tenant_id):
        language = language_of_sending(sending_id)
    with translation.override(language):
        deliver(tenant_id, sending_id)


@shared_task
def work_sending_run(*, tenant_id: int, run_id: int) -> None:
    """Write down what a run still has to send, in the language of whoever reads the refusals."""
    from invoicing.domain.long_runs import begin
    from invoicing.domain.sending.runs import advance, language_of_run
    from invoicing.models import SendingRun

    with tenant_scope(tenant_id):
        language = language_of_run(run_id)
        has_more = begin(SendingRun.objects.all(), run_id)
    while has_more:
        with tenant_scope(tenant_id), translation.override(language):
            has_more = advance(run_id)


@shared_task
def sweep_sendings() -> None:
    """Send what is due and has its PDF; say of what was lost that nobody knows."""
    from invoicing.domain.sending.delivering import due, give_up_lost
    from invoicing.domain.sending.runs import sweep_sending_runs

    now = timezone.now()
    for_each_tenant(
        partial(give_up_lost, now=now),
        partial(sweep_sending_runs, now=now),
        lambda: due(now=now)[:SWEPT_AT_ONCE],
        what="sweep of sendings",
        then=partial(_deliver_all, deliver_sending),
    )


def _deliver_all(task: Task, tenant_id: int, sending_ids: list[int]) -> None:
    for sending_id in sending_ids:
        task.delay(tenant_id=tenant_id, sending_id=sending_id)


@shared_task(autoretry_for=(OSError, OperationalError), retry_backoff=30, max_retries=6)
def mail_question(*, tenant_id: int, question_id: int) -> None:
    """Tell the company what a customer asks; a second time does no harm."""
    from invoicing.mail import mail_question_to_company

    mail_question_to_company(tenant_id, question_id)


@shared_task(
    autoretry_for=(OSError, OperationalError), max_retries=8, retry_backoff=2, retry_jitter=True
)
def work_invoicing_run(*, tenant_id: int, run_id: int) -> None:
    """Make what waits of a run. Several at once share it, and a second time finds nothing."""
    from invoicing.domain.schedules.working import work_run

    work_run(tenant_id, run_id)


@shared_task
def tick_schedules() -> None:
    """Start what is due, and hand on what no worker is at."""
    from invoicing.domain.schedules.starting import start_due
    from invoicing.domain.schedules.steering import forget_trials, sweep_invoicing_runs

    now = timezone.now()
    for_each_tenant(
        partial(start_due, now=now),
        partial(sweep_invoicing_runs, now=now),
        partial(forget_trials, now=now),
        what="tick of schedules",
    )


@shared_task(autoretry_for=(OSError, OperationalError), retry_backoff=30, max_retries=6)
def report_invoicing_run(*, tenant_id: int, run_id: int) -> None:
    """Tell the accountant what came of a run, once."""
    from invoicing.run_mail import mail_report

    mail_report(tenant_id, run_id)
