"""What an expense is charged at, and when it stays as it is."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.money import ZERO
from customers.models import Customer, Project
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import errors
from timesheets.domain import checks
from timesheets.domain.access import may_make_billable
from timesheets.models import Charge, ChargeKind

# What a lock of the person's hours holds of their expenses, whoever asks.
_LOCKED = (
    "kind", "customer", "project", "member", "charge_date", "text", "quantity", "cost",
    "cost_currency",
)  # fmt: skip
# What is charged, on which the office still decides then.
_CHARGED = ("unit", "unit_price", "markup_percent", "is_billable", "product")
_SIX_PLACES = Decimal("0.000001")


def held_by_a_lock(actor: Membership, project: Project | None) -> tuple[str, ...]:
    """What of an expense in a locked period they may not change."""
    if project is None:
        decides = actor.may(Permission.EDIT_HOURS)
    else:
        decides = may_make_billable(actor, project)
    return _LOCKED if decides else _LOCKED + _CHARGED


def sale_price(cost: Decimal, markup_percent: Decimal | None) -> Decimal:
    """What one is charged at: the cost and so much of it on top. Only the line is rounded to
    cents: a kilometre may cost 0.305."""
    price = cost * (100 + (markup_percent or ZERO)) / 100
    return price.quantize(_SIX_PLACES, rounding=ROUND_HALF_UP)


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
    if charge is not None and _follows(charge, told, currency):
        price = None
    if price is None and currency != customer.currency:
        raise errors.ChargePriceInAnotherCurrency(cost=currency, price=customer.currency)
    if price is None:
        price = sale_price(cost, told["markup_percent"])
    return values | {"cost_currency": currency, "unit_price": price}


def _follows(charge: Charge, told: dict[str, Any], currency: str) -> bool:
    """Whether the price, left as it was, goes along with a cost or a mark-up that was changed."""
    if told["unit_price"] != charge.unit_price or currency != told["customer"].currency:
        return False
    if charge.cost is None:
        # An agreed price of which only the cost is noted now stays agreed.
        return told["markup_percent"] is not None
    return (told["cost"], told["markup_percent"]) != (charge.cost, charge.markup_percent)


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
