"""What a schedule asks for, as its runs keep it, and for whom that is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from core.periods import Period
from customers.models import Customer, Project
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.schedules.kinds import Kinds, Place
from invoicing.models import Schedule
from timesheets.domain.tags.choosing import followed


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Copied when a run begins, so that it does what was asked then. `customers` and the others
    count where `whom` is not all."""

    kinds: tuple[str, ...]
    by: str
    result: str
    only_period: bool = False
    only_locked: bool = False
    options: LineOptions = STANDARD
    whom: str = Schedule.Whom.ALL.value
    customers: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()
    # Only hours that carry one of them; none: all hours.
    tags: tuple[int, ...] = ()

    @classmethod
    def of(cls, schedule: Schedule) -> "Asked":
        targets = schedule.targets.values_list("customer_id", "group_id", "project_id")
        chosen = [sorted(filter(None, column)) for column in zip(*targets, strict=True)]
        customers, groups, projects = chosen or ([], [], [])
        return cls(
            kinds=tuple(schedule.kinds),
            by=schedule.by,
            result=schedule.result,
            only_period=schedule.only_period,
            only_locked=schedule.only_locked,
            options=LineOptions.from_json(schedule.options),
            whom=schedule.whom,
            customers=tuple(customers),
            groups=tuple(groups),
            projects=tuple(projects),
            tags=tuple(sorted(schedule.tag_links.values_list("tag_id", flat=True))),
        )

    @property
    def is_for_nobody(self) -> bool:
        chosen = self.customers or self.groups or self.projects
        return self.whom == Schedule.Whom.CHOSEN and not chosen

    def days_of(self, period: Period) -> Period:
        """Those whose open work is invoiced with the period: also what came too late for one before
        it, unless the schedule leaves that out."""
        return period if self.only_period else Period(date.min, period.end)

    def without_posting(self) -> "Asked":
        return replace(self, result=Schedule.Result.DRAFT.value)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "options": self.options.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Asked":
        # Runs that began before this was asked took their own period.
        values = {"only_period": True, "tags": (), **values}
        lists = ("kinds", "customers", "groups", "projects", "tags")
        return cls(
            **{
                **values,
                **{name: tuple(values[name]) for name in lists},
                "options": LineOptions.from_json(values["options"]),
            }
        )


class Targets:
    """Whose work it is, read once."""

    def __init__(self, asked: Asked) -> None:
        self.is_all = asked.whom == Schedule.Whom.ALL
        self.customers: set[int] = set()
        self.projects: set[int] = set()
        if not self.is_all:
            of_groups = Customer.objects.filter(group__in=asked.groups).order_by()
            self.customers = {*asked.customers, *of_groups.values_list("pk", flat=True)}
            # One of a customer who is chosen as a whole says nothing more.
            single = Project.objects.filter(pk__in=asked.projects).order_by()
            others = single.exclude(customer__in=self.customers)
            self.projects = set(others.values_list("pk", flat=True))

    def has_whole(self, customer_id: int) -> bool:
        return self.is_all or customer_id in self.customers

    def has(self, place: Place) -> bool:
        customer_id, project_id = place
        return self.has_whole(customer_id) or project_id in self.projects


def kinds_of(asked: Asked) -> Kinds:
    """A tag that was merged since means the one it is now; one that is gone nothing."""
    return Kinds.of(asked.kinds, tags=followed(asked.tags) or asked.tags)
