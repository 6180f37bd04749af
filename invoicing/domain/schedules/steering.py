"""Stopping a run, going on with it, trying again what failed, and finding runs left alone."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from invoicing import schedule_errors as errors
from invoicing.domain.long_runs import take_up_lost
from invoicing.domain.schedules.authority import name_for_going_on
from invoicing.domain.schedules.finishing import enqueue, finish, said
from invoicing.domain.schedules.starting import refuse_second
from invoicing.domain.schedules.targets import Asked
from invoicing.models import InvoicingRun, InvoicingRunItem, Schedule
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

Outcome = InvoicingRunItem.Outcome
TRIALS_KEPT_FOR = timedelta(days=14)


@transaction.atomic
def stop_run(run: InvoicingRun, *, actor: User, now: datetime | None = None) -> InvoicingRun:
    """What is made stays made, what waits goes on waiting; the share at hand is finished first."""
    found = _held(run)
    if found.finished_at is not None or found.stopped_at is not None:
        raise errors.RunNotGoing
    found.stopped_at, found.stopped_by = now or timezone.now(), actor
    found.save()
    log("run.stopped", found, actor=actor)
    return found


@transaction.atomic
def go_on_with_run(run: InvoicingRun, *, actor: User, now: datetime | None = None) -> InvoicingRun:
    found = _held(run)
    if found.finished_at is not None or found.stopped_at is None:
        raise errors.RunNotStopped
    _answer_for(found, actor)
    found.stopped_at = found.stopped_by = None
    _go(found, now or timezone.now())
    log("run.resumed", found, actor=actor)
    return found


@transaction.atomic
def retry_failed(run: InvoicingRun, *, actor: User, now: datetime | None = None) -> InvoicingRun:
    """Only what failed; what was made or left out stays as it is."""
    found = _held(run)
    if found.finished_at is None:
        raise errors.NothingToRetry
    _answer_for(found, actor)
    again = found.items.filter(outcome=Outcome.FAILED).update(
        outcome=Outcome.WAITING, reason="", short_reason="", done_at=None
    )
    if not again:
        raise errors.NothingToRetry
    found.finished_at, found.reported_at, found.told_to = None, None, []
    _go(found, now or timezone.now())
    log("run.retried", found, actor=actor, invoices=again)
    return found


@transaction.atomic
def sweep_invoicing_runs(*, now: datetime) -> None:
    going = InvoicingRun.objects.filter(stopped_at=None)
    take_up_lost(going, now=now, enqueue=enqueue, give_up=lambda run: _give_up(run, now))


@transaction.atomic
def forget_trials(*, now: datetime) -> None:
    """A trial says what would have been on its day."""
    old = InvoicingRun.objects.filter(is_trial=True, started_at__lt=now - TRIALS_KEPT_FOR)
    old.delete()


def _held(run: InvoicingRun) -> InvoicingRun:
    """After its schedule, as everybody does: of two runs only one goes on."""
    schedules = Schedule.objects.filter(pk=run.schedule_id).order_by("pk")
    list(schedules.select_for_update(no_key=True).values_list("pk", flat=True))
    runs = InvoicingRun.objects.select_for_update(of=("self",))
    found: InvoicingRun = runs.select_related("drafts_for", "posts_for").get(pk=run.pk)
    return found


def _answer_for(run: InvoicingRun, actor: User) -> None:
    """Whoever lets a run go on is asked what they would be asked if they began it."""
    if not run.is_trial:
        refuse_second(run.schedule_id)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    name_for_going_on(run, Asked.from_json(run.asked), actor, tenant)


def _go(run: InvoicingRun, now: datetime) -> None:
    run.going_since, run.resumed = now, 0
    run.done_before = run.items.exclude(outcome=Outcome.WAITING).count()
    run.save()
    enqueue(run)


def _give_up(run: InvoicingRun, now: datetime) -> None:
    run.items.filter(outcome=Outcome.WAITING).update(
        outcome=Outcome.FAILED, **said(errors.RunBroke()), done_at=now
    )
    finish(run, now=now)
