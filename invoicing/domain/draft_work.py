"""Work that comes onto a draft after it was made, or off it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import Coalesce

from invoicing import errors
from invoicing.domain.composing.claiming import (
    Entry,
    Names,
    claim_charges,
    claim_entries,
    entries_on,
    refuse_unfit,
)
from invoicing.domain.composing.options import STANDARD
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.composing.recounting import recount
from invoicing.domain.draft_homes import bring_charges_home, bring_hours_home
from invoicing.domain.drafting import append_work, locked_draft, touch
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.audit import log
from tenants.models import User
from timesheets.models import Billable, BillingState, Charge


@transaction.atomic
def add_work(
    draft: Invoice,
    *,
    entry_ids: Collection[int] = (),
    charge_ids: Collection[int] = (),
    actor: User | None,
    allow_unlocked: bool = False,
) -> Invoice:
    """Put open hours and charges of the draft's customer onto it: on the lines they belong to where
    there are such, on new ones otherwise."""
    invoice = locked_draft(draft.pk)
    if invoice.currency != invoice.customer.currency:
        raise errors.CurrencyMix(currency=invoice.customer.currency)
    entries = claim_entries(entry_ids, customer_id=invoice.customer_id) if entry_ids else []
    charges = claim_charges(charge_ids, customer_id=invoice.customer_id) if charge_ids else []
    asked = len(set(entry_ids)) + len(set(charge_ids))
    if not asked or len(entries) + len(charges) != asked:
        raise errors.WorkNotOpen
    names = Names(entries, charges)
    refuse_unfit(entries, names, allow_unlocked=allow_unlocked)
    widen_service_days(invoice, days_of(entries, charges))
    touch(invoice, actor=actor)
    fresh = bring_hours_home(invoice, entries) if entries else []
    fresh_charges = bring_charges_home(invoice, charges, names)
    if fresh or fresh_charges:
        append_work(invoice, fresh, names, charges=fresh_charges, options=STANDARD, actor=actor)
    else:
        save_totals(invoice)
    log_added(invoice, entries, charges, actor=actor)
    return invoice


def log_added(
    invoice: Invoice,
    entries: Sequence[Entry],
    charges: Sequence[ChargeWork] = (),
    *,
    actor: User | None,
) -> None:
    told = {"charges": len(charges)} if charges else {}
    if not entries:
        log("invoice.charges_added", invoice, actor=actor, **told)
        return
    minutes = sum(entry.minutes for entry in entries)
    log(
        "invoice.entries_added",
        invoice,
        actor=actor,
        entries=len(entries),
        minutes=minutes,
        **told,
    )


@transaction.atomic
def release_work(model: type[Billable], pk: int, *, actor: User | None) -> Invoice:
    """Take one entry or charge off its draft; it is open again at once. An emptied line goes."""
    live = Source.objects.filter(**{Source.WORK[model]: pk}, released_at=None)
    invoice_id = live.values_list("line__invoice_id", flat=True).first()
    if invoice_id is None:
        raise errors.WorkNotOnDraft
    invoice = locked_draft(invoice_id)
    # Again, now behind the lock: somebody else may have taken it off, or it is on another draft.
    source = (
        live.filter(line__invoice=invoice)
        .select_related("line__tax_rate", "line__addition", "time_entry", "charge")
        .first()
    )
    if source is None:
        raise errors.WorkNotOnDraft
    line, work = source.line, source.work
    before = entries_on([line.pk])[line.pk]
    source.delete()
    model._default_manager.filter(pk=pk).update(billing_state=BillingState.OPEN)
    if not line.sources.filter(released_at=None).exists():
        line.delete()
    elif isinstance(work, Charge):
        _take_off(line, work, currency=invoice.currency)
    else:
        after = [entry for entry in before if entry.id != pk]
        recount(line, before, after, currency=invoice.currency)
    narrow_service_period(invoice, work.day)
    touch(invoice, actor=actor)
    save_totals(invoice)
    if isinstance(work, Charge):
        log("invoice.charge_released", invoice, actor=actor, charge=pk, text=str(work))
    else:
        log("invoice.entry_released", invoice, actor=actor, entry=pk, minutes=source.minutes)
    return invoice


def _take_off(line: InvoiceLine, charge: Charge, *, currency: str) -> None:
    """What is left of a line of usage; a quantity set by hand stays as far from the records."""
    line.quantity -= charge.quantity
    price_line(line, currency=currency)
    line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])


def days_of(entries: Iterable[Entry], charges: Iterable[ChargeWork] = ()) -> list[date]:
    return [entry.work_date for entry in entries] + [charge.charge_date for charge in charges]


def widen_service_days(invoice: Invoice, days: Sequence[date]) -> None:
    end_before = invoice.service_end_date
    invoice.service_start_date = min([*days, *filter(None, [invoice.service_start_date])])
    invoice.service_end_date = max([*days, *filter(None, [end_before])])
    if invoice.tax_point == (end_before or invoice.issue_date):
        invoice.tax_point = invoice.service_end_date
    invoice.save(update_fields=["service_start_date", "service_end_date", "tax_point"])


def narrow_service_period(invoice: Invoice, day: date) -> None:
    """As adding widened it: where the day that was taken off is an edge, the next one is now.

    The tax point follows, and with it which tax rate may be posted.
    """
    sources = Source.objects.filter(line__invoice=invoice, released_at=None).order_by()
    day_of = Coalesce("time_entry__work_date", "charge__charge_date")
    left = sources.aggregate(first=Min(day_of), last=Max(day_of))
    if left["first"] is None:
        return
    if invoice.tax_point == invoice.service_end_date == day:
        invoice.tax_point = left["last"]
    if invoice.service_start_date == day:
        invoice.service_start_date = left["first"]
    if invoice.service_end_date == day:
        invoice.service_end_date = left["last"]
    invoice.save(update_fields=["service_start_date", "service_end_date", "tax_point"])
