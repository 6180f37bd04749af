"""The work report: its sums are those of the lines, to the minute and to the last decimal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Project
from invoicing.documents.printed import printed_work_report
from invoicing.documents.rendering import work_report_pdf
from invoicing.documents.reporting import line_work, report_head, report_rows, work_report
from invoicing.documents.words import words_of
from invoicing.domain.composing.recounting import quantity_for
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, Source, Unit
from tenants.models import Membership, Tenant
from tests.documents.making import draft, pages, pdf_bytes, put_work_on, words
from tests.factories import MembershipFactory, ProjectFactory, TaskFactory, TimeEntryFactory
from timesheets.models import TimeEntry

RATE = Decimal("95.50")


def with_hours(*minutes: int, quantity: Decimal | None = None, unit: Unit = Unit.HOUR) -> Invoice:
    """A draft of one line for entries of so many minutes."""
    hours = quantity_for(sum(minutes), RATE, "EUR") if quantity is None else quantity
    invoice = draft({"quantity": hours, "unit": unit, "unit_price": RATE, "text": "Project X"})
    put_work_on(
        invoice.lines.get(),
        *minutes,
        project=ProjectFactory(),
        member=MembershipFactory(name="Anna Mäki", user=None),
        task=TaskFactory(name="Coding"),
        description="Wrote it",
    )
    return invoice


def test_it_says_who_did_what_when_and_how_long(seller: Tenant) -> None:
    invoice = with_hours(90, 45)
    printed = printed_work_report(invoice)
    text = words(pages(work_report_pdf(printed)))
    assert "1 Oct 2026 Anna Mäki Coding Wrote it 1:30" in text
    assert "2 Oct 2026 Anna Mäki Coding Wrote it 0:45" in text
    assert "Project X 2:15 = 2.25 h" in text


@given(minutes=st.lists(st.integers(1, 24 * 60), min_size=1, max_size=40))
def test_sums_equal_the_line_whatever_the_minutes(minutes: list[int]) -> None:
    line = InvoiceLine(
        tenant_id=1, unit=Unit.HOUR, quantity=quantity_for(sum(minutes), RATE, "EUR")
    )
    entry = TimeEntry(
        tenant_id=1, member=Membership(name="Anna"), project=Project(tenant_id=1, name="X")
    )

    work = line_work(
        line, [Source(tenant_id=1, time_entry=entry, minutes=worked) for worked in minutes]
    )

    assert work.minutes == sum(minutes)
    assert work.recorded == work.hours == line.quantity
    assert work.adjustment == 0
    off = [abs(entry.hours - Decimal(entry.minutes) / 60) for entry in work.entries]
    assert max(off) < Decimal("0.000003")


def test_a_quantity_changed_by_hand_is_adjusted_in_the_open(seller: Tenant) -> None:
    invoice = with_hours(90, 60, quantity=Decimal(2))
    (line,) = work_report(invoice).lines
    assert (line.recorded, line.adjustment, line.hours) == (
        Decimal("2.5"), Decimal("-0.5"), Decimal(2),
    )  # fmt: skip
    (group,) = printed_work_report(invoice).report.groups  # type: ignore[union-attr]
    assert [entry.hours for entry in group.entries] == ["1:30", "1:00"]
    assert group.adjustment == "−0:30"
    assert group.hours == "2:00 = 2.00 h"


def test_a_quantity_that_is_no_hours_is_not_compared(seller: Tenant) -> None:
    (line,) = work_report(with_hours(90, 60, quantity=Decimal(1), unit=Unit.DAY)).lines
    assert (line.recorded, line.adjustment, line.hours) == (
        Decimal("2.5"), Decimal(0), Decimal("2.5"),
    )  # fmt: skip


@pytest.mark.parametrize("quantity", [None, Decimal("3.7"), Decimal("0.5")])
def test_the_rows_of_the_file_add_up_to_the_lines(seller: Tenant, quantity: Decimal | None) -> None:
    invoice = with_hours(20, 20, 20, 50, quantity=quantity)
    rows = list(report_rows(work_report(invoice), words_of("en")))
    assert sum(row[-1] for row in rows) == invoice.lines.get().quantity  # type: ignore[misc]
    assert all(len(row) == len(report_head(words_of("en"))) for row in rows)


def test_thirds_of_an_hour_are_shared_without_losing_any(seller: Tenant) -> None:
    (line,) = work_report(with_hours(20, 20, 20)).lines
    assert [entry.hours for entry in line.entries] == [
        Decimal("0.333333"), Decimal("0.333334"), Decimal("0.333333"),
    ]  # fmt: skip
    assert line.hours == 1


def test_work_that_was_taken_off_is_not_reported(accountant: Membership, seller: Tenant) -> None:
    from datetime import date

    project = ProjectFactory()
    kept, taken = (TimeEntryFactory(project=project, minutes=m) for m in (60, 30))
    invoice = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user, allow_unlocked=True,
    )  # fmt: skip
    assert work_report(invoice).entries == 2
    release_work(TimeEntry, taken.pk, actor=accountant.user)
    report = work_report(invoice)
    assert [entry.minutes for line in report.lines for entry in line.entries] == [kept.minutes]
    assert report.hours == sum(line.quantity for line in invoice.lines.all())


def test_it_is_appended_to_the_invoice_when_that_was_asked_for(seller: Tenant) -> None:
    invoice = with_hours(90)
    assert len(pages(pdf_bytes(invoice))) == 1
    invoice.has_work_report = True
    first, second = pages(pdf_bytes(invoice))
    assert "Work report" not in first
    assert "Work report" in second
    assert "Page 2 / 2" in words(second)


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Work report"), ("fi", "Työraportti"), ("sv", "Arbetsrapport"),
     ("de", "Leistungsnachweis")],
)  # fmt: skip
def test_it_is_in_the_language_of_the_document(seller: Tenant, language: str, title: str) -> None:
    invoice = with_hours(90)
    invoice.language = language
    printed = printed_work_report(invoice)
    text = words(pages(work_report_pdf(printed)))
    assert title in text
    assert words_of(language).hours in text


def test_a_document_without_hours_says_so(seller: Tenant) -> None:
    printed = printed_work_report(draft({}))
    assert "No hours were recorded" in words(pages(work_report_pdf(printed)))


def test_a_thousand_entries_cost_no_more_queries_than_two(
    seller: Tenant, django_assert_num_queries: object
) -> None:
    invoice = with_hours(60, 60)
    line: InvoiceLine = invoice.lines.get()
    with django_assert_num_queries(1):  # type: ignore[operator]
        work_report(invoice)
    put_work_on(line, *[5] * 28, project=ProjectFactory(), member=MembershipFactory())
    price_line(line, currency="EUR")
    save_totals(invoice)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert work_report(invoice).entries == 30
