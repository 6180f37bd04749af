"""Planned lines to rows, in as many statements for ten thousand as for one."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from core.arrays import array_of
from invoicing.domain.composing.planning import PlannedLine
from invoicing.models import Invoice
from tenants.models import User
from tenants.scope import current_tenant_id

# Lines share few of these; only their number travels for each.
_PRICED = {
    "quantity": "numeric",
    "unit": "text",
    "unit_price": "numeric",
    "tax_rate_id": "bigint",
    "tax_percent": "numeric",
    "tax_category": "text",
    "account": "text",
    "net": "numeric",
    "start_date": "date",
    "end_date": "date",
    "billed_minutes": "integer",
    "product_id": "bigint",
}
MANY = 1000


def write_lines(
    invoice: Invoice, lines: Sequence[PlannedLine], *, options: dict[str, Any], actor: User | None
) -> None:
    """Append the lines to the draft, with their sources and a note of what came when.

    The caller holds the draft locked and has claimed the entries and charges.
    """
    texts, kinds, prices = [], [], dict[tuple[Any, ...], int]()
    entry_ids, entry_lines, minutes = [], [], []
    charge_ids, charge_lines = [], []
    for place, line in enumerate(lines):
        rate = line.tax_rate
        price = (
            line.quantity, line.unit, line.unit_price, rate.pk, rate.percent, rate.category,
            line.account or rate.revenue_account, line.net, line.start_date, line.end_date,
            line.billed_minutes if line.entries else None, line.product_id,
        )  # fmt: skip
        texts.append(line.text)
        kinds.append(prices.setdefault(price, len(prices) + 1))
        for work in line.entries:
            entry_ids.append(work.id)
            entry_lines.append(place)
            minutes.append(work.minutes)
        for charge in line.charges:
            charge_ids.append(charge.id)
            charge_lines.append(place)
    columns = [list(column) for column in zip(*prices, strict=True)]
    names = ", ".join(_PRICED)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _PRICED.values())
    tenant = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH addition AS (
                INSERT INTO invoicing_addition (
                    tenant_id, invoice_id, entries, minutes, charges, options, added_by_id, added_at
                )
                VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, now())
                RETURNING id
            ), before AS (
                SELECT coalesce(max(position), 0) AS last FROM invoicing_invoiceline
                WHERE tenant_id = %s AND invoice_id = %s
            )
            INSERT INTO invoicing_invoiceline (
                tenant_id, invoice_id, addition_id, position, kind, text, discount_percent, {names}
            )
            SELECT %s, %s, addition.id, before.last + written.place, 'item', written.text, 0,
                {names}
            FROM addition, before,
                unnest(%s::text[], %s::integer[]) WITH ORDINALITY AS written (text, price, place)
            JOIN unnest({arrays}) WITH ORDINALITY AS priced ({names}, price) USING (price)
            RETURNING position, id
            """,  # noqa: S608 - names and kinds of columns, no values
            [
                tenant, invoice.pk, len(entry_ids), sum(minutes), len(charge_ids),
                json.dumps(options), actor.pk if actor else None,
                tenant, invoice.pk,
                tenant, invoice.pk,
                texts, array_of(kinds), *columns,
            ],
        )  # fmt: skip
        # A join of both in one statement is guessed wrong by PostgreSQL and takes seconds.
        line_ids = [line_id for _position, line_id in sorted(cursor.fetchall())]
        if len(lines) > MANY:
            # The check that nothing comes onto a posted line was planned when there were few lines:
            # it would read all of them for each. It is planned again.
            cursor.execute("DISCARD PLANS")
        if entry_ids:
            cursor.execute(
                "INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)"
                " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])",
                [
                    tenant,
                    array_of(line_ids[place] for place in entry_lines),
                    array_of(entry_ids),
                    array_of(minutes),
                ],
            )
        if charge_ids:
            cursor.execute(
                "INSERT INTO invoicing_source (tenant_id, line_id, charge_id, minutes)"
                " SELECT %s, *, 0 FROM unnest(%s::bigint[], %s::bigint[])",
                [tenant, array_of(line_ids[place] for place in charge_lines), array_of(charge_ids)],
            )
