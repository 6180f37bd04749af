"""Sums as this sandbox makes them; how the real service rounds is not documented.

A unit price keeps four decimals, a row is rounded to cents, VAT once per percentage.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.systems.procountor.sandbox.invoice_checks import CheckedInvoice

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def vat_groups(invoice: CheckedInvoice) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Net and VAT by percentage."""
    totals: dict[Decimal, Decimal] = defaultdict(Decimal)
    for row in invoice.rows:
        price = row.unit_price.quantize(Decimal("0.0001"), ROUND_HALF_UP)
        total = row.quantity * price * (1 - row.discount / HUNDRED)
        total *= 1 - invoice.discount / HUNDRED
        totals[row.vat_percent] += total.quantize(CENT, ROUND_HALF_UP)
    groups = {}
    for percent, total in totals.items():
        if invoice.prices_include_vat:
            vat = (total * percent / (HUNDRED + percent)).quantize(CENT, ROUND_HALF_UP)
            groups[percent] = (total - vat, vat)
        else:
            vat = (total * percent / HUNDRED).quantize(CENT, ROUND_HALF_UP)
            groups[percent] = (total, vat)
    return groups


def sum_info(invoice: CheckedInvoice, accounting_currency: str) -> list[dict[str, Any]]:
    groups = vat_groups(invoice).values()
    net = sum((group[0] for group in groups), Decimal(0))
    vat = sum((group[1] for group in groups), Decimal(0))
    is_foreign = invoice.currency != accounting_currency
    info = [_entry(invoice.currency, net, vat, is_accounting=not is_foreign)]
    if is_foreign:
        # The rate is what one unit of the company's currency costs in the invoice's.
        info.append(
            _entry(
                accounting_currency,
                (net / invoice.rate).quantize(CENT, ROUND_HALF_UP),
                (vat / invoice.rate).quantize(CENT, ROUND_HALF_UP),
                is_accounting=True,
            )
        )
    return info


def _entry(currency: str, net: Decimal, vat: Decimal, *, is_accounting: bool) -> dict[str, Any]:
    return {
        "currency": currency,
        "inAccountingCurrency": is_accounting,
        "excludingVatTotal": net,
        "vatSumTotal": vat,
        "invoiceSumTotal": net + vat,
    }
