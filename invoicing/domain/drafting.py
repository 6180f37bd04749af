"""From open work to a draft, and back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max, Min
from django.utils import timezone

from core.money import ZERO
from customers.models import Contact, Customer, Project
from invoicing.domain.amounts import QUANTITY_STEP, hours_of
from invoicing.domain.lines import TaxRates, price_line, save_totals
from invoicing.errors import (
    EntryNotOnDraft,
    HoursNotLocked,
    InvoiceGone,
    InvoiceNotDraft,
    MixedCustomers,
    NothingToInvoice,
    PeriodTurnedAround,
    RateMissing,
)
from invoicing.models import Invoice, InvoiceLine, InvoiceTax, Source, Unit
from tenants.audit import log
from tenants.models import Membership, Tenant, User
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, TimeEntry


class ClaimedEntry(NamedTuple):
    id: int
    project_id: int
    member_id: int
    rate: Decimal | None
    minutes: int
    is_locked: bool
    work_date: date


@dataclass(frozen=True)
class WorkGroup:
    """Hours that share a line."""

    project: Project
    member: Membership
    rate: Decimal
    entries: list[ClaimedEntry]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)


@transaction.atomic
def draft_work(
    *,
    start: date,
    end: date,
    actor: User | None,
    project_ids: Sequence[int] | None = None,
    customer_id: int | None = None,
    issue_date: date | None = None,
    allow_unlocked: bool = False,
) -> Invoice:
    """Put the open billable hours of the period onto a new draft: a line per project, person, rate.

    Both days are included. Either the projects, all of one customer, or a customer is named.
    """
    if end < start:
        raise PeriodTurnedAround
    projects = _projects(project_ids, customer_id)
    claimed = _claim(sorted(projects), start, end)
    if not claimed:
        raise NothingToInvoice
    members = Membership.objects.filter(tenant_id=current_tenant_id()).in_bulk(
        {entry.member_id for entry in claimed}
    )
    refuse_unfit(claimed, members, allow_unlocked=allow_unlocked)

    customer = next(iter(projects.values())).customer
    used = {entry.project_id for entry in claimed}
    invoice = proposed_invoice(
        customer,
        actor=actor,
        issue_date=issue_date,
        service_start_date=min(entry.work_date for entry in claimed),
        service_end_date=max(entry.work_date for entry in claimed),
        project=projects[used.pop()] if len(used) == 1 else None,
    )
    invoice.save()
    append_work(invoice, work_groups(claimed, projects, members))
    log("invoice.drafted", invoice, actor=actor, entries=len(claimed))
    return invoice


@transaction.atomic
def new_draft(
    *,
    customer: Customer,
    actor: User | None,
    issue_date: date | None = None,
    project: Project | None = None,
    currency: str = "",
) -> Invoice:
    """A draft without any hours, filled in from the customer."""
    invoice = proposed_invoice(customer, actor=actor, issue_date=issue_date, project=project)
    invoice.currency = currency or invoice.currency
    invoice.save()
    log("invoice.drafted", invoice, actor=actor, entries=0)
    return invoice


def proposed_invoice(
    customer: Customer,
    *,
    actor: User | None,
    issue_date: date | None = None,
    service_start_date: date | None = None,
    service_end_date: date | None = None,
    project: Project | None = None,
) -> Invoice:
    """An unsaved draft with everything that customer and tenant tell."""
    issue_date = issue_date or timezone.localdate()
    tenant = Tenant.objects.get(pk=current_tenant_id())
    term = customer.payment_term_days
    invoice = Invoice(
        project=project,
        issue_date=issue_date,
        due_date=issue_date + timedelta(days=tenant.payment_term_days if term is None else term),
        service_start_date=service_start_date,
        service_end_date=service_end_date,
        tax_point=service_end_date or issue_date,
        order_reference=project.order_reference if project else "",
        created_by=actor,
        changed_by=actor,
    )
    fill_from_customer(invoice, customer)
    return invoice


def fill_from_customer(invoice: Invoice, customer: Customer) -> None:
    """Copy what is printed about the customer; the invoice is not saved."""
    invoice.customer = customer
    invoice.currency = customer.currency
    invoice.language = customer.language
    for name in ("name", "street", "postal_code", "city", "country"):
        setattr(invoice, f"billing_{name}", getattr(customer, name))
        setattr(invoice, f"delivery_{name}", getattr(customer, f"delivery_{name}"))
    invoice.buyer_business_id = customer.business_id
    invoice.buyer_vat_id = customer.vat_id
    invoice.buyer_reference = customer.buyer_reference
    contact = Contact.objects.filter(customer=customer, gets_invoices=True).first()
    invoice.contact_name = contact.name if contact else ""
    invoice.contact_email = (contact.email if contact else "") or customer.email


def work_groups(
    entries: Iterable[ClaimedEntry],
    projects: dict[int, Project],
    members: dict[int, Membership],
) -> list[WorkGroup]:
    grouped: dict[tuple[int, int, Decimal], list[ClaimedEntry]] = defaultdict(list)
    for entry in entries:
        assert entry.rate is not None
        grouped[entry.project_id, entry.member_id, entry.rate].append(entry)
    groups = [
        WorkGroup(projects[project_id], members[member_id], rate, found)
        for (project_id, member_id, rate), found in grouped.items()
    ]
    return sorted(
        groups,
        key=lambda group: (
            group.project.name, group.project.pk, group.member.name, group.member.pk, -group.rate,
        ),
    )  # fmt: skip


def append_work(invoice: Invoice, groups: Sequence[WorkGroup]) -> list[InvoiceLine]:
    """Lines at the end of the draft for hours that are claimed already, and their sources."""
    last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
    rates = TaxRates()
    lines = []
    for position, group in enumerate(groups, start=last + 1):
        line = InvoiceLine(
            invoice=invoice,
            position=position,
            text=f"{group.project.name} · {group.member.name}",
            quantity=hours_of(group.minutes, group.rate, invoice.currency),
            unit=Unit.HOUR,
            unit_price=group.rate,
            tax_rate=rates.default(
                invoice.tax_point, customer=invoice.customer, project=group.project
            ),
        )
        price_line(line, currency=invoice.currency)
        lines.append(line)
    InvoiceLine.objects.bulk_create(lines)
    tie(lines, groups)
    save_totals(invoice)
    return lines


@transaction.atomic
def release_entry(entry_id: int, *, actor: User | None) -> Invoice:
    """Take one entry off its draft; it is open again at once. An emptied line goes with it."""
    live = Source.objects.filter(time_entry_id=entry_id, released_at=None)
    invoice_id = live.values_list("line__invoice_id", flat=True).first()
    if invoice_id is None:
        raise EntryNotOnDraft
    invoice = locked_draft(invoice_id)
    # Again, now behind the lock: somebody else may have taken it off, or it is on another draft.
    source = (
        live.filter(line__invoice=invoice).select_related("line__tax_rate", "time_entry").first()
    )
    if source is None:
        raise EntryNotOnDraft
    line = source.line
    minutes_before = minutes_on(line)
    follows_hours = line.quantity == hours_of(minutes_before, line.unit_price, invoice.currency)
    source.delete()
    TimeEntry.objects.filter(pk=entry_id).update(billing_state=BillingState.OPEN)
    minutes = minutes_before - source.minutes
    if not minutes:
        line.delete()
    else:
        line.quantity = (
            hours_of(minutes, line.unit_price, invoice.currency)
            if follows_hours
            else _less(line.quantity, source.minutes)
        )
        price_line(line, currency=invoice.currency)
        line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])
    _narrow_service_period(invoice, source.time_entry.work_date)
    touch(invoice, actor=actor)
    save_totals(invoice)
    log("invoice.entry_released", invoice, actor=actor, entry=entry_id, minutes=source.minutes)
    return invoice


def _narrow_service_period(invoice: Invoice, day: date) -> None:
    """As adding widened it: where the day that was taken off is an edge, the next one is now.

    The tax point follows, and with it which tax rate may be posted.
    """
    sources = Source.objects.filter(line__invoice=invoice, released_at=None).order_by()
    left = sources.aggregate(first=Min("time_entry__work_date"), last=Max("time_entry__work_date"))
    if left["first"] is None:
        return
    if invoice.tax_point == invoice.service_end_date == day:
        invoice.tax_point = left["last"]
    if invoice.service_start_date == day:
        invoice.service_start_date = left["first"]
    if invoice.service_end_date == day:
        invoice.service_end_date = left["last"]
    invoice.save(update_fields=["service_start_date", "service_end_date", "tax_point"])


def _less(quantity: Decimal, minutes: int) -> Decimal:
    """In the places a quantity is stored with: the net is that of the stored one."""
    return max(quantity - (Decimal(minutes) / 60).quantize(QUANTITY_STEP), ZERO)


@transaction.atomic
def discard_draft(draft: Invoice, *, actor: User | None) -> None:
    """Delete the draft; all its hours are open again."""
    invoice = locked_draft(draft.pk)
    log("invoice.discarded", invoice, actor=actor, customer=invoice.billing_name)
    free_lines(invoice.lines.values_list("pk", flat=True))
    InvoiceTax.objects.filter(invoice=invoice).delete()
    InvoiceLine.objects.filter(invoice=invoice).delete()
    invoice.delete()


@transaction.atomic
def discard_drafts(ids: Iterable[int], *, actor: User | None) -> int:
    """Discard those that are still drafts; returns how many."""
    found = [draft for draft in locked_documents(ids) if draft.is_draft]
    for draft in found:
        discard_draft(draft, actor=actor)
    return len(found)


def free_lines(line_ids: Iterable[int]) -> int:
    """Open the hours on these draft lines again; returns how many."""
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH freed AS (
                DELETE FROM invoicing_source
                WHERE tenant_id = %(tenant)s AND line_id = ANY(%(lines)s)
                RETURNING time_entry_id
            )
            UPDATE timesheets_timeentry SET billing_state = 'open'
            WHERE tenant_id = %(tenant)s AND id IN (SELECT time_entry_id FROM freed)
            """,
            {"tenant": current_tenant_id(), "lines": list(line_ids)},
        )
        return int(cursor.rowcount)


