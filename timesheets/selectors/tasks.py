"""Tasks as lists show them: with the hours recorded, and what an hour of them costs today."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import may_edit_tasks, visible_tasks
from timesheets.models import Rate, Task
from timesheets.selectors.rates import where_valid


@dataclass(frozen=True)
class TaskRow:
    task: Any
    may_edit: bool
    rates: list[Rate] = field(default_factory=list)

    @property
    def may_remove(self) -> bool:
        return self.may_edit and not self.task.minutes and not self.task.has_rates


def listed_tasks(reader: Membership) -> QuerySet[Any]:
    """Tasks with their minutes, whether they have rates, and whether they are of one project."""
    rates = Rate.objects.filter(task=OuterRef("pk"))
    return visible_tasks(reader).annotate(
        minutes=Coalesce(Sum("time_entries__minutes"), 0),
        has_rates=Exists(rates),
        of_project=ExpressionWrapper(Q(project__isnull=False), output_field=BooleanField()),
    )


def task_rows(tasks: Iterable[Task], reader: Membership, *, today: date) -> list[TaskRow]:
    """With today's rates, one question for all, for those who set them."""
    shown = list(tasks)
    rates: dict[int, list[Rate]] = defaultdict(list)
    if reader.may(Permission.SET_RATES):
        valid = Rate.objects.filter(where_valid(today), task__in=shown)
        for rate in valid.order_by("currency", "pk"):
            rates[rate.task_id].append(rate)
    return [TaskRow(task, may_edit_tasks(reader, task.project), rates[task.pk]) for task in shown]
