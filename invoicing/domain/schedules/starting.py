"""Runs of schedules: when they are due, by hand, and as a trial."""

import logging
from datetime import datetime
from uuid import UUID, uuid5

from django.db import OperationalError, transaction
from django.utils import timezone, translation

from core.errors import DomainError
from core.periods import Period
from invoicing import schedule_errors as errors
from invoicing.domain.schedules.aiming import aim_at
from invoicing.domain.schedules.authority import name_for_start
from invoicing.domain.schedules.editing import held_schedule
from invoicing.domain.schedules.finishing import enqueue, finish
from invoicing.domain.schedules.targets import Asked
from invoicing.domain.schedules.timing import occurrence_after, occurrence_in, rhythm_of, unit_of
from invoicing.models import InvoicingRun, Schedule
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)
Cause = InvoicingRun.Cause
_BY_SCHEDULE = UUID("6b0f6f0e-6c0b-4a4b-9d2e-2d1f6e0d5a11")


@transaction.atomic
def run_now(
    schedule: Schedule,
    period: Period,
    *,
    actor: User,
    token: UUID,
    is_trial: bool = False,
    now: datetime | None = None,
) -> InvoicingRun:
    """Run it over this period for whoever asks, beside its usual times. A token that was used is
    that run again."""
    schedule = held_schedule(schedule.pk)
    # Looked for while the schedule is held: a second tap waits for the first one.
    known: InvoicingRun | None = InvoicingRun.objects.filter(token=token).first()
    if known is not None:
        return known
    if period.start > timezone.localdate():
        raise errors.PeriodNotBegun
    if not is_trial:
        refuse_second(schedule.pk)
    return _start(
        schedule, period, cause=Cause.HAND, actor=actor, token=token, is_trial=is_trial,
        now=now or timezone.now(),
    )  # fmt: skip


@transaction.atomic
def start_due(*, now: datetime) -> list[InvoicingRun]:
    """Start what is due in the open scope, and aim each at its next time.

    Two schedulers at once, or one that ticks twice: the schedule's row is locked, and whoever comes
    second finds it moved on. One that was missed is made up for, each period by itself. While a run
    of the schedule is under way the next one waits for it.
    """
    due = Schedule.objects.filter(is_active=True, next_run_at__lte=now).order_by(
        "next_run_at", "pk"
    )
    started = []
    tenant = Tenant.objects.get(pk=current_tenant_id())
    for schedule in due.select_for_update(skip_locked=True, of=("self",), no_key=True):
        if _is_under_way(schedule.pk):
            continue
        try:
            with transaction.atomic():
                started.append(_start_and_aim(schedule, tenant, now))
        except OperationalError:
            raise
        except Exception:
            # It stays due; the company's other schedules shall not wait for its mend.
            logger.exception("Schedule %s did not start", schedule.pk)
    return started


def _start_and_aim(schedule: Schedule, tenant: Tenant, now: datetime) -> InvoicingRun:
    assert schedule.next_date is not None
    rhythm, named_date = rhythm_of(schedule, tenant), schedule.next_date
    occurrence = occurrence_in(rhythm, unit_of(rhythm, named_date))
    token = uuid5(_BY_SCHEDULE, f"{schedule.pk} {schedule.next_run_at}")
    with translation.override(schedule.author.language):
        run = _start(
            schedule, occurrence.period, cause=Cause.SCHEDULE, actor=None, token=token,
            is_trial=False, now=now,
        )  # fmt: skip
    aim_at(schedule, occurrence_after(rhythm, named_date))
    schedule.save(update_fields=["next_date", "next_run_at", "updated_at"])
    return run


def refuse_second(schedule_id: int | None) -> None:
    if schedule_id is not None and _is_under_way(schedule_id):
        raise errors.ScheduleHasRun


def _is_under_way(schedule_id: int) -> bool:
    going = InvoicingRun.objects.filter(
        schedule=schedule_id, is_trial=False, finished_at=None, stopped_at=None
    )
    return bool(going.exists())


def _start(
    schedule: Schedule,
    period: Period,
    *,
    cause: Cause,
    actor: User | None,
    token: UUID,
    is_trial: bool,
    now: datetime,
) -> InvoicingRun:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    asked = Asked.of(schedule)
    run = InvoicingRun(
        token=token,
        schedule=schedule,
        name=schedule.name,
        start_date=period.start,
        end_date=period.end,
        cause=cause,
        is_trial=is_trial,
        started_by=actor,
        drafts_for=schedule.author,
    )
    try:
        asked = name_for_start(run, schedule, asked, actor, tenant)
    except DomainError as refusal:
        if actor is not None:
            raise
        run.refusal = str(refusal)
    run.asked = asked.to_json()
    run.save()
    if not is_trial:
        log(
            "run.started", run, actor=actor, schedule=schedule.name,
            period=f"{period.start.isoformat()}..{period.end.isoformat()}",
        )  # fmt: skip
    if run.refusal:
        finish(run, now=now)
    else:
        enqueue(run)
    return run
