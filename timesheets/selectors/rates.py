"""Rates as lists show them, and why one of them applies to certain work."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from customers.models import Project
from tenants.models import Membership
from timesheets.domain.rates import LEVELS, keys_of
from timesheets.models import Rate, RateLevel, Task

_NAMED = ("customer", "project", "task", "member")


def where_level(level: RateLevel) -> Q:
    """The rates of one level."""
    names: dict[RateLevel, set[str]] = {
        RateLevel.PROJECT_MEMBER: {"project", "member"},
        RateLevel.TASK: {"task"},
        RateLevel.PROJECT: {"project"},
        RateLevel.CUSTOMER: {"customer"},
        RateLevel.MEMBER: {"member"},
        RateLevel.TENANT: set(),
    }
    return Q(**{f"{name}__isnull": name not in names[level] for name in _NAMED})


def listed_rates() -> "QuerySet[Rate]":
    """Rates with their level, numbered from the most specific, and all names they show."""
    rates: QuerySet[Rate] = Rate.objects.select_related(
        "customer", "project__customer", "task__project__customer", "member"
    ).annotate(
        level_order=Case(
            *(When(where_level(level), then=Value(number)) for number, level in enumerate(LEVELS)),
            output_field=IntegerField(),
        )
    )
    return rates


def level_of_rate(rate: Any) -> RateLevel:
    return LEVELS[rate.level_order]


def where_valid(day: date) -> Q:
    return (Q(start_date=None) | Q(start_date__lte=day)) & (Q(end_date=None) | Q(end_date__gte=day))


@dataclass
class Step:
    """One level of the search: the rate that holds on the day, and those that do not count."""

    level: RateLevel
    rate: Rate | None = None
    is_winner: bool = False
    other_days: list[Rate] = field(default_factory=list)
    other_currency: list[Rate] = field(default_factory=list)


@dataclass(frozen=True)
class Explanation:
    steps: list[Step]
    currency: str

    @property
    def winner(self) -> Step | None:
        return next((step for step in self.steps if step.is_winner), None)

    @property
    def amount(self) -> Decimal | None:
        return self.winner.rate.amount if self.winner and self.winner.rate else None


def explain_rate(
    *, member: Membership, project: Project, task: Task | None, day: date
) -> Explanation:
    """Walk the levels as `RateBook` does, keeping what was passed by. One query."""
    currency = project.customer.currency
    keys = keys_of(
        member_id=member.pk,
        project_id=project.pk,
        customer_id=project.customer_id,
        task_id=task.pk if task else None,
        currency=currency,
    )
    steps = {level: Step(level) for level in LEVELS}
    wanted = Q()
    for key in keys.values():
        wanted |= Q(**dict(zip(("customer", "project", "task", "member"), key[:4], strict=True)))
    by_key = {key[:4]: steps[level] for level, key in keys.items()}
    for rate in Rate.objects.filter(wanted).order_by("start_date", "pk"):
        step = by_key[rate.customer_id, rate.project_id, rate.task_id, rate.member_id]
        if rate.currency != currency:
            step.other_currency.append(rate)
        elif (rate.start_date or date.min) <= day <= (rate.end_date or date.max):
            step.rate = rate
        else:
            step.other_days.append(rate)
    for step in steps.values():
        if step.rate is not None:
            step.is_winner = True
            break
    return Explanation(list(steps.values()), currency)
