"""Tags as lists and choices show them."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, Count, Max, QuerySet, Value, When
from django.db.models.functions import Lower, StrIndex

from timesheets.models import Tag

MOST_OFFERED = 60


def listed_tags() -> QuerySet[Any]:
    """With the number of hours that carry them, and the day of the last."""
    tags: QuerySet[Any] = Tag.objects.select_related("merged_into").annotate(
        entries=Count("entry_links"), last_date=Max("entry_links__time_entry__work_date")
    )
    return tags


def offered_tags(
    words: str = "",
    *,
    also: Collection[int] = (),
    archived: bool = False,
    limit: int = MOST_OFFERED,
) -> QuerySet[Any]:
    """Those that can be chosen, by name; what begins with the words comes first. `also` are there
    in any case."""
    found: QuerySet[Any] = Tag.objects.filter(merged_into=None)
    if not archived:
        found = found.filter(is_active=True)
    for word in words.split():
        found = found.filter(name__icontains=word)
    if also:
        found = found | Tag.objects.filter(pk__in=also)
    begins = StrIndex(Lower("name"), Value(" ".join(words.split()).lower()))
    first = Case(When(pk__in=also, then=Value(0)), default=begins) if also else begins
    offered: QuerySet[Any] = found.order_by(first, Lower("name"), "pk")[:limit]
    return offered
