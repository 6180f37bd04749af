"""Which hours are drawn from which prepaid hours: a pure rule, and what it is asked about.

The oldest prepaid hours are used first, by the oldest entries first. An entry that does not fit
into the rest closes those prepaid hours: what comes after it shall not be paid before it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from customers.domain.billing_terms import terms_of
from customers.models import Customer
from invoicing.domain.composing.rounding import Rounding, billed_minutes
from invoicing.domain.composing.terms import rounding_of
from invoicing.models import PrepaidHours
from tenants.billing_terms import RoundingPer
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from timesheets.domain.tags.wearing import carrying_any
from timesheets.models import TimeEntry


class LeftOpen(TextChoices):
    """Why hours that prepaid hours cover stay open. The sentences go on after a number of hours."""

    NO_ROOM = "no_room", _("do not fit into what is left")
    NOT_LOCKED = "not_locked", _("are not locked")
    ON_ORDER = "on_order", _("are invoiced with their service order")


@dataclass(frozen=True)
class Draw:
    """An entry and what it counts, as rounded."""

    entry: Any
    minutes: int


@dataclass
class Part:
    """What is drawn from one of them."""

    prepaid: Any
    draws: list[Draw] = field(default_factory=list)
    minutes: int = 0
    # The entry that was too long for the rest; from there on nothing is drawn.
    stopped_by: Draw | None = None

    @property
    def before(self) -> int:
        return int(self.prepaid.left_minutes)

    @property
    def after(self) -> int:
        return self.before - self.minutes

    def takes(self, draw: Draw) -> bool:
        """Whether it is drawn from these; once one did not fit, none is."""
        entry = draw.entry
        if not self.prepaid.covers(project_id=entry.project_id, day=entry.work_date):
            return False
        if self.stopped_by is not None:
            return False
        if draw.minutes > self.after:
            self.stopped_by = draw
            return False
        self.draws.append(draw)
        self.minutes += draw.minutes
        return True


@dataclass(frozen=True)
class Plan:
    parts: list[Part]
    left_open: list[tuple[Draw, LeftOpen]]

    @property
    def count(self) -> int:
        return sum(len(part.draws) for part in self.parts)

    @property
    def minutes(self) -> int:
        return sum(part.minutes for part in self.parts)

    @property
    def shown(self) -> list[tuple[int, int, int]]:
        """Prepaid hours, entry and minutes of each draw: what a preview promises."""
        return [
            (part.prepaid.pk, draw.entry.pk, draw.minutes)
            for part in self.parts
            for draw in part.draws
        ]


def plan_draw(
    customer: Customer,
    *,
    until: date | None = None,
    since: date | None = None,
    allow_unlocked: bool = False,
    prepaid_ids: Collection[int] | None = None,
    entry_ids: Collection[int] | None = None,
    project_ids: Collection[int] | None = None,
    tag_ids: Collection[int] = (),
) -> Plan:
    """What would be drawn now, in three questions; with ids only of these."""
    sold: Any = PrepaidHours.objects.filter(customer=customer).sold().with_balance()
    if prepaid_ids is not None:
        sold = sold.filter(pk__in=prepaid_ids)
    found = list(sold.filter(left_minutes__gt=0).select_related("line__invoice").in_turn())
    if not found:
        return Plan([], [])
    open_entries: Any = TimeEntry.objects.all()
    open_entries = open_entries.open_for_billing().filter(_covered_by(found), carrying_any(tag_ids))
    if until is not None:
        open_entries = open_entries.filter(work_date__lte=until)
    if since is not None:
        open_entries = open_entries.filter(work_date__gte=since)
    if entry_ids is not None:
        open_entries = open_entries.filter(pk__in=entry_ids)
    if project_ids is not None:
        open_entries = open_entries.filter(project__in=project_ids)
    entries = list(
        open_entries.select_related("member", "project__customer", "task").order_by(
            "work_date", "pk"
        )
    )
    tenant = Tenant.objects.get(pk=current_tenant_id())
    allow_unlocked = allow_unlocked and tenant.unlocked_hours != Tenant.UnlockedHours.REFUSE
    return plan(found, _counted(entries, tenant), allow_unlocked=allow_unlocked)


def plan(prepaid: Sequence[Any], draws: Iterable[Draw], *, allow_unlocked: bool = False) -> Plan:
    """The rule. Both come in their order."""
    parts = [Part(one) for one in prepaid]
    left_open = []
    for draw in draws:
        reason = None
        if draw.entry.service_order_id is not None:
            reason = LeftOpen.ON_ORDER
        elif not (draw.entry.is_locked or allow_unlocked):
            reason = LeftOpen.NOT_LOCKED
        elif not any(part.takes(draw) for part in parts):
            reason = LeftOpen.NO_ROOM
        if reason is not None:
            left_open.append((draw, reason))
    return Plan(parts, left_open)


def _covered_by(found: Iterable[PrepaidHours]) -> Q:
    """Their projects' hours on their days; of a project at a fixed price none."""
    covered = Q(pk__in=[])
    for one in found:
        where = Q(project__customer=one.customer_id, work_date__gte=one.valid_from)
        if one.project_id is not None:
            where &= Q(project=one.project_id)
        if one.valid_until is not None:
            where &= Q(work_date__lte=one.valid_until)
        covered |= where
    return covered & Q(project__fixed_prices=None)


def _counted(entries: Sequence[Any], tenant: Tenant) -> list[Draw]:
    """As they would be invoiced; where lines are rounded, each entry is one."""
    roundings: dict[int, Rounding] = {}
    by_rounding: dict[Rounding, list[Any]] = {}
    for entry in entries:
        if entry.project_id not in roundings:
            rounding = rounding_of(terms_of(project=entry.project, tenant=tenant))
            if rounding.per == RoundingPer.LINE:
                rounding = replace(rounding, per=RoundingPer.ENTRY)
            roundings[entry.project_id] = rounding
        by_rounding.setdefault(roundings[entry.project_id], []).append(entry)
    minutes: Mapping[int, int] = {
        entry.pk: counted
        for rounding, alike in by_rounding.items()
        for entry, counted in zip(alike, billed_minutes(alike, rounding), strict=True)
    }
    return [Draw(entry, minutes[entry.pk]) for entry in entries]
