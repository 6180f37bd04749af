"""Charges that come onto a draft after it was made, or off it."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction

from core.money import ZERO
from invoicing import errors
from invoicing.domain.composing.charges import group_of
from invoicing.domain.composing.claiming import Names, claim_charges
from invoicing.domain.composing.options import STANDARD
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.composing.terms import charge_rules_of
from invoicing.domain.draft_hours import days_of, log_added, widen_service_days
from invoicing.domain.drafting import append_work, locked_draft, narrow_service_period, touch
from invoicing.domain.lines import TaxRates, price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.audit import log
from tenants.billing_terms import UsageGrouping
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id
from timesheets.models import BillingState, Charge, ChargeKind


@transaction.atomic
def add_charges(draft: Invoice, charge_ids: Collection[int], *, actor: User | None) -> Invoice:
    """Put open charges of the draft's customer onto it: usage on the line it belongs to where there
    is one, everything else on lines of its own."""
    invoice = locked_draft(draft.pk)
    if invoice.currency != invoice.customer.currency:
        raise errors.CurrencyMix(currency=invoice.customer.currency)
    wanted = set(charge_ids)
    claimed = claim_charges(wanted, customer_id=invoice.customer_id)
    if not claimed or len(claimed) != len(wanted):
        raise errors.ChargesNotOpen
    widen_service_days(invoice, days_of([], claimed))
    touch(invoice, actor=actor)
    names = Names([], claimed)
    fresh = _bring_home(invoice, claimed, names)
    if fresh:
        append_work(invoice, [], names, charges=fresh, options=STANDARD, actor=actor)
    else:
        save_totals(invoice)
    log_added(invoice, [], claimed, actor=actor)
    return invoice


@transaction.atomic
def release_charge(charge_id: int, *, actor: User | None) -> Invoice:
    """Take one charge off its draft; it is open again at once. An emptied line goes with it."""
    live = Source.objects.filter(charge_id=charge_id, released_at=None)
    invoice_id = live.values_list("line__invoice_id", flat=True).first()
    if invoice_id is None:
        raise errors.ChargeNotOnDraft
    invoice = locked_draft(invoice_id)
    # Again, now behind the lock: somebody else may have taken it off, or it is on another draft.
    source = live.filter(line__invoice=invoice).select_related("line__tax_rate", "charge").first()
    if source is None:
        raise errors.ChargeNotOnDraft
    line, charge = source.line, source.charge
    source.delete()
    Charge.objects.filter(pk=charge_id).update(billing_state=BillingState.OPEN)
    if line.sources.filter(released_at=None).exists():
        _take_off(line, charge, currency=invoice.currency)
    else:
        line.delete()
    narrow_service_period(invoice, charge.charge_date)
    touch(invoice, actor=actor)
    save_totals(invoice)
    log("invoice.charge_released", invoice, actor=actor, charge=charge_id, text=str(charge))
    return invoice


def _take_off(line: InvoiceLine, charge: Charge, *, currency: str) -> None:
    """What is left of a line of usage; a quantity set by hand stays as far from the records."""
    line.quantity -= charge.quantity
    price_line(line, currency=currency)
    line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])


def _bring_home(invoice: Invoice, claimed: Sequence[ChargeWork], names: Names) -> list[ChargeWork]:
    """Put usage onto the lines that have its like; returns the charges that need new lines."""
    if not any(charge.kind == ChargeKind.USAGE for charge in claimed):
        return list(claimed)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    rules = charge_rules_of(invoice, names.projects, TaxRates(), tenant)
    homes = _homes(invoice, rules.usage_grouping)
    coming: dict[int, list[ChargeWork]] = {}
    fresh = []
    for charge in claimed:
        rate = rules.tax_rate(charge)
        key = group_of(
            charge._replace(account=charge.account or rate.revenue_account),
            rules.usage_grouping,
            rate.pk,
        )
        home = homes.get(key) if charge.kind == ChargeKind.USAGE else None
        if home is None:
            fresh.append(charge)
        else:
            coming.setdefault(home, []).append(charge)
    lines = invoice.lines.select_related("tax_rate").in_bulk(coming)
    for line_id, charges in coming.items():
        line = lines[line_id]
        line.quantity += sum((charge.quantity for charge in charges), ZERO)
        price_line(line, currency=invoice.currency)
        line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])
    Source.objects.bulk_create(
        Source(line=lines[line_id], charge_id=charge.id, minutes=0)
        for line_id, charges in coming.items()
        for charge in charges
    )
    return fresh


def _homes(invoice: Invoice, grouping: UsageGrouping) -> dict[tuple[Any, ...], int]:
    """Lines of usage by what their charges have in common; not those whose price was changed."""
    by = "charge_date" if grouping == UsageGrouping.DAY else "destination"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT min(charge.{by}), line.unit, line.unit_price, line.account, line.tax_rate_id,
                line.id
            FROM invoicing_source source
            JOIN invoicing_invoiceline line
                ON line.tenant_id = source.tenant_id AND line.id = source.line_id
            JOIN timesheets_charge charge
                ON charge.tenant_id = source.tenant_id AND charge.id = source.charge_id
            WHERE source.tenant_id = %s AND line.invoice_id = %s AND source.released_at IS NULL
                AND charge.kind = 'usage'
            GROUP BY line.id
            HAVING count(DISTINCT charge.{by}) = 1
                AND bool_and(charge.unit = line.unit AND charge.unit_price = line.unit_price)
            ORDER BY line.position DESC
            """,  # noqa: S608 - the name of a column
            [current_tenant_id(), invoice.pk],
        )
        return {tuple(row[:5]): row[5] for row in cursor.fetchall()}
