"""What the pages of packages and subscriptions show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from tenants.models import Membership
from timesheets.documents import documents_of
from timesheets.domain.packages.due import Span
from timesheets.domain.packages.fees import Book
from timesheets.models import (
    BillingState,
    Charge,
    ComponentPrice,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
    TermsToFollow,
)
from timesheets.selectors.rows import WorkRow

LONG_WAIT = timedelta(seconds=30)


@dataclass(frozen=True)
class ComponentRow:
    component: PackageComponent
    prices: list[ComponentPrice]
    today: date

    @property
    def price(self) -> ComponentPrice | None:
        return next((price for price in self.prices if _counts(price, self.today)), None)

    @property
    def others(self) -> list[ComponentPrice]:
        """Those of other days, the latest first."""
        return [price for price in reversed(self.prices) if not _counts(price, self.today)]


@dataclass(frozen=True)
class SubscriptionRow:
    """`written_until` is the last day of a fee that is a charge, `billed_until` of one that is on a
    document or settled."""

    subscription: Subscription
    written_until: date | None
    billed_until: date | None
    today: date

    @property
    def state(self) -> str:
        one = self.subscription
        if one.start_date > self.today:
            return "coming"
        return "ended" if one.end_date and one.end_date < self.today else "running"


@dataclass(frozen=True)
class TermRow:
    """What a component is charged by for one customer; `is_own` where they agreed on it."""

    component: PackageComponent
    quantity: Decimal
    unit_price: Decimal | None
    included_quantity: Decimal | None
    usage_price: Decimal | None
    is_own: bool


@dataclass(frozen=True)
class FeeRow(WorkRow[Charge]):
    fee: SubscriptionFee

    @property
    def is_waived(self) -> bool:
        return not self.work.is_billable


def component_rows(package: Package, today: date) -> list[ComponentRow]:
    components = package.components.select_related("tax_rate").prefetch_related("prices")
    return [ComponentRow(one, list(one.prices.all()), today) for one in components]


def current_prices(
    components: Iterable[PackageComponent], today: date
) -> dict[int, ComponentPrice]:
    """The price of each that counts today."""
    prices = ComponentPrice.objects.filter(
        Q(end_date=None) | Q(end_date__gte=today),
        component__in=[component.pk for component in components],
        start_date__lte=today,
    )
    return {price.component_id: price for price in prices}


def subscription_rows(found: Iterable[Subscription], today: date) -> list[SubscriptionRow]:
    """Two questions for any number of them."""
    rows = list(found)
    fees = (
        SubscriptionFee.objects.filter(subscription__in=[row.pk for row in rows])
        .order_by()
        .values("subscription")
        .annotate(
            written=Max("end_date"),
            billed=Max(
                "end_date",
                filter=Q(charge__billing_state__in=[BillingState.DRAFTED, BillingState.BILLED]),
            ),
        )
    )
    until = {row["subscription"]: (row["written"], row["billed"]) for row in fees}
    return [SubscriptionRow(row, *until.get(row.pk, (None, None)), today) for row in rows]


def term_rows(subscription: Subscription, book: Book, today: date) -> list[TermRow]:
    """As of today, or of the first day of a subscription that is coming."""
    day = max(today, subscription.start_date)
    own = book.own[subscription.pk]
    rows = []
    for component in book.components[subscription.package_id]:
        mine = own.get(component.pk)
        price = next((one for one in book.prices[component.pk] if _counts(one, day)), None)
        agreed = [
            getattr(mine, name, None)
            for name in ("quantity", "unit_price", "included_quantity", "usage_price")
        ]
        usual = [
            component.quantity,
            price.unit_price if price else None,
            component.included_quantity,
            price.usage_price if price else None,
        ]
        values = [
            theirs if theirs is not None else ours
            for theirs, ours in zip(agreed, usual, strict=True)
        ]
        rows.append(
            TermRow(
                component,
                values[0] or Decimal(0),
                unit_price=values[1],
                included_quantity=values[2],
                usage_price=values[3],
                is_own=any(value is not None for value in agreed),
            )
        )
    return rows


def fee_rows(subscription: Subscription, reader: Membership) -> list[FeeRow]:
    """The latest first."""
    fees = list(
        SubscriptionFee.objects.filter(subscription=subscription)
        .select_related("component", "charge__customer", "charge__settled_by")
        .order_by("-start_date", "component__position", "pk")
    )
    documents = documents_of([fee.charge for fee in fees], reader)
    return [
        FeeRow(fee.charge, may_write=False, document=documents.get(fee.charge_id), fee=fee)
        for fee in fees
    ]


def unpriced_days(
    subscription: Subscription, book: Book, *, until: date
) -> list[tuple[PackageComponent, Span]]:
    """Days on which a component has no price, so that nothing is charged for them."""
    due = book.due(subscription, until, billed=())
    return [(book.by_id[key], span) for key, span in due.unpriced]


@dataclass(frozen=True)
class Following:
    """How many customers of some subscriptions are charged by the terms as they are now."""

    done: int
    total: int
    is_waiting_long: bool


def following_of(subscriptions: QuerySet[Subscription]) -> Following | None:
    """Nothing where all charges have followed their terms."""
    customers = subscriptions.order_by().values("customer")
    waiting = TermsToFollow.objects.filter(customer__in=customers).aggregate(
        left=Count("pk"), since=Max("asked_at")
    )
    if not waiting["left"]:
        return None
    total = customers.distinct().count()
    is_waiting_long = timezone.now() - waiting["since"] > LONG_WAIT and waiting["left"] == total
    return Following(total - waiting["left"], total, is_waiting_long)


def _counts(price: ComponentPrice, day: date) -> bool:
    return price.start_date <= day and (price.end_date is None or day <= price.end_date)
