"""Runs of schedules: when they are due, by hand, and as a trial."""

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.periods import Period
from invoicing import schedule_errors as errors
from invoicing.domain.schedules.editing import (
    POSTS,
    aim_at,
    held_schedule,
    needs_approval,
)
from invoicing.domain.schedules.finishing import enqueue, finish
from invoicing.domain.schedules.targets import Asked
from invoicing.domain.schedules.timing import occurrence_after, occurrence_in, rhythm_of, unit_of
from invoicing.models import InvoicingRun, Schedule
from tenants.audit import log
from tenants.models import Membership, Tenant, User
from tenants.role_book import book_of
from tenants.roles import Permission
from tenants.scope import current_tenant_id

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
    known = InvoicingRun.objects.filter(token=token).first()
    if known is not None:
        found: InvoicingRun = known
        return found
    schedule = held_schedule(schedule.pk)
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
        rhythm, named_date = rhythm_of(schedule, tenant), schedule.next_date
        occurrence = occurrence_in(rhythm, unit_of(rhythm, named_date))
        with translation.override(schedule.author.language):
            started.append(
                _start(
                    schedule,
                    occurrence.period,
                    cause=Cause.SCHEDULE,
                    actor=None,
                    token=uuid5(_BY_SCHEDULE, f"{schedule.pk} {schedule.next_run_at}"),
                    is_trial=False,
                    now=now,
                )
            )
        aim_at(schedule, occurrence_after(rhythm, named_date))
        schedule.save(update_fields=["next_date", "next_run_at", "updated_at"])
    return started


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
        asked = _as_whom(run, schedule, asked, actor, tenant)
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


def _as_whom(
    run: InvoicingRun, schedule: Schedule, asked: Asked, actor: User | None, tenant: Tenant
) -> Asked:
    """Set in whose names drafts are made and posted, and return what may be done.

    By hand that is whoever asks; where another person has to post, the author drafts and whoever
    approved posts, by hand as well, and without an approval there are drafts only.
    """
    posts = asked.result in POSTS
    if needs_approval(schedule, tenant):
        refuse_idle(schedule.author, tenant, Permission.CREATE_INVOICE, errors.AuthorMayNot)
        if schedule.approved_by is None:
            run.notice = _(
                "Drafts only: nobody has approved yet that this schedule posts its invoices."
            )
            return asked.without_posting()
        refuse_idle(schedule.approved_by, tenant, Permission.POST_INVOICE, errors.ApproverMayNot)
        run.posts_for = schedule.approved_by
        return asked
    run.drafts_for = actor or schedule.author
    refuse_idle(run.drafts_for, tenant, Permission.CREATE_INVOICE, errors.AuthorMayNot)
    if posts:
        refusal = errors.MayNotPost if actor else errors.AuthorMayNot
        refuse_idle(run.drafts_for, tenant, Permission.POST_INVOICE, refusal)
        run.posts_for = run.drafts_for
    return asked


def refuse_idle(
    user: User, tenant: Tenant, permission: Permission, refusal: type[DomainError]
) -> None:
    """Raise it where they are no member any more, or may not do this."""
    roles = book_of(tenant.pk).keys_with(permission)
    able = Membership.objects.filter(
        tenant=tenant, user=user, user__is_active=True, is_active=True, role__in=roles
    )
    if not able.exists():
        raise refusal(person=user)
