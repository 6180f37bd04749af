"""Which runs of a schedule come next, also after its rhythm was changed."""

from collections.abc import Iterator
from datetime import datetime

from core.periods import Period
from invoicing.domain.schedules.timing import (
    Occurrence,
    Rhythm,
    occurrence_after,
    occurrence_in,
    occurrences,
    rhythm_of,
    unit_of,
)
from invoicing.models import InvoicingRun, Schedule
from tenants.models import Tenant


def coming(
    kept: Schedule | None, rhythm: Rhythm, tenant: Tenant, *, now: datetime
) -> Iterator[Occurrence]:
    """The runs to come of a schedule with this rhythm, without an end; `kept` is the schedule as it
    was before, if there was one.

    What is due by now stays due, whatever is changed. A period that it has run for by its clock is
    not run for again because its day was moved.
    """
    if kept is None:
        yield from occurrences(rhythm, after=now)
    elif kept.next_date and (_is_due(kept, now) or rhythm_of(kept, tenant) == rhythm):
        found = occurrence_in(rhythm, unit_of(rhythm, kept.next_date))
        while True:
            yield found
            found = occurrence_after(rhythm, found.named_date)
    else:
        done = _periods_done(kept)
        for found in occurrences(rhythm, after=now):
            if found.period not in done:
                yield found


def aim_at(schedule: Schedule, occurrence: Occurrence) -> None:
    """Its next run; the schedule is not saved."""
    schedule.next_date, schedule.next_run_at = occurrence.named_date, occurrence.run_at


def _is_due(kept: Schedule, now: datetime) -> bool:
    return kept.next_run_at is not None and kept.next_run_at <= now


def _periods_done(kept: Schedule) -> set[Period]:
    """The latest: the next one is after now, and so is no older one."""
    runs = InvoicingRun.objects.filter(
        schedule=kept, is_trial=False, cause=InvoicingRun.Cause.SCHEDULE, refusal=""
    )
    days = runs.order_by("-end_date", "-pk").values_list("start_date", "end_date")
    return {Period(*ends) for ends in days[:12]}
