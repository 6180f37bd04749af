"""Charges to lines, without the database: each one a line, usage by destination or by day."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from catalog.models import TaxRate, Unit
from core.money import ZERO
from invoicing.domain.amounts import line_net
from invoicing.domain.composing.planning import ChargeWork, PlannedLine
from invoicing.domain.composing.texts import Wording, tidy
from tenants.billing_terms import UsageGrouping
from timesheets.models import ChargeKind

_USAGE = {"en": "Usage", "fi": "Käyttö", "sv": "Användning", "de": "Nutzung"}


@dataclass(frozen=True, kw_only=True)
class ChargeRules:
    """What holds for the charges of a draft."""

    currency: str
    language: str
    usage_grouping: UsageGrouping
    tax_rate: Callable[[ChargeWork], TaxRate]
    # Of the project's sales at a rate, for charges without an account of their own.
    account: Callable[[int | None, TaxRate], str] = lambda _project_id, _rate: ""

    def booked(self, charge: ChargeWork) -> ChargeWork:
        """With the account it is booked on, unless that is the rate's."""
        if charge.account:
            return charge
        return charge._replace(account=self.account(charge.project_id, self.tax_rate(charge)))


def plan_charges(charges: Iterable[ChargeWork], rules: ChargeRules) -> list[PlannedLine]:
    """The lines these charges become: by date, usage after everything else, and by its group.

    Usage shares a line where unit, price, tax and account are the same; its quantities are added
    and the amount is that of the sum.
    """
    wording = Wording(rules.language, rules.currency)
    groups: dict[tuple[Any, ...], list[ChargeWork]] = {}
    taxes: dict[tuple[Any, ...], TaxRate] = {}
    for charge in map(rules.booked, sorted(charges, key=attrgetter("charge_date", "id"))):
        rate = rules.tax_rate(charge)
        key = group_of(charge, rules.usage_grouping, rate.pk)
        groups.setdefault(key, []).append(charge)
        taxes[key] = rate
    return [
        _line(found, taxes[key], rules, wording)
        for key, found in sorted(groups.items(), key=lambda item: _place(item[1], rules))
    ]


def group_of(charge: ChargeWork, grouping: UsageGrouping, tax_rate_id: int) -> tuple[Any, ...]:
    """What charges of one line have in common."""
    if charge.kind != ChargeKind.USAGE:
        return (charge.id,)
    by = charge.charge_date if grouping == UsageGrouping.DAY else charge.destination
    return (by, charge.unit, charge.unit_price, charge.account, tax_rate_id)


def _place(charges: Sequence[ChargeWork], rules: ChargeRules) -> tuple[Any, ...]:
    first = charges[0]
    if first.kind != ChargeKind.USAGE:
        return (False, "", first.charge_date, first.id)
    by_destination = rules.usage_grouping == UsageGrouping.DESTINATION
    named = first.destination.casefold() if by_destination else ""
    return (True, named, first.charge_date, first.id)


def _line(
    charges: list[ChargeWork], tax_rate: TaxRate, rules: ChargeRules, wording: Wording
) -> PlannedLine:
    first = charges[0]
    products = {charge.product_id for charge in charges}
    quantity = sum((charge.quantity for charge in charges), ZERO)
    return PlannedLine(
        text=usage_text(charges, rules.usage_grouping, wording)
        if first.kind == ChargeKind.USAGE
        else tidy(first.text),
        quantity=quantity,
        unit=Unit(first.unit),
        unit_price=first.unit_price,
        net=line_net(quantity, first.unit_price, ZERO, rules.currency),
        tax_rate=tax_rate,
        account=first.account,
        product_id=products.pop() if len(products) == 1 else None,
        start_date=first.start_date,
        end_date=first.end_date,
        minutes=0,
        billed_minutes=0,
        entries=[],
        charges=charges,
    )


def usage_text(charges: Sequence[ChargeWork], grouping: UsageGrouping, wording: Wording) -> str:
    """`Calls · Germany (01.10.2026–31.10.2026)`, or `Calls · 05.10.2026`."""
    said = {charge.text for charge in charges}
    what = said.pop() if len(said) == 1 else ""
    first, last = charges[0].charge_date, charges[-1].charge_date
    if grouping == UsageGrouping.DAY:
        where = wording.day(first)
    elif first == last:
        where = f"{charges[0].destination} ({wording.day(first)})"
    else:
        where = f"{charges[0].destination} ({wording.day(first)}–{wording.day(last)})"
    return tidy(f"{what or _USAGE[wording.language]} · {where.strip()}")
