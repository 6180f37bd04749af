"""Undoing that the last work of a line was taken off, which took the line along."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core import serializers
from django.db import transaction

from catalog.models import Product, TaxRate
from core.money import ZERO
from invoicing import errors
from invoicing.domain.composing.claiming import Names, claim_charges, claim_entries, refuse_unfit
from invoicing.domain.composing.recounting import recount
from invoicing.domain.draft_work import add_work, days_of, log_added, widen_service_days
from invoicing.domain.drafting import locked_draft, touch
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.models import User


@dataclass(frozen=True)
class TakenOff:
    """A line that went with its last work, as it was: what people wrote into it included."""

    line: InvoiceLine
    source: Source
    # Of a charge, as they were.
    quantity: Decimal = ZERO
    unit_price: Decimal | None = None

    def as_text(self) -> str:
        """To be kept until somebody wants it back."""
        return json.dumps(
            [
                serializers.serialize("json", [self.line, self.source]),
                str(self.quantity),
                None if self.unit_price is None else str(self.unit_price),
            ]
        )

    @classmethod
    def read(cls, text: str) -> "TakenOff":
        rows, quantity, unit_price = json.loads(text)
        line, source = (kept.object for kept in serializers.deserialize("json", rows))
        assert isinstance(line, InvoiceLine)
        assert isinstance(source, Source)
        price = None if unit_price is None else Decimal(unit_price)
        return cls(line, source, Decimal(quantity), price)


@transaction.atomic
def put_back(draft: Invoice, taken: TakenOff, *, actor: User | None) -> Invoice:
    """The work and its line, where it stood and as it read."""
    line, source = taken.line, taken.source
    ids: dict[str, Any] = (
        {"charge_ids": [source.charge_id]}
        if source.charge_id
        else {"entry_ids": [source.time_entry_id]}
    )
    if line.invoice_id != draft.pk or not TaxRate.objects.filter(pk=line.tax_rate_id).exists():
        # As if it had never been there; whoever put it on was asked about locks then.
        return add_work(draft, **ids, actor=actor, allow_unlocked=True)
    invoice = locked_draft(draft.pk)
    if invoice.currency != invoice.customer.currency:
        raise errors.CurrencyMix(currency=invoice.customer.currency)
    customer = invoice.customer_id
    entries = [] if source.charge_id else claim_entries(ids["entry_ids"], customer_id=customer)
    charges = claim_charges(ids["charge_ids"], customer_id=customer) if source.charge_id else []
    if not entries and not charges:
        raise errors.WorkNotOpen
    refuse_unfit(entries, Names(entries, charges), allow_unlocked=True)
    widen_service_days(invoice, days_of(entries, charges))
    touch(invoice, actor=actor)
    # They may have been changed while they were open.
    for charge in charges:
        line.quantity += charge.quantity - taken.quantity
        # A price that was set by hand stays, as a text does.
        if line.unit_price == taken.unit_price:
            line.unit_price = charge.unit_price
    _restore(line, invoice)
    if entries:
        before = [entries[0]._replace(minutes=source.minutes)]
        recount(line, before, entries, currency=invoice.currency)
        source.minutes = entries[0].minutes
    source.pk, source.line, source.freed_by = None, line, None
    source.save(force_insert=True)
    save_totals(invoice)
    log_added(invoice, entries, charges, actor=actor)
    return invoice


def _restore(line: InvoiceLine, invoice: Invoice) -> None:
    line.pk, line.invoice = None, invoice
    if line.product_id and not Product.objects.filter(pk=line.product_id).exists():
        line.product = None
    price_line(line, currency=invoice.currency)
    line.save(force_insert=True)
