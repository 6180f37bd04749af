"""What becomes of hours and charges without an invoice of ours: billed elsewhere, written off,
billable or not.

Each step takes any number of them in a few statements. Those that cannot take it are left out and
named with the reason; `look` says so beforehand, `settle` does exactly what was looked at.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, places
from customers.models import Project
from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import errors
from timesheets.domain.access import may_make_billable, may_write
from timesheets.domain.checks import checked_orders
from timesheets.domain.holding import hold_hours
from timesheets.domain.leaving_out import (
    ELSEWHERE,
    ON_DOCUMENTS,
    OPEN,
    WRITTEN_OFF,
    LeftOut,
    Refused,
    in_words,
    judged,
    managed_by,
    settled_or_checked,
)
from timesheets.models import Billable, BillingState, Charge, TimeEntry

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


DECIDE_BILLABLE = (Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS)
_PERMISSIONS: dict[Step, tuple[Permission, ...]] = {
    Step.BILLED: (Permission.MARK_BILLED,),
    Step.WRITE_OFF: (Permission.WRITE_OFF,),
    Step.FREE: (Permission.MARK_BILLED, Permission.WRITE_OFF),
    Step.BILLABLE: DECIDE_BILLABLE,
    Step.NOT_BILLABLE: DECIDE_BILLABLE,
}


def may_take(step: Step, actor: Membership) -> bool:
    """Whether there can be any work with which this person takes the step."""
    return any(actor.may(permission) for permission in _PERMISSIONS[step])


def steps_for(work: Billable, actor: Membership) -> list[Step]:
    """What this person may do with this one entry or charge now."""
    sees = actor.may(Permission.VIEW_HOURS) or _manages(work.project, actor)
    if work.is_open:
        found = [Step.BILLED, Step.WRITE_OFF] if sees and work.is_billable else []
        found = [step for step in found if may_take(step, actor)]
        if _may_switch(work, actor):
            found.append(Step.NOT_BILLABLE if work.is_billable else Step.BILLABLE)
        return found
    freed_by = Permission.MARK_BILLED if work.is_elsewhere else Permission.WRITE_OFF
    is_settled = work.is_elsewhere or work.billing_state == BillingState.WRITTEN_OFF
    return [Step.FREE] if is_settled and sees and actor.may(freed_by) else []


def _manages(project: Project | None, actor: Membership) -> bool:
    return project is not None and project.manager_id == actor.pk


def _may_switch(work: Billable, actor: Membership) -> bool:
    """Charges have no form in which their people would decide it, nor locks."""
    if isinstance(work, Charge):
        project = work.project
        if not may_write(actor, member_id=work.member_id, project=project):
            return False
        if work.is_billable or project is None or project.is_billable:
            return True
    return may_make_billable(actor, work.project)


@dataclass(frozen=True)
class Look:
    """What taking the step would do now. Charges have no minutes."""

    count: int
    minutes: int
    first_date: date | None
    last_date: date | None
    refused: list[Refused]
    token: str
    at: datetime | None = None  # when it was done
    left: int = 0  # how many wait for the next time


def look(works: QuerySet[Any], *, step: Step, actor: Membership) -> Look:
    """One question, whatever the number of them."""
    kind, day = _KINDS[works.model], works.model.DAY
    rows = list(
        _judged(works, step, actor)
        .order_by()
        .values("reason")
        .annotate(
            count=Count("pk"),
            worked=kind.minutes,
            size=kind.size,
            ids=Sum("pk"),
            first=Min(day),
            last=Max(day),
        )
    )
    found = {row["reason"]: row for row in rows}
    fit = found.get("", {})
    return Look(
        count=fit.get("count", 0),
        minutes=fit.get("worked", 0),
        first_date=fit.get("first"),
        last_date=fit.get("last"),
        refused=[
            Refused(reason, found[reason]["count"], found[reason]["worked"])
            for reason in LeftOut
            if reason in found
        ],
        token="-".join(str(fit.get(name, 0)) for name in ("count", "size", "ids")),
    )


def left_out(
    works: QuerySet[Any], *, step: Step, actor: Membership, most: int
) -> list[tuple[Billable, LeftOut]]:
    """Some of those that do not take the step, each with its reason."""
    judged = _judged(works, step, actor).exclude(reason="")
    named = judged.select_related("member", works.model.CUSTOMER, "project")
    return [(work, LeftOut(work.reason)) for work in named.order_by(works.model.DAY, "pk")[:most]]


@transaction.atomic
def settle(
    works: QuerySet[Any],
    *,
    step: Step,
    actor: Membership,
    note: str = "",
    token: str = "",
    most: int | None = None,
    at: datetime | None = None,
) -> Look:
    """Take the step with all that can; the rest stays and is told. With the token of a look,
    nothing happens unless that is still what would.

    Of very many no more than `most` are taken at a time, each with its log; `left` says how many
    wait, and the moment `at` of the first time makes one deed of all of them.
    """
    if not may_take(step, actor):
        raise errors.NotYoursToSettle
    note = checked_note(note, step)
    hold_hours()
    seen = look(works, step=step, actor=actor)
    if token and token != seen.token:
        raise errors.ChangedMeanwhile
    if not seen.count:
        if not seen.refused:
            raise errors.NothingThere
        raise errors.NothingToSettle(reasons=in_words(seen.refused))
    fit = _judged(works, step, actor).filter(reason="").order_by()
    now = at or timezone.now()
    # One alone is changed without taking turns; then nobody's look is right any more.
    wanted = list(fit.values_list("pk", "service_order_id").order_by("pk")[:most])
    ids = [pk for pk, _order_id in wanted]
    if _write(works.model, ids, step=step, actor=actor, note=note, now=now) != len(ids):
        raise errors.ChangedMeanwhile
    # Only now that the work is held no check of the office can come any more.
    what = _KINDS[works.model].checked_as
    if step != Step.FREE and checked_orders((order_id for _pk, order_id in wanted), what):
        raise errors.ChangedMeanwhile
    return replace(seen, count=len(ids), left=seen.count - len(ids), at=now)


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


def _judged(works: QuerySet[Any], step: Step, actor: Membership) -> QuerySet[Any]:
    return judged(works, _reasons(works.model, step, actor))


def _reasons(model: type[Billable], step: Step, actor: Membership) -> list[tuple[LeftOut, Q]]:
    """In the order in which they are told."""
    on_documents, settled = list(ON_DOCUMENTS), settled_or_checked(_KINDS[model].checked_as)
    if step in (Step.BILLABLE, Step.NOT_BILLABLE):
        already = (LeftOut.THAT_ALREADY, Q(is_billable=step == Step.BILLABLE))
        theirs = _not_theirs_to_make_billable(model, step, actor)
        return [*on_documents, *settled, already, *theirs]
    found = []
    if not actor.may(Permission.VIEW_HOURS):
        found.append((LeftOut.NOT_YOURS, ~managed_by(actor)))
    if step != Step.FREE:
        return [*found, *on_documents, *settled, (LeftOut.NOT_BILLABLE, Q(is_billable=False))]
    found += [*on_documents, (LeftOut.OPEN, OPEN)]
    if not actor.may(Permission.MARK_BILLED):
        found.append((LeftOut.NOT_YOURS, ELSEWHERE))
    if not actor.may(Permission.WRITE_OFF):
        found.append((LeftOut.NOT_YOURS, WRITTEN_OFF))
    return found


def _not_theirs_to_make_billable(
    model: type[Billable], step: Step, actor: Membership
) -> list[tuple[LeftOut, Q]]:
    """Who corrects hours decides also on locked ones, and against what project and task say: a lock
    holds what was worked. Everybody else decides on their own as long as they write them."""
    if actor.may(Permission.EDIT_HOURS):
        return []
    decides = own = Q(pk__in=[])
    if actor.may(Permission.EDIT_PROJECT_HOURS):
        decides = managed_by(actor)
    if actor.may(Permission.RECORD_HOURS):
        own = Q(member__isnull=False, member=actor, project__isnull=False)
    found = [(LeftOut.NOT_YOURS, ~(decides | own))]
    internal = Q(project__isnull=False, project__is_billable=False)
    if model is TimeEntry:
        found.append((LeftOut.LOCKED, Q(is_locked=True) & ~decides))
        internal |= Q(task__isnull=False, task__is_billable=False)
    if step == Step.BILLABLE:
        found.append((LeftOut.INTERNAL, internal & ~decides))
    return found


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
_DONE = {
    Step.BILLED: "marked_billed",
    Step.WRITE_OFF: "written_off",
    Step.FREE: "freed",
    Step.BILLABLE: "made_billable",
    Step.NOT_BILLABLE: "made_not_billable",
}


@dataclass(frozen=True)
class _Kind:
    """`size` tells whether they are still what was looked at; the rest is for the log: the first
    word of its codes, what a changed row is called, and what is told of it besides; `checked_as` is
    what the office checks on their service order."""

    size: Sum
    minutes: Any
    logged_as: str
    label: str
    told: str
    checked_as: str


_KINDS: dict[type[Billable], _Kind] = {
    TimeEntry: _Kind(
        size=Sum("minutes"),
        minutes=Sum("minutes"),
        logged_as="hours",
        label="work_date || ' ' || minutes || ' min'",
        told="'date', work_date, 'minutes', minutes",
        checked_as="hours",
    ),
    Charge: _Kind(
        size=Sum(F("quantity") * F("unit_price"), output_field=models.DecimalField()),
        minutes=Value(0),
        logged_as="charge",
        label="left(coalesce(nullif(text, ''), nullif(destination, ''), kind), 200)",
        told="""
            'date', charge_date,
            'customer', (SELECT name FROM customers_customer WHERE id = customer_id),
            'amount', (
                SELECT round(quantity * unit_price, (%(places)s::jsonb ->> currency)::int)
                    || ' ' || currency
                FROM customers_customer WHERE id = customer_id
            )""",
        checked_as="parts",
    ),
}


def _write(
    model: type[Billable],
    ids: list[int],
    *,
    step: Step,
    actor: Membership,
    note: str,
    now: datetime,
) -> int:
    """The change and its log in one statement; returns how many were changed."""
    change, still = _CHANGES[step]
    kind = _KINDS[model]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS (
                -- A join: where few rows are expected, `= ANY` compares each with all of them.
                UPDATE {model._meta.db_table} work SET {change}, updated_at = %(now)s
                FROM unnest(%(ids)s::bigint[]) AS wanted (wanted_id)
                WHERE tenant_id = %(tenant)s AND work.id = wanted_id AND {still}
                RETURNING work.*, coalesce(nullif(new.billing_note, ''), old.billing_note) AS said
            )
            INSERT INTO tenants_auditentry (
                tenant_id, at, actor_id, actor_name, action, object_type, object_id, object_label,
                detail
            )
            SELECT %(tenant)s, %(now)s, %(actor)s, %(actor_name)s, %(action)s,
                %(object_type)s, changed.id, {kind.label},
                jsonb_strip_nulls(jsonb_build_object(
                    'person', (SELECT name FROM tenants_membership WHERE id = member_id),
                    'project', (SELECT name FROM customers_project WHERE id = project_id),
                    'note', nullif(said, ''), {kind.told}
                ))
            FROM changed
            """,  # noqa: S608 - what is put in are constants from above
            {
                "tenant": current_tenant_id(),
                "ids": ids,
                "note": note,
                "actor": actor.user_id,
                "actor_name": str(actor.user)[:150] if actor.user else "",
                "action": f"{kind.logged_as}.{_DONE[step]}",
                "object_type": model._meta.label_lower,
                "places": json.dumps({code: places(code) for code, _label in CURRENCIES}),
                "now": now,
            },
        )
        return int(cursor.rowcount)
