"""Hours that come onto a draft after it was made."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from core.arrays import array_of
from invoicing import errors
from invoicing.domain.composing.claiming import (
    Entry,
    Names,
    claim_entries,
    entries_on,
    refuse_unfit,
)
from invoicing.domain.composing.options import STANDARD
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.composing.recounting import recount
from invoicing.domain.composing.terms import LineTerms
from invoicing.domain.drafting import append_work, locked_draft, touch
from invoicing.domain.lines import save_totals
from invoicing.models import Invoice, Unit
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id

type _Home = tuple[int, int, Decimal]


@transaction.atomic
def add_entries(
    draft: Invoice,
    entry_ids: Collection[int],
    *,
    actor: User | None,
    allow_unlocked: bool = False,
) -> Invoice:
    """Put open hours of the draft's customer onto it: on the line they belong to, or a new one."""
    invoice = locked_draft(draft.pk)
    if invoice.currency != invoice.customer.currency:
        raise errors.CurrencyMix(currency=invoice.customer.currency)
    wanted = set(entry_ids)
    claimed = claim_entries(wanted, customer_id=invoice.customer_id)
    if not claimed or len(claimed) != len(wanted):
        raise errors.EntriesNotOpen
    names = Names(claimed)
    refuse_unfit(claimed, names, allow_unlocked=allow_unlocked)
    homes = _homes(invoice)
    fresh: list[Entry] = []
    coming: dict[_Home, list[Entry]] = defaultdict(list)
    for entry in claimed:
        assert entry.rate is not None
        home = (entry.project_id, entry.member_id, entry.rate)
        (coming[home] if home in homes else fresh).append(entry)
    if coming:
        _bring_home(invoice, {homes[home]: entries for home, entries in coming.items()})
    widen_service_days(invoice, days_of(claimed))
    touch(invoice, actor=actor)
    if fresh:
        append_work(invoice, fresh, names, options=STANDARD, actor=actor)
    else:
        save_totals(invoice)
    log_added(invoice, claimed, actor=actor)
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


def _homes(invoice: Invoice) -> dict[_Home, int]:
    """Lines of hours whose hours are all of one project, person and rate, by these three."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT source.line_id, min(entry.project_id), min(entry.member_id), min(entry.rate)
            FROM invoicing_source source
            JOIN invoicing_invoiceline line
                ON line.tenant_id = source.tenant_id AND line.id = source.line_id
            JOIN timesheets_timeentry entry
                ON entry.tenant_id = source.tenant_id AND entry.id = source.time_entry_id
            WHERE source.tenant_id = %s AND line.invoice_id = %s AND source.released_at IS NULL
            GROUP BY source.line_id
            HAVING count(DISTINCT (entry.project_id, entry.member_id, entry.rate)) = 1
            ORDER BY min(line.position) DESC
            """,
            [current_tenant_id(), invoice.pk],
        )
        found = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
    lines = invoice.lines.select_related("addition").in_bulk(found)
    return {
        home: pk
        for pk, home in found.items()
        if lines[pk].unit == Unit.HOUR
        and lines[pk].unit_price == home[2]
        and LineTerms(lines[pk]).is_standard
    }


def _bring_home(invoice: Invoice, coming: dict[int, list[Entry]]) -> None:
    lines = invoice.lines.select_related("tax_rate", "addition").in_bulk(coming)
    before = entries_on(coming)
    for line_id, entries in coming.items():
        recount(
            lines[line_id],
            before[line_id],
            [*before[line_id], *entries],
            currency=invoice.currency,
        )
    _tie(coming)


def _tie(coming: dict[int, list[Entry]]) -> None:
    rows = [(line_id, entry.id, entry.minutes) for line_id in coming for entry in coming[line_id]]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])",
            [current_tenant_id(), *map(array_of, zip(*rows, strict=True))],
        )


def days_of(entries: Iterable[Entry], charges: Iterable[ChargeWork] = ()) -> list[date]:
    return [entry.work_date for entry in entries] + [charge.charge_date for charge in charges]


def widen_service_days(invoice: Invoice, days: Sequence[date]) -> None:
    end_before = invoice.service_end_date
    invoice.service_start_date = min([*days, *filter(None, [invoice.service_start_date])])
    invoice.service_end_date = max([*days, *filter(None, [end_before])])
    if invoice.tax_point == (end_before or invoice.issue_date):
        invoice.tax_point = invoice.service_end_date
    invoice.save(update_fields=["service_start_date", "service_end_date", "tax_point"])
