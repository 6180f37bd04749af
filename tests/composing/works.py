"""Entries and rules for tests that need no database."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.models import TaxRate
from invoicing.domain.composing.options import LineOptions
from invoicing.domain.composing.planning import PlannedLine, Rules, Work, plan_lines
from invoicing.domain.composing.rounding import NONE, Rounding

FULL = TaxRate(pk=1, tenant_id=1, percent=Decimal("25.5"), category="S", revenue_account="3000")
REDUCED = TaxRate(pk=2, tenant_id=1, percent=Decimal(10), category="S", revenue_account="3010")
PROJECTS = {1: "Website", 2: "Audit"}
PEOPLE = {1: "Aino", 2: "Pekka"}
TASKS = {None: "", 1: "Design", 2: "Tests"}
_ids = iter(range(1, 10**9))


def work(minutes: int = 60, **told: Any) -> Work:
    """On 5 October 2026, by Aino, on the website, at 100 an hour, unless told otherwise."""
    project, member, task = told.pop("project", 1), told.pop("member", 1), told.pop("task", None)
    day = told.pop("day", 5)
    return Work(
        id=told.pop("id", None) or next(_ids),
        project_id=project,
        member_id=member,
        task_id=task,
        work_date=day if isinstance(day, date) else date(2026, 10, day),
        minutes=minutes,
        rate=Decimal(told.pop("rate", "100")),
        project=PROJECTS[project],
        project_number=f"P-{project}",
        order=told.pop("order", ""),
        customer="Metsä Oy",
        task=TASKS[task],
        person=PEOPLE[member],
        description=told.pop("description", ""),
        **told,
    )


def plan(
    works: list[Work],
    options: LineOptions,
    *,
    currency: str = "EUR",
    language: str = "en",
    taxes: Mapping[int, TaxRate] | None = None,
    roundings: Mapping[int, Rounding] | None = None,
    hours_per_day: str = "8",
) -> list[PlannedLine]:
    return plan_lines(
        works,
        options,
        Rules(
            currency=currency,
            language=language,
            tax_rate=lambda project: (taxes or {}).get(project, FULL),
            rounding=lambda project: (roundings or {}).get(project, NONE),
            hours_per_day=Decimal(hours_per_day),
        ),
    )
