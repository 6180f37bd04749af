"""Selling prepaid hours: a draft of one line, which counts once it is posted.

The VAT of a prepayment is due with it. So the invoice on which the hours are sold is the only one:
what is drawn later costs nothing more.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.models import TaxRate
from core.money import ZERO, is_amount_of
from customers.models import Customer, Project
from invoicing import prepaid_errors as errors
from invoicing.documents.figures import Figures
from invoicing.documents.words import words_of
from invoicing.domain.amounts import QUANTITY_STEP
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import TaxRates, append_item, save_totals
from invoicing.models import FixedPrice, PrepaidHours, Unit
from tenants.audit import changes_to, log
from tenants.models import User
from tenants.sent_forms import answer_once
from timesheets.domain.holding import hold_hours

MOST_HOURS = 100_000
_MOST_PRICE = Decimal(10) ** 9


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What is agreed on. Either each hour has a price, or all of them together have one."""

    minutes: int
    hour_price: Decimal | None = None
    lump_sum: Decimal | None = None
    valid_from: date
    valid_until: date | None = None
    project: Project | None = None
    tax_rate: TaxRate | None = None
    text: str = ""
    note: str = ""


@transaction.atomic
def sell_hours(
    customer: Customer, sale: Sale, *, actor: User | None, token: UUID | None = None
) -> PrepaidHours:
    """A draft with the hours as its one line; they count as soon as it is posted."""
    answer_once(token)
    _check(customer, sale)
    invoice = new_draft(customer=customer, project=sale.project, actor=actor)
    rate = TaxRates().chosen_for(invoice, sale.tax_rate)
    text = sale.text or text_of(sale, language=invoice.language)
    if sale.hour_price is not None:
        line = append_item(
            invoice,
            text,
            quantity=(Decimal(sale.minutes) / 60).quantize(QUANTITY_STEP),
            unit=Unit.HOUR,
            unit_price=sale.hour_price,
            tax_rate=rate,
        )
    else:
        line = append_item(invoice, text, unit_price=sale.lump_sum or ZERO, tax_rate=rate)
    save_totals(invoice)
    prepaid: PrepaidHours = PrepaidHours.objects.create(
        customer=customer,
        project=sale.project,
        line=line,
        minutes=sale.minutes,
        valid_from=sale.valid_from,
        valid_until=sale.valid_until,
        note=sale.note,
    )
    log(
        "prepaid.drafted", prepaid, actor=actor, customer=customer.name, minutes=sale.minutes,
        draft=invoice.pk,
    )  # fmt: skip
    return prepaid


@transaction.atomic
def change_prepaid(
    prepaid_id: int,
    *,
    valid_from: date,
    valid_until: date | None,
    note: str,
    actor: User | None,
) -> PrepaidHours:
    """On which days they may be used. What was bought says the line; that changes on the draft."""
    hold_hours()
    prepaid = held_prepaid(prepaid_id)
    _check_days(valid_from, valid_until)
    outside = Q(time_entry__work_date__lt=valid_from)
    if valid_until is not None:
        outside |= Q(time_entry__work_date__gt=valid_until)
    drawn = prepaid.draws.filter(outside).order_by("time_entry__work_date")
    day = drawn.values_list("time_entry__work_date", flat=True).first()
    if day is not None:
        raise errors.PrepaidOutside(day=day)
    changes = changes_to(
        prepaid, {"valid_from": valid_from, "valid_until": valid_until, "note": note}
    )
    if changes:
        prepaid.save(update_fields=list(changes))
        log("prepaid.changed", prepaid, actor=actor, changes=changes)
    changed: PrepaidHours = prepaid
    return changed


def held_prepaid(prepaid_id: int) -> PrepaidHours:
    """Locked until the end of the transaction; the hours are held before."""
    found = PrepaidHours.objects.select_for_update(of=("self",)).select_related("line__invoice")
    prepaid: PrepaidHours | None = found.filter(pk=prepaid_id).first()
    if prepaid is None:
        raise errors.PrepaidGone
    return prepaid


def text_of(sale: Sale, *, language: str) -> str:
    """What the line says where nobody wrote anything else."""
    figures = Figures(words_of(language), "EUR")
    what, until = _TEXTS[language]
    hours, minutes = divmod(sale.minutes, 60)
    text = what % {"hours": f"{hours}:{minutes:02}" if minutes else f"{hours}"}
    if sale.valid_until is not None:
        text += until % {"day": figures.day(sale.valid_until)}
    return text


_TEXTS = {
    "en": ("Prepaid hours: %(hours)s h", ", valid until %(day)s"),
    "fi": ("Ennakkoon maksetut työtunnit: %(hours)s h", ", voimassa %(day)s asti"),
    "sv": ("Förbetalda timmar: %(hours)s h", ", gäller till %(day)s"),
    "de": ("Vorausbezahlte Stunden: %(hours)s h", ", gültig bis %(day)s"),
}


def _check(customer: Customer, sale: Sale) -> None:
    if not 0 < sale.minutes <= MOST_HOURS * 60:
        raise errors.PrepaidTimeMissing(most=MOST_HOURS)
    _check_price(customer, sale)
    _check_days(sale.valid_from, sale.valid_until)
    project = sale.project
    if project is None:
        return
    if project.customer_id != customer.pk:
        raise errors.PrepaidProjectElsewhere(project=project, customer=customer)
    if FixedPrice.objects.filter(project=project).exists():
        raise errors.PrepaidProjectFixed(project=project)


def _check_price(customer: Customer, sale: Sale) -> None:
    prices = [price for price in (sale.hour_price, sale.lump_sum) if price is not None]
    if len(prices) != 1 or not 0 < prices[0] < _MOST_PRICE:
        raise errors.PrepaidPriceMissing
    if sale.lump_sum is not None and not is_amount_of(sale.lump_sum, customer.currency):
        raise errors.PrepaidPriceMissing


def _check_days(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until < valid_from:
        raise errors.PrepaidExpiryFirst
