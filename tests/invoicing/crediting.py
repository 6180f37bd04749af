"""What the tests of credit notes have in common."""

from datetime import date
from decimal import Decimal
from typing import Any

from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from tests.factories import TaxRateFactory, TimeEntryFactory
from timesheets.models import TimeEntry

ON = date(2026, 11, 21)


def billed(*minutes: int, rate: str = "100", **fields: Any) -> tuple[Invoice, list[TimeEntry]]:
    """A posted invoice of one line with these hours of one person."""
    TaxRateFactory()
    first = TimeEntryFactory(
        minutes=minutes[0], work_date=date(2026, 10, 1), rate=Decimal(rate), **fields
    )
    entries = [first] + [
        TimeEntryFactory(
            minutes=worked,
            work_date=date(2026, 10, day),
            rate=Decimal(rate),
            member=first.member,
            project=first.project,
        )
        for day, worked in enumerate(minutes[1:], start=2)
    ]
    draft = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        project_ids=[first.project_id],
        actor=None,
        issue_date=date(2026, 11, 2),
        allow_unlocked=True,
    )
    return post_invoice(draft, actor=None), entries


def only_line(invoice: Invoice) -> InvoiceLine:
    line: InvoiceLine = invoice.lines.get()
    return line


def part(
    line: InvoiceLine, *, freed: Any = (), freed_charges: Any = (), **amounts: str
) -> LineCredit:
    """`quantity="2"` or `net="150"` of the line."""
    values: dict[str, Any] = {name: Decimal(text) for name, text in amounts.items()}
    return LineCredit(line_id=line.pk, freed=freed, freed_charges=freed_charges, **values)


def credit(invoice: Invoice, *parts: LineCredit, **fields: Any) -> Invoice:
    """A posted credit note, of the day `ON` unless the invoice is younger."""
    usual = {"reason": "Wrong hours", "actor": None, "issue_date": max(ON, invoice.issue_date)}
    note = draft_credit_note(invoice, parts, **usual | fields)
    return post_invoice(note, actor=fields.get("actor"))


def amounts(note: Invoice) -> tuple[Decimal, Decimal, Decimal]:
    note.refresh_from_db()
    return note.net_total, note.tax_total, note.gross_total


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def states(entries: list[TimeEntry]) -> list[str]:
    found = dict(
        TimeEntry.objects.filter(pk__in=[entry.pk for entry in entries]).values_list(
            "pk", "billing_state"
        )
    )
    return [found[entry.pk] for entry in entries]
