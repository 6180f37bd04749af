"""The invoices of a run, fifty at a time.

Workers take items that wait, each its own. What a share of items becomes is one transaction:
hours are claimed, drafts made, posted and sent for all of them in a few statements, and their
outcomes are written with it. Whoever is refused leaves the share, which is then taken without
them. Where something breaks, its items are done one by one, each in a transaction of its own.

A worker that dies leaves nothing of its share: the items still wait, and another one takes them.
A trial does the same and takes everything back but the outcomes.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid5

from django.db import OperationalError, transaction
from django.db.models import Count
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import DomainError
from invoicing import errors as invoicing_errors
from invoicing import schedule_errors as errors
from invoicing.domain.handing_over import hand_over_each, last_step_refusals
from invoicing.domain.long_runs import begin
from invoicing.domain.order_drafting import draft_order
from invoicing.domain.posting import post_invoices
from invoicing.domain.schedules import authority, claiming
from invoicing.domain.schedules.finishing import finish_if_done, said
from invoicing.domain.schedules.planning import TakenBack, plan_run
from invoicing.domain.schedules.targets import Asked
from invoicing.domain.sending.runs import send_as_usual
from invoicing.models import Invoice, InvoiceLine, InvoicingRun, InvoicingRunItem, Schedule
from invoicing.numbers_elsewhere import Giver, giver
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id, tenant_scope

logger = logging.getLogger(__name__)
SHARE = 50
Outcome = InvoicingRunItem.Outcome
# Refusals that ask nothing of anybody.
_LEFT_OUT = (
    errors.ItemSkipped,
    invoicing_errors.OrderNotChecked,
    invoicing_errors.OrderNotDone,
    invoicing_errors.OrderOnDocument,
    invoicing_errors.OrderWithoutWork,
)


def work_run(tenant_id: int, run_id: int) -> None:
    """Plan the run if nobody has, and do what waits, until nothing does or somebody stops it."""
    with tenant_scope(tenant_id):
        if not begin(InvoicingRun.objects.all(), run_id):
            return
    zone, language = _reader(tenant_id, run_id)
    with timezone.override(zone), translation.override(language):
        with tenant_scope(tenant_id):
            plan_run(run_id)
        while keys := _share(tenant_id, run_id):
            _do(tenant_id, run_id, keys)
        with tenant_scope(tenant_id):
            finish_if_done(run_id, now=timezone.now())


def _do(tenant_id: int, run_id: int, keys: Sequence[int]) -> None:
    try:
        with tenant_scope(tenant_id):
            do_items(run_id, keys, now=timezone.now())
    except OperationalError:
        raise  # the database is away or picked us as a victim: the task is tried again
    except Exception:
        # One customer's fault, or ours, shall not keep the others from their invoices.
        logger.exception("Items %s of invoicing run %s broke", keys, run_id)
        if len(keys) > 1:
            for key in keys:
                _do(tenant_id, run_id, [key])
        else:
            with tenant_scope(tenant_id):
                _keep_broken(keys[0], now=timezone.now())


def _share(tenant_id: int, run_id: int) -> list[int]:
    """Items that wait and that no other worker has; none where the run is stopped or over.

    They are looked up here and taken in `do_items`: a worker that comes second takes what is left.
    """
    with tenant_scope(tenant_id):
        going = InvoicingRun.objects.filter(pk=run_id, stopped_at=None, finished_at=None)
        if not going.exists():
            return []
        items = InvoicingRunItem.objects.filter(run_id=run_id, outcome=Outcome.WAITING)
        free = items.select_for_update(skip_locked=True).order_by("position")[:SHARE]
        rows = list(free.values_list("pk", "order_id"))
    # An order is locked before hours are held, so each has a transaction of its own.
    if rows and rows[0][1] is not None:
        return [rows[0][0]]
    return [pk for pk, order_id in rows if order_id is None]


@transaction.atomic
def do_items(run_id: int, keys: Collection[int], *, now: datetime) -> None:
    """Make what these items ask for, all of them in this transaction."""
    run = InvoicingRun.objects.select_related("drafts_for", "posts_for").get(pk=run_id)
    waiting = InvoicingRunItem.objects.filter(pk__in=keys, run=run, outcome=Outcome.WAITING)
    taken = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("position")
    items = list(taken.select_related("customer"))
    if not items:
        return
    try:
        with transaction.atomic():
            _settle(items, run)
            if run.is_trial:
                raise TakenBack
    except TakenBack:
        for item in items:
            item.invoice, item.holds = None, False
    for item in items:
        item.done_at = now
    InvoicingRunItem.objects.bulk_update(items, _WRITTEN)
    InvoicingRun.objects.filter(pk=run.pk).update(updated_at=timezone.now(), resumed=0)


_WRITTEN = [
    "outcome", "reason", "short_reason", "note", "invoice", "currency", "net_total", "gross_total",
    "line_count", "earlier_count", "lines", "holds", "done_at",
]  # fmt: skip


def _settle(items: Sequence[InvoicingRunItem], run: InvoicingRun) -> None:
    """Set what became of each; the items are not saved."""
    asked = Asked.from_json(run.asked)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    if withdrawn := authority.refusal_now(run, asked, tenant):
        for item in items:
            _refuse(item, withdrawn)
        return
    left = list(items)
    while left:
        try:
            with transaction.atomic():
                made = _make(left, run, asked, tenant)
            break
        except claiming.ItemsRefused as refused:
            for item in left:
                if (why := refused.refusals.get(item.pk)) is not None:
                    _refuse(item, why)
            left = [item for item in left if item.pk not in refused.refusals]
    else:
        return
    _tell(left, made, run)
    for item in left:
        if (waiting := made[item.pk]).number_giver:
            item.note = _(
                "It is created in %(giver)s and posted with the number that it gets there. Send it"
                " when it is posted."
            ) % {"giver": waiting.number_giver}
        elif asked.result == Schedule.Result.SEND:
            item.note = _send(made[item.pk], item, run)


def _refuse(item: InvoicingRunItem, why: DomainError) -> None:
    """Of a draft that is taken back only its customer can be named."""
    if isinstance(why, invoicing_errors.PostingRefused):
        params = dict(why.params)
        params |= {name: item.name for name in ("invoice", "document") if name in params}
        why = type(why)(**params)
    item.earlier_count = 0
    item.outcome = Outcome.SKIPPED if isinstance(why, _LEFT_OUT) else Outcome.FAILED
    item.reason = str(why)
    item.short_reason = str(getattr(why, "short", "") or why)[:200]


def _make(
    items: Sequence[InvoicingRunItem], run: InvoicingRun, asked: Asked, tenant: Tenant
) -> Mapping[int, Invoice]:
    """By item. All of them, or ItemsRefused is raised."""
    if items[0].order_id is not None:
        drafts = _draft_order(items[0], run, asked)
    else:
        drafts = claiming.draft_items(items, run, asked)
    if asked.result == Schedule.Result.DRAFT:
        return drafts
    return _post(drafts, tenant=tenant, actor=run.posts_for)


def _draft_order(item: InvoicingRunItem, run: InvoicingRun, asked: Asked) -> dict[int, Invoice]:
    assert item.order_id is not None
    if refused := claiming.unfit([item]):
        raise claiming.ItemsRefused(refused)
    try:
        draft = draft_order(item.order_id, actor=run.drafts_for, options=asked.options)
        claiming.refuse_held([item], asked)
    except DomainError as refusal:
        raise claiming.ItemsRefused({item.pk: refusal}) from None
    return {item.pk: draft}


def _post(
    drafts: Mapping[int, Invoice], *, tenant: Tenant, actor: User | None
) -> dict[int, Invoice]:
    refused = last_step_refusals(list(drafts.values()), tenant=tenant, actor=actor)
    if refused:
        raise claiming.ItemsRefused(
            {key: refused[draft.pk] for key, draft in drafts.items() if draft.pk in refused}
        )
    if (elsewhere := giver()) is not None:
        return _handed_over(drafts, elsewhere, actor=actor)
    try:
        posted = post_invoices([draft.pk for draft in drafts.values()], actor=actor)
    except DomainError as refusal:
        # What stops the numbering stops everybody's.
        raise claiming.ItemsRefused(dict.fromkeys(drafts, refusal)) from None
    by_id = {invoice.pk: invoice for invoice in posted}
    return {key: by_id[draft.pk] for key, draft in drafts.items()}


def _handed_over(
    drafts: Mapping[int, Invoice], elsewhere: Giver, *, actor: User | None
) -> dict[int, Invoice]:
    """Posted as soon as their numbers are back, which no run waits for."""
    refused = hand_over_each(drafts.values(), elsewhere, actor=actor)
    if refused:
        raise claiming.ItemsRefused(
            {key: refused[draft.pk] for key, draft in drafts.items() if draft.pk in refused}
        )
    for draft in drafts.values():
        draft.refresh_from_db()
    return dict(drafts)


def _send(invoice: Invoice, item: InvoicingRunItem, run: InvoicingRun) -> str:
    """Posted it is all the same: why it is not sent is a note."""
    try:
        with transaction.atomic():
            send_as_usual(invoice, token=uuid5(run.token, item.key), actor=run.posts_for)
    except DomainError as refusal:
        return _("Posted, but not sent: %(why)s") % {"why": refusal}
    return ""


def _tell(
    items: Sequence[InvoicingRunItem], made: Mapping[int, Invoice], run: InvoicingRun
) -> None:
    ids = [invoice.pk for invoice in made.values()]
    lines = InvoiceLine.objects.filter(invoice__in=ids)
    told: dict[int, list[dict[str, Any]]] = {}
    if run.is_trial:
        for line in lines.order_by("invoice_id", "position", "pk"):
            told.setdefault(line.invoice_id, []).append(_line(line))
    counts = dict(lines.order_by().values_list("invoice_id").annotate(count=Count("pk")))
    for item in items:
        invoice = made[item.pk]
        item.outcome, item.invoice, item.holds = Outcome.MADE, invoice, True
        item.currency = invoice.currency
        item.net_total, item.gross_total = invoice.net_total, invoice.gross_total
        item.line_count = counts.get(invoice.pk, 0)
        item.lines = told.get(invoice.pk, [])


def _line(line: InvoiceLine) -> dict[str, Any]:
    return {
        "text": line.text,
        "quantity": str(line.quantity.normalize()),
        "unit": line.unit,
        "unit_price": str(line.unit_price),
        "net": str(line.net),
    }


def _keep_broken(key: int, *, now: datetime) -> None:
    InvoicingRunItem.objects.filter(pk=key, outcome=Outcome.WAITING).update(
        outcome=Outcome.FAILED, **said(errors.ItemBroke()), done_at=now
    )


def _reader(tenant_id: int, run_id: int) -> tuple[str, str]:
    """The company's time zone, and the language of whoever reads the reasons."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        runs = InvoicingRun.objects.select_related("drafts_for", "started_by")
        run = runs.get(pk=run_id)
    return tenant.time_zone, (run.started_by or run.drafts_for).language
