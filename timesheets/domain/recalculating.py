"""Finding the rates of unbilled hours anew: looked at first, then applied as it was looked at.

Only what is open and not locked changes; the rest of the hours whose rate would differ is counted
and named. Amounts are those before an invoice rounds its lines.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.money import round_money
from tenants.audit import log
from tenants.models import Membership
from tenants.roles import Permission
from tenants.scope import current_tenant_id
from timesheets import errors
from timesheets.domain.checks import checked_orders
from timesheets.domain.entries import hold_people
from timesheets.domain.holding import hold_hours
from timesheets.domain.rates import FoundRate, RateBook
from timesheets.models import BillingState, RateLevel, TimeEntry


@dataclass(frozen=True)
class Scope:
    """Which hours; None asks for all customers, projects or people."""

    start: date
    end: date
    customer_id: int | None = None
    project_id: int | None = None
    member_id: int | None = None
    by_hand: bool = False  # rates that somebody set by hand as well

    def entries(self) -> Any:
        entries = TimeEntry.objects.filter(
            work_date__gte=self.start, work_date__lte=self.end, is_billable=True
        )
        for name, value in (
            ("project__customer", self.customer_id),
            ("project", self.project_id),
            ("member", self.member_id),
        ):
            if value is not None:
                entries = entries.filter(**{name: value})
        return entries


class LeftOut(models.TextChoices):
    LOCKED = "locked", _("Locked: unlock them first")
    CHECKED = "checked", _("Checked on a service order: take the check back there first")
    DRAFTED = "drafted", _("On a draft: take them off it, or change the line there")
    BY_HAND = "by_hand", _("Set by hand")
    NO_RATE = "no_rate", _("No rate is found any more: they keep theirs")


class Change(NamedTuple):
    entry_id: int
    old_rate: Decimal | None
    old_level: str
    new_rate: Decimal
    new_level: str
    minutes: int


@dataclass
class Group:
    """Hours of one person on one project that go from one rate to another."""

    project: str
    customer: str
    person: str
    currency: str
    old_rate: Decimal | None
    old_level: RateLevel
    new_rate: Decimal
    new_level: RateLevel
    entries: int = 0
    minutes: int = 0

    @property
    def old_amount(self) -> Decimal:
        return self._amount(self.old_rate or Decimal(0))

    @property
    def new_amount(self) -> Decimal:
        return self._amount(self.new_rate)

    @property
    def difference(self) -> Decimal:
        return self.new_amount - self.old_amount

    def _amount(self, rate: Decimal) -> Decimal:
        return round_money(rate * self.minutes / 60, self.currency)


@dataclass(frozen=True)
class CurrencySum:
    currency: str
    old_amount: Decimal
    new_amount: Decimal

    @property
    def difference(self) -> Decimal:
        return self.new_amount - self.old_amount


@dataclass
class Preview:
    changes: list[Change] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    left_out_minutes: Counter[str] = field(default_factory=Counter)

    @property
    def token(self) -> str:
        """What the preview showed, in short: applying compares it."""
        digest = hashlib.sha256()
        for change in sorted(self.changes, key=lambda change: change.entry_id):
            digest.update(repr(_plain(change)).encode())
        return digest.hexdigest()

    @property
    def minutes(self) -> int:
        return sum(change.minutes for change in self.changes)

    @property
    def sums(self) -> list[CurrencySum]:
        """The sums of the groups as they are shown, a line per currency."""
        old: dict[str, Decimal] = defaultdict(Decimal)
        new: dict[str, Decimal] = defaultdict(Decimal)
        for group in self.groups:
            old[group.currency] += group.old_amount
            new[group.currency] += group.new_amount
        return [CurrencySum(code, old[code], new[code]) for code in sorted(old)]

    @property
    def reasons(self) -> list[dict[str, Any]]:
        return [
            {
                "reason": reason,
                "count": self.left_out[reason.value],
                "minutes": self.left_out_minutes[reason.value],
            }
            for reason in LeftOut
            if self.left_out[reason.value]
        ]


def preview_recalculation(scope: Scope) -> Preview:
    """What would change, and what would not although its rate is another now. Two queries, and
    one more where there is work of service orders."""
    return _preview(scope, scope.entries())


@transaction.atomic
def apply_recalculation(scope: Scope, *, actor: Membership, token: str) -> Preview:
    """Write exactly what the preview with this token showed, in one statement, or refuse."""
    _check_actor(actor)
    hold_hours()
    open_entries = scope.entries().filter(billing_state=BillingState.OPEN)
    hold_people(set(open_entries.order_by().values_list("member_id", flat=True)))
    preview = _preview(scope, scope.entries().select_for_update(of=("self",)).order_by("pk"))
    if preview.token != token:
        raise errors.PreviewChanged
    if not preview.changes:
        raise errors.NothingToRecalculate
    _write((change.entry_id, change.new_rate, change.new_level) for change in preview.changes)
    log(
        "rates.recalculated",
        actor=actor.user,
        start=scope.start.isoformat(),
        end=scope.end.isoformat(),
        entries=len(preview.changes),
        minutes=preview.minutes,
        **_sums_for_log(preview),
        by_hand=scope.by_hand,
        **{
            name: value
            for name in ("customer_id", "project_id", "member_id")
            if (value := getattr(scope, name)) is not None
        },
    )
    return preview


@transaction.atomic
def take_back(changes: Iterable[Change], *, actor: Membership) -> int:
    """Give hours their old rate again, where they still are as the recalculation left them."""
    _check_actor(actor)
    by_id = {change.entry_id: change for change in changes}
    hold_hours()
    entries = TimeEntry.objects.filter(pk__in=by_id)
    hold_people(set(entries.order_by().values_list("member_id", flat=True)))
    found = list(
        entries.filter(billing_state=BillingState.OPEN, is_locked=False)
        .select_for_update()
        .order_by("pk")
        .values_list("pk", "rate", "rate_level", "service_order_id")
    )
    checked = _checked(order_id for *_rest, order_id in found)
    back = [
        by_id[pk]
        for pk, rate, level, order_id in found
        if (rate, level) == (by_id[pk].new_rate, by_id[pk].new_level) and order_id not in checked
    ]
    _write((change.entry_id, change.old_rate, change.old_level) for change in back)
    if back:
        log("rates.recalculation_undone", actor=actor.user, entries=len(back))
    return len(back)


_COLUMNS = (
    "pk", "member_id", "project_id", "task_id", "project__customer_id",
    "project__customer__currency", "work_date", "minutes", "rate", "rate_level", "is_locked",
    "billing_state", "project__name", "project__customer__name", "member__name",
    "service_order_id",
)  # fmt: skip


def _preview(scope: Scope, entries: Any) -> Preview:
    book = RateBook.load()
    preview = Preview()
    groups: dict[tuple[Any, ...], Group] = {}
    states = [BillingState.OPEN, BillingState.DRAFTED]
    rows = list(entries.filter(billing_state__in=states).values_list(*_COLUMNS, named=True))
    # Asked when the hours are locked: not joined to them, so that a check just given is seen.
    checked = _checked(row.service_order_id for row in rows)
    for row in rows:
        found = book.find(
            member_id=row.member_id,
            project_id=row.project_id,
            customer_id=row.project__customer_id,
            task_id=row.task_id,
            currency=row.project__customer__currency,
            day=row.work_date,
        )
        if found.amount == row.rate:
            continue
        reason = _why_not(row, found, scope, checked)
        if reason is not None:
            preview.left_out[reason.value] += 1
            preview.left_out_minutes[reason.value] += row.minutes
            continue
        assert found.amount is not None
        preview.changes.append(
            Change(row.pk, row.rate, row.rate_level, found.amount, found.level.value, row.minutes)
        )
        key = (row.project_id, row.member_id, row.rate, row.rate_level, *found)
        group = groups.setdefault(key, _group(row, found))
        group.entries += 1
        group.minutes += row.minutes
    preview.groups = sorted(
        groups.values(),
        key=lambda group: (
            group.customer.casefold(), group.project.casefold(), group.person.casefold(),
            group.old_rate or 0, group.new_rate,
        ),
    )  # fmt: skip
    return preview


def _checked(order_ids: Iterable[int | None]) -> set[int]:
    return {order.pk for order in checked_orders(order_ids, "hours")}


def _why_not(row: Any, found: FoundRate, scope: Scope, checked: set[int]) -> LeftOut | None:
    if row.rate_level == RateLevel.MANUAL and not scope.by_hand:
        return LeftOut.BY_HAND
    if row.billing_state != BillingState.OPEN:
        return LeftOut.DRAFTED
    if row.service_order_id in checked:
        return LeftOut.CHECKED
    if row.is_locked:
        return LeftOut.LOCKED
    return LeftOut.NO_RATE if found.amount is None else None


def _group(row: Any, found: FoundRate) -> Group:
    assert found.amount is not None
    return Group(
        project=row.project__name,
        customer=row.project__customer__name,
        person=row.member__name,
        currency=row.project__customer__currency,
        old_rate=row.rate,
        old_level=RateLevel(row.rate_level),
        new_rate=found.amount,
        new_level=found.level,
    )


def _write(rates: Iterable[tuple[int, Decimal | None, str]]) -> None:
    columns = list(zip(*rates, strict=True)) or [(), (), ()]
    ids, amounts, levels = (list(column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE timesheets_timeentry entry
            SET rate = change.rate, rate_level = change.level, updated_at = %s
            FROM unnest(%s::bigint[], %s::numeric[], %s::text[]) AS change (id, rate, level)
            WHERE entry.tenant_id = %s AND entry.id = change.id
            """,
            [timezone.now(), ids, amounts, levels, current_tenant_id()],
        )
        assert cursor.rowcount == len(ids)


def _plain(change: Change) -> tuple[Any, ...]:
    """Without idle zeros: 95 and 95.0000 are one rate."""
    old, new = (
        None if rate is None else f"{rate.normalize():f}"
        for rate in (change.old_rate, change.new_rate)
    )
    return change.entry_id, old, change.old_level, new, change.new_level, change.minutes


def _sums_for_log(preview: Preview) -> dict[str, Any]:
    return {
        f"amount_{total.currency}": f"{total.old_amount} → {total.new_amount}"
        for total in preview.sums
    }


def _check_actor(actor: Membership) -> None:
    if not actor.may(Permission.SET_RATES):
        raise errors.RatesNotYours
