"""Discounts and surcharges in percent go with the lines of the draft, whatever becomes of those.

Such a one is a line for each tax rate, its share. The first share of a percentage at one rate and
the first at another belong together, and the second ones.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max

from catalog.models import TaxRate
from core.money import places
from invoicing.domain.books.revenue import RevenueAccounts
from invoicing.models import Invoice, InvoiceLine, Unit
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class Share:
    """What is taken off the lines of one rate, or put on them."""

    # Of the line, or whatever else tells it apart.
    key: Any
    rate: int | None
    percent: Decimal


@dataclass
class Following:
    """What has to come and go, so that each adjustment has one share of each rate."""

    gone: list[Any] = field(default_factory=list)
    # The rate, and which share of the same adjustment the new one is like.
    missing: list[tuple[int, Share]] = field(default_factory=list)


def groups_of(shares: Iterable[Share]) -> list[list[Share]]:
    """The shares, in the order of their lines, by the adjustment they are of."""
    seen: Counter[tuple[int | None, Decimal]] = Counter()
    groups: dict[tuple[Decimal, int], list[Share]] = {}
    for share in shares:
        seen[share.rate, share.percent] += 1
        groups.setdefault((share.percent, seen[share.rate, share.percent]), []).append(share)
    return list(groups.values())


def siblings_of(gone: Collection[Any], shares: Sequence[Share]) -> set[Any]:
    """All shares of the adjustments of which one was taken away: it was for the whole document."""
    return {
        share.key
        for group in groups_of(shares)
        if any(share.key in gone for share in group)
        for share in group
    }


def following(
    shares: Sequence[Share], *, due: Sequence[int], kept: Collection[int | None]
) -> Following:
    """`due` are the rates whose lines come to something, `kept` all that have lines at all.

    Where no line comes to anything the shares stay as they are: the next line will need them.
    """
    found = Following()
    if not due:
        return found
    for group in groups_of(shares):
        found.gone += [share.key for share in group if share.rate not in kept]
        has = {share.rate for share in group}
        found.missing += [(rate, group[0]) for rate in due if rate not in has]
    return found


def shares_on(invoice: Invoice) -> list[Share]:
    rows = (
        invoice.lines.filter(document_percent__isnull=False)
        .order_by("position", "pk")
        .values_list("pk", "tax_rate_id", "document_percent")
    )
    return [Share(pk, rate, percent) for pk, rate, percent in rows if percent is not None]


def follow_lines(invoice: Invoice, *, due: Sequence[TaxRate], kept: Collection[int | None]) -> None:
    """Make the draft's shares those of its lines as they are now."""
    needed = following(shares_on(invoice), due=[rate.pk for rate in due], kept=kept)
    if needed.missing:
        rates = {rate.pk: rate for rate in due}
        _add(invoice, [(rates[rate], like) for rate, like in needed.missing])
    if needed.gone:
        invoice.lines.filter(pk__in=needed.gone).delete()
    _reckon(invoice)


def _add(invoice: Invoice, missing: Sequence[tuple[TaxRate, Share]]) -> None:
    accounts = RevenueAccounts()
    texts = dict(
        invoice.lines.filter(pk__in={like.key for _rate, like in missing}).values_list("pk", "text")
    )
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            text=texts[like.key],
            quantity=1,
            unit=Unit.PIECE,
            tax_rate=rate,
            tax_percent=rate.percent,
            tax_category=rate.category,
            account=accounts.of(invoice.project_id, rate) or rate.revenue_account,
            for_document=True,
            document_percent=like.percent,
        )
        for position, (rate, like) in enumerate(missing, start=last + 1)
    )


def _reckon(invoice: Invoice) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH whole AS (
                SELECT tax_rate_id, sum(net) AS net FROM invoicing_invoiceline
                WHERE tenant_id = %(tenant)s AND invoice_id = %(invoice)s
                    AND kind = 'item' AND NOT for_document
                GROUP BY tax_rate_id
            ), followed AS (
                SELECT line.id,
                    round(coalesce(whole.net, 0) * line.document_percent * 0.01, %(places)s) AS net
                FROM invoicing_invoiceline line
                LEFT JOIN whole ON whole.tax_rate_id = line.tax_rate_id
                WHERE line.tenant_id = %(tenant)s AND line.invoice_id = %(invoice)s
                    AND line.document_percent IS NOT NULL
            )
            UPDATE invoicing_invoiceline line
            SET net = followed.net, unit_price = abs(followed.net), discount_percent = 0,
                quantity = CASE WHEN followed.net < 0 THEN -1 ELSE 1 END
            FROM followed
            WHERE line.tenant_id = %(tenant)s AND line.id = followed.id
                AND (line.net, line.unit_price, line.discount_percent)
                    IS DISTINCT FROM (followed.net, abs(followed.net), 0)
            """,
            {
                "places": places(invoice.currency),
                "tenant": current_tenant_id(),
                "invoice": invoice.pk,
            },
        )
