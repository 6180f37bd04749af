"""Usage beyond what is included becomes charges, which follow it until they are on a document."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from customers.models import Customer
from tenants import audit
from tenants.models import User
from tenants.rows import update_rows
from timesheets.domain.deleting import drop_charges
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.due import whole_period
from timesheets.domain.packages.fees import is_settled, price_of
from timesheets.models import Charge, ChargeKind
from timesheets.models.packages import (
    BillingPeriod,
    ComponentPrice,
    OwnTerms,
    PackageComponent,
    Subscription,
)
from timesheets.models.usage import UsageCharge, UsageImport, UsageRecord
from timesheets.usage.errors import UsageSumTooLarge
from timesheets.usage.rating import Allowance, Rated, UsageKey, rate_usage
from timesheets.usage.reading import LARGEST_QUANTITY


@dataclass(frozen=True)
class Charged:
    made: int = 0
    changed: int = 0
    removed: int = 0


@transaction.atomic
def charge_usage(customer: Customer, first: date, last: date, *, actor: User | None) -> Charged:
    """Charge for the customer's usage of the periods that these days lie in, as it is now.

    It may be called at any time: open charges follow, what is on a document stays.
    """
    hold_hours()
    allowances = allowances_of(customer)
    first, last = _whole_periods(first, last, allowances)
    stored = list(
        UsageCharge.objects.filter(customer=customer, usage_date__range=(first, last))
        .select_related("charge")
        .order_by("pk")
    )
    charged: dict[UsageKey, Decimal] = defaultdict(Decimal)
    open_ones: dict[UsageKey, UsageCharge] = {}
    gone: list[UsageCharge] = []
    for row in stored:
        key = UsageKey(row.usage_date, row.destination, row.unit, row.rate)
        if is_settled(row.charge):
            charged[key] += row.charge.quantity
        elif key in open_ones:
            gone.append(row)
        else:
            open_ones[key] = row
    usage = usage_of(customer, first, last)
    _refuse_too_much(customer, usage)
    rating = rate_usage(usage, allowances, charged=charged)
    changed, made = [], []
    for rated in rating.charges:
        found = open_ones.pop(rated.key, None)
        if found is None:
            made.append(rated)
        elif _set(found.charge, rated):
            changed.append(found.charge)
    gone += open_ones.values()
    _remove(gone)
    update_rows(changed, ("quantity", "unit_price", "text", "tax_rate", "account"))
    _make(customer, made, actor)
    done = Charged(len(made), len(changed), len(gone))
    if made or changed or gone:
        audit.log("usage.charged", customer, actor=actor, **vars(done))
    return done


def _refuse_too_much(customer: Customer, usage: Mapping[UsageKey, Decimal]) -> None:
    for key, quantity in usage.items():
        if quantity >= LARGEST_QUANTITY:
            raise UsageSumTooLarge(customer=customer.name, destination=key.destination, day=key.day)


def usage_of(
    customer: Customer, first: date, last: date, *, without: UsageImport | None = None
) -> dict[UsageKey, Decimal]:
    """Day by day, summed up by the database; perhaps without what an import brought."""
    records = UsageRecord.objects.filter(customer=customer, usage_date__range=(first, last))
    rows = (
        (records.exclude(usage_import=without) if without else records)
        .order_by()
        .values_list("usage_date", "destination", "unit", "unit_price")
        .annotate(quantity=Sum("quantity"))
    )
    return {UsageKey(*row[:4]): row[4] for row in rows}


def allowances_of(customer: Customer) -> list[Allowance]:
    """What the customer's packages include, with the terms agreed on with them."""
    subscriptions = list(
        Subscription.objects.filter(customer=customer).order_by("start_date", "pk")
    )
    packages = {one.package_id for one in subscriptions}
    components: dict[int, list[PackageComponent]] = defaultdict(list)
    for component in PackageComponent.objects.filter(
        package__in=packages, included_quantity__isnull=False
    ):
        components[component.package_id].append(component)
    prices: dict[int, list[ComponentPrice]] = defaultdict(list)
    for price in ComponentPrice.objects.filter(component__package__in=packages):
        prices[price.component_id].append(price)
    own = {
        (row.subscription_id, row.component_id): row
        for row in OwnTerms.objects.filter(subscription__in=subscriptions)
    }
    found = []
    for subscription in subscriptions:
        for component in components[subscription.package_id]:
            mine = own.get((subscription.pk, component.pk))
            agreed = mine.included_quantity if mine else None
            found.append(
                Allowance(
                    destination=component.usage_destination,
                    period=BillingPeriod(component.period),
                    included=component.included_quantity if agreed is None else agreed,
                    prices=[price_of(price) for price in prices[component.pk]],
                    own_price=mine.usage_price if mine else None,
                    start=subscription.start_date,
                    end=subscription.end_date,
                    text=component.name,
                    tax_rate_id=component.tax_rate_id,
                    account=component.account,
                )
            )
    return found


def _whole_periods(first: date, last: date, allowances: Iterable[Allowance]) -> tuple[date, date]:
    """What is included of a period depends on all of it."""
    kinds = {BillingPeriod.MONTH, *(one.period for one in allowances)}
    return (
        min(whole_period(kind, first).start for kind in kinds),
        max(whole_period(kind, last).end for kind in kinds),
    )


def _set(charge: Charge, rated: Rated) -> bool:
    """Make the charge what was found; whether anything of it differs."""
    by = rated.by
    values: dict[str, Any] = {
        "quantity": rated.quantity,
        "unit_price": rated.unit_price,
        "text": by.text if by else "",
        "tax_rate_id": by.tax_rate_id if by else None,
        "account": by.account if by else "",
    }
    differs = {name for name, value in values.items() if getattr(charge, name) != value}
    for name in differs:
        setattr(charge, name, values[name])
    return bool(differs)


def _make(customer: Customer, made: Iterable[Rated], actor: User | None) -> None:
    pairs = []
    for rated in made:
        key = rated.key
        charge = Charge(
            kind=ChargeKind.USAGE,
            customer=customer,
            charge_date=key.day,
            destination=key.destination,
            unit=key.unit,
            created_by=actor,
        )
        _set(charge, rated)
        row = UsageCharge(
            customer=customer,
            usage_date=key.day,
            destination=key.destination,
            unit=key.unit,
            rate=key.rate,
        )
        pairs.append((row, charge))
    Charge.objects.bulk_create([charge for _row, charge in pairs], batch_size=2000)
    for row, charge in pairs:
        row.charge = charge
    UsageCharge.objects.bulk_create([row for row, _charge in pairs], batch_size=2000)


def _remove(gone: Collection[UsageCharge]) -> None:
    if gone:
        UsageCharge.objects.filter(pk__in=[row.pk for row in gone]).delete()
        drop_charges(Charge.objects.filter(pk__in=[row.charge_id for row in gone]))
