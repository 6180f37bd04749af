"""Hours that come onto a draft after it was made."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db import connection, transaction

from customers.models import Project
from invoicing import errors
from invoicing.domain.amounts import hours_of
from invoicing.domain.drafting import (
    ClaimedEntry,
    WorkGroup,
    append_work,
    locked_draft,
    minutes_on,
    refuse_unfit,
    tie,
    touch,
    work_groups,
)
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, Unit
from tenants.audit import log
from tenants.models import Membership, User
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours


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
    claimed = _claim(invoice, sorted(set(entry_ids)))
    if not claimed or len(claimed) != len(set(entry_ids)):
        raise errors.EntriesNotOpen
    members = Membership.objects.filter(tenant_id=current_tenant_id()).in_bulk(
        {entry.member_id for entry in claimed}
    )
    refuse_unfit(claimed, members, allow_unlocked=allow_unlocked)
    projects = Project.objects.in_bulk({entry.project_id for entry in claimed})
    homes = _homes(invoice)
    fresh = []
    for group in work_groups(claimed, projects, members):
        line = homes.get((group.project.pk, group.member.pk, group.rate))
        if line is None:
            fresh.append(group)
        else:
            _add_to(line, group, invoice)
    _widen_service_period(invoice, claimed)
    touch(invoice, actor=actor)
    if fresh:
        append_work(invoice, fresh)
    else:
        save_totals(invoice)
    minutes = sum(entry.minutes for entry in claimed)
    log("invoice.entries_added", invoice, actor=actor, entries=len(claimed), minutes=minutes)
    return invoice


def _claim(invoice: Invoice, entry_ids: list[int]) -> list[ClaimedEntry]:
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE timesheets_timeentry entry SET billing_state = 'drafted'
            FROM customers_project project
            WHERE entry.tenant_id = %(tenant)s AND entry.id = ANY(%(entries)s)
                AND project.tenant_id = entry.tenant_id AND project.id = entry.project_id
                AND project.customer_id = %(customer)s
                AND entry.is_billable AND entry.billing_state = 'open'
            RETURNING entry.id, entry.project_id, entry.member_id, entry.rate, entry.minutes,
                entry.is_locked, entry.work_date
            """,
            {
                "tenant": current_tenant_id(),
                "entries": entry_ids,
                "customer": invoice.customer_id,
            },
        )
        return [ClaimedEntry(*row) for row in cursor.fetchall()]


def _homes(invoice: Invoice) -> dict[tuple[int, int, Decimal], InvoiceLine]:
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
        found = {(row[1], row[2], row[3]): row[0] for row in cursor.fetchall()}
    lines = invoice.lines.select_related("tax_rate").in_bulk()
    return {
        key: lines[pk]
        for key, pk in found.items()
        if lines[pk].unit == Unit.HOUR and lines[pk].unit_price == key[2]
    }


def _add_to(line: InvoiceLine, group: WorkGroup, invoice: Invoice) -> None:
    before = minutes_on(line)
    if line.quantity == hours_of(before, line.unit_price, invoice.currency):
        line.quantity = hours_of(before + group.minutes, line.unit_price, invoice.currency)
    else:
        # A quantity set by hand stays as far from the hours as it was.
        line.quantity += hours_of(group.minutes, line.unit_price, invoice.currency)
    price_line(line, currency=invoice.currency)
    line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])
    tie([line], [group])


def _widen_service_period(invoice: Invoice, claimed: Sequence[ClaimedEntry]) -> None:
    days = [entry.work_date for entry in claimed]
    end_before = invoice.service_end_date
    invoice.service_start_date = min([*days, *filter(None, [invoice.service_start_date])])
    invoice.service_end_date = max([*days, *filter(None, [end_before])])
    if invoice.tax_point == (end_before or invoice.issue_date):
        invoice.tax_point = invoice.service_end_date
    invoice.save(update_fields=["service_start_date", "service_end_date", "tax_point"])
