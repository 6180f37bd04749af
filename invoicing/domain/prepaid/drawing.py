"""Drawing hours from prepaid ones, and undoing it.

Whoever draws holds the hours, plans anew and writes exactly what was shown, or nothing: an hour is
billed by the same statement that would put it on a draft, so it is never in two places.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from core.templatetags.figures import hours
from customers.models import Customer
from invoicing import prepaid_errors as errors
from invoicing.domain.prepaid.planning import Part, Plan, plan_draw
from invoicing.domain.prepaid.selling import held_prepaid
from invoicing.models import PrepaidDraw, PrepaidHours, Source
from tenants import audit
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours
from timesheets.models import TimeEntry

type Shown = tuple[int, int, int]
# So many are named in a refusal.
_NAMED = 3


@transaction.atomic
def draw_hours(
    customer: Customer,
    *,
    actor: User | None,
    shown: Sequence[Shown] | None = None,
    until: date | None = None,
    since: date | None = None,
    allow_unlocked: bool = False,
    project_ids: Collection[int] | None = None,
) -> Plan:
    """Bill open hours of the customer by prepaid ones. With what a preview has `shown`, exactly
    that is done or DrawChanged is raised."""
    hold_hours()
    promised = list(shown or ())
    plan = plan_draw(
        customer,
        until=until,
        since=since,
        allow_unlocked=allow_unlocked,
        prepaid_ids=None if shown is None else {prepaid for prepaid, _entry, _min in promised},
        entry_ids=None if shown is None else {entry for _prepaid, entry, _min in promised},
        project_ids=project_ids,
    )
    if shown is not None and set(plan.shown) != set(promised):
        raise errors.DrawChanged(what=_what_changed(promised, plan))
    parts = [part for part in plan.parts if part.draws]
    if not parts:
        raise errors.NothingToDraw(customer=customer)
    for part in parts:
        if part.prepaid.invoice.currency != customer.currency:
            raise errors.PrepaidCurrencyOther(
                prepaid=part.prepaid,
                theirs=part.prepaid.invoice.currency,
                ours=customer.currency,
                customer=customer,
            )
    _write(parts)
    audit.write(
        audit.entry(
            "prepaid.drawn",
            part.prepaid,
            actor=actor,
            entries=len(part.draws),
            minutes=part.minutes,
            left=part.after,
        )
        for part in parts
    )
    return plan


@transaction.atomic
def undo_draws(
    prepaid: PrepaidHours, *, actor: User | None, draw_ids: Collection[int] | None = None
) -> int:
    """Open these hours again, or all that were drawn; returns the minutes that are left again."""
    hold_hours()
    prepaid = held_prepaid(prepaid.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH undone AS (
                DELETE FROM invoicing_prepaiddraw
                WHERE tenant_id = %(tenant)s AND prepaid_id = %(prepaid)s
                    AND (%(all)s OR id = ANY(%(draws)s))
                RETURNING time_entry_id, minutes
            ), opened AS (
                UPDATE timesheets_timeentry entry SET billing_state = 'open'
                FROM undone
                WHERE entry.tenant_id = %(tenant)s AND entry.id = undone.time_entry_id
            )
            SELECT count(*), coalesce(sum(minutes), 0)::integer FROM undone
            """,
            {
                "tenant": current_tenant_id(),
                "prepaid": prepaid.pk,
                "all": draw_ids is None,
                "draws": list(draw_ids or ()),
            },
        )
        count, minutes = cursor.fetchone()
    if not count:
        raise errors.DrawsNotThere
    log("prepaid.undone", prepaid, actor=actor, entries=count, minutes=minutes)
    return int(minutes)


def _write(parts: Iterable[Part]) -> None:
    """One alone is changed without taking turns, so each must still be what was planned."""
    wanted = [(part.prepaid.pk, draw) for part in parts for draw in part.draws]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE timesheets_timeentry work SET billing_state = 'billed'
            FROM unnest(%(ids)s::bigint[], %(minutes)s::integer[]) AS wanted (id, minutes)
            WHERE work.tenant_id = %(tenant)s AND work.id = wanted.id
                AND work.minutes = wanted.minutes AND work.is_billable
                AND work.billing_state = 'open'
            """,
            {
                "tenant": current_tenant_id(),
                "ids": [draw.entry.pk for _prepaid, draw in wanted],
                "minutes": [draw.entry.minutes for _prepaid, draw in wanted],
            },
        )
        if cursor.rowcount != len(wanted):
            raise errors.DrawChanged(what=_named([draw.entry.pk for _prepaid, draw in wanted]))
    PrepaidDraw.objects.bulk_create(
        PrepaidDraw(prepaid_id=prepaid, time_entry_id=draw.entry.pk, minutes=draw.minutes)
        for prepaid, draw in wanted
    )


def _what_changed(promised: Sequence[Shown], plan: Plan) -> str:
    """Hours that are elsewhere by now, each with where; else what is left of the prepaid ones."""
    if gone := _named([entry for _prepaid, entry, _minutes in promised]):
        return gone
    full = [part for part in plan.parts if part.stopped_by is not None]
    if full:
        return "; ".join(
            str(errors.LEFT_NOW) % {"prepaid": part.prepaid, "left": hours(part.before)}
            for part in full
        )
    return str(errors.OTHERWISE if plan.parts else errors.NONE_LEFT)


def _named(entry_ids: Sequence[int]) -> str:
    """Those that are open no more, in words."""
    found: Any = TimeEntry.objects.filter(pk__in=entry_ids).select_related("member")
    gone = list(found.exclude(billing_state="open", is_billable=True).order_by("work_date", "pk"))
    on: dict[int, str] = {}
    live = Source.objects.filter(time_entry__in=gone, released_at=None)
    for source in live.select_related("line__invoice"):
        on[source.time_entry_id] = str(source.line.invoice)
    drawn = PrepaidDraw.objects.filter(time_entry__in=gone)
    for draw in drawn.select_related("prepaid__line__invoice"):
        on[draw.time_entry_id] = str(draw.prepaid.invoice)
    words = [
        f"{entry.member.name}, {entry.work_date}, {hours(entry.minutes)} h"
        f" ({on.get(entry.pk) or entry.get_billing_state_display()})"
        for entry in gone[:_NAMED]
    ]
    missing = len(entry_ids) - found.count()
    if len(gone) > _NAMED:
        words.append(str(errors.AND_MORE) % {"count": len(gone) - _NAMED})
    if missing:
        words.append(str(errors.ENTRIES_GONE) % {"count": missing})
    return "; ".join(words)
