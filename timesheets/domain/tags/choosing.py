"""Which tags somebody means: those there are by their ids, new ones by their names."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models.functions import Lower

from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import tag_errors as errors
from timesheets.domain.tags.keeping import add_tag, tidy_name
from timesheets.models import Tag

MOST_ON_AN_ENTRY = 30


@dataclass(frozen=True)
class ChosenTags:
    """As a form says them; `names` are typed and may be of tags there are already."""

    ids: frozenset[int] = frozenset()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ids or self.names)


def may_make_tags(actor: Membership) -> bool:
    return actor.may(Permission.MANAGE_TAGS)


def settled(chosen: ChosenTags, *, actor: Membership, kept: Collection[int] = ()) -> dict[int, Tag]:
    """The tags that are meant, by id and held until the end of the transaction; those that are not
    there yet are made for who may. An archived one only stays where it is: among `kept`."""
    ids = set(chosen.ids)
    missing: list[str] = []
    named = {_key(name): tidy_name(name) for name in chosen.names}
    if named:
        known = _by_name(named)
        ids |= {known[key] for key in named if key in known}
        missing = [name for key, name in named.items() if key not in known]
    if missing and not may_make_tags(actor):
        raise errors.TagsNotYours(tag=missing[0])
    ids |= {_made(name, actor) for name in missing}
    if len(ids) > MOST_ON_AN_ENTRY:
        raise errors.TooManyTags(most=MOST_ON_AN_ENTRY)
    found = hold_tags(ids)
    for pk, tag in found.items():
        if not tag.is_active and pk not in kept:
            raise errors.TagArchived(tag=tag.name)
    return found


def hold_tags(ids: Iterable[int]) -> dict[int, Tag]:
    """The tags, kept from being merged or deleted; of one that was merged, what it leads to."""
    return {tag.pk: tag for tag in held_as(ids).values()}


def held_as(ids: Iterable[int]) -> dict[int, Tag]:
    """By the ids that were asked for.

    Not for update: two people may put the same tag on hours at once.
    """
    asked = sorted(set(ids))
    held = {tag.pk: tag for tag in _held(asked)}
    if len(held) < len(asked):
        raise errors.TagGone
    led = {pk: tag.merged_into_id for pk, tag in held.items() if tag.merged_into_id is not None}
    leads = {tag.pk: tag for tag in _held(sorted(set(led.values())))}
    return {pk: leads[led[pk]] if pk in led else tag for pk, tag in held.items()}


def followed(ids: Collection[int]) -> set[int]:
    """These, and in the place of merged ones what they lead to."""
    if not ids:
        return set()
    rows = Tag.objects.filter(pk__in=ids).order_by().values_list("pk", "merged_into_id")
    return {into or pk for pk, into in rows}


def _held(ids: list[int]) -> list[Tag]:
    """Locked as a reference to them would lock them, which is less than Django knows."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM timesheets_tag WHERE tenant_id = %s AND id = ANY(%s)"
            " ORDER BY id FOR KEY SHARE",
            [current_tenant_id(), ids],
        )
        locked = [pk for (pk,) in cursor.fetchall()]
    return list(Tag.objects.filter(pk__in=locked).order_by("pk"))


def _by_name(keys: Iterable[str]) -> dict[str, int]:
    """Name in small letters -> the tag, or what it was merged into."""
    rows = Tag.objects.annotate(key=Lower("name")).filter(key__in=list(keys)).order_by("pk")
    return {key: into or pk for key, pk, into in rows.values_list("key", "pk", "merged_into_id")}


def _made(name: str, actor: Membership) -> int:
    try:
        with transaction.atomic():
            return int(add_tag(actor=actor.user, name=name).pk)
    except errors.TagNameTaken:
        # Somebody else made it at the same moment.
        found = _by_name([_key(name)])
        if _key(name) not in found:
            raise
        return found[_key(name)]


def _key(name: str) -> str:
    return " ".join(name.split()).lower()
