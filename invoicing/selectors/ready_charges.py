"""What charges of a period add to "ready to invoice"."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.models import TaxRate
from core.money import ZERO
from customers.domain.billing_terms import terms_of
from customers.models import Customer
from invoicing.domain.composing.charges import ChargeRules, plan_charges
from invoicing.domain.composing.planning import ChargeWork, PlannedLine
from tenants.models import Tenant


class ChargeSum(NamedTuple):
    """A charge, or usage of one day that shares a line, with where it is on its way."""

    state: str
    customer_id: int
    charge: ChargeWork


# One text for all of them, so that it fits beside the sums of hours in their statement. Usage is
# summed up by the database: a million records come as a few hundred rows.
CHARGES_AS_TEXT = """
    SELECT jsonb_agg(jsonb_build_array(
        billing_state, customer_id, id, kind, project_id, charge_date, text, destination,
        quantity::text, unit, unit_price::text, tax_rate_id, account, NULL, start_date, end_date,
        records
    ))::text
    FROM (
        SELECT billing_state, customer_id, min(id) AS id, kind, project_id, charge_date,
            CASE WHEN min(text) = max(text) THEN min(text) ELSE '' END AS text, destination,
            sum(quantity) AS quantity, unit, unit_price, tax_rate_id, account,
            min(start_date) AS start_date, max(end_date) AS end_date, count(*) AS records
        FROM timesheets_charge
        WHERE tenant_id = %(tenant)s AND charge_date BETWEEN %(start)s AND %(end)s
            AND (%(all_projects)s OR project_id = ANY(%(projects)s)
                OR project_id IS NULL AND customer_id = %(loose_of)s)
            AND is_billable AND billing_state IN ('open', 'drafted', 'billed')
        GROUP BY billing_state, customer_id, kind, project_id, charge_date, destination, unit,
            unit_price, tax_rate_id, account, CASE WHEN kind <> 'usage' THEN id END
    ) charge
"""


def charges_of_text(text: str | None) -> list[ChargeSum]:
    """What `CHARGES_AS_TEXT` has answered."""
    found = []
    for state, customer_id, *values in json.loads(text or "[]"):
        charge = ChargeWork(*values)
        found.append(
            ChargeSum(
                state,
                customer_id,
                charge._replace(
                    charge_date=date.fromisoformat(str(charge.charge_date)),
                    start_date=_day(charge.start_date),
                    end_date=_day(charge.end_date),
                    quantity=Decimal(charge.quantity),
                    unit_price=Decimal(charge.unit_price),
                ),
            )
        )
    return found


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def planned_charges(
    charges: Sequence[ChargeSum],
    customer: Customer,
    tenant: Tenant,
    tax_rate: Callable[[ChargeWork], TaxRate | None],
) -> tuple[list[PlannedLine], bool]:
    """The lines `draft_work` will make of them, and whether each has a tax rate."""
    if not charges:
        return [], True
    rates = {found.charge.id: tax_rate(found.charge) for found in charges}
    untaxed = TaxRate(percent=ZERO)
    rules = ChargeRules(
        currency=customer.currency,
        language=customer.language,
        usage_grouping=terms_of(customer=customer, tenant=tenant).usage_grouping,
        tax_rate=lambda charge: rates[charge.id] or untaxed,
    )
    planned = plan_charges((found.charge for found in charges), rules)
    return planned, all(rate is not None for rate in rates.values())
