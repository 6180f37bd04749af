"""What a document comes to: each position half up to cents, the tax once for each rate."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from integrations.sandbox.store import Document
from integrations.systems.sevdesk.sandbox.context import CENT, plain

ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def amount_of(position: Document) -> Decimal:
    """In the terms of the document: net where it shows net, gross otherwise."""
    price = Decimal(position["price"] or "0")
    discount = Decimal(position["discount"] or "0")
    return cents(Decimal(position["quantity"]) * price * (1 - discount / 100))


def sums_of(
    positions: Sequence[Document], *, shows_net: bool, rounds_per_position: bool
) -> dict[str, str]:
    net = tax = ZERO
    by_rate: dict[Decimal, Decimal] = defaultdict(Decimal)
    for position in positions:
        rate = Decimal(position["taxRate"])
        amount = amount_of(position)
        if not shows_net:
            part = cents(amount / (1 + rate / 100))
            net, tax = net + part, tax + amount - part
        elif rounds_per_position:
            net, tax = net + amount, tax + cents(amount * rate / 100)
        else:
            net += amount
            by_rate[rate] += amount
    tax += sum((cents(amount * rate / 100) for rate, amount in by_rate.items()), ZERO)
    return {"sumNet": plain(net), "sumTax": plain(tax), "sumGross": plain(net + tax)}
