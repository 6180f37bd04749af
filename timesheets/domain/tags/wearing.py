"""The tags that hours carry: read, exchanged, and put on or taken off many at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets.domain.tags.choosing import ChosenTags, held_as, settled
from timesheets.models import EntryTag, Tag, TimeEntry


class Worn(NamedTuple):
    """A tag as lists show it."""

    pk: int
    name: str
    colour: str
    is_active: bool = True


def tags_on(entry_ids: Collection[int]) -> dict[int, list[Worn]]:
    """By entry, in the order of their names; one question for all of them."""
    found: dict[int, list[Worn]] = {}
    if not entry_ids:
        return found
    with connection.cursor() as cursor:
        # A join: comparing each with an array of many ids would take their square.
        cursor.execute(
            "SELECT link.time_entry_id, tag.id, tag.name, tag.colour, tag.is_active"
            " FROM unnest(%s::bigint[]) AS wanted (id)"
            " JOIN timesheets_entrytag link"
            " ON link.tenant_id = %s AND link.time_entry_id = wanted.id"
            " JOIN timesheets_tag tag ON tag.tenant_id = %s AND tag.id = link.tag_id"
            " ORDER BY lower(tag.name), tag.id",
            [list(entry_ids), current_tenant_id(), current_tenant_id()],
        )
        for entry_id, *tag in cursor.fetchall():
            found.setdefault(entry_id, []).append(Worn(*tag))
    return found


def carrying_any(tag_ids: Collection[int]) -> Q:
    """Hours with one of these tags; without any, all hours."""
    if not tag_ids:
        return Q()
    links = EntryTag.objects.filter(time_entry=OuterRef("pk"), tag__in=tag_ids)
    return Q(Exists(links.order_by()))


def names_on(entry_ids: Collection[int]) -> Mapping[int, list[str]]:
    return {pk: [tag.name for tag in tags] for pk, tags in tags_on(entry_ids).items()}


def put_on(entry_ids: Iterable[int], tag_ids: Collection[int]) -> None:
    """Tags that are held, on hours that do not carry them."""
    EntryTag.objects.bulk_create(
        EntryTag(time_entry_id=entry_id, tag_id=tag_id)
        for entry_id in entry_ids
        for tag_id in sorted(tag_ids)
    )


def put_on_new(entry: TimeEntry, chosen: ChosenTags, *, actor: Membership) -> list[str]:
    """The chosen ones, on an entry that was just written; returns their names."""
    tags = settled(chosen, actor=actor)
    put_on([entry.pk], tags)
    return in_order(tags.values())


def exchange(
    entries: Collection[TimeEntry], chosen: ChosenTags, *, actor: Membership
) -> dict[int, list[str]]:
    """Give each of them exactly these tags. Returns, of those that had others, both in words.

    The caller has claimed the entries.
    """
    worn = tags_on([entry.pk for entry in entries])
    kept = {tag.pk for tags in worn.values() for tag in tags}
    wanted = settled(chosen, actor=actor, kept=kept)
    after = ", ".join(in_order(wanted.values()))
    changes: dict[int, list[str]] = {}
    for entry in entries:
        before = {tag.pk: tag.name for tag in worn.get(entry.pk, [])}
        if before.keys() == wanted.keys():
            continue
        EntryTag.objects.filter(time_entry=entry, tag__in=before.keys() - wanted.keys()).delete()
        put_on([entry.pk], wanted.keys() - before.keys())
        changes[entry.pk] = [", ".join(before.values()), after]
    return changes


def put_back(worn: Mapping[int, Iterable[int]]) -> None:
    """What restored hours carried, as far as it is still there."""
    asked = {pk for tags in worn.values() for pk in tags}
    there = Tag.objects.filter(pk__in=asked).order_by().values_list("pk", flat=True)
    held = held_as(there)
    for entry_id, tags in worn.items():
        put_on([entry_id], {held[pk].pk for pk in tags if pk in held})


def in_order(tags: Iterable[Tag]) -> list[str]:
    return sorted((tag.name for tag in tags), key=str.casefold)
