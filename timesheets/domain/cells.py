"""The cells of the week grid: a person's hours on one project and task on one day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.db import transaction

from core.templatetags.figures import hours
from customers.models import Project
from tenants.models import Membership
from timesheets import errors
from timesheets.domain.access import may_write
from timesheets.domain.entries import (
    Changes,
    change_entries,
    change_entry,
    delete_entry,
    hold_people,
    record_entry,
)
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, Task, TimeEntry


@dataclass(frozen=True, kw_only=True)
class CellChange:
    """What was typed into a cell, and what the cell held when it was shown.

    `minutes` None empties it; `description` and `is_billable` None leave them as they are.
    """

    project: Project
    task: Task | None
    day: date
    minutes: int | None
    shown_entry_id: int | None
    shown_minutes: int
    description: str | None = None
    is_billable: bool | None = None


class CellsRefused(errors.HoursRefused):
    """Nothing was written. `refusals` says why, by the number of the change."""

    def __init__(self, refusals: dict[int, errors.HoursRefused]) -> None:
        super().__init__()
        self.refusals = refusals


@transaction.atomic
def write_cell(change: CellChange, *, actor: Membership, member: Membership) -> TimeEntry | None:
    """Write one cell; saying the same thing twice writes once."""
    # First: the other refusals tell what the cell holds.
    if not may_write(actor, member_id=member.pk, project=change.project):
        raise errors.NotYourProject
    hold_people([member.pk])
    entries = list(
        TimeEntry.objects.filter(
            member=member, project=change.project, task=change.task, work_date=change.day
        )
    )
    if len(entries) > 1 or any(entry.start_time or entry.end_time for entry in entries):
        raise errors.CellHoldsSeveral
    if not entries:
        return _fill(change, actor, member)
    [entry] = entries
    _check_shown(change, entry)
    if change.minutes is None:
        delete_entry(entry.pk, actor=actor)
        return None
    values: Changes = {"minutes": change.minutes}
    if change.description is not None:
        values["description"] = change.description
    if change.is_billable is not None:
        values["is_billable"] = change.is_billable
    return change_entry(entry.pk, actor=actor, **values)


def _fill(change: CellChange, actor: Membership, member: Membership) -> TimeEntry | None:
    if change.minutes is None:
        return None
    return record_entry(
        actor=actor,
        member=member,
        project=change.project,
        task=change.task,
        work_date=change.day,
        minutes=change.minutes,
        description=change.description or "",
        is_billable=change.is_billable,
    )


def _check_shown(change: CellChange, entry: TimeEntry) -> None:
    """A repeated request finds what the first one wrote, and that is no quarrel."""
    if change.minutes == entry.minutes:
        return
    if (change.shown_entry_id, change.shown_minutes) != (entry.pk, entry.minutes):
        raise errors.CellChanged(hours=hours(entry.minutes))


@transaction.atomic
def write_cells(changes: Iterable[CellChange], *, actor: Membership, member: Membership) -> int:
    """Write all of them or none, and say of each that is refused why."""
    hold_hours()
    refusals: dict[int, errors.HoursRefused] = {}
    written = 0
    for number, change in enumerate(changes):
        try:
            write_cell(change, actor=actor, member=member)
            written += 1
        except errors.HoursRefused as refused:
            refusals[number] = refused
    if refusals:
        raise CellsRefused(refusals)
    return written


@transaction.atomic
def set_row_billable(
    *,
    actor: Membership,
    member: Membership,
    project: Project,
    task: Task | None,
    days: tuple[date, date],
    is_billable: bool,
) -> list[TimeEntry]:
    """Make the row's hours billable or not; those locked or on documents stay as they are."""
    ids = TimeEntry.objects.filter(
        member=member,
        project=project,
        task=task,
        work_date__range=days,
        is_locked=False,
        billing_state=BillingState.OPEN,
    ).values_list("pk", flat=True)
    return change_entries(cast(list[int], list(ids)), actor=actor, is_billable=is_billable)
