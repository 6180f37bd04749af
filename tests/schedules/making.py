"""Schedules and customers with work, for tests."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from core.periods import Period
from customers.models import Customer
from invoicing.domain.schedules.editing import ScheduleWords, add_schedule
from invoicing.domain.schedules.starting import run_now
from invoicing.domain.schedules.working import work_run
from invoicing.models import InvoicingRun, Schedule
from tenants.models import Membership, User
from tenants.scope import current_tenant_id
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TimeEntryFactory,
)

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def words(**told: Any) -> ScheduleWords:
    usual: dict[str, Any] = {
        "name": "Monthly invoices",
        "kinds": ("hours", "charges"),
        "every": "month",
        "covers": "previous",
        "day": 1,
        "at": time(6),
        "working_days": "next",
        "by": "customer",
        "result": "draft",
    }
    return ScheduleWords(**{**usual, **told})


def schedule_of(actor: Membership, **told: Any) -> Schedule:
    return add_schedule(words(**told), actor=actor, now=NOW)


def customer_with_hours(
    name: str, minutes: Iterable[int] = (60,), *, day: date = date(2026, 10, 5), **fields: Any
) -> Customer:
    """Hours at 100 an hour on one project, by one person."""
    customer = CustomerFactory(name=name, **fields)
    project = ProjectFactory(customer=customer, name=f"{name}'s site")
    member = MembershipFactory()
    for long in minutes:
        TimeEntryFactory(project=project, member=member, minutes=long, work_date=day)
    return customer


def started(
    schedule: Schedule, actor: User, period: Period = OCTOBER, *, is_trial: bool = False
) -> InvoicingRun:
    """No worker is at it yet."""
    return run_now(schedule, period, actor=actor, token=uuid4(), is_trial=is_trial)


def done(run: InvoicingRun) -> InvoicingRun:
    with patch("invoicing.tasks.work_invoicing_run.delay"):
        work_run(current_tenant_id(), run.pk)
    run.refresh_from_db()
    return run


def run_of(
    schedule: Schedule, actor: Membership, period: Period = OCTOBER, *, is_trial: bool = False
) -> InvoicingRun:
    assert actor.user is not None
    return done(started(schedule, actor.user, period, is_trial=is_trial))


def outcomes(run: InvoicingRun) -> list[tuple[str, str, str]]:
    return list(run.items.order_by("position").values_list("name", "outcome", "reason"))
