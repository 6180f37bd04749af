"""Documents with what is derived of them: state and open amount, which no column keeps."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, MoneyField
from invoicing.models import DocumentIndex, Invoice, InvoiceQuerySet, Rank
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from tenants.roles import Permission


class ArchiveStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    SENT = "sent", _("Sent")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    OVERDUE = "overdue", _("Overdue")
    CREDITED = "credited", _("Credited")
    CANCELLED = "cancelled", _("Cancelled")
    DISCARDED = "discarded", _("Discarded")


@dataclass(frozen=True)
class ArchiveSum:
    currency: str
    count: int
    net: Decimal
    gross: Decimal
    open_amount: Decimal


def state_on(on: date) -> Case:
    """Which state a row of the index is in: what `invoicing_standing` says of it, but overdue."""
    return Case(When(_is_overdue(on), then=Value(ArchiveStatus.OVERDUE)), default=F("standing"))


def in_states(states: Collection[str], *, on: date) -> Q:
    """The rows of the index in one of these states, by what its indexes begin with."""
    found = Q(pk__in=[])
    if ArchiveStatus.OVERDUE in states:
        found |= _is_overdue(on)
    for state in set(states) - {ArchiveStatus.OVERDUE}:
        rank = RANKS.get(ArchiveStatus(state))
        if rank is not None:
            found |= Q(rank=rank)
        else:
            found |= Q(rank__in=(Rank.OWED, Rank.NOT_OWED), standing=state) & ~_is_overdue(on)
    return found


# Of what else is posted some is owed and some not: credit notes, and invoices over nothing.
RANKS = {
    ArchiveStatus.DRAFT: Rank.DRAFT,
    ArchiveStatus.PAID: Rank.PAID,
    ArchiveStatus.CREDITED: Rank.CREDITED,
    ArchiveStatus.CANCELLED: Rank.CANCELLED,
    ArchiveStatus.DISCARDED: Rank.DISCARDED,
}


def _is_overdue(on: date) -> Q:
    return Q(rank=Rank.OWED, due_date__lt=on)


def archived(membership: Membership, *, on: date) -> QuerySet[Invoice]:
    """What the person may see, with `open_amount` and `state` as they are on that day.

    What is posted is open less its credit notes and what was paid, a draft owes nothing. Discarded
    drafts are not among them.
    """
    visible = visible_invoices(membership)
    assert isinstance(visible, InvoiceQuerySet)
    return with_state(visible.kept(), on=on)


def with_state(invoices: InvoiceQuerySet, *, on: date) -> QuerySet[Invoice]:
    row = DocumentIndex.objects.filter(invoice=OuterRef("pk")).annotate(state=state_on(on))
    return (
        invoices.with_open_amount()
        .with_signed_totals()
        .select_related("customer", "project", "created_by")
        .annotate(state=Subquery(row.values("state")))
    )


def indexed(membership: Membership, *, on: date) -> QuerySet[DocumentIndex]:
    """The same as `archived`, and what was discarded, as rows of the index: thousands of documents
    are searched, counted and sorted by these, and only those of a page are read."""
    rows: QuerySet[Any] = DocumentIndex.objects.annotate(state=state_on(on))
    if membership.may(Permission.VIEW_INVOICE):
        return rows
    return rows.filter(invoice__in=visible_invoices(membership).values("pk"))


def documents(keys: list[int], *, on: date) -> list[Invoice]:
    """The documents of a page, in the order of their keys."""
    invoices = Invoice.objects.filter(pk__in=keys)
    assert isinstance(invoices, InvoiceQuerySet)
    found = {invoice.pk: invoice for invoice in with_state(invoices, on=on)}
    return [found[key] for key in keys if key in found]


def sums_by_currency(rows: QuerySet[Any]) -> list[ArchiveSum]:
    """What all shown documents come to, the largest currency first; of `archived` or `indexed`."""
    found = (
        rows.order_by()
        .values("currency")
        .annotate(
            count=Count("*"),
            net=Coalesce(Sum("signed_net"), ZERO, output_field=MoneyField()),
            gross=Coalesce(Sum("signed_gross"), ZERO, output_field=MoneyField()),
            owed=Coalesce(Sum("open_amount"), ZERO, output_field=MoneyField()),
        )
        .order_by("-gross", "currency")
        .values_list("currency", "count", "net", "gross", "owed")
    )
    return [ArchiveSum(*row) for row in found]
