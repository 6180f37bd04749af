"""The query string of the list of hours: `?start=&end=&person=&project=&customer=&task=...`"""

from collections.abc import Collection
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.lists import ids_in
from core.periods import month_of
from customers.custom_forms import PREFIX
from customers.custom_lists import Columns, CustomFilters, CustomSearchFilter, all_columns
from timesheets.models import EntryTag, Tag, Task, TimeEntry
from timesheets.selectors.grouping import Dimension
from timesheets.selectors.tags import offered_tags
from timesheets.views.tags.fields import TagsField
from timesheets.work_filters import ALL_STATES, IdFilter, WorkFilter

SEARCHED = (
    "description", "project__name", "project__number", "project__customer__name", "task__name",
    "member__name",
)  # fmt: skip


class Tagged(models.TextChoices):
    """How the tags that are asked for are meant; any of them, unless said otherwise."""

    ALL = "all", _("All of them")
    NONE = "none", _("None of them")
    WITHOUT = "without", _("No tag at all")


class _TagsFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = TagsField


def carrying(entries: QuerySet[Any], tag_ids: Collection[int], tagged: str) -> QuerySet[Any]:
    """Those with any of the tags, or as `tagged` says. A merged tag means the one it is now."""
    worn = EntryTag.objects.filter(time_entry=OuterRef("pk")).order_by()
    if tagged == Tagged.WITHOUT:
        return entries.filter(~Exists(worn))
    if not tag_ids:
        return entries
    if tagged == Tagged.ALL:
        for tag_id in sorted(tag_ids):
            entries = entries.filter(Exists(worn.filter(tag__in=_meant([tag_id]))))
        return entries
    of_these = Exists(worn.filter(tag__in=_meant(tag_ids)))
    return entries.filter(~of_these if tagged == Tagged.NONE else of_these)


def _meant(tag_ids: Collection[int]) -> QuerySet[Any]:
    found = Tag.objects.filter(Q(pk__in=tag_ids) | Q(merged_from__in=tag_ids))
    return found.order_by().values("pk")


class EntryFilter(CustomFilters, WorkFilter):
    REGISTERS: ClassVar = {**WorkFilter.REGISTERS, "task": Task}
    SEARCH = "timesheets:entry_search"

    q = CustomSearchFilter(*SEARCHED)
    task = IdFilter(field_name="task_id", label=_("Task"))
    tags = _TagsFilter(label=_("Tags"), method="leave")
    tagged = django_filters.ChoiceFilter(
        label=_("With"),
        choices=Tagged.choices,
        empty_label=_("Any of them"),
        method="leave",
    )

    class Meta:
        model = TimeEntry
        fields = [
            "q", "start", "end", "person", "customer", "project", "task", "tags", "tagged",
            "billable", "state",
        ]  # fmt: skip

    def __init__(
        self, data: QueryDict, *args: Any, columns: Columns | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, **kwargs)
        # Whoever selects hours by the list's query string selects what the list shows.
        if columns is None and any(name == "q" or name.startswith(PREFIX) for name in data):
            columns = all_columns("hours", "time_entry")
        self.add_custom_filters(columns or Columns("hours", [], []))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Tags and how they are meant are one filter."""
        found: QuerySet[Any] = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data.get("tags")
        ids = chosen.ids if chosen else ()
        return carrying(found, ids, self.form.cleaned_data.get("tagged") or "")

    def leave(self, rows: QuerySet[Any], _name: str, _value: Any) -> QuerySet[Any]:
        return rows

    def rows_to_name(self) -> dict[str, QuerySet[Any]]:
        also = ids_in(self.data.getlist("tags"))
        return {**super().rows_to_name(), "tags": offered_tags(also=also, archived=True)}

    def take_names(self, found: dict[str, list[tuple[int, str]]]) -> None:
        fields = self.form.fields
        named = sorted(found.get("tags", []), key=lambda tag: tag[1].casefold())
        fields["tags"].carry([(pk, name, "") for pk, name in named], archived=True)
        if not fields["tags"].has_choices and not self.data.get("tagged"):
            # Nobody uses them here.
            for name in ("tags", "tagged"):
                fields[name].widget = forms.MultipleHiddenInput()

    @staticmethod
    def completed(data: QueryDict) -> QueryDict:
        """Without any day asked for, this month too."""
        filled = WorkFilter.completed(data)
        if not (data.get("start") or data.get("end")):
            month = month_of(timezone.localdate())
            filled["start"], filled["end"] = month.start.isoformat(), month.end.isoformat()
        return filled

    @property
    def is_narrowed(self) -> bool:
        """Whether something besides the period is asked for."""
        return any(
            value
            for name, value in self.asked.items()
            if name.startswith(PREFIX) or (name in self.filters and name not in ("start", "end"))
        )

    @property
    def whatever_the_state(self) -> QuerySet[Any]:
        """What is asked for without regard to billing: of what the shown hours are a part."""
        data = self.data.copy()
        data["state"] = ALL_STATES
        found: QuerySet[Any] = EntryFilter(
            data, queryset=self.queryset, columns=self.custom_columns
        ).qs
        return found


class WorkReportFilter(EntryFilter):
    """The same hours whatever their state, which is what the report tells apart."""

    billable = None
    state = None
    group = django_filters.ChoiceFilter(
        label=_("By"),
        choices=[(one.value, one.label) for one in Dimension if one != Dimension.DAY],
        empty_label=None,
        method="leave",
    )

    class Meta:
        model = TimeEntry
        fields = [
            "group", "q", "start", "end", "person", "customer", "project", "task", "tags", "tagged",
        ]  # fmt: skip

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("group", Dimension.PROJECT.value)
        super().__init__(asked, *args, **kwargs)
        self.asked = data

    @property
    def dimension(self) -> Dimension:
        """What the hours are summed up by."""
        return Dimension(self.form.cleaned_data.get("group") or Dimension.PROJECT)
