"""Packages, their components and prices: each change is one transaction with its audit entry."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Max

from catalog.models import TaxRate
from tenants.audit import changes_to, log
from tenants.models import User
from timesheets import package_errors as errors
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.due import Price, check_prices
from timesheets.domain.packages.fees import price_of
from timesheets.models.packages import (
    BillingPeriod,
    ComponentPrice,
    OwnTerms,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
)
from timesheets.usage.following import follow_package


class PackageValues(TypedDict, total=False):
    number: str
    name: str
    currency: str
    notes: str
    is_active: bool


class ComponentValues(TypedDict, total=False):
    name: str
    quantity: Decimal
    unit: str
    period: str
    due_at: str
    tax_rate: TaxRate | None
    account: str
    included_quantity: Decimal | None
    usage_destination: str


class PriceValues(TypedDict, total=False):
    start_date: date
    end_date: date | None
    unit_price: Decimal
    usage_price: Decimal | None


@transaction.atomic
def add_package(*, actor: User | None, **values: Unpack[PackageValues]) -> Package:
    package: Package = Package.objects.create(**values)
    log("package.added", package, actor=actor)
    return package


@transaction.atomic
def change_package(
    package_id: int, *, actor: User | None, **values: Unpack[PackageValues]
) -> Package:
    package = held_package(package_id)
    before = package.currency
    changes = changes_to(package, dict(values))
    if "currency" in changes and Subscription.objects.filter(package=package).exists():
        raise errors.PackageCurrencyInUse(package=package.name, currency=before)
    if changes:
        package.save(update_fields=list(changes))
        log("package.changed", package, actor=actor, changes=changes)
    return package


@transaction.atomic
def remove_package(package_id: int, *, actor: User | None) -> None:
    """Delete one that nobody has subscribed to."""
    package = held_package(package_id)
    if Subscription.objects.filter(package=package).exists():
        raise errors.PackageInUse(package=package.name)
    log("package.removed", package, actor=actor)
    ComponentPrice.objects.filter(component__package=package).delete()
    PackageComponent.objects.filter(package=package).delete()
    package.delete()


@transaction.atomic
def add_component(
    package_id: int,
    *,
    actor: User | None,
    price: PriceValues,
    **values: Unpack[ComponentValues],
) -> PackageComponent:
    """A component with its first price."""
    package = held_package(package_id)
    last = package.components.aggregate(last=Max("position"))["last"] or 0
    component = PackageComponent(package=package, position=last + 1, **values)
    _check_component(component)
    component.save()
    ComponentPrice.objects.create(component=component, **price)
    _check_prices(component)
    log("package.component_added", package, actor=actor, component=component.name)
    follow_package(package, actor=actor)
    return component


@transaction.atomic
def change_component(
    component_id: int, *, actor: User | None, **values: Unpack[ComponentValues]
) -> PackageComponent:
    component = _held_component(component_id)
    changes = changes_to(component, dict(values))
    if not changes:
        return component
    if "period" in changes and SubscriptionFee.objects.filter(component=component).exists():
        raise errors.ComponentPeriodInUse(component=component.name)
    _check_component(component)
    component.save()
    told = {f"{component.name}: {name}": pair for name, pair in changes.items()}
    log("package.changed", component.package, actor=actor, changes=told)
    follow_package(component.package, actor=actor)
    return component


@transaction.atomic
def remove_component(component_id: int, *, actor: User | None) -> None:
    component = _held_component(component_id)
    has_fees = SubscriptionFee.objects.filter(component=component).exists()
    if has_fees or OwnTerms.objects.filter(component=component).exists():
        raise errors.ComponentInUse(component=component.name)
    log("package.component_removed", component.package, actor=actor, component=component.name)
    component.prices.all().delete()
    component.delete()


@transaction.atomic
def add_price(
    component_id: int, *, actor: User | None, **values: Unpack[PriceValues]
) -> ComponentPrice:
    """A price from a day on; the one that went on until then ends the day before."""
    component = _held_component(component_id)
    price = ComponentPrice(component=component, **values)
    component.prices.filter(end_date=None, start_date__lt=price.start_date).update(
        end_date=price.start_date - timedelta(days=1)
    )
    _check_prices(component, price)
    price.save()
    _log_price(component, actor, added=price)
    follow_package(component.package, actor=actor)
    return price


@transaction.atomic
def change_price(
    price_id: int, *, actor: User | None, **values: Unpack[PriceValues]
) -> ComponentPrice:
    found = ComponentPrice.objects.filter(pk=price_id).first()
    if found is None:
        raise errors.PackageGone
    component = _held_component(found.component_id)
    price: ComponentPrice = ComponentPrice.objects.get(pk=price_id)
    changes = changes_to(price, dict(values))
    if not changes:
        return price
    _check_prices(component, price)
    price.save()
    told = {f"{component.name}: {name}": pair for name, pair in changes.items()}
    log("package.changed", component.package, actor=actor, changes=told)
    follow_package(component.package, actor=actor)
    return price


@transaction.atomic
def remove_price(price_id: int, *, actor: User | None) -> int:
    """The first or the last of a component; one between them would leave a gap. Says how many open
    fees its days took with them; where a worker follows, nought."""
    found = ComponentPrice.objects.filter(pk=price_id).first()
    if found is None:
        raise errors.PackageGone
    component = _held_component(found.component_id)
    ComponentPrice.objects.filter(pk=price_id).delete()
    _check_prices(component)
    _log_price(component, actor, removed=found)
    return follow_package(component.package, actor=actor).removed


def held_package(package_id: int) -> Package:
    """The package, locked: whoever changes its components or prices takes turns."""
    hold_hours()
    package: Package | None = Package.objects.select_for_update().filter(pk=package_id).first()
    if package is None:
        raise errors.PackageGone
    return package


def _held_component(component_id: int) -> PackageComponent:
    package_id = (
        PackageComponent.objects.filter(pk=component_id)
        .values_list("package_id", flat=True)
        .first()
    )
    if package_id is None:
        raise errors.PackageGone
    held_package(package_id)
    try:
        component: PackageComponent = PackageComponent.objects.select_related(
            "package", "tax_rate"
        ).get(pk=component_id)
    except PackageComponent.DoesNotExist as gone:
        raise errors.PackageGone from gone
    return component


def _check_component(component: PackageComponent) -> None:
    if component.quantity <= 0:
        raise errors.ComponentWithoutQuantity
    if component.included_quantity is None:
        component.usage_destination = ""
        return
    if component.period == BillingPeriod.ONCE:
        raise errors.UsageOfOnce
    others = PackageComponent.objects.filter(
        package=component.package, included_quantity__isnull=False
    ).exclude(pk=component.pk)
    destination = component.usage_destination.casefold()
    for other in others:
        if other.usage_destination.casefold() == destination:
            raise errors.UsageIncludedTwice(component=other.name)


def _check_prices(component: PackageComponent, new: ComponentPrice | None = None) -> None:
    """Without gaps and overlaps, with `new` in place of the row it is."""
    rows = component.prices.exclude(pk=new.pk) if new and new.pk else component.prices.all()
    prices: list[Price] = [price_of(row) for row in rows]
    if new is not None:
        if new.end_date is not None and new.end_date < new.start_date:
            raise errors.PriceTurned
        prices.append(price_of(new))
    check_prices(component.name, prices)


def _log_price(component: PackageComponent, actor: User | None, **which: Any) -> None:
    for name, price in which.items():
        log(
            f"package.price_{name}",
            component.package,
            actor=actor,
            component=component.name,
            start_date=price.start_date.isoformat(),
            end_date=price.end_date.isoformat() if price.end_date else "",
            unit_price=f"{price.unit_price} {component.package.currency}",
        )
