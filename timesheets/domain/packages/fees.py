"""Fees that are due become charges, and follow their subscription until they are on a document."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.periods import month_of
from tenants import audit
from tenants.models import User
from tenants.rows import update_rows
from timesheets.domain.deleting import drop_charges
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.due import Due, Fee, Price, Span, Terms, fees_due
from timesheets.models import BillingState, Charge, ChargeKind
from timesheets.models.packages import (
    BillingPeriod,
    ComponentPrice,
    DueAt,
    OwnTerms,
    PackageComponent,
    Subscription,
    SubscriptionFee,
)
from timesheets.package_errors import PeriodTooFar

LONGEST_AHEAD = timedelta(days=731)
LONGEST_PERIOD = timedelta(days=400)  # a year, and some


@dataclass(frozen=True)
class Unpriced:
    """Days of a subscription on which a component costs nobody knows what."""

    subscription: Subscription
    component: PackageComponent
    span: Span


@dataclass(frozen=True)
class Written:
    """What became of the fees: charges made, changed and taken away."""

    made: int = 0
    changed: int = 0
    removed: int = 0
    unpriced: tuple[Unpriced, ...] = ()
    # Sold in another currency than the customer is invoiced in: nothing is charged for them.
    foreign: tuple[Subscription, ...] = ()


def due_by_now(today: date) -> date:
    """What is due until the end of the month is written: it is invoiced with the month's work."""
    return month_of(today).end


@transaction.atomic
def write_fees(
    *,
    actor: User | None,
    until: date | None = None,
    subscription_ids: Collection[int] | None = None,
) -> Written:
    """Write the charges of all fees due on or before `until`; it may be called at any time.

    Open ones follow their subscription as it is now. What is drafted, billed or settled stays, and
    its days are not charged for again. All or none are written.
    """
    today = timezone.localdate()
    if until is None:
        until = due_by_now(today)
    if until > today + LONGEST_AHEAD:
        raise PeriodTooFar
    hold_hours()
    subscriptions = Subscription.objects.select_related("customer", "project", "package")
    if subscription_ids is None:
        subscriptions = subscriptions.filter(_may_owe(today))
    else:
        subscriptions = subscriptions.filter(pk__in=subscription_ids)
    found = list(subscriptions.order_by("pk").select_for_update(of=("self",)))
    book = Book(found)
    for subscription in found:
        book.compare(subscription, until)
    return book.write(actor)


def _may_owe(today: date) -> Q:
    """Of those that ended so long ago that each period is over only open fees can change. What
    somebody changes about another one is written when they do."""
    ended = today - LONGEST_PERIOD
    fees = SubscriptionFee.objects.filter(
        subscription=OuterRef("pk"),
        charge__billing_state=BillingState.OPEN,
        charge__is_billable=True,
    )
    return Q(end_date=None) | Q(end_date__gte=ended) | Q(Exists(fees))


def terms_of_subscription(
    components: Iterable[PackageComponent],
    prices: Mapping[int, Sequence[ComponentPrice]],
    own: Mapping[int, OwnTerms],
) -> list[Terms]:
    """What each component is charged by: the customer's own terms before those of the package."""
    terms = []
    for component in components:
        mine = own.get(component.pk)
        agreed = mine.quantity if mine is not None else None
        terms.append(
            Terms(
                key=component.pk,
                name=component.name,
                period=BillingPeriod(component.period),
                due_at=DueAt(component.due_at),
                quantity=component.quantity if agreed is None else agreed,
                prices=[price_of(price) for price in prices.get(component.pk, ())],
                own_price=mine.unit_price if mine is not None else None,
            )
        )
    return terms


def price_of(row: ComponentPrice) -> Price:
    return Price(
        start=row.start_date,
        end=row.end_date,
        unit_price=row.unit_price,
        usage_price=row.usage_price,
    )


def is_settled(charge: Charge) -> bool:
    """Whether the fee stays as it is: on a document, settled, or made not billable by somebody."""
    return charge.billing_state != BillingState.OPEN or not charge.is_billable


