"""Closing months, and opening them again. Who writes an entry and who closes hold the same row."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format

from invoicing import book_errors as errors
from invoicing.domain import ledger
from invoicing.models import PeriodClosing
from tenants import audit
from tenants.models import User
from tenants.scope import current_tenant_id


@transaction.atomic
def close_month(day: date, *, actor: User | None, today: date | None = None) -> PeriodClosing:
    """Nothing is booked into the month of this day from now on."""
    month = day.replace(day=1)
    if month > (today or timezone.localdate()):
        raise errors.MonthNotBegun(month=date_format(month, "F Y"))
    ledger.locked_books()
    if PeriodClosing.objects.filter(month=month, reopened_at=None).exists():
        raise errors.MonthIsClosed(month=date_format(month, "F Y"))
    closing: PeriodClosing = PeriodClosing.objects.create(month=month, closed_by=actor)
    audit.log("period.closed", closing, actor=actor)
    return closing


@transaction.atomic
def reopen_month(day: date, *, reason: str, actor: User | None) -> PeriodClosing:
    """Let it be booked into again; the log and the page keep why."""
    month = day.replace(day=1)
    if not reason.strip():
        raise errors.ReopeningNeedsReason
    ledger.locked_books()
    closing: PeriodClosing | None = (
        PeriodClosing.objects.select_for_update().filter(month=month, reopened_at=None).first()
    )
    if closing is None:
        raise errors.MonthIsOpen(month=date_format(month, "F Y"))
    closing.reopened_by, closing.reopened_at = actor, timezone.now()
    closing.reason = reason.strip()[:200]
    closing.save(update_fields=["reopened_by", "reopened_at", "reason"])
    audit.log("period.reopened", closing, actor=actor, reason=closing.reason)
    return closing


class ClosedMonths:
    """Those of these days that are closed, read once. Decisive for whoever holds the books."""

    def __init__(self, days: Any) -> None:
        keys = _closings_of({day.replace(day=1) for day in days})
        found = PeriodClosing.objects.select_related("closed_by").in_bulk(keys) if keys else {}
        self.closed: dict[date, PeriodClosing] = {one.month: one for one in found.values()}

    def refusal_of(self, document: Any) -> errors.DocumentMonthClosed | None:
        """Why a document cannot be posted, if its tax point lies in one."""
        closing = self.closed.get(document.tax_point.replace(day=1))
        if closing is None:
            return None
        return errors.DocumentMonthClosed(
            document=document,
            day=date_format(document.tax_point, "SHORT_DATE_FORMAT"),
            month=closing,
            who=closing.closed_by or "—",
        )


def _closings_of(months: Collection[date]) -> list[int]:
    """Asked at every posting, and mostly there is none; so without the ORM's half millisecond."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM invoicing_periodclosing
            WHERE tenant_id = %s AND month = ANY(%s) AND reopened_at IS NULL
            """,
            [current_tenant_id(), list(months)],
        )
        return [key for (key,) in cursor.fetchall()]


def refuse_closed(day: date) -> None:
    """For what is booked on a day of its own: payments and settlements."""
    closing = ClosedMonths([day]).closed.get(day.replace(day=1))
    if closing is not None:
        raise errors.DayMonthClosed(
            day=date_format(day, "SHORT_DATE_FORMAT"), month=closing, who=closing.closed_by or "—"
        )
