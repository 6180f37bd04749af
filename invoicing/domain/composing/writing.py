"""Planned lines to rows, in as many statements for ten thousand as for one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.arrays import array_of, array_of_texts
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


@dataclass(frozen=True)
class Writing:
    """The lines that one draft is to get; `options` tell how they were made."""

    invoice: Invoice
    lines: Sequence[PlannedLine]
    options: dict[str, Any]


def write_lines(writings: Sequence[Writing], *, actor: User | None) -> None:
    """Append the lines to their drafts, with their sources and a note of what came when.

    The caller holds the drafts locked and has claimed the entries and charges.
    """
    texts: list[str] = []
    kinds, drafts, places = [], [], []
    prices: dict[tuple[Any, ...], int] = {}
    entry_ids, entry_lines, minutes = [], [], []
    charge_ids, charge_lines = [], []
    for writing in writings:
        for place, line in enumerate(writing.lines, start=1):
            rate = line.tax_rate
            price = (
                line.quantity, line.unit, line.unit_price, rate.pk, rate.percent, rate.category,
                line.account or rate.revenue_account, line.net, line.start_date,
                line.end_date, line.billed_minutes if line.entries else None, line.product_id,
            )  # fmt: skip
            number = len(texts)
            texts.append(line.text)
            kinds.append(prices.setdefault(price, len(prices) + 1))
            drafts.append(writing.invoice.pk)
            places.append(place)
            for work in line.entries:
                entry_ids.append(work.id)
                entry_lines.append(number)
                minutes.append(work.minutes)
            for charge in line.charges:
                charge_ids.append(charge.id)
                charge_lines.append(number)
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
                SELECT %s, added.*, %s, now()
                FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::integer[], %s::jsonb[])
                    AS added
                RETURNING id, invoice_id
            ), before AS (
                SELECT invoice_id, max(position) AS last FROM invoicing_invoiceline
                WHERE tenant_id = %s AND invoice_id = ANY(%s) GROUP BY invoice_id
            ), line AS (
                INSERT INTO invoicing_invoiceline (
                    tenant_id, invoice_id, addition_id, position, kind, text, discount_percent,
                    {names}
                )
                SELECT %s, addition.invoice_id, addition.id,
                    coalesce(before.last, 0) + written.place, 'item', written.text, 0, {names}
                FROM unnest(%s::text[], %s::integer[], %s::bigint[], %s::integer[])
                    AS written (text, price, invoice_id, place)
                JOIN addition USING (invoice_id)
                LEFT JOIN before USING (invoice_id)
                JOIN unnest({arrays}) WITH ORDINALITY AS priced ({names}, price) USING (price)
                RETURNING id, invoice_id, position
            )
            SELECT invoice_id, array_agg(id ORDER BY position) FROM line GROUP BY invoice_id
            """,  # noqa: S608 - names and kinds of columns, no values
            [
                tenant, actor.pk if actor else None,
                *_additions(writings),
                tenant, array_of(writing.invoice.pk for writing in writings),
                tenant,
                array_of_texts(texts), array_of(kinds), array_of(drafts), array_of(places),
                *columns,
            ],
        )  # fmt: skip
        # A join of both in one statement is guessed wrong by PostgreSQL and takes seconds.
        stored = dict(cursor.fetchall())
        line_ids = [key for one in writings for key in stored.get(one.invoice.pk, ())]
        if len(texts) > MANY:
            # The check that nothing comes onto a posted line was planned when there were few lines:
            # it would read all of them for each. It is planned again.
            cursor.execute("DISCARD PLANS")
        if entry_ids:
            cursor.execute(
                "INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)"
                " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])",
                [
                    tenant,
                    array_of(line_ids[number] for number in entry_lines),
                    array_of(entry_ids),
                    array_of(minutes),
                ],
            )
        if charge_ids:
            cursor.execute(
                "INSERT INTO invoicing_source (tenant_id, line_id, charge_id, minutes)"
                " SELECT %s, *, 0 FROM unnest(%s::bigint[], %s::bigint[])",
                [
                    tenant,
                    array_of(line_ids[number] for number in charge_lines),
                    array_of(charge_ids),
                ],
            )


def _additions(writings: Sequence[Writing]) -> list[Any]:
    """The columns of what came onto the drafts, a row for each."""
    works = [[work for line in writing.lines for work in line.entries] for writing in writings]
    return [
        [writing.invoice.pk for writing in writings],
        [len(found) for found in works],
        [sum(work.minutes for work in found) for found in works],
        [sum(len(line.charges) for line in writing.lines) for writing in writings],
        [json.dumps(writing.options) for writing in writings],
    ]
