"""Writing hours: one entry, or many at once, with everything that must hold of them.

The person's row is locked first, then the entries: so two writers cannot fill one day twice, and
a lock of the period comes wholly before or wholly after.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from customers.domain import custom_fields
from customers.models import Project
from tenants import audit
from tenants.audit import changes_to, log
from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets import errors, order_errors
from timesheets.domain import checks
from timesheets.domain.access import may_set_rate, may_write
from timesheets.domain.deleting import delete_rows
from timesheets.domain.holding import hold_hours
from timesheets.domain.rates import FoundRate, RateBook
from timesheets.domain.tags import wearing
from timesheets.domain.tags.choosing import ChosenTags
from timesheets.models import RateLevel, ServiceOrder, Task, TimeEntry


class Changes(TypedDict, total=False):
    """`rate` set by hand; None finds it anew. Left out, it stays, unless the work moves."""

    member: Membership
    project: Project
    task: Task | None
    work_date: date
    minutes: int
    start_time: time | None
    end_time: time | None
    description: str
    is_billable: bool
    rate: Decimal | None
    custom_values: Mapping[str, Any]
    tags: ChosenTags


_MOVES = ("member", "project", "task")
_CLOCK = ("minutes", "start_time", "end_time")


@transaction.atomic
def record_entry(
    *,
    actor: Membership,
    member: Membership,
    project: Project,
    work_date: date,
    minutes: int,
    task: Task | None = None,
    start_time: time | None = None,
    end_time: time | None = None,
    description: str = "",
    is_billable: bool | None = None,
    rate: Decimal | None = None,
    custom_values: Mapping[str, Any] | None = None,
    book: RateBook | None = None,
    service_order: ServiceOrder | None = None,
    tags: ChosenTags | None = None,
) -> TimeEntry:
    """Write an entry. Its rate is found now and kept, unless one is given by hand; unless said,
    it is billable where project and task are."""
    if is_billable is None:
        is_billable = checks.billable_by_default(project, task)
    entry = TimeEntry(
        member=member,
        project=project,
        task=task,
        work_date=work_date,
        minutes=minutes,
        start_time=start_time,
        end_time=end_time,
        description=description.strip(),
        is_billable=is_billable,
        created_by=actor.user,
        custom_values=custom_fields.for_new("time_entry", custom_values),
        service_order=service_order,
    )
    hold_people([member.pk])
    _check_new(entry, actor)
    checks.check_billable(entry, actor)
    _price(entry, rate, actor, book)
    entry.save(force_insert=True)
    about = _about(entry)
    if tags:
        about["tags"] = ", ".join(wearing.put_on_new(entry, tags, actor=actor))
    log("hours.recorded", entry, actor=actor.user, **about)
    return entry


def change_entry(entry_id: int, *, actor: Membership, **changes: Unpack[Changes]) -> TimeEntry:
    return change_entries([entry_id], actor=actor, **changes)[0]


@transaction.atomic
def change_entries(
    entry_ids: Collection[int], *, actor: Membership, **changes: Unpack[Changes]
) -> list[TimeEntry]:
    """Change all of them alike, or none: the first that cannot be is the refusal."""
    member = changes.get("member")
    fields = custom_fields.held_fields("time_entry") if changes.get("custom_values") else {}
    chosen = changes.pop("tags", None)
    entries = _claim(
        entry_ids, actor, also=[member.pk] if member else [], takes_turns=chosen is not None
    )
    retagged = {} if chosen is None else wearing.exchange(entries, chosen, actor=actor)
    book = RateBook.load() if {"rate", "work_date", *_MOVES} & changes.keys() else None
    records = []
    for entry in entries:
        changed = _change(entry, dict(changes), actor, book)
        columns = [*changed, "custom_values", "updated_at"]
        changed |= custom_fields.change_values(entry, fields, changes.get("custom_values", {}))
        if entry.pk in retagged:
            changed["tags"] = retagged[entry.pk]
        if changed:
            entry.save(update_fields=columns)
            records.append(
                audit.entry(
                    "hours.changed", entry, actor=actor.user, **_about(entry), changes=changed
                )
            )
    audit.write(records)
    return entries


def delete_entry(entry_id: int, *, actor: Membership) -> dict[str, Any]:
    return delete_entries([entry_id], actor=actor)[0]


@transaction.atomic
def delete_entries(entry_ids: Collection[int], *, actor: Membership) -> list[dict[str, Any]]:
    """Delete all of them or none; what is returned brings them back with `restore_entries`."""
    entries = _claim(entry_ids, actor)
    worn = wearing.tags_on([entry.pk for entry in entries])
    kept = [
        {**_remembered(entry), "tags": [tag.pk for tag in worn.get(entry.pk, [])]}
        for entry in entries
    ]
    audit.write(
        audit.entry(
            "hours.deleted",
            entry,
            actor=actor.user,
            **_about(entry),
            description=entry.description,
        )
        for entry in entries
    )
    if not delete_rows(TimeEntry.objects.filter(pk__in=[entry.pk for entry in entries])):
        raise errors.OnceInvoiced
    return kept


@transaction.atomic
def restore_entries(kept: Iterable[dict[str, Any]], *, actor: Membership) -> list[TimeEntry]:
    """Bring deleted entries back as they were, with the rate they had."""
    rows = list(kept)
    hold_people([row["member_id"] for row in rows])
    restored = []
    worn: dict[int, list[int]] = {}
    for row in rows:
        values = dict(row)
        tags = values.pop("tags", [])
        for name, read in (("work_date", date), ("start_time", time), ("end_time", time)):
            values[name] = read.fromisoformat(values[name]) if values[name] else None
        values["rate"] = Decimal(values["rate"]) if values["rate"] is not None else None
        entry = TimeEntry(**values, created_by=actor.user)
        _check_still_possible(entry)
        _check_new(entry, actor)
        entry.save(force_insert=True)
        log("hours.restored", entry, actor=actor.user, **_about(entry))
        restored.append(entry)
        worn[entry.pk] = tags
    wearing.put_back(worn)
    return restored


def _check_still_possible(entry: TimeEntry) -> None:
    """Its file may have been imported again meanwhile, its project or task removed."""
    mark = entry.import_fingerprint
    again = mark and TimeEntry.objects.filter(import_fingerprint=mark).exists()
    task_gone = entry.task_id and not Task.objects.filter(pk=entry.task_id).exists()
    if again or task_gone or not Project.objects.filter(pk=entry.project_id).exists():
        raise errors.CannotComeBack


def hold_people(member_ids: Iterable[int]) -> None:
    """Nobody else writes or locks their hours until the transaction ends."""
    list(
        Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=set(member_ids))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )


def _claim(
    entry_ids: Collection[int],
    actor: Membership,
    also: Collection[int] = (),
    *,
    takes_turns: bool = False,
) -> list[TimeEntry]:
    """The entries, locked together with their people, and free to be changed by the actor.

    Whoever changes tags takes turns with schedules, which ask for them while they take hours.
    """
    wanted = set(entry_ids)
    if takes_turns or len(wanted) > 1:
        hold_hours()
    rows = TimeEntry.objects.filter(pk__in=wanted)
    people = set(rows.order_by().values_list("member_id", flat=True))
    hold_people(people | set(also))
    entries = list(
        rows.select_related("member", "project__customer", "task")
        .select_for_update(of=("self",))
        .order_by("work_date", "pk")
    )
    # Somebody else deleted one, or gave it to another person, between the two questions.
    if len(entries) < len(wanted) or any(entry.member_id not in people for entry in entries):
        raise errors.EntryGone
    for entry in entries:
        if not may_write(actor, member_id=entry.member_id, project=entry.project):
            raise errors.NotYourProject
        checks.check_free(entry, reader=actor)
    checks.check_unchecked(entries, "hours")
    return entries


def _check_new(entry: TimeEntry, actor: Membership) -> None:
    checks.check_day(entry.work_date, today=timezone.localdate())
    checks.check_times(entry)
    if not may_write(actor, member_id=entry.member_id, project=entry.project):
        raise errors.NotYourProject
    checks.check_person(entry.member)
    checks.check_place(entry.project, entry.task)
    checks.check_project_runs(entry.project, entry.work_date)
    checks.check_lock(entry.member, entry.project, entry.work_date)
    checks.check_day_sum(entry.member, entry.work_date, added=entry.minutes, without=[])


def _change(
    entry: TimeEntry, values: dict[str, Any], actor: Membership, book: RateBook | None
) -> dict[str, list[str]]:
    before = {name: getattr(entry, name) for name in (*_MOVES, *_CLOCK, "work_date")}
    values.pop("custom_values", None)
    rate_asked, rate = "rate" in values, values.pop("rate", None)
    if "description" in values:
        values["description"] = values["description"].strip()
    if "project" in values and "task" not in values:
        _keep_task_if_it_fits(entry, values)
    if "is_billable" not in values and {"project", "task"} & values.keys():
        values["is_billable"] = billable_after_move(
            entry, values.get("project", entry.project), values.get("task", entry.task)
        )
    currency = entry.project.customer.currency
    changed = changes_to(entry, values)
    _check_changed(entry, before, actor)
    if "is_billable" in changed:
        checks.check_billable(entry, actor)
    moved = any(name in changed for name in _MOVES)
    if "work_date" in changed and not moved:
        # Another day alone keeps the rate, unless rates changed between the two.
        moved = _find_rate(entry, before["work_date"], book) != _find_rate(
            entry, entry.work_date, book
        )
    by_hand = entry.rate_level == RateLevel.MANUAL and (currency == entry.project.customer.currency)
    if rate_asked or (moved and not by_hand):
        old = (entry.rate, entry.rate_level)
        _price(entry, rate, actor, book)
        if old != (entry.rate, entry.rate_level):
            changed["rate"] = [str(old[0]), str(entry.rate)]
            changed["rate_level"] = [str(old[1]), str(entry.rate_level)]
    return changed


def billable_after_move(entry: TimeEntry, project: Project, task: Task | None) -> bool:
    """What project and task said follows them; what somebody decided otherwise stays."""
    decided = entry.is_billable != checks.billable_by_default(entry.project, entry.task)
    return entry.is_billable if decided else checks.billable_by_default(project, task)


def _keep_task_if_it_fits(entry: TimeEntry, values: dict[str, Any]) -> None:
    task = entry.task
    if task is not None and task.project_id not in (None, values["project"].pk):
        values["task"] = None


def _check_changed(entry: TimeEntry, before: dict[str, Any], actor: Membership) -> None:
    """Only what has changed: an old entry on an archived project may still be corrected."""
    if any(getattr(entry, name) != before[name] for name in _CLOCK):
        checks.check_times(entry)
    new_day = entry.work_date != before["work_date"]
    new_person = entry.member != before["member"]
    new_project = entry.project != before["project"]
    if new_day:
        checks.check_day(entry.work_date, today=timezone.localdate())
    if new_person:
        checks.check_person(entry.member)
    if new_project and entry.service_order is not None:
        raise order_errors.WorkStaysWithOrder(order=entry.service_order.label)
    if new_project or entry.task != before["task"]:
        checks.check_place(entry.project, entry.task)
    if new_day or new_project:
        checks.check_project_runs(entry.project, entry.work_date)
    if not may_write(actor, member_id=entry.member_id, project=entry.project):
        raise errors.NotYourProject
    if new_day or new_project or new_person:
        checks.check_lock(entry.member, entry.project, entry.work_date)
    if new_day or new_person or entry.minutes > before["minutes"]:
        checks.check_day_sum(entry.member, entry.work_date, added=entry.minutes, without=[entry.pk])


def _price(
    entry: TimeEntry, rate: Decimal | None, actor: Membership, book: RateBook | None
) -> None:
    if rate is not None:
        checks.check_rate(rate)
        if not may_set_rate(actor, entry.project):
            raise errors.RateNotYours
        found = FoundRate(rate, RateLevel.MANUAL)
    else:
        found = _find_rate(entry, entry.work_date, book)
    entry.rate, entry.rate_level = found.amount, found.level


def _find_rate(entry: TimeEntry, day: date, book: RateBook | None) -> FoundRate:
    return (book or RateBook.load()).find(
        member_id=entry.member_id,
        project_id=entry.project_id,
        customer_id=entry.project.customer_id,
        task_id=entry.task_id,
        currency=entry.project.customer.currency,
        day=day,
    )


def _about(entry: TimeEntry) -> dict[str, Any]:
    return {
        "person": entry.member.name,
        "project": entry.project.name,
        "date": entry.work_date.isoformat(),
        "minutes": entry.minutes,
    }


_REMEMBERED = (
    "member_id", "project_id", "task_id", "minutes", "description", "is_billable", "rate_level",
    "import_fingerprint", "time_import_id", "custom_values", "service_order_id",
)  # fmt: skip


def _remembered(entry: TimeEntry) -> dict[str, Any]:
    """Everything the entry said, in what JSON can hold."""
    kept: dict[str, Any] = {name: getattr(entry, name) for name in _REMEMBERED}
    for name in ("work_date", "start_time", "end_time"):
        value = getattr(entry, name)
        kept[name] = value.isoformat() if value else None
    kept["rate"] = str(entry.rate) if entry.rate is not None else None
    return kept
