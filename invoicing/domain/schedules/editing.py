"""Keeping schedules: who writes one answers for it, and where two are wanted, another approves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import Customer, CustomerGroup, Project
from invoicing import schedule_errors as errors
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.schedules.aiming import aim_at, coming
from invoicing.domain.schedules.authority import POSTS, needs_approval
from invoicing.domain.schedules.kinds import Kinds
from invoicing.domain.schedules.timing import Rhythm, rhythm_of
from invoicing.domain.sending.own_words import refuse_wider_link
from invoicing.models import Schedule, ScheduleTag, ScheduleTarget
from tenants.audit import changes_to, log
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets.domain.tags.choosing import hold_tags
from timesheets.domain.tags.wearing import in_order
from timesheets.tag_errors import TagArchived


@dataclass(frozen=True, kw_only=True)
class ScheduleWords:
    """A schedule as its form says it."""

    name: str
    kinds: tuple[str, ...]
    at: time
    every: str = Schedule.Every.MONTH.value
    covers: str = Schedule.Covers.PREVIOUS.value
    day: int = 1
    working_days: str = Schedule.WorkingDays.NEXT.value
    by: str = Schedule.By.CUSTOMER.value
    result: str = Schedule.Result.DRAFT.value
    only_period: bool = False
    only_locked: bool = False
    whom: str = Schedule.Whom.ALL.value
    customers: Collection[Customer] = ()
    groups: Collection[CustomerGroup] = ()
    projects: Collection[Project] = ()
    tags: Collection[int] = ()
    options: LineOptions = STANDARD

    def values(self) -> dict[str, Any]:
        plain = (
            "name", "every", "covers", "day", "at", "working_days", "by", "result", "only_period",
            "only_locked", "whom",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in plain},
            "kinds": [kind.key for kind in Kinds.of(self.kinds).chosen],
            "options": self.options.to_json(),
        }

    def rhythm(self, tenant: Tenant) -> Rhythm:
        return rhythm_of(Schedule(**self.values()), tenant)


@transaction.atomic
def add_schedule(
    words: ScheduleWords, *, actor: Membership, now: datetime | None = None
) -> Schedule:
    _check(words, actor)
    assert actor.user is not None
    schedule = Schedule(author=actor.user, **words.values())
    _aim(schedule, None, now or timezone.now())
    schedule.save()
    _keep_targets(schedule, words)
    _keep_tags(schedule, words)
    log("schedule.added", schedule, actor=actor.user, **_told(schedule))
    return schedule


@transaction.atomic
def change_schedule(
    schedule: Schedule, words: ScheduleWords, *, actor: Membership, now: datetime | None = None
) -> Schedule:
    """Whoever saves it answers for it from now on; an approval of what it said before is gone."""
    _check(words, actor)
    assert actor.user is not None
    found, kept = held_schedule(schedule.pk), Schedule.objects.get(pk=schedule.pk)
    changes = changes_to(found, words.values())
    found.author, found.approved_by, found.approved_at = actor.user, None, None
    if found.is_active:
        _aim(found, kept, now or timezone.now())
    found.save()
    before = set(found.targets.values_list("customer_id", "group_id", "project_id"))
    _keep_targets(found, words)
    after = set(found.targets.values_list("customer_id", "group_id", "project_id"))
    if before != after:
        changes["targets"] = [str(len(before)), str(len(after))]
    if told := _keep_tags(found, words):
        changes["tags"] = told
    log("schedule.changed", found, actor=actor.user, changes=changes)
    return found


@transaction.atomic
def pause_schedule(schedule: Schedule, *, actor: User) -> Schedule:
    found = held_schedule(schedule.pk)
    if found.is_active:
        found.is_active, found.next_date, found.next_run_at = False, None, None
        found.save()
        log("schedule.paused", found, actor=actor)
    return found


@transaction.atomic
def go_on_with_schedule(
    schedule: Schedule, *, actor: User, now: datetime | None = None
) -> Schedule:
    """From the next time on; what lay in the pause is not made up for."""
    found = held_schedule(schedule.pk)
    if not found.is_active:
        found.is_active = True
        _aim(found, found, now or timezone.now())
        found.save()
        log("schedule.resumed", found, actor=actor)
    return found


@transaction.atomic
def approve_schedule(
    schedule: Schedule, *, actor: Membership, now: datetime | None = None
) -> Schedule:
    """Invoices of the schedule are from now on posted in the name of who approves it."""
    found = held_schedule(schedule.pk)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    if not needs_approval(found, tenant):
        raise errors.NothingToApprove
    if not actor.may(Permission.POST_INVOICE):
        raise errors.MayNotPost
    if actor.user_id == found.author_id:
        raise errors.OwnSchedule
    if found.result == Schedule.Result.SEND:
        refuse_wider_link(actor)
    found.approved_by, found.approved_at = actor.user, now or timezone.now()
    found.save()
    log("schedule.approved", found, actor=actor.user, author=str(found.author))
    return found


@transaction.atomic
def remove_schedule(schedule: Schedule, *, actor: User) -> None:
    """Its runs stay, and what they made."""
    found = held_schedule(schedule.pk)
    if found.runs.filter(is_trial=False, finished_at=None, stopped_at=None).exists():
        raise errors.ScheduleHasRun
    log("schedule.removed", found, actor=actor)
    found.runs.update(schedule=None)
    found.delete()


def held_schedule(schedule_id: int) -> Schedule:
    found: Schedule | None = (
        Schedule.objects.select_for_update(of=("self",), no_key=True)
        .select_related("author", "approved_by")
        .filter(pk=schedule_id)
        .first()
    )
    if found is None:
        raise errors.ScheduleGone
    return found


def _aim(schedule: Schedule, kept: Schedule | None, now: datetime) -> None:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    aim_at(schedule, next(coming(kept, rhythm_of(schedule, tenant), tenant, now=now)))


def _check(words: ScheduleWords, actor: Membership) -> None:
    if not Kinds.of(words.kinds).chosen:
        raise errors.NothingChosen
    if words.whom == Schedule.Whom.CHOSEN and not (
        words.customers or words.groups or words.projects
    ):
        raise errors.NobodyChosen
    if words.tags and any(not kind.has_hours for kind in Kinds.of(words.kinds).chosen):
        raise errors.OnlyHoursHaveTags
    if not actor.may(Permission.CREATE_INVOICE):
        raise errors.MayNotDraft
    if words.result in POSTS and not actor.may(Permission.POST_INVOICE):
        raise errors.MayNotPost
    if words.result == Schedule.Result.SEND:
        refuse_wider_link(actor)


def _keep_targets(schedule: Schedule, words: ScheduleWords) -> None:
    schedule.targets.all().delete()
    if words.whom == Schedule.Whom.ALL:
        return
    ScheduleTarget.objects.bulk_create(
        [
            *(ScheduleTarget(schedule=schedule, customer=one) for one in words.customers),
            *(ScheduleTarget(schedule=schedule, group=one) for one in words.groups),
            *(ScheduleTarget(schedule=schedule, project=one) for one in words.projects),
        ]
    )


def _keep_tags(schedule: Schedule, words: ScheduleWords) -> list[str]:
    """Returns their names before and after, where they are others now. An archived tag may stay."""
    before = {link.tag_id: link.tag for link in schedule.tag_links.select_related("tag")}
    after = hold_tags(words.tags)
    for pk, tag in after.items():
        if not tag.is_active and pk not in before:
            raise TagArchived(tag=tag.name)
    if before.keys() == after.keys():
        return []
    schedule.tag_links.exclude(tag__in=after).delete()
    ScheduleTag.objects.bulk_create(
        ScheduleTag(schedule=schedule, tag=tag) for pk, tag in after.items() if pk not in before
    )
    return [", ".join(in_order(tags.values())) for tags in (before, after)]


def _told(schedule: Schedule) -> dict[str, str]:
    return {"kinds": str(Kinds.of(schedule.kinds)), "result": str(schedule.get_result_display())}
