"""Tags put on many hours at once, and taken off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum

from core.templatetags.figures import number
from tenants import audit
from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import errors, tag_errors
from timesheets.domain.checks import checked_orders
from timesheets.domain.holding import hold_hours
from timesheets.domain.leaving_out import (
    ON_DOCUMENTS,
    LeftOut,
    Reasons,
    Refused,
    in_words,
    judged,
    managed_by,
    settled_or_checked,
)
from timesheets.domain.tags.choosing import MOST_ON_AN_ENTRY, ChosenTags, settled
from timesheets.domain.tags.wearing import in_order
from timesheets.models import EntryTag, Tag, TimeEntry

# So many take about a second.
MOST = 10_000


@dataclass(frozen=True)
class Look:
    """How many can get other tags, and why the others cannot. `changed` is what was done."""

    count: int
    minutes: int
    refused: list[Refused]
    changed: int = 0


def look(entries: QuerySet[Any], *, actor: Membership) -> Look:
    """One question, whatever the number of them."""
    rows = (
        judged(entries, _reasons(actor))
        .order_by()
        .values_list("reason")
        .annotate(count=Count("pk"), worked=Sum("minutes"))
    )
    found = {reason: (count, worked) for reason, count, worked in rows}
    count, minutes = found.get("", (0, 0))
    refused = [Refused(reason, *found[reason]) for reason in LeftOut if reason in found]
    return Look(count, minutes, refused)


def left_out(
    entries: QuerySet[Any], *, actor: Membership, most: int
) -> list[tuple[TimeEntry, LeftOut]]:
    """Some of those that keep their tags, each with its reason."""
    found = judged(entries, _reasons(actor)).exclude(reason="")
    named = found.select_related("member", "project__customer").order_by("work_date", "pk")
    return [(entry, LeftOut(entry.reason)) for entry in named[:most]]


@transaction.atomic
def tag_many(
    entries: QuerySet[Any],
    *,
    put: ChosenTags,
    take: Collection[int] = (),
    actor: Membership,
) -> Look:
    """Put these on and take those off, of all that may be changed; the rest stays and is told."""
    if not put and not take:
        raise tag_errors.NoTagChosen
    hold_hours()
    seen = look(entries, actor=actor)
    if not seen.count:
        if not seen.refused:
            raise errors.NothingThere
        raise tag_errors.NothingToTag(reasons=in_words(seen.refused))
    if seen.count > MOST:
        raise tag_errors.TooManyToTag(most=number(MOST))
    ids = _held(entries, actor)
    tags = settled(put, actor=actor)
    off = {tag.pk: tag for tag in Tag.objects.filter(pk__in=take)}
    if both := tags.keys() & off.keys():
        raise tag_errors.TagBothWays(tag=tags[min(both)].name)
    added, removed = _put(ids, list(tags)), _take(ids, list(off))
    _refuse_too_many(added)
    _log(added, removed, {**tags, **off}, actor)
    return Look(seen.count, seen.minutes, seen.refused, len(added.keys() | removed.keys()))


def _reasons(actor: Membership) -> Reasons:
    """In the order in which they are told."""
    found = [*ON_DOCUMENTS, *settled_or_checked("hours"), (LeftOut.LOCKED, Q(is_locked=True))]
    if actor.may(Permission.EDIT_HOURS):
        return found
    theirs = Q(pk__in=[])
    if actor.may(Permission.RECORD_HOURS):
        theirs |= Q(member=actor)
    if actor.may(Permission.EDIT_PROJECT_HOURS):
        theirs |= managed_by(actor)
    return [(LeftOut.NOT_YOURS, ~theirs), *found]


def _held(entries: QuerySet[Any], actor: Membership) -> list[int]:
    """Those that can, locked; one alone is changed without taking turns, and then no look is right
    any more."""
    fit = judged(entries, _reasons(actor)).filter(reason="").order_by()
    wanted = dict(fit.values_list("pk", "service_order_id"))
    free = TimeEntry.objects.filter(pk__in=wanted, billing_state="open", is_locked=False)
    held = list(free.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    if len(held) < len(wanted) or checked_orders(wanted.values(), "hours"):
        raise errors.ChangedMeanwhile
    return held


type Changed = Mapping[int, list[int]]  # tags by entry


def _put(ids: list[int], tag_ids: list[int]) -> Changed:
    return _changed(
        "INSERT INTO timesheets_entrytag (tenant_id, time_entry_id, tag_id)"
        " SELECT %s, entry, tag FROM unnest(%s::bigint[]) entry, unnest(%s::bigint[]) tag"
        " ON CONFLICT (tenant_id, time_entry_id, tag_id) DO NOTHING"
        " RETURNING time_entry_id, tag_id",
        [current_tenant_id(), ids, tag_ids],
    )


def _take(ids: list[int], tag_ids: list[int]) -> Changed:
    return _changed(
        # A join: comparing each with an array of many ids would take their square.
        "DELETE FROM timesheets_entrytag link USING unnest(%s::bigint[]) AS wanted (entry)"
        " WHERE link.tenant_id = %s AND link.time_entry_id = entry AND link.tag_id = ANY(%s)"
        " RETURNING link.time_entry_id, link.tag_id",
        [ids, current_tenant_id(), tag_ids],
    )


def _changed(statement: str, params: list[Any]) -> Changed:
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for entry_id, tag_id in cursor.fetchall():
            found.setdefault(entry_id, []).append(tag_id)
    return found


def _refuse_too_many(added: Changed) -> None:
    links = EntryTag.objects.filter(time_entry__in=added).order_by()
    counted = links.values("time_entry").annotate(worn=Count("pk"))
    if added and counted.filter(worn__gt=MOST_ON_AN_ENTRY).exists():
        raise tag_errors.TooManyTags(most=MOST_ON_AN_ENTRY)


def _log(added: Changed, removed: Changed, tags: Mapping[int, Tag], actor: Membership) -> None:
    def names(ids: list[int]) -> str:
        return ", ".join(in_order(tags[pk] for pk in ids))

    changed = TimeEntry.objects.filter(pk__in=added.keys() | removed.keys())
    rows = changed.select_related("member", "project").order_by("work_date", "pk")
    audit.write(
        audit.entry(
            "hours.tagged",
            entry,
            actor=actor.user,
            person=entry.member.name,
            project=entry.project.name,
            date=entry.work_date.isoformat(),
            **{
                name: names(ids)
                for name, ids in (
                    ("put_on", added.get(entry.pk, [])),
                    ("taken_off", removed.get(entry.pk, [])),
                )
                if ids
            },
        )
        for entry in rows
    )
