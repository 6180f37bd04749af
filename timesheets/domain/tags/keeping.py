"""Adding, renaming, archiving, merging and deleting tags.

Whoever puts a tag on hours holds its row (`choosing.hold_tags`), so a merge comes before or after.
"""

from typing import Any

from django.db import IntegrityError, transaction

from tenants.audit import changes_to, log
from tenants.models import User
from timesheets import tag_errors as errors
from timesheets.domain.holding import hold_hours
from timesheets.models import EntryTag, Tag

LONGEST_NAME = 80


@transaction.atomic
def add_tag(*, actor: User | None, name: str, colour: str = "") -> Tag:
    tag = Tag(name=tidy_name(name), colour=colour)
    _refuse_taken(tag)
    _save(tag)
    log("tag.added", tag, actor=actor)
    return tag


@transaction.atomic
def change_tag(tag_id: int, *, actor: User | None, name: str, colour: str) -> Tag:
    """A new name is one everywhere: on hours that are locked or billed as well."""
    tag = _held(tag_id)
    changes = changes_to(tag, {"name": tidy_name(name), "colour": colour})
    if "name" in changes:
        _refuse_taken(tag)
    if changes:
        _save(tag)
        log("tag.changed", tag, actor=actor, changes=changes)
    return tag


def archive_tag(tag_id: int, *, actor: User | None) -> Tag:
    """Offer it no more; hours and schedules keep it."""
    return _switch(tag_id, actor, is_active=False)


def reactivate_tag(tag_id: int, *, actor: User | None) -> Tag:
    return _switch(tag_id, actor, is_active=True)


@transaction.atomic
def merge_tag(tag_id: int, *, into_id: int, actor: User | None) -> Tag:
    """Put the other tag wherever this one is, on locked and billed hours as well: it is the same
    word. Its name stays and leads to the other one."""
    hold_hours()
    if tag_id == into_id:
        raise errors.MergedIntoItself
    held = {tag.pk: tag for tag in _rows(tag_id, into_id)}
    if len(held) < 2:
        raise errors.TagGone
    tag, into = held[tag_id], held[into_id]
    _refuse_merged(tag)
    if not into.is_active:
        raise errors.MergedIntoArchived(tag=into.name)
    tag.is_active, tag.merged_into = False, into
    tag.save(update_fields=["is_active", "merged_into"])
    Tag.objects.filter(merged_into=tag).update(merged_into=into)
    count = _move(EntryTag, "time_entry", tag, into)
    # By name, not by import: the room of schedules lies to the right of this one.
    _move(Tag.schedule_links.rel.related_model, "schedule", tag, into)
    log("tag.merged", tag, actor=actor, into=into.name, entries=count)
    return into


@transaction.atomic
def remove_tag(tag_id: int, *, actor: User | None) -> Tag:
    """Delete a tag that no hours carry and no schedule asks for, and the names that lead to it."""
    tag = _held(tag_id)
    # Nobody can put it on hours while it is held so.
    if count := tag.entry_links.count():
        raise errors.TagHasHours(tag=tag.name, count=count)
    link = tag.schedule_links.select_related("schedule").order_by("pk").first()
    if link is not None:
        raise errors.TagOfSchedule(tag=tag.name, schedule=link.schedule)
    log("tag.removed", tag, actor=actor)
    tag.merged_from.all().delete()
    tag.delete()
    return tag


def tidy_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise errors.TagWithoutName
    if len(tidy) > LONGEST_NAME:
        raise errors.TagNameTooLong(most=LONGEST_NAME)
    return tidy


def _move(model: Any, owner: str, tag: Tag, into: Tag) -> int:
    """What has both keeps one. Returns how many had the first."""
    links = model._default_manager.filter(tag=tag)
    count: int = links.count()
    both = model._default_manager.filter(tag=into).values(f"{owner}_id")
    links.filter(**{f"{owner}_id__in": both}).delete()
    links.update(tag=into)
    return count


@transaction.atomic
def _switch(tag_id: int, actor: User | None, *, is_active: bool) -> Tag:
    tag = _held(tag_id)
    _refuse_merged(tag)
    if tag.is_active != is_active:
        tag.is_active = is_active
        tag.save(update_fields=["is_active"])
        log("tag.reactivated" if is_active else "tag.archived", tag, actor=actor)
    return tag


def _held(tag_id: int) -> Tag:
    for tag in _rows(tag_id):
        return tag
    raise errors.TagGone


def _rows(*ids: int) -> list[Tag]:
    found = Tag.objects.select_related("merged_into").select_for_update(of=("self",))
    return list(found.filter(pk__in=ids).order_by("pk"))


def _refuse_merged(tag: Tag) -> None:
    if tag.merged_into is not None:
        raise errors.AlreadyMerged(tag=tag.name, into=tag.merged_into.name)


def _refuse_taken(tag: Tag) -> None:
    others = Tag.objects.filter(name__iexact=tag.name).exclude(pk=tag.pk)
    other = others.select_related("merged_into").order_by("pk").first()
    if other is not None:
        raise _taken(other)


def _taken(other: Tag) -> errors.TagNameTaken:
    if other.merged_into is not None:
        return errors.TagNameOfMerged(tag=other.name, into=other.merged_into.name)
    if not other.is_active:
        return errors.TagNameOfArchived(tag=other.name)
    return errors.TagNameTaken(tag=other.name)


def _save(tag: Tag) -> None:
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as refused:
        diag = getattr(refused.__cause__, "diag", None)
        if diag is not None and diag.constraint_name == "tag_name":
            raise errors.TagNameTaken(tag=tag.name) from refused
        raise
