"""What a schedule can invoice. A further kind of work is registered here and appears everywhere."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.periods import Period
from timesheets.domain.packages.fees import write_fees
from timesheets.domain.tags.wearing import carrying_any
from timesheets.models import (
    Billable,
    BillingState,
    Charge,
    ChargeKind,
    Subscription,
    TimeEntry,
)

# A customer, and a project of theirs or none.
type Place = tuple[int, int | None]


@dataclass(frozen=True, kw_only=True)
class WorkKind:
    """One kind of work.

    `places` tells where there is some in a period, of hours only where they carry one of the tags,
    if there are any, and writes nothing. What has to be written down
    before it can be claimed is written by `prepare`, for these customers or for all; doing so again
    writes nothing more. Charges of `charge_kinds` then come onto the invoice, hours if `has_hours`.
    Orders have invoices of their own (`is_orders`).
    """

    key: str
    label: Any
    places: Callable[[Period, Collection[int]], Iterable[Place]]
    prepare: Callable[[Period, Collection[int] | None], None] | None = None
    charge_kinds: frozenset[str] = frozenset()
    has_hours: bool = False
    is_orders: bool = False


def _hour_places(period: Period, tags: Collection[int]) -> Iterable[Place]:
    return _places_of(TimeEntry, period, carrying_any(tags))


def _charge_places(*kinds: str) -> Callable[[Period, Collection[int]], Iterable[Place]]:
    return lambda period, _tags: _places_of(Charge, period, Q(kind__in=kinds))


def _places_of(model: type[Billable], period: Period, which: Q) -> Iterable[Place]:
    """Where work is open that belongs to no service order."""
    found = model.objects.filter(
        which,
        is_billable=True,
        billing_state=BillingState.OPEN,
        service_order=None,
        **{f"{model.DAY}__range": (period.start, period.end)},
    )
    places: Iterable[Place] = (
        found.order_by().values_list(f"{model.CUSTOMER}_id", "project_id").distinct()
    )
    return places


def _write_fees(period: Period, customer_ids: Collection[int] | None) -> None:
    subscriptions = Subscription.objects.order_by("pk")
    if customer_ids is not None:
        subscriptions = subscriptions.filter(customer__in=customer_ids)
    if ids := list(subscriptions.values_list("pk", flat=True)):
        write_fees(actor=None, until=period.end, subscription_ids=ids)


_CHARGES = (ChargeKind.EXPENSE.value, ChargeKind.PART.value)
HOURS = WorkKind(key="hours", label=_("Hours"), places=_hour_places, has_hours=True)
CHARGES = WorkKind(
    key="charges",
    label=_("Charges"),
    places=_charge_places(*_CHARGES),
    charge_kinds=frozenset(_CHARGES),
)
PACKAGES = WorkKind(
    key="packages",
    label=_("Packages and fees"),
    places=_charge_places(ChargeKind.FEE),
    prepare=_write_fees,
    charge_kinds=frozenset({ChargeKind.FEE.value}),
)
USAGE = WorkKind(
    key="usage",
    label=_("Usage"),
    places=_charge_places(ChargeKind.USAGE),
    charge_kinds=frozenset({ChargeKind.USAGE.value}),
)
ORDERS = WorkKind(
    key="orders", label=_("Service orders"), places=lambda _period, _tags: (), is_orders=True
)
KINDS: Mapping[str, WorkKind] = {
    kind.key: kind for kind in (HOURS, CHARGES, PACKAGES, USAGE, ORDERS)
}


@dataclass(frozen=True)
class Kinds:
    """Those that a schedule asks for; what a later version no longer has is left out."""

    chosen: tuple[WorkKind, ...]
    tags: tuple[int, ...] = ()

    @classmethod
    def of(cls, keys: Iterable[str], *, tags: Iterable[int] = ()) -> "Kinds":
        wanted = set(keys)
        chosen = tuple(kind for key, kind in KINDS.items() if key in wanted)
        return cls(chosen, tuple(sorted(tags)))

    @property
    def has_hours(self) -> bool:
        return any(kind.has_hours for kind in self.chosen)

    @property
    def has_orders(self) -> bool:
        return any(kind.is_orders for kind in self.chosen)

    @property
    def charge_kinds(self) -> frozenset[str]:
        return frozenset().union(*(kind.charge_kinds for kind in self.chosen))

    def places(self, period: Period) -> set[Place]:
        return {place for kind in self.chosen for place in kind.places(period, self.tags)}

    def prepare(self, period: Period, customer_ids: Collection[int] | None = None) -> None:
        for kind in self.chosen:
            if kind.prepare is not None:
                kind.prepare(period, customer_ids)

    def __str__(self) -> str:
        return ", ".join(str(kind.label) for kind in self.chosen)