def locked_documents(ids: Iterable[int]) -> list[Invoice]:
    """Those there are, in the one order in which everybody locks several documents."""
    return list(Invoice.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))


def locked_draft(invoice_id: int) -> Invoice:
    """The draft, locked until the end of the transaction."""
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
    if invoice is None:
        raise InvoiceGone
    if invoice.status != Invoice.Status.DRAFT:
        raise InvoiceNotDraft(invoice=invoice)
    locked: Invoice = invoice
    return locked


def touch(invoice: Invoice, *, actor: User | None) -> None:
    """Count the version up, so that a form made before is noticed."""
    Invoice.objects.filter(pk=invoice.pk).update(
        version=F("version") + 1, changed_by=actor, changed_at=timezone.now()
    )
    invoice.version += 1


def _projects(project_ids: Sequence[int] | None, customer_id: int | None) -> dict[int, Project]:
    projects = Project.objects.select_related("customer", "manager")
    if project_ids is not None:
        projects = projects.filter(pk__in=project_ids)
    if customer_id is not None:
        projects = projects.filter(customer_id=customer_id)
    assert project_ids is not None or customer_id is not None
    found = {project.pk: project for project in projects}
    if len({project.customer_id for project in found.values()}) > 1:
        raise MixedCustomers
    return found


