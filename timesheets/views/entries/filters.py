"""The query string of the list of hours: `?start=&end=&person=&project=&customer=&task=...`"""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.periods import month_of
from customers.custom_forms import PREFIX
from customers.custom_lists import Columns, CustomFilters, CustomSearchFilter, all_columns
from timesheets.models import Task, TimeEntry
from timesheets.selectors.grouping import Dimension
from timesheets.work_filters import ALL_STATES, IdFilter, WorkFilter

SEARCHED = (
    "description", "project__name", "project__number", "project__customer__name", "task__name",
    "member__name",
)  # fmt: skip


class EntryFilter(CustomFilters, WorkFilter):
    REGISTERS: ClassVar = {**WorkFilter.REGISTERS, "task": Task}
    SEARCH = "timesheets:entry_search"

    q = CustomSearchFilter(*SEARCHED)
    task = IdFilter(field_name="task_id", label=_("Task"))

    class Meta:
        model = TimeEntry
        fields = ["q", "start", "end", "person", "customer", "project", "task", "billable", "state"]

    def __init__(
        self, data: QueryDict, *args: Any, columns: Columns | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, **kwargs)
        # Whoever selects hours by the list's query string selects what the list shows.
        if columns is None and any(name == "q" or name.startswith(PREFIX) for name in data):
            columns = all_columns("hours", "time_entry")
        self.add_custom_filters(columns or Columns("hours", [], []))

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
        fields = ["group", "q", "start", "end", "person", "customer", "project", "task"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("group", Dimension.PROJECT.value)
        super().__init__(asked, *args, **kwargs)
        self.asked = data

    @property
    def dimension(self) -> Dimension:
        """What the hours are summed up by."""
        return Dimension(self.form.cleaned_data.get("group") or Dimension.PROJECT)

    def leave(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return rows
