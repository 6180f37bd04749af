"""Discounts and surcharges for the whole of a draft go with its lines, whatever becomes of those.

Such a one is a line for each tax rate, its share: a percentage of the other lines of that rate, or
an amount shared out by what they come to.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q

from catalog.models import TaxRate
from core.money import ZERO, round_money
from invoicing.domain.books.revenue import RevenueAccounts
from invoicing.domain.books.shares import shared_out
from invoicing.models import Invoice, InvoiceLine, Unit

# `InvoiceLine.follows`, for the database.
FOLLOWS = Q(for_document=True, corrects_line=None) & (
    Q(document_percent__isnull=False) | Q(adjustment__isnull=False)
)


@dataclass(frozen=True)
class Share:
    """What is taken off the lines of one rate, or put on them: a percentage, or what it comes to
    now of an amount. Shares of one `adjustment` belong together."""

    # Of the line, or whatever else tells it apart.
    key: Any
    rate: int | None
    percent: Decimal | None
    net: Decimal = ZERO
    adjustment: int | None = None


@dataclass
class Following:
    """What has to come and go, so that each adjustment has one share of each rate, and what those
    that stay come to."""

    gone: list[Any] = field(default_factory=list)
    nets: dict[Any, Decimal] = field(default_factory=dict)
    # The rate, which share of the same adjustment the new one is like, and what it comes to.
    missing: list[tuple[int, Share, Decimal]] = field(default_factory=list)


def groups_of(shares: Iterable[Share]) -> list[list[Share]]:
    """The shares, in the order of their lines, by the adjustment they are of.

    Of percentages that are not numbered the first share at one rate and the first at another belong
    together, and the second ones.
    """
    seen: Counter[Hashable] = Counter()
    groups: dict[Hashable, list[Share]] = {}
    for share in shares:
        key: Hashable = share.adjustment
        if key is None:
            seen[share.rate, share.percent] += 1
            key = (share.percent, seen[share.rate, share.percent])
        groups.setdefault(key, []).append(share)
    return list(groups.values())


def siblings_of(gone: Collection[Any], shares: Sequence[Share]) -> set[Any]:
    """All shares of the adjustments of which one was taken away: it was for the whole document."""
    return {
        share.key
        for group in groups_of(shares)
        if any(share.key in gone for share in group)
        for share in group
    }


def following(shares: Sequence[Share], *, own: Mapping[int, Decimal], currency: str) -> Following:
    """`own` is what the other lines come to, by rate.

    Where no line comes to anything the shares stay where they are: the next line will need them.
    """
    found = Following()
    due = [rate for rate, net in own.items() if net]
    for group in groups_of(shares):
        stays = [share for share in group if share.rate in own or not due]
        has = {share.rate for share in group}
        fresh = [rate for rate in due if rate not in has]
        nets = _nets(group, [*(share.rate for share in stays), *fresh], own, currency)
        found.gone += [share.key for share in group if share not in stays]
        found.nets |= {share.key: nets[share.rate] for share in stays}
        found.missing += [(rate, group[0], nets[rate]) for rate in fresh]
    return found


def _nets(
    group: Sequence[Share], rates: Iterable[int | None], own: Mapping[int, Decimal], currency: str
) -> dict[int | None, Decimal]:
    """What the adjustment comes to at each of the rates."""
    weights = {rate: own.get(rate or 0, ZERO) for rate in rates}
    percent = group[0].percent
    if percent is not None:
        return {rate: round_money(net * percent / 100, currency) for rate, net in weights.items()}
    whole = round_money(sum((share.net for share in group), ZERO), currency)
    return shared_out(whole, weights, currency)


def share_of(line: InvoiceLine) -> Share:
    return Share(line.pk, line.tax_rate_id, line.document_percent, line.net, line.adjustment)


def shares_on(invoice: Invoice) -> list[Share]:
    return [share_of(line) for line in _lines_of(invoice)]


def follow_lines(invoice: Invoice, own: Mapping[TaxRate, Decimal]) -> None:
    """Make the draft's shares those of its other lines as they are now; `own` is what those come
    to."""
    lines = {line.pk: line for line in _lines_of(invoice)}
    needed = following(
        [share_of(line) for line in lines.values()],
        own={rate.pk: net for rate, net in own.items()},
        currency=invoice.currency,
    )
    if needed.missing:
        rates = {rate.pk: rate for rate in own}
        _add(
            invoice,
            [(rates[rate], lines[like.key], net) for rate, like, net in needed.missing],
        )
    if needed.gone:
        invoice.lines.filter(pk__in=needed.gone).delete()
    changed = [lines[key] for key, net in needed.nets.items() if _set_net(lines[key], net)]
    if changed:
        fields = ["net", "unit_price", "quantity", "discount_percent"]
        InvoiceLine.objects.bulk_update(changed, fields)


def _lines_of(invoice: Invoice) -> Iterable[InvoiceLine]:
    return invoice.lines.filter(FOLLOWS).order_by("position", "pk")


def _set_net(line: InvoiceLine, net: Decimal) -> bool:
    """As an advance is taken off: prices are not negative, quantities are. Whether it differs."""
    before = line.net, line.unit_price, line.quantity, line.discount_percent
    line.net, line.unit_price, line.discount_percent = net, abs(net), ZERO
    line.quantity = Decimal(-1 if net < 0 else 1)
    return before != (line.net, line.unit_price, line.quantity, line.discount_percent)


def _add(invoice: Invoice, missing: Sequence[tuple[TaxRate, InvoiceLine, Decimal]]) -> None:
    accounts = RevenueAccounts()
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    added = []
    for position, (rate, like, net) in enumerate(missing, start=last + 1):
        line = InvoiceLine(
            invoice=invoice,
            position=position,
            text=like.text,
            unit=Unit.PIECE,
            tax_rate=rate,
            tax_percent=rate.percent,
            tax_category=rate.category,
            account=accounts.of(invoice.project_id, rate) or rate.revenue_account,
            for_document=True,
            document_percent=like.document_percent,
            adjustment=like.adjustment,
        )
        _set_net(line, net)
        added.append(line)
    InvoiceLine.objects.bulk_create(added)
