"""Posting many drafts: a run keeps what was asked and how far it is.

It goes on in steps, each a transaction of its own: what a step has posted stays posted, and a
worker that dies leaves the next step to another one. In a step every draft is checked first; those
that cannot be posted are refused with their reason, the others are posted together.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from core.errors import DomainError
from invoicing import errors
from invoicing.domain.drafting import locked_documents
from invoicing.domain.handing_over import hand_over_each, last_step_refusals
from invoicing.domain.long_runs import take_up_lost
from invoicing.domain.posting import post_invoices
from invoicing.domain.sending.runs import start_sending_run
from invoicing.einvoices.before_posting import einvoice_refusals, look_ahead
from invoicing.models import Invoice, PostingRun, PostingRunItem
from invoicing.numbers_elsewhere import Giver, giver
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

# One step takes a fraction of a second, so as many are posted while the person waits.
STEP = 50
# Each of these is tried as it would be posted, one by one.
STEP_THERE = 10

Outcome = PostingRunItem.Outcome


@transaction.atomic
def start_run(
    ids: Collection[int], *, token: UUID, actor: User | None, then_send: bool = False
) -> PostingRun:
    """Post these drafts, the oldest invoice date first. A token that was used is that run again."""
    run, is_new = PostingRun.objects.get_or_create(
        token=token, defaults={"started_by": actor, "then_send": then_send}
    )
    if not is_new:
        found: PostingRun = run
        return found
    drafts = Invoice.objects.filter(pk__in=ids, status=Invoice.Status.DRAFT)
    items = [
        PostingRunItem(run=run, position=position, invoice_id=pk, name=name)
        for position, (pk, name) in enumerate(
            drafts.order_by("issue_date", "pk").values_list("pk", "billing_name"), start=1
        )
    ]
    if not items:
        raise errors.NoLongerDrafts
    PostingRunItem.objects.bulk_create(items)
    log("posting_run.started", run, actor=actor, drafts=len(items))
    if len(items) <= (STEP if giver() is None else STEP_THERE):
        advance(run.pk)
        run.refresh_from_db()
    else:
        _enqueue(run)
    started: PostingRun = run
    return started


@transaction.atomic
def advance(run_id: int) -> bool:
    """Take the next step; tell whether there are more. Another worker's step is left alone."""
    run = (
        PostingRun.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("started_by")
        .filter(pk=run_id, finished_at=None)
        .first()
    )
    if run is None:
        return False
    waiting = run.items.filter(outcome=Outcome.WAITING)
    found = giver()
    size = STEP if found is None else STEP_THERE
    items = list(waiting.order_by("position")[: size + 1])
    step, has_more = items[:size], len(items) > size
    _post(step, found, actor=run.started_by)
    PostingRunItem.objects.bulk_update(step, ["outcome", "refusal"])
    if not has_more:
        run.finished_at = timezone.now()
    run.resumed = 0
    run.save(update_fields=["finished_at", "resumed", "updated_at"])
    if run.then_send and not has_more:
        _send(run)
    return has_more


def _send(run: PostingRun) -> None:
    # What was handed over is sent when it has its number.
    done = run.items.filter(outcome=Outcome.POSTED, invoice__status=Invoice.Status.POSTED)
    posted = done.values_list("invoice_id", flat=True)
    if posted:
        start_sending_run(posted, token=sending_token(run), actor=run.started_by)


def sending_token(run: PostingRun) -> UUID:
    """Of the sending that follows a posting: however often it is begun, it is one."""
    return uuid5(run.token, "send")


def _post(items: Sequence[PostingRunItem], elsewhere: Giver | None, *, actor: User | None) -> None:
    """Set what became of each; the items are not saved."""
    ids = [item.invoice_id for item in items if item.invoice_id is not None]
    look_ahead(ids, Tenant.objects.get(pk=current_tenant_id()))
    drafts = locked_documents(ids)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    refused: dict[int, DomainError] = {**last_step_refusals(drafts, tenant=tenant, actor=actor)}
    fit_so_far = [draft for draft in drafts if draft.is_draft and draft.pk not in refused]
    refused |= einvoice_refusals(fit_so_far, tenant)
    found = {draft.pk: draft for draft in drafts}
    handed: list[Invoice] = []
    if elsewhere is not None:
        # The oldest first, so that they are numbered there in their order.
        fit_now = [found[pk] for pk in ids if pk in found and pk not in refused]
        handed = [draft for draft in fit_now if draft.is_draft and not draft.is_credit_note]
        refused |= hand_over_each(handed, elsewhere, actor=actor)
    given = {draft.pk for draft in handed}
    fit = [pk for pk in found if pk not in refused and pk not in given]
    try:
        if fit:
            post_invoices(fit, actor=actor)
    except DomainError as refusal:
        refused |= dict.fromkeys(fit, refusal)
    for item in items:
        gone = item.invoice_id is None or item.invoice_id not in found
        reason = errors.InvoiceGone() if gone else refused.get(item.invoice_id or 0)
        item.outcome = Outcome.REFUSED if reason else Outcome.POSTED
        item.refusal = str(reason) if reason else ""


@transaction.atomic
def sweep_runs(*, now: datetime) -> None:
    take_up_lost(PostingRun.objects.all(), now=now, enqueue=_enqueue, give_up=_give_up)


def _give_up(run: PostingRun) -> None:
    run.items.filter(outcome=Outcome.WAITING).update(
        outcome=Outcome.REFUSED, refusal=str(errors.PostingBroke())
    )
    if run.then_send:
        _send(run)


def language_of(run_id: int) -> str:
    run = PostingRun.objects.select_related("started_by").get(pk=run_id)
    return run.started_by.language if run.started_by else "en"


def _enqueue(run: PostingRun) -> None:
    from invoicing.tasks import work_posting_run

    transaction.on_commit(partial(work_posting_run.delay, tenant_id=run.tenant_id, run_id=run.pk))
