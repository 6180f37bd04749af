"""The end of a run: said in the log, and told to whom it is for."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count

from invoicing.models import InvoicingRun, InvoicingRunItem
from invoicing.schedule_errors import ItemRefused
from tenants.audit import log

Outcome = InvoicingRunItem.Outcome


def finish(run: InvoicingRun, *, now: datetime) -> None:
    """The caller holds the run. A trial is looked at on its page and told to nobody."""
    run.finished_at = now
    run.save()
    if run.is_trial:
        return
    log("run.finished", run, actor=None, **counts_of(run))
    enqueue_report(run)


def finish_if_done(run_id: int, *, now: datetime) -> None:
    """Of several workers the last one finds nothing waiting."""
    run = (
        InvoicingRun.objects.select_for_update(of=("self",))
        .filter(pk=run_id, finished_at=None, planned_at__isnull=False)
        .first()
    )
    if run is not None and not run.items.filter(outcome=Outcome.WAITING).exists():
        finish(run, now=now)


def counts_of(run: InvoicingRun) -> dict[str, int]:
    found = run.items.order_by().values_list("outcome").annotate(count=Count("pk"))
    counts = dict(found)
    return {name: counts[name] for name in Outcome.values if name in counts}


def said(why: ItemRefused) -> dict[str, str]:
    """As items keep it."""
    return {"reason": str(why), "short_reason": str(why.short)}


def enqueue_report(run: InvoicingRun) -> None:
    from invoicing.tasks import report_invoicing_run

    _after_commit(report_invoicing_run.delay, run)


def enqueue(run: InvoicingRun) -> None:
    """As many tasks as work side by side; each ends when nothing waits."""
    from invoicing.tasks import work_invoicing_run

    for _worker in range(WORKERS):
        _after_commit(work_invoicing_run.delay, run)


WORKERS = 2


def _after_commit(task: Callable[..., Any], run: InvoicingRun) -> None:
    transaction.on_commit(partial(task, tenant_id=run.tenant_id, run_id=run.pk))