def _claim(project_ids: list[int], start: date, end: date) -> list[ClaimedEntry]:
    """Mark open hours as drafted in one statement; whoever comes second finds none."""
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE timesheets_timeentry SET billing_state = 'drafted'
            WHERE tenant_id = %s AND project_id = ANY(%s) AND work_date BETWEEN %s AND %s
                AND is_billable AND billing_state = 'open'
            RETURNING id, project_id, member_id, rate, minutes, is_locked, work_date
            """,
            [current_tenant_id(), project_ids, start, end],
        )
        return [ClaimedEntry(*row) for row in cursor.fetchall()]


def refuse_unfit(
    claimed: Iterable[ClaimedEntry], members: dict[int, Membership], *, allow_unlocked: bool
) -> None:
    without_rate = {entry.member_id for entry in claimed if entry.rate is None}
    if without_rate:
        raise RateMissing(names=_names(without_rate, members))
    unlocked = {entry.member_id for entry in claimed if not entry.is_locked}
    if unlocked:
        policy = Tenant.objects.values_list("unlocked_hours", flat=True).get(pk=current_tenant_id())
        if policy == Tenant.UnlockedHours.REFUSE or not allow_unlocked:
            raise HoursNotLocked(names=_names(unlocked, members))


def _names(ids: Iterable[int], members: dict[int, Membership]) -> str:
    return ", ".join(sorted(members[member_id].name for member_id in ids))


def tie(lines: Sequence[InvoiceLine], groups: Sequence[WorkGroup]) -> None:
    """One source per entry, in one statement however many there are."""
    rows = [
        (line.pk, entry.id, entry.minutes)
        for line, group in zip(lines, groups, strict=True)
        for entry in group.entries
    ]
    if not rows:
        return
    line_ids, entry_ids, minutes = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoicing_source (tenant_id, line_id, time_entry_id, minutes)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])",
            [current_tenant_id(), list(line_ids), list(entry_ids), list(minutes)],
        )


def minutes_on(line: InvoiceLine) -> int:
    return sum(line.sources.filter(released_at=None).values_list("minutes", flat=True))
