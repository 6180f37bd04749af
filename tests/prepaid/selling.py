"""What the tests of prepaid hours have in common."""

from datetime import date
from decimal import Decimal
from typing import Any

from customers.models import Customer
from invoicing.domain.posting import post_invoice
from invoicing.domain.prepaid.selling import Sale, sell_hours
from invoicing.models import PrepaidHours
from tests.factories import TimeEntryFactory
from timesheets.models import TimeEntry

STARTS = date(2026, 1, 1)


def drafted(customer: Customer, hours: str = "20", **fields: Any) -> PrepaidHours:
    """On a draft, at 100.00 an hour unless told otherwise."""
    if "lump_sum" not in fields:
        fields.setdefault("hour_price", Decimal(100))
    fields.setdefault("valid_from", STARTS)
    sale = Sale(minutes=int(Decimal(hours) * 60), **fields)
    return sell_hours(customer, sale, actor=None)


def sold(customer: Customer, hours: str = "20", **fields: Any) -> PrepaidHours:
    """On a posted invoice."""
    prepaid = drafted(customer, hours, **fields)
    post_invoice(prepaid.line.invoice, actor=None)
    return prepaid


def worked(*minutes: int, **fields: Any) -> list[TimeEntry]:
    """Entries of these minutes on successive days from 1 October on, locked."""
    fields.setdefault("is_locked", True)
    first = TimeEntryFactory(minutes=minutes[0], work_date=date(2026, 10, 1), **fields)
    fields |= {"member": first.member, "project": first.project}
    return [first] + [
        TimeEntryFactory(minutes=one, work_date=date(2026, 10, day), **fields)
        for day, one in enumerate(minutes[1:], start=2)
    ]


def balance(prepaid: PrepaidHours) -> tuple[int, int, int]:
    """Bought, drawn, left."""
    found = PrepaidHours.objects.with_balance().get(pk=prepaid.pk)
    return found.bought_minutes, found.drawn_minutes, found.left_minutes
