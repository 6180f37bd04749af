"""Taking open charges for a draft: whoever comes second finds none."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db import connection

from catalog.models import TaxRate
from customers.domain.billing_terms import terms_of
from customers.models import Project
from invoicing.domain.composing.charges import ChargeRules
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.lines import TaxRates
from invoicing.models import Invoice
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours

_COLUMNS = ", ".join(f"charge.{name}" for name in ChargeWork._fields if name != "records")


def claim_charges_of_period(
    start: date, end: date, *, project_ids: Sequence[int], loose_of: int | None = None
) -> list[ChargeWork]:
    """Mark the projects' open charges of these days as drafted, and those that the customer
    `loose_of` has without a project."""
    return _claim(
        "(charge.project_id = ANY(%s) OR charge.project_id IS NULL AND charge.customer_id = %s)"
        " AND charge.charge_date BETWEEN %s AND %s",
        [list(project_ids), loose_of, start, end],
    )


def claim_charges(charge_ids: Collection[int], *, customer_id: int) -> list[ChargeWork]:
    """Mark these as drafted as far as they are open, billable and the customer's."""
    if not charge_ids:
        return []
    return _claim(
        "charge.id = ANY(%s) AND charge.customer_id = %s", [list(charge_ids), customer_id]
    )


def _claim(condition: str, params: list[Any]) -> list[ChargeWork]:
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE timesheets_charge charge SET billing_state = 'drafted'"  # noqa: S608
            f" WHERE charge.tenant_id = %s AND {condition}"
            f" AND charge.is_billable AND charge.billing_state = 'open' RETURNING {_COLUMNS}",
            [current_tenant_id(), *params],
        )
        return [ChargeWork(*row) for row in cursor.fetchall()]


def read_charges(charge_ids: Collection[int]) -> list[ChargeWork]:
    """These as they are now, in no particular order."""
    if not charge_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM timesheets_charge charge"  # noqa: S608
            " WHERE charge.tenant_id = %s AND charge.id = ANY(%s)",
            [current_tenant_id(), list(charge_ids)],
        )
        return [ChargeWork(*row) for row in cursor.fetchall()]


def charge_rules_of(
    invoice: Invoice, charges: Collection[ChargeWork], rates: TaxRates
) -> ChargeRules:
    """As the invoice's customer and the company have them now."""
    projects = Project.objects.order_by().in_bulk(
        {charge.project_id for charge in charges if charge.project_id is not None}
    )

    def tax_rate(charge: ChargeWork) -> TaxRate:
        if charge.tax_rate_id is not None:
            return rates.by_id[charge.tax_rate_id]
        return rates.default(
            invoice.tax_point,
            customer=invoice.customer,
            project=projects.get(charge.project_id or 0),
        )

    tenant = Tenant.objects.get(pk=current_tenant_id())
    return ChargeRules(
        currency=invoice.currency,
        language=invoice.language,
        usage_grouping=terms_of(customer=invoice.customer, tenant=tenant).usage_grouping,
        tax_rate=tax_rate,
    )
