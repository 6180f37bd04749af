"""What is left of an invoice after its credit notes, and what the database itself holds of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentKind, Invoice, InvoiceQuerySet
from invoicing.selectors.archive import archived, sums_by_currency
from tenants.models import Membership, Tenant
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory

ON = date(2026, 11, 21)


def note(invoice: Invoice, *prices: str, **fields: Any) -> Invoice:
    """A draft that takes so much of each line back."""
    return draft(
        *(
            {
                "corrects_line": line,
                "quantity": Decimal(price) / line.unit_price,
                "unit_price": line.unit_price,
            }
            for line, price in zip(invoice.lines.all(), prices, strict=True)
        ),
        **{
            "kind": DocumentKind.CREDIT_NOTE,
            "corrects": invoice,
            "customer": invoice.customer,
            "reason": "Wrong price",
            **fields,
        },
    )


def owed() -> Any:
    documents = Invoice.objects.all()
    assert isinstance(documents, InvoiceQuerySet)
    return documents.with_open_amount()


def found(invoice: Invoice) -> tuple[Decimal, Decimal, bool]:
    row = owed().get(pk=invoice.pk)
    return row.credited_total, row.open_amount, row.is_cancelled


def test_posted_credit_notes_are_deducted_and_drafts_are_not(tenant: Tenant) -> None:
    invoice = posted({"unit_price": Decimal(100)})
    assert found(invoice) == (Decimal(0), Decimal("125.50"), False)
    first = note(invoice, "40")
    assert found(invoice) == (Decimal(0), Decimal("125.50"), False)

    post_invoice(first, actor=None)
    post_invoice(note(invoice, "20"), actor=None)

    assert found(invoice) == (Decimal("75.30"), Decimal("50.20"), False)
    assert found(first) == (Decimal(0), Decimal(0), False)


def test_a_draft_owes_nothing(tenant: Tenant) -> None:
    assert found(draft({})) == (Decimal(0), Decimal(0), False)


@pytest.mark.parametrize(("cancels", "state"), [(False, "credited"), (True, "cancelled")])
def test_the_archive_tells_credited_from_cancelled(
    owner: Membership, cancels: bool, state: str
) -> None:
    invoice = posted({})
    post_invoice(note(invoice, "100", is_cancellation=cancels), actor=None)

    rows: Any = archived(owner, on=date(2027, 1, 1))

    assert {row.kind: row.state for row in rows} == {"invoice": state, "credit_note": "posted"}
    (sums,) = sums_by_currency(rows)
    zero = Decimal(0)
    assert (sums.count, sums.net, sums.gross, sums.open_amount) == (2, zero, zero, zero)


def test_what_is_partly_credited_can_be_overdue(owner: Membership) -> None:
    invoice = posted({})
    post_invoice(note(invoice, "99"), actor=None)
    row: Any = archived(owner, on=date(2027, 1, 1)).get(kind="invoice")
    assert (row.state, row.open_amount) == ("overdue", Decimal("1.25"))


def test_the_question_is_one(tenant: Tenant, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        posted({})
    with django_assert_num_queries(1):
        assert len(owed()) == 3


class TestTheDatabase:
    """Holds it, whatever the program does."""

    @pytest.fixture
    def invoice(self, tenant: Tenant) -> Invoice:
        return posted({"unit_price": Decimal(100)}, {"unit_price": Decimal(10)})

    def test_a_credit_note_is_for_a_posted_invoice_of_its_customer_and_currency(
        self, invoice: Invoice
    ) -> None:
        refused: list[dict[str, Any]] = [
            {"customer": CustomerFactory()},
            {"currency": "SEK"},
            {"corrects": draft({}, customer=invoice.customer)},
        ]
        for fields in refused:
            with (
                pytest.raises(IntegrityError, match="of its customer and currency"),
                transaction.atomic(),
            ):
                note(invoice, "1", "1", **fields)
        credit = post_invoice(note(invoice, "1", "1"), actor=None)
        with (
            pytest.raises(IntegrityError, match="of its customer and currency"),
            transaction.atomic(),
        ):
            note(invoice, "1", "1", corrects=credit)

    def test_its_customer_does_not_change_afterwards(self, invoice: Invoice) -> None:
        credit = note(invoice, "1", "1")
        with (
            pytest.raises(IntegrityError, match="of its customer and currency"),
            transaction.atomic(),
        ):
            Invoice.objects.filter(pk=credit.pk).update(customer=CustomerFactory())

    def test_only_credit_notes_correct(self, invoice: Invoice) -> None:
        refused: list[dict[str, Any]] = [{"kind": DocumentKind.INVOICE}, {"corrects": None}]
        for fields in refused:
            with pytest.raises(IntegrityError), transaction.atomic():
                note(invoice, "1", "1", **fields)

    @pytest.fixture
    def unchecked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What posting itself would refuse goes on to the database."""
        monkeypatch.setattr("invoicing.domain.posting._refuse_unfit_credit", lambda *_args: None)

    @pytest.mark.usefixtures("unchecked")
    def test_a_posted_one_says_why(self, invoice: Invoice) -> None:
        with (
            pytest.raises(IntegrityError, match="invoice_credit_note_says_why"),
            transaction.atomic(),
        ):
            post_invoice(note(invoice, "1", "1", reason=""), actor=None)

    def test_one_draft_at_a_time(self, invoice: Invoice) -> None:
        credit = note(invoice, "1", "1")
        with (
            pytest.raises(IntegrityError, match="invoice_one_draft_credit_note"),
            transaction.atomic(),
        ):
            note(invoice, "1", "1")
        Invoice.objects.filter(pk=credit.pk).update(
            status=Invoice.Status.DISCARDED, discarded_at=timezone.now()
        )
        note(invoice, "1", "1")

    @pytest.mark.usefixtures("unchecked")
    def test_no_more_than_is_left_of_a_line(self, invoice: Invoice) -> None:
        post_invoice(note(invoice, "60", "1"), actor=None)
        for prices in (("40.01", "1"), ("1", "9.01"), ("41", "0")):
            with (
                pytest.raises(IntegrityError, match="more than is left"),
                transaction.atomic(),
            ):
                post_invoice(note(invoice, *prices), actor=None)
        # Not of the line, not even where the sum would do; a line of its own is on no invoice.
        credit = note(invoice, "1", "1")
        credit.lines.update(corrects_line=None)
        with pytest.raises(IntegrityError, match="more than is left"), transaction.atomic():
            post_invoice(credit, actor=None)

    def test_a_line_is_corrected_once_in_a_note(self, invoice: Invoice) -> None:
        credit = note(invoice, "1", "1")
        with (
            pytest.raises(IntegrityError, match="invoiceline_corrected_once_a_note"),
            transaction.atomic(),
        ):
            credit.lines.update(corrects_line=invoice.lines.first())
