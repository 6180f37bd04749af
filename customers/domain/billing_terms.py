"""The billing terms that count for a project's work: a pure function of the three levels."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from customers.models import Customer, Project
from tenants.billing_terms import (
    BillingRounding,
    BillingTerms,
    RoundingDirection,
    RoundingPer,
    UsageGrouping,
)
from tenants.models import Tenant

USUAL_HOURS_PER_DAY = Decimal(8)


class Level(StrEnum):
    """Where a term was found, the nearest first."""

    PROJECT = "project"
    CUSTOMER = "customer"
    TENANT = "tenant"
    USUAL = "usual"


@dataclass(frozen=True)
class Sources:
    """Which level decided each term."""

    rounding: Level = Level.USUAL
    minimum_minutes: Level = Level.USUAL
    hours_per_day: Level = Level.USUAL
    usage_grouping: Level = Level.USUAL


@dataclass(frozen=True)
class Terms:
    """What counts. With `rounding_minutes` 0 nothing is rounded, whatever the next two say."""

    rounding_minutes: int = 0
    direction: RoundingDirection = RoundingDirection.UP
    per: RoundingPer = RoundingPer.ENTRY
    minimum_minutes: int = 0
    hours_per_day: Decimal = USUAL_HOURS_PER_DAY
    usage_grouping: UsageGrouping = UsageGrouping.DESTINATION
    sources: Sources = field(default=Sources(), compare=False)


def terms_of(
    *, project: Project | None = None, customer: Customer | None = None, tenant: Tenant
) -> Terms:
    """Each term from the nearest level that sets it; minutes, direction and share as one."""
    if customer is None and project is not None:
        customer = project.customer
    values: dict[str, Any] = {}
    sources: dict[str, Level] = {}
    levels: tuple[tuple[Level, BillingRounding | None], ...] = (
        (Level.PROJECT, project),
        (Level.CUSTOMER, customer),
        (Level.TENANT, tenant),
    )
    for level, row in levels:
        if row is None:
            continue
        if "rounding" not in sources and row.rounding_minutes is not None:
            sources["rounding"] = level
            values["rounding_minutes"] = row.rounding_minutes
            if row.rounding_minutes:
                values["direction"] = RoundingDirection(row.rounding_direction)
                values["per"] = RoundingPer(row.rounding_per)
        if "minimum_minutes" not in sources and row.minimum_minutes is not None:
            sources["minimum_minutes"] = level
            values["minimum_minutes"] = row.minimum_minutes
        if not isinstance(row, BillingTerms):
            continue
        if "hours_per_day" not in sources and row.hours_per_day is not None:
            sources["hours_per_day"] = level
            values["hours_per_day"] = row.hours_per_day
        if "usage_grouping" not in sources and row.usage_grouping:
            sources["usage_grouping"] = level
            values["usage_grouping"] = UsageGrouping(row.usage_grouping)
    return Terms(**values, sources=Sources(**sources))
