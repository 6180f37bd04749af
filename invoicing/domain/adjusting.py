"""Discounts and surcharges for the whole of a draft.

Each becomes a line for each tax rate there is. Books, credit notes and other systems so know it as
they know all lines, and what is taxable at a rate is what its lines come to.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum

from core.money import ZERO, round_money
from invoicing import errors
from invoicing.domain.books.revenue import RevenueAccounts
from invoicing.domain.books.shares import shared_out
from invoicing.domain.drafting import locked_draft
from invoicing.domain.editing import write_changes
from invoicing.domain.lines import TaxRates, price_line
from invoicing.models import Invoice, InvoiceLine, Unit
from tenants.models import User


@transaction.atomic
def adjust_document(
    draft: Invoice,
    *,
    text: str,
    is_charge: bool,
    percent: Decimal = ZERO,
    amount: Decimal = ZERO,
    actor: User | None,
) -> Invoice:
    """Take a percentage off all lines, or an amount shared out by the rates, or put it on them.

    Both follow the lines whenever they change: a percentage is that of their sum by then, an amount
    is shared out anew.
    """
    invoice = locked_draft(draft.pk)
    if invoice.is_credit_note:
        raise errors.CreditNotAdjusted
    nets = _nets(invoice)
    if not any(nets.values()):
        raise errors.NothingToAdjust
    sign = 1 if is_charge else -1
    shares = (
        {rate: round_money(net * percent / 100, invoice.currency) for rate, net in nets.items()}
        if percent
        else shared_out(round_money(amount, invoice.currency), nets, invoice.currency)
    )
    rates, accounts = TaxRates().by_id, RevenueAccounts()
    last = invoice.lines.aggregate(position=Max("position"), adjustment=Max("adjustment"))
    lines = []
    for position, (rate, share) in enumerate(shares.items(), start=(last["position"] or 0) + 1):
        line = InvoiceLine(
            invoice=invoice,
            position=position,
            text=text[:500],
            # As an advance is taken off: prices are not negative, quantities are.
            quantity=Decimal(sign if share >= 0 else -sign),
            unit=Unit.PIECE,
            unit_price=abs(share),
            tax_rate=rates[rate],
            account=accounts.of(invoice.project_id, rates[rate]),
            for_document=True,
            document_percent=sign * percent if percent else None,
            adjustment=(last["adjustment"] or 0) + 1,
        )
        price_line(line, currency=invoice.currency)
        lines.append(line)
    InvoiceLine.objects.bulk_create(lines)
    changes = {f"line {line.position} added": ["", line.text] for line in lines}
    return write_changes(invoice, changes, actor=actor)


def _nets(invoice: Invoice) -> dict[int, Decimal]:
    """What the other lines come to at each rate, in their order."""
    found = (
        invoice.lines.filter(kind=InvoiceLine.Kind.ITEM, for_document=False)
        .order_by()
        .values_list("tax_rate")
        .annotate(net=Sum("net"), first=Max("position"))
        .order_by("first")
    )
    return {rate: net for rate, net, _first in found if net}
