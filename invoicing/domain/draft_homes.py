"""The lines of a draft on which more hours and charges of their kind belong."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from core.arrays import array_of
from core.money import ZERO
from invoicing.domain.composing.charges import group_of
from invoicing.domain.composing.claiming import Entry, Names, entries_on
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.composing.recounting import recount
from invoicing.domain.composing.terms import LineTerms, charge_rules_of
from invoicing.domain.lines import TaxRates, price_line
from invoicing.models import Invoice, Source, Unit
from tenants.billing_terms import UsageGrouping
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from timesheets.models import ChargeKind

type _Home = tuple[int, int, Decimal]


def bring_hours_home(invoice: Invoice, claimed: Sequence[Entry]) -> list[Entry]:
    """Put hours onto the lines that have their like; returns those that need new lines."""
    homes = _homes_of_hours(invoice)
    fresh: list[Entry] = []
    coming: dict[int, list[Entry]] = defaultdict(list)
    for entry in claimed:
        assert entry.rate is not None
        home = homes.get((entry.project_id, entry.member_id, entry.rate))
        if home is None:
            fresh.append(entry)
        else:
            coming[home].append(entry)
    if not coming:
        return fresh
    lines = invoice.lines.select_related("tax_rate", "addition").in_bulk(coming)
    before = entries_on(coming)
    for line_id, entries in coming.items():
        recount(
            lines[line_id],
            before[line_id],
            [*before[line_id], *entries],
            currency=invoice.currency,
        )
    _tie(coming)
    return fresh


def _homes_of_hours(invoice: Invoice) -> dict[_Home, int]:
    """Lines of hours whose hours are all of one project, person and rate, by these three."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT source.line_id, min(entry.project_id), min(entry.member_id), min(entry.rate)
            FROM invoicing_source source
            JOIN invoicing_invoiceline line
                ON line.tenant_id = source.tenant_id AND line.id = source.line_id
            JOIN timesheets_timeentry entry
                ON entry.tenant_id = source.tenant_id AND entry.id = source.time_entry_id
            WHERE source.tenant_id = %s AND line.invoice_id = %s AND source.released_at IS NULL
            GROUP BY source.line_id
            HAVING count(DISTINCT (entry.project_id, entry.member_id, entry.rate)) = 1
            ORDER BY min(line.position) DESC
            """,
            [current_tenant_id(), invoice.pk],
        )
        found = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
    lines = invoice.lines.select_related("addition").in_bulk(found)
    return {
        home: pk
        for pk, home in found.items()
        if lines[pk].unit == Unit.HOUR
        and lines[pk].unit_price == home[2]
        and LineTerms(lines[pk]).is_standard
    }


def _tie(coming: dict[int, list[Entry]]) -> None:
    rows = [(line_id, entry.id, entry.minutes) for line_id in coming for entry in coming[line_id]]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])",
            [current_tenant_id(), *map(array_of, zip(*rows, strict=True))],
        )


def bring_charges_home(
    invoice: Invoice, claimed: Sequence[ChargeWork], names: Names
) -> list[ChargeWork]:
    """Put usage onto the lines that have its like; returns the charges that need new lines."""
    if not any(charge.kind == ChargeKind.USAGE for charge in claimed):
        return list(claimed)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    rules = charge_rules_of(invoice, names.projects, TaxRates(), tenant)
    homes = _homes_of_charges(invoice, rules.usage_grouping)
    coming: dict[int, list[ChargeWork]] = {}
    fresh = []
    for charge in claimed:
        rate = rules.tax_rate(charge)
        key = group_of(
            charge._replace(account=rules.booked(charge).account or rate.revenue_account),
            rules.usage_grouping,
            rate.pk,
        )
        home = homes.get(key) if charge.kind == ChargeKind.USAGE else None
        if home is None:
            fresh.append(charge)
        else:
            coming.setdefault(home, []).append(charge)
    lines = invoice.lines.select_related("tax_rate").in_bulk(coming)
    for line_id, charges in coming.items():
        line = lines[line_id]
        line.quantity += sum((charge.quantity for charge in charges), ZERO)
        price_line(line, currency=invoice.currency)
        line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])
    Source.objects.bulk_create(
        Source(line=lines[line_id], charge_id=charge.id, minutes=0)
        for line_id, charges in coming.items()
        for charge in charges
    )
    return fresh


def _homes_of_charges(invoice: Invoice, grouping: UsageGrouping) -> dict[tuple[Any, ...], int]:
    """Lines of usage by what their charges have in common; not those whose price was changed."""
    by = "charge_date" if grouping == UsageGrouping.DAY else "destination"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT min(charge.{by}), line.unit, line.unit_price, line.account, line.tax_rate_id,
                line.id
            FROM invoicing_source source
            JOIN invoicing_invoiceline line
                ON line.tenant_id = source.tenant_id AND line.id = source.line_id
            JOIN timesheets_charge charge
                ON charge.tenant_id = source.tenant_id AND charge.id = source.charge_id
            WHERE source.tenant_id = %s AND line.invoice_id = %s AND source.released_at IS NULL
                AND charge.kind = 'usage'
            GROUP BY line.id
            HAVING count(DISTINCT charge.{by}) = 1
                AND bool_and(charge.unit = line.unit AND charge.unit_price = line.unit_price)
            ORDER BY line.position DESC
            """,  # noqa: S608 - the name of a column
            [current_tenant_id(), invoice.pk],
        )
        return {tuple(row[:5]): row[5] for row in cursor.fetchall()}