class Book:
    """Terms and fees of some subscriptions, read in as many queries for one as for a thousand."""

    def __init__(self, subscriptions: Sequence[Subscription]) -> None:
        ids = [subscription.pk for subscription in subscriptions]
        packages = {subscription.package_id for subscription in subscriptions}
        self.subscriptions = {subscription.pk: subscription for subscription in subscriptions}
        self.components: dict[int, list[PackageComponent]] = defaultdict(list)
        for component in PackageComponent.objects.filter(package__in=packages):
            self.components[component.package_id].append(component)
        self.by_id = {one.pk: one for found in self.components.values() for one in found}
        self.prices: dict[int, list[ComponentPrice]] = defaultdict(list)
        for price in ComponentPrice.objects.filter(component__package__in=packages):
            self.prices[price.component_id].append(price)
        self.own: dict[int, dict[int, OwnTerms]] = defaultdict(dict)
        for own in OwnTerms.objects.filter(subscription__in=ids):
            self.own[own.subscription_id][own.component_id] = own
        self.fees: dict[int, list[SubscriptionFee]] = defaultdict(list)
        fees = SubscriptionFee.objects.filter(subscription__in=ids).select_related("charge")
        for fee in fees.order_by("start_date", "pk"):
            self.fees[fee.subscription_id].append(fee)
        self.made: list[tuple[SubscriptionFee, Charge]] = []
        self.changed: list[Charge] = []
        self.gone: list[SubscriptionFee] = []
        self.unpriced: list[Unpriced] = []
        self.foreign: list[Subscription] = []

    def due(
        self, subscription: Subscription, until: date, *, billed: Iterable[tuple[Any, Span]]
    ) -> Due:
        terms = terms_of_subscription(
            self.components[subscription.package_id], self.prices, self.own[subscription.pk]
        )
        return fees_due(
            terms,
            start=subscription.start_date,
            end=subscription.end_date,
            until=until,
            currency=subscription.customer.currency,
            billed=billed,
        )

    def compare(self, subscription: Subscription, until: date) -> None:
        """What is to be made, changed and taken away for this subscription."""
        there = self.fees[subscription.pk]
        if subscription.package.currency != subscription.customer.currency:
            self.foreign.append(subscription)
            self.gone += [fee for fee in there if not is_settled(fee.charge)]
            return
        settled = [fee for fee in there if is_settled(fee.charge)]
        # What was written further ahead because somebody asked for it follows, too.
        ahead = [fee.charge.charge_date for fee in there if not is_settled(fee.charge)]
        until = max([until, *ahead])
        due = self.due(
            subscription,
            until,
            billed=[(fee.component_id, Span(fee.start_date, fee.end_date)) for fee in settled],
        )
        self.unpriced += [
            Unpriced(subscription, self.by_id[key], span) for key, span in due.unpriced
        ]
        open_ones = {
            (fee.component_id, fee.start_date, fee.end_date): fee
            for fee in there
            if not is_settled(fee.charge)
        }
        for fee in due.fees:
            stored = open_ones.pop((fee.key, fee.start, fee.end), None)
            charge = self._charge(subscription, fee)
            if stored is None:
                self.made.append(
                    (
                        SubscriptionFee(
                            subscription=subscription,
                            component=self.by_id[fee.key],
                            start_date=fee.start,
                            end_date=fee.end,
                            is_once=fee.is_once,
                        ),
                        charge,
                    )
                )
            elif _content(stored.charge) != _content(charge):
                charge.pk = stored.charge.pk
                charge.created_by_id = stored.charge.created_by_id
                charge.created_at = stored.charge.created_at
                charge.note = stored.charge.note
                charge.service_order_id = stored.charge.service_order_id
                self.changed.append(charge)
        self.gone += open_ones.values()

    def _charge(self, subscription: Subscription, fee: Fee) -> Charge:
        component = self.by_id[fee.key]
        return Charge(
            kind=ChargeKind.FEE,
            customer=subscription.customer,
            project=subscription.project,
            charge_date=fee.due_date,
            start_date=None if fee.is_once else fee.start,
            end_date=None if fee.is_once else fee.end,
            text=component.name,
            quantity=fee.quantity,
            unit=component.unit,
            unit_price=fee.unit_price,
            tax_rate_id=component.tax_rate_id,
            account=component.account,
        )

    def write(self, actor: User | None) -> Written:
        self._remove()
        update_rows(self.changed, _CONTENT)
        charges = [charge for _fee, charge in self.made]
        for charge in charges:
            charge.created_by = actor
        Charge.objects.bulk_create(charges, batch_size=1000)
        for fee, charge in self.made:
            fee.charge = charge
        SubscriptionFee.objects.bulk_create((fee for fee, _charge in self.made), batch_size=1000)
        written = Written(
            len(self.made),
            len(self.changed),
            len(self.gone),
            tuple(self.unpriced),
            tuple(self.foreign),
        )
        self._log(actor)
        return written

    def _remove(self) -> None:
        if not self.gone:
            return
        ids = [fee.charge_id for fee in self.gone]
        SubscriptionFee.objects.filter(pk__in=[fee.pk for fee in self.gone]).delete()
        drop_charges(Charge.objects.filter(pk__in=ids))

    def _log(self, actor: User | None) -> None:
        """One entry for each subscription whose fees have changed."""
        told: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for fee, _charge in self.made:
            told[fee.subscription_id]["made"] += 1
        owner = {fee.charge_id: pk for pk, fees in self.fees.items() for fee in fees}
        for charge in self.changed:
            told[owner[charge.pk]]["changed"] += 1
        for fee in self.gone:
            told[fee.subscription_id]["removed"] += 1
        audit.write(
            audit.entry("subscription.fees", self.subscriptions[pk], actor=actor, **counts)
            for pk, counts in told.items()
        )


_CONTENT = (
    "customer", "project", "charge_date", "start_date", "end_date", "text", "quantity", "unit",
    "unit_price", "tax_rate", "account",
)  # fmt: skip


def _content(charge: Charge) -> tuple[Any, ...]:
    return tuple(
        getattr(charge, f"{name}_id") if name in ("customer", "project", "tax_rate")
        else getattr(charge, name)
        for name in _CONTENT
    )  # fmt: skip
