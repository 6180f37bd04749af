"""The state of a document: said once in SQL, filtered and sorted by the index's columns."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from invoicing.domain.sending.requesting import mark_as_sent
from invoicing.models import DocumentIndex, Invoice, Rank
from invoicing.selectors.archive import ArchiveStatus, in_states, indexed
from tenants.models import Membership
from tests.documents.making import draft, posted
from tests.payments.paying import pay

ON = date(2026, 11, 20)
OLD = date(2026, 10, 1)


def standing(*facts: Any) -> tuple[str, int]:
    """As the function says of status, is_cancelled, credited, paid, open and is_sent; and the rank
    that the table gives it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT invoicing_standing(%s, %s, %s, %s, %s, %s)",
            list(facts),
        )
        (found,) = cursor.fetchone()
    row = DocumentIndex.objects.first()
    assert row is not None
    DocumentIndex.objects.filter(pk=row.pk).update(standing=found, open_amount=facts[4])
    return found, DocumentIndex.objects.values_list("rank", flat=True).get(pk=row.pk)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (("draft", False, 0, 0, 0, False), ("draft", Rank.DRAFT)),
        (("discarded", False, 0, 0, 0, False), ("discarded", Rank.DISCARDED)),
        (("posted", False, 0, 0, 100, False), ("posted", Rank.OWED)),
        (("posted", False, 0, 0, 0, False), ("posted", Rank.NOT_OWED)),
        (("posted", False, 0, 0, 100, True), ("sent", Rank.OWED)),
        (("posted", False, 0, 0, 0, True), ("sent", Rank.NOT_OWED)),
        (("posted", False, 0, 40, 60, True), ("partly_paid", Rank.OWED)),
        (("posted", False, 0, 100, 0, True), ("paid", Rank.PAID)),
        (("posted", False, 0, 120, -20, False), ("paid", Rank.PAID)),
        (("posted", False, 40, 60, 0, False), ("paid", Rank.PAID)),
        (("posted", False, 100, 0, 0, True), ("credited", Rank.CREDITED)),
        (("posted", False, 40, 0, 60, False), ("posted", Rank.OWED)),
        (("posted", True, 100, 0, 0, True), ("cancelled", Rank.CANCELLED)),
        (("posted", True, 100, 100, -100, True), ("cancelled", Rank.CANCELLED)),
    ],
)
def test_the_first_line_that_fits(owner: Membership, facts: Any, expected: Any) -> None:
    draft({"unit_price": Decimal(100)})

    assert standing(*facts) == expected


@pytest.fixture
def documents(owner: Membership) -> dict[str, Invoice]:
    late = posted({"unit_price": Decimal(100)}, issue_date=OLD, due_date=date(2026, 11, 1))
    later = posted({"unit_price": Decimal(100)}, issue_date=OLD, due_date=date(2026, 11, 19))
    due = posted({"unit_price": Decimal(100)}, issue_date=OLD, due_date=ON)
    sent = posted({"unit_price": Decimal(100)}, issue_date=OLD, due_date=ON)
    mark_as_sent(sent, channel="post", on=timezone.localdate(), actor=None)
    credited, cancelled = (posted({"unit_price": Decimal(100)}) for _ in range(2))
    notes = [
        posted(
            {"corrects_line": invoice.lines.get(), "unit_price": Decimal(100)}, kind="credit_note",
            corrects=invoice, customer=invoice.customer, reason="Wrong",
            is_cancellation=invoice is cancelled,
        )
        for invoice in (credited, cancelled)
    ]  # fmt: skip
    paid, part = (posted({"unit_price": Decimal(100)}) for _ in range(2))
    pay(paid, "125.50")
    pay(part, "25.50")
    gone = draft({"unit_price": Decimal(100)})
    Invoice.objects.filter(pk=gone.pk).update(status="discarded", discarded_at=timezone.now())
    return {
        "draft": draft({"unit_price": Decimal(100)}), "late": late, "later": later, "due": due,
        "sent": sent,
        "credited": credited, "cancelled": cancelled, "note": notes[0], "note 2": notes[1],
        "discarded": gone, "paid": paid, "part": part,
    }  # fmt: skip


@pytest.mark.parametrize("state", ArchiveStatus.values)
def test_what_a_filter_finds_is_what_the_list_says(
    documents: dict[str, Invoice], owner: Membership, state: str
) -> None:
    rows: Any = indexed(owner, on=ON)
    said = {row.invoice_id for row in rows if row.state == state}

    assert set(rows.filter(in_states([state], on=ON)).values_list("invoice_id", flat=True)) == said
    assert said


def test_what_is_overdue_sorts_between_drafts_and_what_is_not_due(
    documents: dict[str, Invoice], owner: Membership
) -> None:
    rows: Any = indexed(owner, on=ON).order_by("rank", "due_date", "invoice_id")
    names = {invoice.pk: name for name, invoice in documents.items()}

    assert [(names[row.invoice_id], row.state) for row in rows] == [
        ("draft", "draft"), ("late", "overdue"), ("later", "overdue"), ("due", "posted"),
        ("sent", "sent"),
        ("part", "partly_paid"),
        ("note", "posted"), ("note 2", "posted"), ("paid", "paid"), ("credited", "credited"),
        ("cancelled", "cancelled"), ("discarded", "discarded"),
    ]  # fmt: skip
