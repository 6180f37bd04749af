"""The list of hours: its rows with what the reader may do, and the sums above it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.money import round_money
from tenants.models import Membership
from timesheets.documents import WorkDocument, documents_of
from timesheets.domain.access import decides_on, may_see_rate, may_write, rate_is_visible
from timesheets.models import BillingState, TimeEntry

_TONES = {
    BillingState.DRAFTED: "info",
    BillingState.BILLED: "positive",
    BillingState.WRITTEN_OFF: "neutral",
}
_ICONS = {
    BillingState.DRAFTED: "pencil",
    BillingState.BILLED: "file-invoice",
    BillingState.WRITTEN_OFF: "ban",
}


@dataclass(frozen=True)
class EntryRow:
    """`decides`: on what becomes of the hours, billable or not, billed elsewhere, written off."""

    entry: TimeEntry
    may_write: bool
    may_see_rate: bool
    document: WorkDocument | None
    decides: bool = False

    @property
    def is_free(self) -> bool:
        return not self.entry.is_locked and self.entry.billing_state == BillingState.OPEN

    @property
    def may_change(self) -> bool:
        return self.may_write and self.is_free

    @property
    def may_tick(self) -> bool:
        return self.may_change or self.decides

    @property
    def is_elsewhere(self) -> bool:
        """Billed, but not on an invoice of ours."""
        return self.entry.billing_state == BillingState.BILLED and bool(self.entry.billing_note)

    @property
    def note(self) -> str:
        """Why hours are settled without an invoice, by whom and when."""
        entry = self.entry
        if not entry.settled_at:
            return entry.billing_note
        day = date_format(localtime(entry.settled_at), "SHORT_DATETIME_FORMAT")
        return f"{entry.billing_note} ({entry.settled_by}, {day})"

    @property
    def value(self) -> Decimal | None:
        """What the hours are worth; unbilled kinds and unpriced hours have no value."""
        entry = self.entry
        if not self.may_see_rate or not entry.is_billable or entry.rate is None:
            return None
        return round_money(entry.minutes * entry.rate / 60, entry.project.customer.currency)

    @property
    def state(self) -> str | Promise:
        if self.is_elsewhere:
            return _("Billed elsewhere")
        if self.entry.billing_state == BillingState.BILLED:
            return _("Invoiced")
        if self.entry.billing_state != BillingState.OPEN:
            return str(self.entry.get_billing_state_display())
        return _("Locked") if self.entry.is_locked else _("Open")

    @property
    def tone(self) -> str:
        return _TONES.get(BillingState(self.entry.billing_state), "neutral")

    @property
    def icon(self) -> str:
        if self.is_elsewhere:
            return "checks"
        if self.entry.billing_state in _ICONS:
            return _ICONS[BillingState(self.entry.billing_state)]
        return "lock" if self.entry.is_locked else "circle"


def entry_rows(entries: Iterable[TimeEntry], reader: Membership) -> list[EntryRow]:
    found = list(entries)
    on_documents = [e.pk for e in found if e.billing_state != BillingState.OPEN]
    documents = documents_of(on_documents, reader)
    return [
        EntryRow(
            entry,
            may_write=may_write(reader, member_id=entry.member_id, project=entry.project),
            may_see_rate=may_see_rate(reader, entry.project),
            document=documents.get(entry.pk),
            decides=decides_on(reader, entry.project),
        )
        for entry in found
    ]


@dataclass(frozen=True)
class Value:
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Sums:
    count: int
    minutes: int
    billable_minutes: int
    values: list[Value]
    unpriced: int  # billable entries without a rate

    @property
    def billable_percent(self) -> int:
        return round(100 * self.billable_minutes / self.minutes) if self.minutes else 0


def sums_of(entries: QuerySet[Any], reader: Membership) -> Sums:
    """One question, whatever the number of entries; money by currency."""
    priced = Q(is_billable=True, rate__isnull=False) & rate_is_visible(reader)
    worth = ExpressionWrapper(
        F("minutes") * F("rate"), output_field=DecimalField(max_digits=24, decimal_places=4)
    )
    rows = list(
        entries.order_by()
        .values(currency=F("project__customer__currency"))
        .annotate(
            count=Count("pk"),
            worked=Sum("minutes"),
            billable=Sum("minutes", filter=Q(is_billable=True)),
            worth=Sum(worth, filter=priced),
            unpriced=Count("pk", filter=Q(is_billable=True, rate=None) & rate_is_visible(reader)),
        )
        .order_by("currency")
    )
    return Sums(
        count=sum(row["count"] for row in rows),
        minutes=sum(row["worked"] or 0 for row in rows),
        billable_minutes=sum(row["billable"] or 0 for row in rows),
        values=[
            Value(row["currency"], round_money(row["worth"] / 60, row["currency"]))
            for row in rows
            if row["worth"] is not None
        ],
        unpriced=sum(row["unpriced"] for row in rows),
    )
