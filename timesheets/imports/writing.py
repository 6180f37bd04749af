"""From a plan to entries: one transaction, all of it or nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.domain import custom_fields
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.domain.tags.choosing import held_as
from timesheets.imports.creating import create_names
from timesheets.imports.errors import RowsRefused
from timesheets.imports.identity import fingerprint
from timesheets.imports.names import Kind, NewName, Reference
from timesheets.imports.options import ImportOptions
from timesheets.imports.plan import Plan, PlannedRow, Progress, plan_import
from timesheets.imports.rows import RowProblem
from timesheets.models import BillingState, EntryTag, TimeEntry, TimeImport

_BATCH = 2_000


@dataclass(slots=True)
class Written:
    """What an import did."""

    entries: int = 0
    minutes: int = 0
    without_rate: int = 0
    billed_elsewhere: int = 0
    known: int = 0
    tags_left_off: list[str] = field(default_factory=list)
    created: dict[str, list[str]] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    first_date: date | None = None
    last_date: date | None = None

    @property
    def left_out(self) -> int:
        return len({problem.line for problem in self.problems})

    def as_json(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "minutes": self.minutes,
            "without_rate": self.without_rate,
            "billed_elsewhere": self.billed_elsewhere,
            "already_imported": self.known,
            "left_out": self.left_out,
            "created": self.created,
            "tags_left_off": self.tags_left_off,
            "first_date": self.first_date.isoformat() if self.first_date else None,
            "last_date": self.last_date.isoformat() if self.last_date else None,
        }


@transaction.atomic
def import_time(
    file: BinaryIO,
    *,
    time_import: TimeImport,
    options: ImportOptions,
    create: Collection[str] | None,
    skip_bad: bool,
    today: date,
    actor: User | None,
    progress: Progress | None = None,
) -> tuple[Plan, Written]:
    """Write the file's work as time entries. `create` names what may be made new, None all of it.

    Raises RowsRefused while a row is bad, unless `skip_bad`: then the others are written.
    """
    progress = progress or Progress()
    _one_import_at_a_time()
    plan = plan_import(file, options=options, today=today, progress=progress, hold=True)
    ready, problems = plan.split(create)
    if problems and not skip_bad:
        raise RowsRefused(plan=plan, problems=problems)
    left_off = plan.tags_left_off(create)
    new = {name for row in ready for name in (*row.needs, *row.new_tags)}
    ids = create_names(new - left_off, actor=actor)
    written = Written(
        known=plan.known,
        problems=problems,
        created=_by_kind(ids),
        tags_left_off=sorted(name.name for name in new & left_off),
    )
    tags = _held_tags(ready, ids)
    progress.start(_("Writing"), len(ready))
    time_import.program = plan.source.dialect.title
    entries = _entries(
        ready,
        ids,
        time_import=time_import,
        actor=actor,
        written=written,
        billed_note=_billed_note(plan),
    )
    while batch := list(islice(entries, _BATCH)):
        TimeEntry.objects.bulk_create(entry for entry, _planned in batch)
        EntryTag.objects.bulk_create(
            EntryTag(tenant_id=entry.tenant_id, time_entry_id=entry.pk, tag_id=tag_id)
            for entry, planned in batch
            for tag_id in sorted({tags[tag] for tag in planned.tags if tag in tags})
        )
        progress.at(written.entries)
    _finish(time_import, written)
    log("hours.imported", time_import, actor=actor, **written.as_json())
    return plan, written


def _held_tags(rows: list[PlannedRow], ids: dict[NewName, int]) -> dict[Reference, int]:
    """What each tag of the rows is, kept from being merged or deleted until they are written; those
    that are left off are missing."""
    used = {tag for row in rows for tag in row.tags}
    there = held_as(tag for tag in used if isinstance(tag, int))
    found: dict[Reference, int] = {asked: tag.pk for asked, tag in there.items()}
    return found | {tag: ids[tag] for tag in used if isinstance(tag, NewName) and tag in ids}


def _one_import_at_a_time() -> None:
    """Two imports of one file must see each other's rows; the key is free for this use only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('timesheets.import', %s))",
            [current_tenant_id()],
        )


def _by_kind(ids: dict[NewName, int]) -> dict[str, list[str]]:
    created: dict[str, list[str]] = {kind.value: [] for kind in Kind}
    for name in ids:
        created[name.kind].append(name.name)
    return {kind: sorted(names) for kind, names in created.items() if names}


def _billed_note(plan: Plan) -> str:
    if plan.source.dialect.name == "plain":
        return _("Billed elsewhere")
    return _("Billed elsewhere: %(program)s") % {"program": plan.source.dialect.title}


def _entries(
    rows: list[PlannedRow],
    ids: dict[NewName, int],
    *,
    time_import: TimeImport,
    actor: User | None,
    written: Written,
    billed_note: str,
) -> Iterator[tuple[TimeEntry, PlannedRow]]:
    tenant_id = current_tenant_id()
    actor_id = actor.pk if actor else None
    own_fields = custom_fields.for_new("time_entry")

    def pk(reference: Reference) -> int:
        return reference if isinstance(reference, int) else ids[reference]

    for planned in rows:
        row, place = planned.row, planned.place
        member_id = pk(planned.person)
        billable = place.is_billable if row.billable is None else row.billable
        elsewhere = billable and row.billed_elsewhere
        written.entries += 1
        written.minutes += row.minutes
        written.billed_elsewhere += elsewhere
        written.without_rate += billable and not elsewhere and planned.found_rate.amount is None
        written.first_date = min(written.first_date or row.work_date, row.work_date)
        written.last_date = max(written.last_date or row.work_date, row.work_date)
        entry = TimeEntry(
            tenant_id=tenant_id,
            member_id=member_id,
            project_id=pk(place.project),
            task_id=pk(place.task) if place.task is not None else None,
            work_date=row.work_date,
            minutes=row.minutes,
            start_time=row.start,
            end_time=row.end,
            description=row.description,
            is_billable=billable,
            rate=planned.found_rate.amount,
            rate_level=planned.found_rate.level,
            billing_state=BillingState.BILLED if elsewhere else BillingState.OPEN,
            billing_note=billed_note if elsewhere else "",
            import_fingerprint=fingerprint(member_id, planned.says, planned.copy),
            time_import_id=time_import.pk,
            created_by_id=actor_id,
            custom_values=own_fields | dict(row.own),
        )
        yield entry, planned


def _finish(time_import: TimeImport, written: Written) -> None:
    time_import.state = TimeImport.State.DONE
    time_import.content = None
    time_import.result = written.as_json()
    time_import.finished_at = timezone.now()
    time_import.save()
