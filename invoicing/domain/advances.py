"""A project at a fixed price: milestones are invoiced in advance, and the final invoice takes off
what was advanced, with its VAT.

Of an advance is left what was invoiced, less credit notes over it, less what live final invoices
take off. No invoice takes off more than that, when it is drafted and when it is posted.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from catalog.models import TaxRate
from core.money import ZERO, round_money
from customers.models import Project
from invoicing import errors
from invoicing.domain.drafting import locked_documents, new_draft
from invoicing.domain.lines import TaxRates, append_item, save_totals
from invoicing.models import (
    Deduction,
    FixedPrice,
    Invoice,
    InvoiceLine,
    Milestone,
)
from tenants.audit import changes_to, log
from tenants.models import User

LIVE = (Invoice.Status.DRAFT, Invoice.Status.POSTED)


@dataclass(frozen=True)
class Advance:
    """The line of a posted milestone and how much of it can still be taken off."""

    line: InvoiceLine
    left: Decimal


@transaction.atomic
def set_fixed_price(
    project: Project, *, amount: Decimal, text: str, tax_rate: TaxRate | None, actor: User | None
) -> FixedPrice:
    """Agree on it, or on another one; not on less than its milestones come to."""
    Project.objects.select_for_update().get(pk=project.pk)
    found = FixedPrice.objects.filter(project=project).first()
    amount = round_money(amount, project.customer.currency)
    values: dict[str, Any] = {"amount": amount, "text": text, "tax_rate": tax_rate}
    if amount <= 0:
        raise errors.FixedPriceMissing
    if found is None:
        price: FixedPrice = FixedPrice.objects.create(project=project, **values)
        log("fixed_price.set", project, actor=actor, amount=str(price.amount))
        return price
    changes = changes_to(found, values)
    _refuse_too_much(found, ZERO)
    if changes:
        found.save()
        log("fixed_price.set", project, actor=actor, changes=changes)
    kept: FixedPrice = found
    return kept


@transaction.atomic
def add_milestone(
    project: Project,
    *,
    name: str,
    amount: Decimal | None = None,
    percent: Decimal | None = None,
    actor: User | None,
) -> Milestone:
    """A part of the price, as an amount or a percentage. 100 % of them are the whole price: the
    last one takes the rest of the rounding."""
    price = _held(project)
    if amount is None:
        if percent is None or not 0 < percent <= 100:
            raise errors.MilestoneAmount
        amount = round_money(price.amount * percent / 100, project.customer.currency)
        rest = price.amount - _planned(price)
        smallest = round_money(Decimal("0.06"), project.customer.currency) or Decimal(1)
        if abs(rest - amount) < smallest:
            amount = rest
    if amount <= 0:
        raise errors.MilestoneAmount
    _refuse_too_much(price, amount)
    milestone: Milestone = Milestone.objects.create(fixed_price=price, name=name, amount=amount)
    log("milestone.added", project, actor=actor, milestone=name, amount=str(amount))
    return milestone


@transaction.atomic
def remove_milestone(milestone_id: int, *, project: Project, actor: User | None) -> None:
    price = _held(project)
    milestone = Milestone.objects.filter(pk=milestone_id, fixed_price=price).first()
    if milestone is None:
        raise errors.MilestoneGone
    if milestone.line_id is not None:
        raise errors.MilestoneInvoiced(name=milestone.name)
    log("milestone.removed", project, actor=actor, milestone=milestone.name)
    milestone.delete()


@transaction.atomic
def draft_milestone(milestone_id: int, *, project: Project, actor: User | None) -> Invoice:
    """An advance invoice of it; once, unless its draft was discarded or its invoice cancelled."""
    price = _held(project)
    milestone = (
        Milestone.objects.select_related("line__invoice")
        .filter(pk=milestone_id, fixed_price=price)
        .first()
    )
    if milestone is None:
        raise errors.MilestoneGone
    line = milestone.line
    if line is not None and line.invoice.status in LIVE and _left_net(line):
        raise errors.MilestoneInvoiced(name=milestone.name)
    _take_off_discarded(line)
    invoice = new_draft(customer=project.customer, project=project, actor=actor)
    milestone.line = append_item(
        invoice,
        milestone.name,
        unit_price=milestone.amount,
        tax_rate=TaxRates().chosen_for(invoice, price.tax_rate),
    )
    milestone.save(update_fields=["line"])
    save_totals(invoice)
    return invoice


def free_milestones(milestones: Collection[Milestone]) -> set[int]:
    """Those that can be invoiced, or invoiced anew, as `draft_milestone` decides; in one question.
    Their lines come with their invoices."""
    live = {one.line_id: one for one in milestones if one.line and one.line.invoice.status in LIVE}
    credited = InvoiceLine.objects.filter(
        corrects_line__in=live, invoice__status=Invoice.Status.POSTED
    )
    taken = dict(credited.order_by().values_list("corrects_line").annotate(Sum("net")))
    held = {one.pk for key, one in live.items() if one.line.net != taken.get(key, ZERO)}
    return {one.pk for one in milestones} - held


@transaction.atomic
def draft_final(project: Project, *, actor: User | None) -> Invoice:
    """The whole price, and each advance off it with the VAT it was invoiced with."""
    price = _held(project)
    open_drafts = Invoice.objects.filter(
        status=Invoice.Status.DRAFT, lines__milestones__fixed_price=price
    )
    if (draft := open_drafts.order_by("pk").first()) is not None:
        raise errors.AdvanceNotPosted(draft=draft)
    final = price.final_line
    if final is not None and final.invoice.status in LIVE and _left_net(final):
        raise errors.FinalInvoiceThere(invoice=final.invoice)
    _take_off_discarded(final)
    invoice = new_draft(customer=project.customer, project=project, actor=actor)
    price.final_line = append_item(
        invoice,
        price.text,
        unit_price=price.amount,
        tax_rate=TaxRates().chosen_for(invoice, price.tax_rate),
    )
    price.save(update_fields=["final_line"])
    for advance in advances_of(price):
        if advance.left <= 0:
            continue
        line = advance.line
        words = DEDUCTED[invoice.language]
        taken = append_item(
            invoice,
            words % {"number": line.invoice.number, "text": line.text},
            quantity=Decimal(-1),
            unit_price=advance.left,
            tax_rate=line.tax_rate,
            account=line.account,
        )
        Deduction.objects.create(line=taken, advance=line)
    save_totals(invoice)
    return invoice


DEDUCTED = {
    "en": "Less advance invoice %(number)s: %(text)s",
    "fi": "Vähennetään ennakkolasku %(number)s: %(text)s",
    "sv": "Avgår förskottsfaktura %(number)s: %(text)s",
    "de": "Abzüglich Abschlagsrechnung %(number)s: %(text)s",
}


def advances_of(price: FixedPrice) -> list[Advance]:
    """Of posted milestones, in their order."""
    lines = InvoiceLine.objects.filter(
        milestones__fixed_price=price, invoice__status=Invoice.Status.POSTED
    ).select_related("invoice", "tax_rate")
    return [Advance(line, left_of_advance(line)) for line in lines.order_by("invoice_id", "pk")]


def left_of_advance(line: InvoiceLine, *, but: Collection[int] = ()) -> Decimal:
    """What was advanced, less credit notes and the deductions of live invoices; `but` are lines
    that do not count."""
    taken = InvoiceLine.objects.filter(deduction__advance=line, invoice__status__in=LIVE).exclude(
        pk__in=but
    )
    return _left_net(line) + sum((_left_net(one) for one in taken), ZERO)


def takes_advance_off(line: InvoiceLine) -> bool:
    """Such a line has the VAT of its advance, whatever the law has come to since."""
    return line.net < 0 and Deduction.objects.filter(line=line).exists()


def refuse_over_deducted(invoices: Iterable[Invoice]) -> dict[int, errors.PostingRefused]:
    """Invoices that take off more than is left of an advance by now, with the reason."""
    refused: dict[int, errors.PostingRefused] = {}
    found = Deduction.objects.filter(
        line__invoice__in=[invoice.pk for invoice in invoices]
    ).select_related("line__invoice", "advance__invoice")
    for deduction in found:
        left = left_of_advance(deduction.advance, but=[deduction.line_id])
        if left + deduction.line.net < 0:
            refused[deduction.line.invoice_id] = errors.AdvanceUsedUp(
                advance=deduction.advance.invoice.number, left=left
            )
    return refused


def _take_off_discarded(line: InvoiceLine | None) -> None:
    """What is invoiced anew shall not come once more with a discarded draft that is restored."""
    if line is None or line.invoice.status != Invoice.Status.DISCARDED:
        return
    [discarded] = locked_documents([line.invoice_id])
    if discarded.status != Invoice.Status.DISCARDED:
        raise errors.RestoredMeanwhile(draft=discarded)
    InvoiceLine.objects.filter(pk=line.pk).delete()
    save_totals(discarded)


def _left_net(line: InvoiceLine) -> Decimal:
    """Of a line, what posted credit notes have not taken back."""
    credited = line.credit_lines.filter(invoice__status=Invoice.Status.POSTED).aggregate(
        net=Sum("net")
    )["net"]
    net: Decimal = line.net - (credited or ZERO)
    return net


def _held(project: Project) -> FixedPrice:
    """The price, locked: whoever invoices the project takes turns."""
    price: FixedPrice | None = (
        FixedPrice.objects.select_for_update(of=("self",))
        .select_related("tax_rate", "final_line__invoice")
        .filter(project=project)
        .first()
    )
    if price is None:
        raise errors.FixedPriceMissing
    return price


def _planned(price: FixedPrice) -> Decimal:
    found: Decimal | None = price.milestones.aggregate(sum=Sum("amount"))["sum"]
    return found or ZERO


def _refuse_too_much(price: FixedPrice, more: Decimal) -> None:
    planned = _planned(price) + more
    if planned > price.amount:
        raise errors.MilestonesAbovePrice(planned=planned, price=price.amount)
