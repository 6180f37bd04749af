"""Our own exact sums. The official rules let a VAT amount be wrong by almost a euro, and none of
them multiplies a quantity by its price.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import ZERO, places, round_money, tax_of, written
from invoicing.domain.amounts import line_net
from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.content import Content, Line

# What EN 16931 writes of an amount.
MOST_PLACES = 2
# Parts of a line that were credited one after the other: the last takes the rest of the rounding.
ROUNDING_OF_PARTS = Decimal("0.02")


def sum_findings(content: Content) -> list[Finding]:
    return [
        *_lines(content),
        *_adjustments(content),
        *_groups(content),
        *_totals(content),
        *_places(content),
    ]


def _lines(content: Content) -> Iterator[Finding]:
    for line in content.lines:
        exact = _net_of(line, content.currency)
        slack = ROUNDING_OF_PARTS if content.is_credit_note else ZERO
        if abs(line.net - exact) > slack:
            yield Finding(
                "LK-S1",
                _("Line %(line)s says %(said)s net, but quantity and price come to %(exact)s.")
                % {"line": line.number, **_both(content, line.net, exact)},
            )


def _net_of(line: Line, currency: str) -> Decimal:
    """From the percentage where there is one, which is what was agreed upon."""
    adjustment = line.adjustment
    if adjustment is None:
        return line_net(line.quantity, line.price, ZERO, currency)
    if adjustment.percent:
        percent = -adjustment.percent if line.is_surcharged else adjustment.percent
        return line_net(line.quantity, line.price, percent, currency)
    amount = adjustment.amount if adjustment.is_charge else -adjustment.amount
    return round_money(line.quantity * line.price, currency) + amount


def _adjustments(content: Content) -> Iterator[Finding]:
    for one in content.adjustments:
        exact = round_money(one.base * one.percent / 100, content.currency)
        if one.percent and one.amount != exact:
            yield Finding(
                "LK-S7",
                _("%(reason)s is said to be %(said)s and comes to %(exact)s.")
                % {"reason": one.reason, **_both(content, one.amount, exact)},
            )


def _groups(content: Content) -> Iterator[Finding]:
    taxable: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for line in content.lines:
        taxable[line.category, line.percent.normalize()] += line.net
    for one in content.adjustments:
        amount = one.amount if one.is_charge else -one.amount
        taxable[one.category, one.tax_percent.normalize()] += amount
    said = {(group.category, group.percent.normalize()): group for group in content.taxes}
    # The tax of a credit note may be that which is left of the invoice's.
    slack = Decimal(1).scaleb(-places(content.currency)) if content.is_credit_note else ZERO
    for key in dict.fromkeys([*taxable, *said]):
        category, percent = key
        rate = {"category": category, "percent": f"{percent:f}"}
        if key not in said:
            yield Finding("LK-S2", _("There is no VAT of %(percent)s %% (%(category)s).") % rate)
            continue
        group = said[key]
        if group.taxable != taxable[key]:
            yield Finding(
                "LK-S3",
                _(
                    "At %(percent)s %% VAT (%(category)s) %(said)s are said to be taxable, but the"
                    " lines come to %(exact)s."
                )
                % {**rate, **_both(content, group.taxable, taxable[key])},
            )
        exact = tax_of(group.taxable, percent, content.currency)
        if abs(group.tax - exact) > slack:
            yield Finding(
                "LK-S4",
                _("%(percent)s %% VAT (%(category)s) is said to be %(said)s and is %(exact)s.")
                % {**rate, **_both(content, group.tax, exact)},
            )


def _totals(content: Content) -> Iterator[Finding]:
    sums = (
        (
            _("The net total"),
            content.net_total,
            content.line_total - content.allowance_total + content.charge_total,
        ),
        (_("The VAT"), content.tax_total, sum((group.tax for group in content.taxes), ZERO)),
        (_("The total"), content.gross_total, content.net_total + content.tax_total),
    )
    for name, said, exact in sums:
        if said != exact:
            yield Finding(
                "LK-S5",
                _("%(name)s is said to be %(said)s and is %(exact)s.")
                % {"name": name, **_both(content, said, exact)},
            )


def _places(content: Content) -> Iterator[Finding]:
    amounts = [content.net_total, content.tax_total, content.gross_total]
    amounts += [line.net for line in content.lines]
    amounts += [one.amount for one in content.adjustments]
    amounts += [amount for group in content.taxes for amount in (group.taxable, group.tax)]
    if any(amount != round(amount, MOST_PLACES) for amount in amounts):
        yield Finding(
            "LK-S6",
            _(
                "E-invoices of EN 16931 have two decimals. This one has amounts in %(currency)s"
                " with three; send it as PDF."
            )
            % {"currency": content.currency},
        )


def _both(content: Content, said: Decimal, exact: Decimal) -> dict[str, str]:
    return {
        "said": written(said, content.currency, "en"),
        "exact": written(exact, content.currency, "en"),
    }
