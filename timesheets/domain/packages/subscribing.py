"""A customer's subscription to a package, with what they agreed on otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction

from customers.models import Customer, Project
from tenants.audit import changes_to, log
from tenants.models import User
from timesheets import package_errors as errors
from timesheets.domain.deleting import delete_charge_rows
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.due import Span, uncovered
from timesheets.domain.packages.fees import Written, is_settled, price_of, write_fees
from timesheets.domain.packages.offering import held_package
from timesheets.models import Charge
from timesheets.models.packages import (
    BillingPeriod,
    OwnTerms,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
)
from timesheets.usage.following import follow_usage


class SubscriptionValues(TypedDict, total=False):
    customer: Customer
    project: Project | None
    package: Package
    start_date: date
    end_date: date | None
    note: str


@dataclass(frozen=True)
class Own:
    """Agreed on with this customer; None is as the package has it."""

    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    included_quantity: Decimal | None = None
    usage_price: Decimal | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in vars(self).values())


@transaction.atomic
def subscribe(
    *,
    actor: User | None,
    own: Mapping[int, Own] | None = None,
    **values: Unpack[SubscriptionValues],
) -> Subscription:
    """Let a customer have a package; what is due already becomes charges."""
    hold_hours()
    package = held_package(values["package"].pk)
    subscription = Subscription(created_by=actor, **values)
    if not package.is_active:
        raise errors.PackageNotOffered(package=package.name)
    if not subscription.customer.is_active:
        raise errors.SubscriptionCustomerClosed(customer=subscription.customer.name)
    _check(subscription, own or {})
    subscription.save()
    _keep_own(subscription, own or {})
    log("subscription.added", subscription, actor=actor, start_date=str(subscription.start_date))
    write_fees(actor=actor, subscription_ids=[subscription.pk])
    follow_usage([subscription.customer_id], actor=actor)
    return subscription


@transaction.atomic
def change_subscription(
    subscription_id: int,
    *,
    actor: User | None,
    own: Mapping[int, Own] | None = None,
    **values: Unpack[SubscriptionValues],
) -> Written:
    """Change it; open fees follow, what is on documents stays."""
    subscription = _held(subscription_id)
    customer_before = subscription.customer_id
    changes = changes_to(subscription, dict(values))
    if {"customer", "package"} & changes.keys() and _settled(subscription):
        raise errors.SubscriptionFixed
    agreed = _own_of(subscription) if own is None else own
    _check(subscription, agreed)
    if "package" in changes:
        OwnTerms.objects.filter(subscription=subscription).delete()
        # Its charges are of components that the other package does not have.
        _take_away(subscription)
    subscription.save()
    if own is not None:
        changes |= _keep_own(subscription, own)
    if changes:
        log("subscription.changed", subscription, actor=actor, changes=changes)
    written = write_fees(actor=actor, subscription_ids=[subscription.pk])
    follow_usage({subscription.customer_id, customer_before}, actor=actor)
    return written


@transaction.atomic
def remove_subscription(subscription_id: int, *, actor: User | None) -> None:
    """Delete one of which nothing was ever on a document."""
    subscription = _held(subscription_id)
    kept = [
        fee
        for fee in SubscriptionFee.objects.filter(subscription=subscription).select_related(
            "charge"
        )
        if is_settled(fee.charge) or _was_invoiced(fee)
    ]
    if kept:
        raise errors.SubscriptionBilled(day=max(fee.end_date for fee in kept))
    _take_away(subscription)
    log("subscription.removed", subscription, actor=actor)
    subscription.delete()
    follow_usage([subscription.customer_id], actor=actor)


def _was_invoiced(fee: SubscriptionFee) -> bool:
    # By name, not by import: the room of documents lies to the right of this one.
    return Charge.objects.filter(pk=fee.charge_id, sources__isnull=False).exists()


def _held(subscription_id: int) -> Subscription:
    hold_hours()
    found: Subscription | None = (
        Subscription.objects.select_related("customer", "project", "package")
        .select_for_update(of=("self",))
        .filter(pk=subscription_id)
        .first()
    )
    if found is None:
        raise errors.PackageGone
    return found


def _settled(subscription: Subscription) -> bool:
    fees = SubscriptionFee.objects.filter(subscription=subscription).select_related("charge")
    return any(is_settled(fee.charge) or _was_invoiced(fee) for fee in fees)


def _take_away(subscription: Subscription) -> None:
    fees = SubscriptionFee.objects.filter(subscription=subscription)
    charges = list(fees.values_list("charge_id", flat=True))
    fees.delete()
    delete_charge_rows(Charge.objects.filter(pk__in=charges))


def _check(subscription: Subscription, own: Mapping[int, Own]) -> None:
    package, customer, project = subscription.package, subscription.customer, subscription.project
    if project is not None and project.customer_id != customer.pk:
        raise errors.SubscriptionOfAnotherCustomer(
            project=project.name, customer=project.customer.name
        )
    if subscription.end_date and subscription.end_date < subscription.start_date:
        raise errors.SubscriptionTurned
    if package.currency != customer.currency:
        raise errors.SubscriptionCurrency(
            package=package.name,
            package_currency=package.currency,
            customer=customer.name,
            customer_currency=customer.currency,
        )
    components = list(package.components.prefetch_related("prices"))
    if not components:
        raise errors.PackageEmpty(package=package.name)
    for component in components:
        agreed = own.get(component.pk)
        if agreed is None or agreed.unit_price is None:
            _check_covered(subscription, component)


def _check_covered(subscription: Subscription, component: PackageComponent) -> None:
    """Each day of the subscription has a price. One that goes on needs a price on its first day; a
    price list may end some day, and is told about then."""
    prices = [price_of(row) for row in component.prices.all()]
    start = subscription.start_date
    end = subscription.end_date or max([start, *(price.start for price in prices)])
    if component.period == BillingPeriod.ONCE:
        end = start
    for span in uncovered(prices, Span(start, end)):
        raise errors.PriceNotThere(
            component=component.name,
            package=subscription.package.name,
            start=span.start,
            end=span.end,
        )


def _own_of(subscription: Subscription) -> dict[int, Own]:
    return {
        row.component_id: Own(row.quantity, row.unit_price, row.included_quantity, row.usage_price)
        for row in OwnTerms.objects.filter(subscription=subscription)
    }


def _keep_own(subscription: Subscription, own: Mapping[int, Own]) -> dict[str, list[str]]:
    """Write what differs; returns it as the log words it."""
    names = dict(subscription.package.components.values_list("pk", "name"))
    before = _own_of(subscription)
    changes: dict[str, list[str]] = {}
    for pk, name in names.items():
        old, new = before.get(pk, Own()), own.get(pk, Own())
        if old == new:
            continue
        for field, value in vars(new).items():
            was = getattr(old, field)
            if was != value:
                changes[f"{name}: {field}"] = [
                    "" if one is None else str(one) for one in (was, value)
                ]
        rows = OwnTerms.objects.filter(subscription=subscription, component_id=pk)
        if not new:
            rows.delete()
        elif pk in before:
            rows.update(**vars(new))
        else:
            OwnTerms.objects.create(subscription=subscription, component_id=pk, **vars(new))
    return changes
