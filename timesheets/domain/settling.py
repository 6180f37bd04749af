"""What becomes of hours without an invoice of ours: billed elsewhere, written off, billable or not.

Each step takes any number of hours in a few statements. Hours that cannot take it are left out and
named with the reason; `look` says so beforehand, `settle` does exactly what was looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Case, Count, Max, Min, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import errors
from timesheets.domain.access import may_make_billable
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, TimeEntry

LONGEST_NOTE = 200


class Step(models.TextChoices):
    BILLED = "billed", _("Mark as billed elsewhere")
    WRITE_OFF = "write_off", _("Write off")
    FREE = "free", _("Free for billing again")
    BILLABLE = "billable", _("Make billable")
    NOT_BILLABLE = "not_billable", _("Make not billable")

    @property
    def needs_note(self) -> bool:
        return self in (Step.BILLED, Step.WRITE_OFF)


class LeftOut(models.TextChoices):
    """Why an hour does not take the step."""

    NOT_YOURS = "not_yours", _("not on a project of yours, or not yours to decide")
    DRAFTED = "drafted", _("on a draft (take them off there first)")
    INVOICED = "invoiced", _("on an invoice (only a credit note frees them)")
    ELSEWHERE = "elsewhere", _("billed elsewhere already")
    WRITTEN_OFF = "written_off", _("written off already")
    NOT_BILLABLE = "not_billable", _("not billable (make them billable first)")
    LOCKED = "locked", _("locked (unlock them first)")
    INTERNAL = "internal", _("on a project or task that is not billable")
    OPEN = "open", _("open as it is")
    THAT_ALREADY = "that_already", _("as you want them already")


DECIDE_BILLABLE = (Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS)
_PERMISSIONS: dict[Step, tuple[Permission, ...]] = {
    Step.BILLED: (Permission.MARK_BILLED,),
    Step.WRITE_OFF: (Permission.WRITE_OFF,),
    Step.FREE: (Permission.MARK_BILLED, Permission.WRITE_OFF),
    Step.BILLABLE: DECIDE_BILLABLE,
    Step.NOT_BILLABLE: DECIDE_BILLABLE,
}
_OPEN = Q(billing_state=BillingState.OPEN)
_DRAFTED = Q(billing_state=BillingState.DRAFTED)
_INVOICED = Q(billing_state=BillingState.BILLED, billing_note="")
_ELSEWHERE = Q(billing_state=BillingState.BILLED) & ~Q(billing_note="")
_WRITTEN_OFF = Q(billing_state=BillingState.WRITTEN_OFF)


def may_take(step: Step, actor: Membership) -> bool:
    """Whether there can be any hours with which this person takes the step."""
    return any(actor.may(permission) for permission in _PERMISSIONS[step])


def steps_for(entry: TimeEntry, actor: Membership) -> list[Step]:
    """What this person may do with this one entry now."""
    sees = actor.may(Permission.VIEW_HOURS) or entry.project.manager_id == actor.pk
    elsewhere = entry.billing_state == BillingState.BILLED and entry.billing_note
    if entry.billing_state == BillingState.OPEN and entry.is_billable:
        found = [Step.BILLED, Step.WRITE_OFF] if sees else []
        return [
            *(step for step in found if may_take(step, actor)),
            *([Step.NOT_BILLABLE] if may_make_billable(actor, entry.project) else []),
        ]
    if entry.billing_state == BillingState.OPEN:
        return [Step.BILLABLE] if may_make_billable(actor, entry.project) else []
    freed_by = Permission.MARK_BILLED if elsewhere else Permission.WRITE_OFF
    is_settled = elsewhere or entry.billing_state == BillingState.WRITTEN_OFF
    return [Step.FREE] if is_settled and sees and actor.may(freed_by) else []


@dataclass(frozen=True)
class Refused:
    reason: LeftOut
    entries: int
    minutes: int

    @property
    def words(self) -> str:
        return f"{self.entries} {self.reason.label}"


@dataclass(frozen=True)
class Look:
    """What taking the step would do now."""

    entries: int
    minutes: int
    first_date: date | None
    last_date: date | None
    refused: list[Refused]
    token: str
    at: datetime | None = None  # when it was done


def look(entries: QuerySet[Any], *, step: Step, actor: Membership) -> Look:
    """One question, whatever the number of entries."""
    rows = list(
        _judged(entries, step, actor)
        .order_by()
        .values("reason")
        .annotate(
            entries=Count("pk"),
            worked=Sum("minutes"),
            ids=Sum("pk"),
            first=Min("work_date"),
            last=Max("work_date"),
        )
    )
    found = {row["reason"]: row for row in rows}
    fit = found.get("", {})
    return Look(
        entries=fit.get("entries", 0),
        minutes=fit.get("worked", 0),
        first_date=fit.get("first"),
        last_date=fit.get("last"),
        refused=[
            Refused(reason, found[reason]["entries"], found[reason]["worked"])
            for reason in LeftOut
            if reason in found
        ],
        token="-".join(str(fit.get(name, 0)) for name in ("entries", "worked", "ids")),
    )


def left_out(
    entries: QuerySet[Any], *, step: Step, actor: Membership, most: int
) -> list[tuple[TimeEntry, LeftOut]]:
    """Some of the hours that do not take the step, each with its reason."""
    judged = _judged(entries, step, actor).exclude(reason="")
    shown = judged.select_related("member", "project", "task").order_by("work_date", "pk")[:most]
    return [(entry, LeftOut(entry.reason)) for entry in shown]


@transaction.atomic
def settle(
    entries: QuerySet[Any], *, step: Step, actor: Membership, note: str = "", token: str = ""
) -> Look:
    """Take the step with all hours that can; the rest stays and is told. With the token of a look,
    nothing happens unless that is still what would."""
    if not may_take(step, actor):
        raise errors.NotYoursToSettle
    note = checked_note(note, step)
    hold_hours()
    seen = look(entries, step=step, actor=actor)
    if token and token != seen.token:
        raise errors.HoursChangedMeanwhile
    if not seen.entries:
        if not seen.refused:
            raise errors.NoHoursThere
        raise errors.NothingToSettle(reasons=in_words(seen.refused))
    fit = _judged(entries, step, actor).filter(reason="").order_by()
    now = timezone.now()
    written = _write(list(fit.values_list("pk", flat=True)), step, actor, note, now)
    # One entry alone is changed without taking turns; then nobody's look is right any more.
    if written != seen.entries:
        raise errors.HoursChangedMeanwhile
    return replace(seen, at=now)


def in_words(refused: Iterable[Refused]) -> str:
    return "; ".join(one.words for one in refused)


def checked_note(note: str, step: Step) -> str:
    """The note as it is kept; empty for steps that need none."""
    note = " ".join(note.split())
    if not step.needs_note:
        return ""
    if not note:
        missing = errors.NoteMissing if step == Step.BILLED else errors.WriteOffReasonMissing
        raise missing
    if len(note) > LONGEST_NOTE:
        raise errors.NoteTooLong(most=LONGEST_NOTE)
    return note


def _judged(entries: QuerySet[Any], step: Step, actor: Membership) -> QuerySet[Any]:
    """Each hour with the reason why it is left out, empty for those that are not."""
    whens = [
        When(condition, then=Value(reason.value)) for reason, condition in _reasons(step, actor)
    ]
    reason = Case(*whens, default=Value(""), output_field=models.CharField())
    judged: QuerySet[Any] = entries.annotate(reason=reason)
    return judged


def _reasons(step: Step, actor: Membership) -> list[tuple[LeftOut, Q]]:
    """In the order in which they are told."""
    on_documents = [(LeftOut.DRAFTED, _DRAFTED), (LeftOut.INVOICED, _INVOICED)]
    settled = [(LeftOut.ELSEWHERE, _ELSEWHERE), (LeftOut.WRITTEN_OFF, _WRITTEN_OFF)]
    if step in (Step.BILLABLE, Step.NOT_BILLABLE):
        already = (LeftOut.THAT_ALREADY, Q(is_billable=step == Step.BILLABLE))
        return [*on_documents, *settled, already, *_not_theirs_to_make_billable(step, actor)]
    found = []
    if not actor.may(Permission.VIEW_HOURS):
        found.append((LeftOut.NOT_YOURS, ~_managed_by(actor)))
    if step != Step.FREE:
        return [*found, *on_documents, *settled, (LeftOut.NOT_BILLABLE, Q(is_billable=False))]
    found += [*on_documents, (LeftOut.OPEN, _OPEN)]
    if not actor.may(Permission.MARK_BILLED):
        found.append((LeftOut.NOT_YOURS, _ELSEWHERE))
    if not actor.may(Permission.WRITE_OFF):
        found.append((LeftOut.NOT_YOURS, _WRITTEN_OFF))
    return found


def _not_theirs_to_make_billable(step: Step, actor: Membership) -> list[tuple[LeftOut, Q]]:
    """Who corrects hours decides also on locked ones, and against what project and task say: a lock
    holds what was worked. Everybody else decides on their own hours as long as they write them."""
    if actor.may(Permission.EDIT_HOURS):
        return []
    decides = Q(pk__in=[])
    if actor.may(Permission.EDIT_PROJECT_HOURS):
        decides = _managed_by(actor)
    own = Q(member=actor) if actor.may(Permission.RECORD_HOURS) else Q(pk__in=[])
    found = [
        (LeftOut.NOT_YOURS, ~(decides | own)),
        (LeftOut.LOCKED, Q(is_locked=True) & ~decides),
    ]
    if step == Step.BILLABLE:
        internal = Q(project__is_billable=False) | Q(task__isnull=False, task__is_billable=False)
        found.append((LeftOut.INTERNAL, internal & ~decides))
    return found


def _managed_by(actor: Membership) -> Q:
    return Q(project__manager__isnull=False, project__manager=actor)


# What is written, and what the row must still be when it is locked for that.
_CHANGES: dict[Step, tuple[str, str]] = {
    Step.BILLED: (
        "billing_state = 'billed', billing_note = %(note)s, settled_by_id = %(actor)s,"
        " settled_at = %(now)s",
        "billing_state = 'open' AND is_billable",
    ),
    Step.WRITE_OFF: (
        "billing_state = 'written_off', billing_note = %(note)s, settled_by_id = %(actor)s,"
        " settled_at = %(now)s",
        "billing_state = 'open' AND is_billable",
    ),
    Step.FREE: (
        "billing_state = 'open', billing_note = '', settled_by_id = NULL, settled_at = NULL",
        "billing_state IN ('billed', 'written_off') AND billing_note <> ''",
    ),
    Step.BILLABLE: ("is_billable = true", "billing_state = 'open' AND NOT is_billable"),
    Step.NOT_BILLABLE: ("is_billable = false", "billing_state = 'open' AND is_billable"),
}
_ACTIONS = {
    Step.BILLED: "hours.marked_billed",
    Step.WRITE_OFF: "hours.written_off",
    Step.FREE: "hours.freed",
    Step.BILLABLE: "hours.made_billable",
    Step.NOT_BILLABLE: "hours.made_not_billable",
}


def _write(entry_ids: list[int], step: Step, actor: Membership, note: str, now: datetime) -> int:
    """The change and its log in one statement; returns how many hours changed."""
    change, still = _CHANGES[step]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS (
                -- A join: where few rows are expected, `= ANY` compares each with all of them.
                UPDATE timesheets_timeentry entry SET {change}, updated_at = %(now)s
                FROM unnest(%(entries)s::bigint[]) AS wanted (id)
                WHERE tenant_id = %(tenant)s AND entry.id = wanted.id AND {still}
                RETURNING entry.id, member_id, project_id, work_date, minutes,
                    coalesce(nullif(new.billing_note, ''), old.billing_note) AS note
            )
            INSERT INTO tenants_auditentry (
                tenant_id, at, actor_id, actor_name, action, object_type, object_id, object_label,
                detail
            )
            SELECT %(tenant)s, %(now)s, %(actor)s, %(actor_name)s, %(action)s,
                'timesheets.timeentry', changed.id, changed.work_date || ' ' || minutes || ' min',
                jsonb_strip_nulls(jsonb_build_object(
                    'person', (SELECT name FROM tenants_membership WHERE id = changed.member_id),
                    'project', (SELECT name FROM customers_project WHERE id = changed.project_id),
                    'date', changed.work_date, 'minutes', changed.minutes,
                    'note', nullif(changed.note, '')
                ))
            FROM changed
            """,  # noqa: S608 - what is put in are constants from above
            {
                "tenant": current_tenant_id(),
                "entries": entry_ids,
                "note": note,
                "actor": actor.user_id,
                "actor_name": str(actor.user)[:150] if actor.user else "",
                "action": _ACTIONS[step],
                "now": now,
            },
        )
        return int(cursor.rowcount)
