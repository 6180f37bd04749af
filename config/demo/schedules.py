"""What the example companies invoice by themselves, with a first look at what that would make."""

from datetime import time
from uuid import uuid4

from invoicing.domain.schedules.editing import ScheduleWords, add_schedule
from invoicing.domain.schedules.starting import run_now
from invoicing.domain.schedules.timing import periods_to_run, rhythm_of
from invoicing.models import Schedule
from tenants.models import Membership, Tenant


def add_schedules(tenant: Tenant, *, accountant: Membership) -> None:
    """Drafts of the month's work, and each week of the service orders that are checked."""
    assert accountant.user is not None
    monthly = add_schedule(
        ScheduleWords(
            name="Work of the month", kinds=("hours", "charges", "packages", "usage"), at=time(6)
        ),
        actor=accountant,
    )
    add_schedule(
        ScheduleWords(
            name="Service orders", kinds=("orders",), every=Schedule.Every.WEEK, at=time(6)
        ),
        actor=accountant,
    )
    today = monthly.created_at.date()
    [this_month, *_before] = periods_to_run(rhythm_of(monthly, tenant), today=today, count=1)
    run_now(monthly, this_month, actor=accountant.user, token=uuid4(), is_trial=True)
