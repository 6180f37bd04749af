"""What an expense is charged at, and when it stays as it is."""

from decimal import Decimal
from typing import Any

from core.money import ZERO, round_money
from customers.models import Customer
from tenants.models import Membership
from timesheets import errors
from timesheets.domain import checks
from timesheets.models import Charge, ChargeKind

# What a lock of the person's hours holds of their expenses; the office still decides on the price.
LOCKED = (
    "kind", "customer", "project", "member", "charge_date", "text", "quantity", "cost",
    "cost_currency",
)  # fmt: skip


def sale_price(cost: Decimal, markup_percent: Decimal | None, currency: str) -> Decimal:
    """What one is charged at: the cost and so much of it on top."""
    return round_money(cost * (100 + (markup_percent or ZERO)) / 100, currency)


def priced(values: dict[str, Any], charge: Charge | None) -> dict[str, Any]:
    """With the cost's currency, and a price that follows from the cost where none was typed."""
    if not values.keys() & {"cost", "cost_currency", "markup_percent", "unit_price"}:
        return values
    told: dict[str, Any] = {
        name: values.get(name, getattr(charge, name, None))
        for name in ("customer", "cost", "cost_currency", "markup_percent", "unit_price")
    }
    customer: Customer = told["customer"]
    cost: Decimal | None = told["cost"]
    if cost is None:
        if told["unit_price"] is None:
            raise errors.ChargePriceMissing
        return values | {"cost": None, "cost_currency": "", "markup_percent": None}
    currency = told["cost_currency"] or customer.currency
    price = told["unit_price"]
    if price is None and currency != customer.currency:
        raise errors.ChargePriceInAnotherCurrency(cost=currency, price=customer.currency)
    if price is None:
        price = sale_price(cost, told["markup_percent"], customer.currency)
    return values | {"cost_currency": currency, "unit_price": price}


def refuse_locked(charge: Charge) -> None:
    """Whoever locked their hours has locked their expenses of these days with them."""
    if charge.kind != ChargeKind.EXPENSE or charge.member_id is None:
        return
    # A lock that is being taken comes wholly before or wholly after.
    person = Membership.objects.select_for_update(no_key=True).filter(pk=charge.member_id).get()
    try:
        checks.check_lock(person, charge.project, charge.charge_date)
    except errors.PeriodLocked as locked:
        raise errors.ExpenseLocked(**locked.params) from locked
