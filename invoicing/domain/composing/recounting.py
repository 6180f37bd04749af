"""A line whose work became more or less."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from core.money import ZERO, round_money
from invoicing.domain.amounts import QUANTITY_STEP, quantity_of, work_net
from invoicing.domain.composing.claiming import Entry
from invoicing.domain.composing.rounding import Rounding, billed_minutes, line_minutes
from invoicing.domain.composing.terms import LineTerms
from invoicing.domain.lines import price_line
from invoicing.models import InvoiceLine, Unit


def recount(
    line: InvoiceLine, before: Sequence[Entry], after: Sequence[Entry], *, currency: str
) -> None:
    """Let the line's quantity follow its entries, and save it.

    A quantity set by hand stays as far from the hours as it was; a lump's amount likewise.
    """
    terms = LineTerms(line)
    more = _billed(after, terms) - _billed(before, terms)
    billed_before = line.billed_minutes
    if billed_before is None:
        billed_before = _billed(before, terms)
    line.billed_minutes = billed_before + more
    if line.unit == Unit.PIECE and line.quantity == 1:
        amounts = [_amount(entries, terms, currency) for entries in (before, after)]
        line.unit_price = max(line.unit_price + amounts[1] - amounts[0], ZERO)
    elif line.unit != Unit.PIECE:
        hours = terms.hours_per_day if line.unit == Unit.DAY else Decimal(1)
        if line.quantity == quantity_for(billed_before, line.unit_price, currency, hours):
            line.quantity = quantity_for(line.billed_minutes, line.unit_price, currency, hours)
        else:
            # In the places a quantity is stored with: the net is that of the stored one.
            step = (Decimal(more) / 60 / hours).quantize(QUANTITY_STEP)
            line.quantity = max(line.quantity + step, ZERO)
    price_line(line, currency=currency)
    line.save(
        update_fields=[
            "quantity", "unit_price", "net", "tax_percent", "tax_category", "billed_minutes",
        ]
    )  # fmt: skip


def quantity_for(
    minutes: int, unit_price: Decimal, currency: str, hours_per_unit: Decimal = Decimal(1)
) -> Decimal:
    """The quantity of this time at this price; the nearest one where none is exact."""
    net = round_money(minutes * unit_price / 60 / hours_per_unit, currency)
    exact = quantity_of(minutes, unit_price, net, currency, hours_per_unit=hours_per_unit)
    if exact is not None:
        return exact
    return (Decimal(minutes) / 60 / hours_per_unit).quantize(QUANTITY_STEP)


def _billed(entries: Sequence[Entry], terms: LineTerms) -> int:
    return sum(minutes for _rate, minutes in _parts(entries, terms))


def _amount(entries: Sequence[Entry], terms: LineTerms, currency: str) -> Decimal:
    parts = _parts(entries, terms)
    return sum((work_net(minutes, rate, currency) for rate, minutes in parts), ZERO)


def _parts(entries: Sequence[Entry], terms: LineTerms) -> list[tuple[Decimal, int]]:
    """Rate and billed minutes, as the line was made."""
    parts: dict[tuple[Decimal, Rounding], list[int]] = defaultdict(list)
    by_rule: dict[Rounding, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_rule[terms.rounding(entry.project_id)].append(entry)
    for rounding, found in by_rule.items():
        for entry, minutes in zip(found, billed_minutes(found, rounding), strict=True):
            parts[entry.rate or ZERO, rounding].append(minutes)
    return [(rate, line_minutes(minutes, rule)) for (rate, rule), minutes in parts.items()]
