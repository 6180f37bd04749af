"""What the form of a draft shows besides the draft itself."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from customers.domain.billing_terms import USUAL_HOURS_PER_DAY
from invoicing.domain.composing.recounting import quantity_for
from invoicing.models import DocumentKind, Invoice, InvoiceLine, Source, Unit
from invoicing.selectors.visible import draftable_projects, visible_invoices
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.models import BillingState, Charge, TimeEntry


@dataclass(frozen=True)
class LineHours:
    """The hours on a line. `rate` is None where they have several, or the line is an amount."""

    minutes: int
    entries: int
    rate: Decimal | None
    unit: str
    billed_minutes: int
    hours_per_unit: Decimal

    @property
    def unit_price(self) -> Decimal | None:
        return None if self.rate is None else self.rate * self.hours_per_unit

    def quantity(self, currency: str) -> Decimal:
        price = self.unit_price or Decimal(0)
        return quantity_for(self.billed_minutes, price, currency, self.hours_per_unit)


def visible_drafts(membership: Membership) -> QuerySet[Invoice]:
    """Drafts of invoices; one of a credit note is on the page of what it corrects."""
    return visible_invoices(membership).filter(
        status=Invoice.Status.DRAFT, kind=DocumentKind.INVOICE
    )


def work_of_lines(
    invoice: Invoice, lines: Collection[InvoiceLine] | None = None
) -> tuple[dict[int, LineHours], dict[int, int]]:
    """By line its hours, or how many charges it is made of; in one statement, for all lines or
    these."""
    if lines is not None and not lines:
        return {}, {}
    which = Q(line__invoice=invoice) if lines is None else Q(line__in=lines)
    found = (
        Source.objects.filter(which, released_at=None)
        .order_by()
        .values_list("line_id", "line__unit", "line__billed_minutes", "line__addition__options")
        .annotate(
            minutes=Sum("minutes"),
            entries=Count("*"),
            lowest=Min("time_entry__rate"),
            highest=Max("time_entry__rate"),
            charges=Count("charge"),
        )
    )
    hours, charged = {}, {}
    for line_id, unit, billed, options, minutes, entries, lowest, highest, charges in found:
        if charges:
            charged[line_id] = charges
            continue
        day = Decimal((options or {}).get("hours_per_day") or USUAL_HOURS_PER_DAY)
        hours[line_id] = LineHours(
            minutes,
            entries,
            lowest if lowest == highest and unit != Unit.PIECE else None,
            unit,
            minutes if billed is None else billed,
            day if unit == Unit.DAY else Decimal(1),
        )
    return hours, charged


def work_of_draft(invoice: Invoice, line_ids: Collection[int] = ()) -> QuerySet[Source]:
    """What is on the draft line by line, or on some lines; the first day first."""
    sources: QuerySet[Source] = Source.objects.filter(line__invoice=invoice, released_at=None)
    if line_ids:
        sources = sources.filter(line_id__in=line_ids)
    return sources.select_related(
        "line",
        "time_entry__member",
        "time_entry__project",
        "time_entry__task",
        "charge__customer",
        "charge__project",
        "charge__member",
    ).order_by(
        "line__position",
        "line_id",
        Coalesce("time_entry__work_date", "charge__charge_date"),
        "time_entry_id",
        "charge_id",
    )


def open_charges_for(invoice: Invoice, membership: Membership) -> Any:
    """Open charges of the draft's customer that this person may invoice, the latest day first."""
    found = Charge.objects.filter(
        customer=invoice.customer_id, is_billable=True, billing_state=BillingState.OPEN
    )
    if not membership.may(Permission.CREATE_INVOICE):
        found = found.filter(project__in=draftable_projects(membership))
    return found.select_related("customer", "project", "member").order_by("-charge_date", "-pk")


def open_entries_for(invoice: Invoice, membership: Membership) -> Any:
    """Open hours of the draft's customer that this person may invoice, the latest day first."""
    return (
        TimeEntry.objects.filter(
            project__in=draftable_projects(membership).filter(customer=invoice.customer_id),
            is_billable=True,
            billing_state=BillingState.OPEN,
        )
        .select_related("member", "project", "task")
        .order_by("-work_date", "-pk")
    )
