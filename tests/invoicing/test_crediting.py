"""Credit notes by literal amounts: what they take back, how they are booked, what becomes free."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from catalog.models import TaxRate
from integrations.models import Export
from invoicing import errors
from invoicing.domain.crediting import (
    cancel_invoice,
    draft_credit_note,
    save_credit_note,
    whole_credit,
)
from invoicing.domain.credits import left_of
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice, post_invoices, refusals
from invoicing.domain.verifying import check_document, verify_books
from invoicing.models import Invoice, JournalEntry, Source
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import draft, posted, rate_of
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import make_connection
from tests.integrations.fake import fake_system
from tests.invoicing.crediting import (
    ON,
    amounts,
    billed,
    credit,
    money,
    only_line,
    part,
    states,
)
from timesheets.domain.entries import change_entry, delete_entry
from timesheets.errors import OnceInvoiced
from timesheets.imports.errors import WorkWasInvoiced
from timesheets.imports.stages import take_back
from timesheets.models import TimeImport


def booked(invoice: Invoice) -> dict[str, Decimal]:
    entry = JournalEntry.objects.get(invoice=invoice)
    return {posting.account: posting.amount for posting in entry.postings.all()}


def open_amount(invoice: Invoice) -> Decimal:
    row: Any = Invoice.objects.all().with_open_amount().get(pk=invoice.pk)  # type: ignore[attr-defined]
    amount: Decimal = row.open_amount
    return amount


def faults() -> list[str]:
    return [fault for check in verify_books() for fault in check.faults]


def test_a_credit_note_has_its_own_series_and_is_booked_reversed(owner: Membership) -> None:
    invoice = posted({"unit_price": Decimal(1000)})

    note = credit(invoice, part(only_line(invoice), quantity="1"), actor=owner.user)

    assert (invoice.number, note.number) == ("2026-0001", "CN-2026-0001")
    assert amounts(note) == money("1000", "255", "1255")
    assert booked(invoice) == {
        "1700": Decimal(1255), "3000": Decimal(-1000), "2939": Decimal(-255),
    }  # fmt: skip
    assert booked(note) == {
        "1700": Decimal(-1255), "3000": Decimal(1000), "2939": Decimal(255),
    }  # fmt: skip
    assert open_amount(invoice) == 0
    assert (note.customer, note.currency, note.corrects) == (
        invoice.customer, invoice.currency, invoice,
    )  # fmt: skip
    assert (note.issue_date, note.tax_point, note.due_date) == (ON, ON, ON)
    assert note.payment_reference == ""
    assert note.previous_hash == invoice.content_hash
    assert faults() == []


def test_it_is_told_on_both_documents(owner: Membership) -> None:
    invoice, _entries = billed(60)
    credit(invoice, part(only_line(invoice), quantity="1", freed=None), actor=owner.user)
    told = AuditEntry.objects.filter(action__in=["invoice.credited", "credit_note.posted"])
    assert {
        one.action: (one.object_label, one.detail["reason"], one.detail["freed_minutes"])
        for one in told
    } == {
        "credit_note.posted": ("CN-2026-0001", "Wrong hours", 60),
        "invoice.credited": ("2026-0001", "Wrong hours", 60),
    }
    assert {one.actor_name for one in told} == {"Owner"}


def test_it_goes_to_the_accounting_system_too(tenant: Tenant) -> None:
    with fake_system():
        make_connection(system="fake", name="Fake", environment="production")
        invoice = posted({})
        note = credit(invoice, part(only_line(invoice), quantity="1"))
    assert list(Export.objects.order_by("pk").values_list("invoice_id", flat=True)) == [
        invoice.pk,
        note.pk,
    ]


def test_part_of_a_quantity(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(10), "unit_price": Decimal(80)})
    note = credit(invoice, part(only_line(invoice), quantity="2.5"))
    assert amounts(note) == money("200", "51", "251")
    assert open_amount(invoice) == Decimal(753)
    (line,) = note.lines.all()
    assert (line.quantity, line.unit_price, line.net) == money("2.5", "80", "200")
    assert line.corrects_line == only_line(invoice)


def test_part_of_an_amount_gives_its_quantity(tenant: Tenant) -> None:
    invoice = posted({"quantity": Decimal(10), "unit_price": Decimal(80)})
    note = credit(invoice, part(only_line(invoice), net="100"))
    (line,) = note.lines.all()
    assert (line.quantity, line.unit_price, line.net) == money("1.25", "80", "100")
    again = credit(invoice, part(only_line(invoice), net="33.33"))
    (line,) = again.lines.all()
    assert (line.quantity, line.net) == money("0.416625", "33.33")


def test_a_discount_is_taken_off_the_credit_as_well(tenant: Tenant) -> None:
    invoice = posted(
        {"quantity": Decimal(3), "unit_price": Decimal(99), "discount_percent": Decimal(10)}
    )
    assert invoice.net_total == Decimal("267.30")
    note = credit(invoice, part(only_line(invoice), quantity="1"))
    assert amounts(note) == money("89.10", "22.72", "111.82")
    by_amount = credit(invoice, part(only_line(invoice), net="89.10"))
    assert by_amount.lines.get().quantity == 1


def test_two_rates_of_tax_each_for_itself(tenant: Tenant) -> None:
    invoice = posted(
        {"unit_price": Decimal("100.01")},
        {
            "unit_price": Decimal("50.03"),
            "tax_rate": rate_of("S", percent="14", tax_account="2940"),
        },
    )
    assert invoice.gross_total == Decimal("182.54")  # 100.01 + 25.50, 50.03 + 7.00
    standard, reduced = invoice.lines.order_by("position")

    note = credit(invoice, part(standard, net="40"), part(reduced, quantity="1"))

    assert {tax.percent: (tax.taxable, tax.tax) for tax in note.taxes.all()} == {
        Decimal("25.5"): money("40", "10.20"),
        Decimal("14"): money("50.03", "7"),
    }
    assert booked(note) == {
        "1700": Decimal("-107.23"), "3000": Decimal("90.03"), "2939": Decimal("10.20"),
        "2940": Decimal(7),
    }  # fmt: skip
    assert open_amount(invoice) == Decimal("75.31")


def test_three_parts_of_three_end_at_nought(tenant: Tenant) -> None:
    """33.33 three times leaves a cent, of the net and of the tax; the last part takes both."""
    invoice = posted({"quantity": Decimal(3), "unit_price": Decimal("33.333")})
    assert (invoice.net_total, invoice.tax_total) == money("100", "25.5")
    line = only_line(invoice)

    notes = [credit(invoice, part(line, quantity="1")) for _number in range(3)]

    assert [amounts(note) for note in notes] == [
        money("33.33", "8.50", "41.83"),
        money("33.33", "8.50", "41.83"),
        money("33.34", "8.50", "41.84"),
    ]
    assert open_amount(invoice) == 0
    with pytest.raises(errors.NothingLeftToCredit, match="2026-0001 is credited in full"):
        credit(invoice, part(line, quantity="1"))
    assert faults() == []


def test_no_part_of_the_tax_is_more_than_a_cent_off(tenant: Tenant) -> None:
    """Ten times 0.10 at 25.5 % rounds up to 0.30 in all, but 0.26 was charged."""
    invoice = posted({"quantity": Decimal(10), "unit_price": Decimal("0.10")})
    assert (invoice.net_total, invoice.tax_total) == money("1", "0.26")
    line = only_line(invoice)
    taxes = [credit(invoice, part(line, quantity="1")).tax_total for _number in range(10)]
    assert {*taxes} <= {*money("0.02", "0.03")}
    assert sum(taxes) == Decimal("0.26")
    assert open_amount(invoice) == 0


def test_yen_have_no_parts(tenant: Tenant) -> None:
    invoice = posted(
        {
            "quantity": Decimal(3),
            "unit_price": Decimal("333.4"),
            "tax_rate": rate_of("S", percent="10"),
        },
        currency="JPY",
        customer=CustomerFactory(currency="JPY"),
    )
    assert (invoice.net_total, invoice.tax_total) == money("1000", "100")
    line = only_line(invoice)
    first = credit(invoice, part(line, quantity="1"))
    assert amounts(first) == money("333", "33", "366")
    second = credit(invoice, part(line, net="333.4"))
    assert amounts(second) == money("333", "33", "366")
    last = credit(invoice, part(line, net="334"))
    assert amounts(last) == money("334", "34", "368")
    assert open_amount(invoice) == 0


def test_the_rate_of_the_invoice_counts_whatever_has_become_of_it(tenant: Tenant) -> None:
    rate = TaxRateFactory()
    invoice = posted({"tax_rate": rate})
    TaxRate.objects.filter(pk=rate.pk).update(
        percent=Decimal(10), valid_to=date(2026, 11, 1), revenue_account="9999", tax_account="8888"
    )
    note = credit(invoice, part(only_line(invoice), quantity="1"))
    assert amounts(note) == money("100", "25.50", "125.50")
    assert booked(note) == {
        "1700": Decimal("-125.5"), "3000": Decimal(100), "2939": Decimal("25.5"),
    }  # fmt: skip


def test_why_no_tax_was_charged_is_said_again(tenant: Tenant) -> None:
    rate = rate_of("AE", "Art. 196")
    invoice = posted({"tax_rate": rate}, buyer_vat_id="DE136695976", billing_country="DE")
    note = credit(invoice, part(only_line(invoice), quantity="1"))
    assert note.taxes.get().exemption_reason == "Art. 196"


def test_a_line_without_a_price_is_credited_by_its_quantity(tenant: Tenant) -> None:
    invoice = posted({}, {"unit_price": Decimal(0), "quantity": Decimal(4)})
    priced, free = invoice.lines.order_by("position")
    with pytest.raises(errors.CreditAboveLine, match="Consulting"):
        credit(invoice, part(free, net="1"))
    credit(invoice, part(free, quantity="3"))
    note = cancel_rest(invoice)
    assert {line.quantity for line in note.lines.all()} == {Decimal(1)}
    assert priced.pk in note.lines.values_list("corrects_line_id", flat=True)


def cancel_rest(invoice: Invoice) -> Invoice:
    return credit(invoice, *whole_credit(left_of([invoice])[invoice.pk]))


class TestRefusals:
    @pytest.fixture
    def invoice(self, tenant: Tenant) -> Invoice:
        return posted({"quantity": Decimal(10), "unit_price": Decimal(80)})

    def test_more_than_is_left_of_the_line(self, invoice: Invoice) -> None:
        line = only_line(invoice)
        credit(invoice, part(line, quantity="9"))
        for too_much in ({"quantity": "1.01"}, {"net": "80.01"}, {"quantity": "-1"}, {"net": "-1"}):
            with pytest.raises(
                errors.CreditAboveLine, match=r"Of “Consulting” only 1, 80\.00 EUR, is left"
            ):
                draft_credit_note(
                    invoice, [part(line, **too_much)], reason="x", actor=None, issue_date=ON
                )
        assert Invoice.objects.filter(kind="credit_note").count() == 1

    def test_more_than_is_left_at_a_rate(self, tenant: Tenant) -> None:
        """100 less 20 of a deduction are 80: the 100 alone would be too much."""
        invoice = posted(
            {"unit_price": Decimal(100)}, {"unit_price": Decimal(20), "quantity": Decimal(-1)}
        )
        work, deduction = invoice.lines.order_by("position")
        with pytest.raises(errors.CreditAboveGroup, match=r"25\.5 % VAT have 80\.00 EUR left"):
            credit(invoice, part(work, quantity="1"))
        with pytest.raises(errors.CreditAboveGroup):
            credit(invoice, part(deduction, quantity="-1"))
        note = credit(invoice, part(work, quantity="1"), part(deduction, quantity="-1"))
        assert amounts(note) == money("80", "20.40", "100.40")
        assert booked(note)["3000"] == 80

    def test_nothing(self, invoice: Invoice) -> None:
        for nothing in ([], [part(only_line(invoice), quantity="0")], [part(only_line(invoice))]):
            with pytest.raises(errors.NothingCredited):
                draft_credit_note(invoice, nothing, reason="x", actor=None, issue_date=ON)

    def test_a_reason_is_needed(self, invoice: Invoice) -> None:
        with pytest.raises(errors.ReasonMissing):
            credit(invoice, part(only_line(invoice), quantity="1"), reason="  ")

    def test_not_before_the_invoice(self, invoice: Invoice) -> None:
        with pytest.raises(errors.CreditedBeforeInvoiced):
            credit(invoice, part(only_line(invoice), quantity="1"), issue_date=date(2026, 11, 19))

    def test_a_line_of_another_invoice_or_twice(self, invoice: Invoice) -> None:
        line = only_line(invoice)
        for wrong in ([part(only_line(posted({})), quantity="1")], [part(line, quantity="1")] * 2):
            with pytest.raises(errors.CreditLineGone):
                credit(invoice, *wrong)

    def test_only_posted_invoices(self, invoice: Invoice) -> None:
        note = credit(invoice, part(only_line(invoice), quantity="1"))
        unposted = draft({})
        for wrong in (note, unposted):
            with pytest.raises(errors.NotAPostedInvoice):
                credit(wrong, part(only_line(wrong), quantity="1"))
            with pytest.raises(errors.NotAPostedInvoice):
                cancel_invoice(wrong, reason="x", actor=None)

    def test_one_draft_at_a_time(self, invoice: Invoice) -> None:
        line = only_line(invoice)
        note = draft_credit_note(
            invoice, [part(line, quantity="1")], reason="x", actor=None, issue_date=ON
        )
        with pytest.raises(errors.CreditNoteDrafted) as refused:
            credit(invoice, part(line, quantity="1"))
        assert refused.value.params["note"] == note.pk
        with pytest.raises(errors.CreditNoteDrafted):
            cancel_invoice(invoice, reason="x", actor=None)

    def test_a_draft_that_has_become_too_large_is_not_posted(self, invoice: Invoice) -> None:
        """Somebody may have posted another one while this one was discarded."""
        note = draft_credit_note(
            invoice, [part(only_line(invoice), quantity="8")],
            reason="x", actor=None, issue_date=ON,
        )  # fmt: skip
        Invoice.objects.filter(pk=note.pk).update(status="discarded", discarded_at=note.created_at)
        credit(invoice, part(only_line(invoice), quantity="3"))
        Invoice.objects.filter(pk=note.pk).update(status="draft", discarded_at=None)
        note.refresh_from_db()
        assert {type(one) for one in refusals([note]).values()} == {errors.CreditAboveLine}
        with pytest.raises(errors.CreditAboveLine, match=r"only 7, 560\.00 EUR"):
            post_invoice(note, actor=None)


class TestEditing:
    def test_the_form_says_all_of_it(self, owner: Membership) -> None:
        invoice, entries = billed(60, 120)
        line = only_line(invoice)
        note = draft_credit_note(
            invoice, [part(line, quantity="3", freed=None)],
            reason="x", actor=owner.user, issue_date=ON,
        )  # fmt: skip

        saved = save_credit_note(
            note, [part(line, net="100", freed=[entries[0].pk])], version=1, reason="One hour",
            actor=owner.user, issue_date=date(2026, 11, 22), comment="Sorry",
        )  # fmt: skip

        assert amounts(saved) == money("100", "25.50", "125.50")
        assert (saved.reason, saved.comment, saved.version) == ("One hour", "Sorry", 2)
        post_invoice(saved, actor=None)
        assert states(entries) == ["open", "billed"]

    def test_an_old_form_is_refused(self, tenant: Tenant) -> None:
        invoice = posted({})
        parts = [part(only_line(invoice), quantity="1")]
        note = draft_credit_note(invoice, parts, reason="x", actor=None, issue_date=ON)
        with pytest.raises(errors.DraftChanged):
            save_credit_note(note, parts, version=0, reason="x", actor=None, issue_date=ON)
        post_invoice(note, actor=None)
        with pytest.raises(errors.NothingLeftToCredit):
            save_credit_note(note, parts, version=1, reason="x", actor=None, issue_date=ON)


class TestHours:
    """Each hour on a credited line: free for billing again, or kept as billed."""

    def test_entry_by_entry(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120, 30)
        assert states(entries) == ["billed"] * 3

        note = credit(invoice, part(only_line(invoice), quantity="1.5", freed=[entries[0].pk]))

        assert states(entries) == ["open", "billed", "billed"]
        released = Source.objects.get(time_entry=entries[0])
        assert released.released_at == note.posted_at
        assert released.freed_by == note.lines.get()
        assert faults() == []

    def test_a_draft_frees_nothing_yet(self, tenant: Tenant) -> None:
        invoice, entries = billed(60)
        draft_credit_note(
            invoice, [part(only_line(invoice), quantity="1", freed=None)],
            reason="x", actor=None, issue_date=ON,
        )  # fmt: skip
        assert states(entries) == ["billed"]
        assert faults() == []

    def test_freed_hours_are_billed_again_and_only_once(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120)
        credit(invoice, part(only_line(invoice), quantity="3", freed=None))
        assert states(entries) == ["open", "open"]

        again = draft_work(
            start=date(2026, 10, 1), end=date(2026, 10, 31), actor=None, allow_unlocked=True,
            project_ids=[entries[0].project_id], issue_date=ON,
        )  # fmt: skip
        post_invoice(again, actor=None)
        assert states(entries) == ["billed", "billed"]
        assert Source.objects.filter(time_entry=entries[0]).count() == 2
        assert faults() == []

    def test_no_hour_is_free_while_it_is_charged(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120)
        line = only_line(invoice)
        with pytest.raises(errors.FreedAboveCredit, match=r"worth 200\.00 EUR, and 100\.00 EUR"):
            credit(invoice, part(line, quantity="1", freed=[entries[1].pk]))
        credit(invoice, part(line, quantity="1"))
        # What was credited before without freeing anything counts.
        credit(invoice, part(line, quantity="1", freed=[entries[1].pk]))
        assert states(entries) == ["billed", "open"]
        with pytest.raises(errors.FreedAboveCredit):
            credit(invoice, part(line, quantity="0.5", freed=[entries[0].pk]))

    def test_thirds_of_an_hour_can_be_freed_one_by_one(self, tenant: Tenant) -> None:
        invoice, entries = billed(20, 20, 20)
        line = only_line(invoice)
        for entry in entries:
            credit(invoice, part(line, freed=[entry.pk]))
        assert states(entries) == ["open"] * 3
        quantities = Invoice.objects.filter(corrects=invoice).values_list("lines__quantity")
        assert tuple(one for (one,) in quantities.order_by("pk")) == money(
            "0.333333", "0.333333", "0.333334"
        )
        assert open_amount(invoice) == 0

    def test_what_is_free_already_cannot_be_freed_again(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 60)
        line = only_line(invoice)
        credit(invoice, part(line, quantity="1", freed=[entries[0].pk]))
        for wrong in ([entries[0].pk], [entries[1].pk, 0]):
            with pytest.raises(errors.FreedHoursGone):
                credit(invoice, part(line, quantity="1", freed=wrong))
        credit(invoice, part(line, quantity="1", freed=None))
        assert states(entries) == ["open", "open"]

    def test_hours_of_an_invoice_are_not_deleted_however_free(self, owner: Membership) -> None:
        invoice, entries = billed(60)
        cancel_invoice(invoice, reason="x", actor=None)
        with pytest.raises(OnceInvoiced):
            delete_entry(entries[0].pk, actor=owner)
        assert states(entries) == ["open"]
        change_entry(entries[0].pk, actor=owner, is_billable=False)

    def test_nor_with_the_import_they_came_from(self, owner: Membership) -> None:
        done = TimeImport.objects.create(file_name="october.csv", state=TimeImport.State.DONE)
        invoice, entries = billed(60, time_import=done)
        cancel_invoice(invoice, reason="x", actor=None)
        assert owner.user is not None
        with pytest.raises(WorkWasInvoiced):
            take_back(done.pk, actor=owner.user)
        assert states(entries) == ["open"]

    def test_nor_in_the_administration(
        self, owner: Membership, signed_in: Callable[[Membership], Client]
    ) -> None:
        invoice, entries = billed(60)
        cancel_invoice(invoice, reason="x", actor=None)
        page = signed_in(owner).post(
            f"/acme/admin/timesheets/timeentry/{entries[0].pk}/delete/", {"post": "yes"}
        )
        assert page.status_code == 200
        assert "would require deleting the following protected" in page.content.decode()
        assert states(entries) == ["open"]


class TestCancelling:
    def test_all_of_it_in_one_go(self, owner: Membership) -> None:
        invoice, entries = billed(60, 120)

        note = cancel_invoice(invoice, reason="Made by mistake", actor=owner.user)

        assert (note.status, note.is_cancellation) == ("posted", True)
        assert amounts(note) == money("300", "76.50", "376.50")
        assert states(entries) == ["open", "open"]
        row: Any = Invoice.objects.all().with_open_amount().get(pk=invoice.pk)  # type: ignore[attr-defined]
        assert (row.number, row.is_cancelled, row.open_amount) == ("2026-0001", True, 0)
        assert AuditEntry.objects.filter(action="invoice.cancelled").get().object_id == invoice.pk
        assert faults() == []

    def test_some_hours_are_kept_as_billed(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120)
        cancel_invoice(invoice, reason="x", actor=None, kept=[entries[1].pk])
        assert states(entries) == ["open", "billed"]
        assert faults() == []

    def test_hours_that_are_not_on_it(self, tenant: Tenant) -> None:
        invoice, _entries = billed(60)
        with pytest.raises(errors.FreedHoursGone):
            cancel_invoice(invoice, reason="x", actor=None, kept=[0])

    def test_not_what_is_credited_in_part_or_cancelled(self, tenant: Tenant) -> None:
        invoice = posted({"quantity": Decimal(2)})
        credit(invoice, part(only_line(invoice), quantity="1"))
        with pytest.raises(errors.PartlyCredited, match="in part already, by CN-2026-0001"):
            cancel_invoice(invoice, reason="x", actor=None)
        other = posted({})
        cancel_invoice(other, reason="x", actor=None)
        with pytest.raises(errors.NothingLeftToCredit):
            cancel_invoice(other, reason="x", actor=None)

    def test_a_refusal_leaves_nothing_half_done(self, tenant: Tenant) -> None:
        invoice, entries = billed(60)
        Tenant.objects.filter(pk=tenant.pk).update(street="")
        with pytest.raises(errors.SellerIncomplete), transaction.atomic():
            cancel_invoice(invoice, reason="x", actor=None)
        assert Invoice.objects.count() == 1
        assert states(entries) == ["billed"]

    def test_an_invoice_over_nothing(self, tenant: Tenant) -> None:
        invoice = posted({"unit_price": Decimal(0)})
        note = cancel_invoice(invoice, reason="x", actor=None)
        assert amounts(note) == money("0", "0", "0")
        assert faults() == []


def test_several_are_posted_together(tenant: Tenant) -> None:
    first, second = posted({}), posted({})
    drafts = [
        draft_credit_note(
            invoice, [part(only_line(invoice), quantity="1")],
            reason="x", actor=None, issue_date=ON,
        )
        for invoice in (first, second)
    ]  # fmt: skip
    new = draft({})
    found = post_invoices([new.pk, *(one.pk for one in drafts)], actor=None)
    assert [one.number for one in found] == ["2026-0003", "CN-2026-0001", "CN-2026-0002"]
    assert faults() == []


class TestFrozen:
    """What the database holds, whatever the program does."""

    def test_hours_of_a_posted_line_stay_its_hours(self, tenant: Tenant) -> None:
        invoice, entries = billed(60, 60)
        sources = Source.objects.filter(line__invoice=invoice)
        source = sources.earliest("pk")
        for forbidden in (
            lambda: sources.filter(pk=source.pk).delete(),
            lambda: sources.filter(pk=source.pk).update(minutes=1),
            lambda: Source.objects.create(
                line=only_line(invoice), time_entry=entries[0], minutes=1,
                released_at=invoice.posted_at,
            ),
        ):  # fmt: skip
            with pytest.raises(IntegrityError, match="on a posted invoice"), transaction.atomic():
                forbidden()

    def test_what_was_released_stays_released(self, tenant: Tenant) -> None:
        invoice, _entries = billed(60)
        credit(invoice, part(only_line(invoice), quantity="1", freed=None))
        for change in ({"released_at": None}, {"freed_by": None}):
            with pytest.raises(IntegrityError, match="on a posted invoice"), transaction.atomic():
                Source.objects.update(**change)

    def test_why_it_was_is_part_of_the_chain(self, tenant: Tenant) -> None:
        invoice = posted({})
        note = credit(invoice, part(only_line(invoice), quantity="1"))
        note.refresh_from_db()
        assert check_document(note).faults == []
        note.reason = "Other"
        assert check_document(note).faults == [f"{note.number}: was changed after posting"]
