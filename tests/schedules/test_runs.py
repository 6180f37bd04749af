"""Runs of schedules: what they make, what they leave out and why, once and whatever happens."""

from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from core.periods import Period
from customers.models import Customer
from invoicing import errors as invoicing_errors
from invoicing import schedule_errors as errors
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.discarding import discard_draft
from invoicing.domain.prepaid.drawing import draw_hours
from invoicing.domain.schedules import claiming, working
from invoicing.domain.schedules.planning import plan_run
from invoicing.domain.schedules.starting import run_now
from invoicing.domain.schedules.steering import retry_failed
from invoicing.domain.verifying import verify_books
from invoicing.models import (
    Invoice,
    InvoiceLine,
    InvoicingRun,
    InvoicingRunItem,
    JournalEntry,
    Sending,
)
from invoicing.selectors.invoicing_runs import run_progress
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    ComponentPriceFactory,
    CustomerFactory,
    HoursLockFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.prepaid.selling import sold
from tests.schedules.making import (
    OCTOBER,
    customer_with_hours,
    done,
    outcomes,
    run_of,
    schedule_of,
    started,
)
from timesheets.domain.packages.subscribing import subscribe
from timesheets.models import BillingState, Charge, ChargeKind, SubscriptionFee, TimeEntry

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def three(tenant: Tenant) -> list[Customer]:
    return [
        customer_with_hours("Aava", [60, 90]),
        customer_with_hours("Besk", [30]),
        customer_with_hours("Cava", [15]),
    ]


def nets() -> list[tuple[str, Decimal]]:
    return list(
        Invoice.objects.exclude(status="discarded")
        .order_by("billing_name", "net_total")
        .values_list("billing_name", "net_total")
    )


def books_are_sound() -> None:
    assert [fault for check in verify_books() for fault in check.faults] == []


# What is made.


def test_a_draft_for_each_customer(accountant: Membership, three: list[Customer]) -> None:
    run = run_of(schedule_of(accountant), accountant)

    assert run.finished_at is not None
    assert [one[:2] for one in outcomes(run)] == [
        ("Aava", "made"),
        ("Besk", "made"),
        ("Cava", "made"),
    ]
    assert nets() == [("Aava", Decimal(250)), ("Besk", Decimal(50)), ("Cava", Decimal(25))]
    item = run.items.get(name="Aava")
    assert (item.net_total, item.gross_total, item.line_count) == (250, Decimal("313.75"), 1)
    assert item.invoice is not None
    assert item.invoice.status == "draft"
    assert item.invoice.created_by == accountant.user
    assert set(TimeEntry.objects.values_list("billing_state", flat=True)) == {"drafted"}
    logged = AuditEntry.objects.get(action="invoice.drafted", object_id=item.invoice_id)
    assert logged.detail == {"entries": 2, "run": run.pk}


def test_posted_as_well(accountant: Membership, three: list[Customer]) -> None:
    run = run_of(schedule_of(accountant, result="post"), accountant)

    numbers = Invoice.objects.order_by("billing_name").values_list("number", flat=True)
    assert [number.partition("-")[2] for number in numbers] == ["0001", "0002", "0003"]
    assert set(Invoice.objects.values_list("posted_by", flat=True)) == {accountant.user_id}
    assert JournalEntry.objects.count() == 3
    assert set(run.items.values_list("outcome", "holds")) == {("made", True)}
    books_are_sound()


def test_posted_and_sent(accountant: Membership) -> None:
    customer_with_hours("Aava", email="aava@x.example")
    customer_with_hours("Besk", email="")

    run = run_of(schedule_of(accountant, result="send"), accountant)

    assert Sending.objects.get().recipients == ["aava@x.example"]
    assert Invoice.objects.filter(status="posted").count() == 2
    notes = dict(run.items.values_list("name", "note"))
    assert notes["Aava"] == ""
    assert notes["Besk"].startswith("Posted, but not sent: ")
    assert "Besk" in notes["Besk"]


def test_an_invoice_for_each_project(accountant: Membership) -> None:
    aava = customer_with_hours("Aava")
    other = ProjectFactory(customer=aava, name="Another")
    TimeEntryFactory(project=other, minutes=120)
    ChargeFactory(customer=aava, unit_price=Decimal(7))

    run = run_of(schedule_of(accountant, by="project"), accountant)

    found = run.items.order_by("position").values_list("about", "net_total")
    assert list(found) == [
        ("Aava's site", Decimal(100)),
        ("Another", Decimal(200)),
        ("Without a project", Decimal(7)),
    ]
    assert Invoice.objects.filter(project=other).count() == 1


def test_only_what_the_schedule_is_about(accountant: Membership) -> None:
    aava = customer_with_hours("Aava")
    ChargeFactory(customer=aava, unit_price=Decimal(7))
    ChargeFactory(customer=aava, kind=ChargeKind.USAGE, destination="SMS", unit_price=Decimal(3))
    customer_with_hours("Besk", day=date(2026, 9, 30))

    run_of(schedule_of(accountant, kinds=("charges",)), accountant)
    assert nets() == [("Aava", Decimal(7))]
    run_of(schedule_of(accountant, name="Usage", kinds=("usage",)), accountant)
    assert nets() == [("Aava", Decimal(3)), ("Aava", Decimal(7))]
    assert TimeEntry.objects.filter(billing_state=BillingState.OPEN).count() == 2


def test_for_chosen_customers_groups_and_projects(accountant: Membership) -> None:
    from customers.models import CustomerGroup

    group = CustomerGroup.objects.create(name="Abroad")
    aava = customer_with_hours("Aava")
    customer_with_hours("Besk", group=group)
    cava = customer_with_hours("Cava")
    only = ProjectFactory(customer=cava, name="Only this")
    TimeEntryFactory(project=only, minutes=6)
    ChargeFactory(customer=cava, unit_price=Decimal(7))
    customer_with_hours("Data")

    schedule = schedule_of(
        accountant, whom="chosen", customers=[aava], groups=[group], projects=[only]
    )
    run_of(schedule, accountant)

    assert nets() == [("Aava", Decimal(100)), ("Besk", Decimal(100)), ("Cava", Decimal(10))]


def test_fees_of_packages_are_written_before_they_are_billed(accountant: Membership) -> None:
    package = ComponentPriceFactory(component__package__name="Care").component.package
    subscribe(
        actor=accountant.user,
        customer=CustomerFactory(name="Aava"),
        package=package,
        start_date=date(2026, 10, 15),
    )
    # As if the sweep that writes what is due had never run.
    SubscriptionFee.objects.all().delete()
    Charge.objects.all().delete()
    schedule = schedule_of(accountant, kinds=("packages",))

    trial = run_of(schedule, accountant, is_trial=True)
    assert not Charge.objects.exists()
    run_of(schedule, accountant)

    # 30.00 × 17/31.
    assert nets() == [("Aava", Decimal("16.45"))]
    assert trial.items.get().net_total == Decimal("16.45")
    assert run_of(schedule, accountant).notice == "There was no open work."


# What is left out.


def test_running_twice_makes_nothing_twice(accountant: Membership, three: list[Customer]) -> None:
    schedule = schedule_of(accountant, result="post")
    run_of(schedule, accountant)
    TimeEntryFactory(project=three[0].projects.get(), minutes=30)

    again = run_of(schedule, accountant)

    # What came late stays open, and is said.
    number = Invoice.objects.get(billing_name="Aava").number
    assert outcomes(again) == [
        (
            "Aava",
            "skipped",
            f"Invoiced already by this schedule for this period: {number}. What was recorded since"
            " comes with the next period.",
        )
    ]
    assert Invoice.objects.count() == 3
    assert TimeEntry.objects.filter(billing_state="open").count() == 1


def test_what_was_discarded_or_cancelled_is_made_again(
    accountant: Membership, three: list[Customer]
) -> None:
    drafts = schedule_of(accountant)
    first = run_of(drafts, accountant).items.get(name="Aava").invoice
    discard_draft(first, actor=None)
    again = run_of(drafts, accountant)
    assert [one[:2] for one in outcomes(again)] == [("Aava", "made")]

    posts = schedule_of(accountant, name="Posts", result="post")
    november = customer_with_hours("Aalto", day=date(2026, 11, 3))
    run = run_of(posts, accountant, NOVEMBER)
    cancel_invoice(run.items.get().invoice, reason="Wrong", actor=None)
    again = run_of(posts, accountant, NOVEMBER)
    assert [one[:2] for one in outcomes(again)] == [(november.name, "made")]
    books_are_sound()


def test_another_period_is_another_invoice(accountant: Membership) -> None:
    aava = customer_with_hours("Aava")
    schedule = schedule_of(accountant)
    run_of(schedule, accountant)
    TimeEntryFactory(project=aava.projects.get(), work_date=date(2026, 11, 2))
    run_of(schedule, accountant, NOVEMBER)

    assert Invoice.objects.count() == 2


def test_only_where_all_hours_are_locked(accountant: Membership) -> None:
    customer_with_hours("Aava")
    customer_with_hours("Besk", [30])
    locked = TimeEntry.objects.get(project__customer__name="Aava")
    HoursLockFactory(member=locked.member)
    late = TimeEntry.objects.get(project__customer__name="Besk").member

    run = run_of(schedule_of(accountant, only_locked=True), accountant)

    assert outcomes(run) == [
        ("Aava", "made", ""),
        ("Besk", "skipped", f"Not all hours are locked: {late.name}."),
    ]


def test_a_customer_without_an_address_has_nothing_half_done(
    accountant: Membership, three: list[Customer]
) -> None:
    Customer.objects.filter(name="Besk").update(street="")
    schedule = schedule_of(accountant, result="post")

    run = run_of(schedule, accountant)

    assert [one[:2] for one in outcomes(run)] == [
        ("Aava", "made"),
        ("Besk", "failed"),
        ("Cava", "made"),
    ]
    reason = run.items.get(name="Besk").reason
    assert reason == "Besk lacks the customer's name, street, postal code or city."
    assert not Invoice.objects.filter(customer=three[1]).exists()
    assert TimeEntry.objects.get(project__customer=three[1]).billing_state == "open"

    Customer.objects.filter(name="Besk").update(street="Katu 1")
    assert accountant.user is not None
    retry_failed(run, actor=accountant.user)
    done(run)

    assert {one[1] for one in outcomes(run)} == {"made"}
    assert Invoice.objects.filter(status="posted").count() == 3
    books_are_sound()


def test_an_archived_customer_is_left_out(accountant: Membership, three: list[Customer]) -> None:
    Customer.objects.filter(name="Cava").update(is_active=False)

    run = run_of(schedule_of(accountant), accountant)

    assert outcomes(run)[-1] == (
        "Cava",
        "skipped",
        "Cava is archived. Activate the customer, or invoice this by hand.",
    )


def test_without_a_rate_or_a_tax_rate(accountant: Membership, three: list[Customer]) -> None:
    TimeEntry.objects.filter(project__customer__name="Aava").update(rate=None)

    run = run_of(schedule_of(accountant), accountant)

    assert [one[1] for one in outcomes(run)] == ["failed", "made", "made"]
    assert run.items.get(name="Aava").reason.startswith("There is no rate for the hours of")


def test_what_stops_the_numbering_stops_everybody_and_makes_nothing(
    accountant: Membership, three: list[Customer]
) -> None:
    used_up = invoicing_errors.NumbersUsedUp(format="{Y}-{cy,4}", tries=99)
    with patch.object(working, "post_invoices", side_effect=used_up):
        run = run_of(schedule_of(accountant, result="post"), accountant)

    assert {one[1:] for one in outcomes(run)} == {("failed", str(used_up))}
    assert not Invoice.objects.exists()


def test_a_schedule_that_nobody_is_left_of(accountant: Membership) -> None:
    from customers.models import CustomerGroup

    group = CustomerGroup.objects.create(name="Abroad")
    schedule = schedule_of(accountant, whom="chosen", groups=[group])
    group.delete()

    run = run_of(schedule, accountant)

    assert run.refusal == str(errors.WithoutAnyone())
    assert run.finished_at is not None
    assert not run.items.exists()


def test_no_open_work_is_said(accountant: Membership) -> None:
    run = run_of(schedule_of(accountant), accountant)
    assert (run.notice, run.refusal) == ("There was no open work.", "")
    assert run.finished_at is not None


def test_a_period_to_come(accountant: Membership) -> None:
    later = Period(date(2099, 1, 1), date(2099, 1, 31))
    assert accountant.user is not None
    with pytest.raises(errors.PeriodNotBegun):
        started(schedule_of(accountant), accountant.user, later)


# What was recorded late.


def test_what_was_recorded_late_comes_with_the_next_period(
    accountant: Membership, three: list[Customer]
) -> None:
    schedule = schedule_of(accountant)
    run_of(schedule, accountant)
    aava, besk, _cava = three
    for customer, day in ((aava, date(2026, 10, 30)), (aava, date(2026, 11, 2)),
                          (besk, date(2026, 9, 1))):  # fmt: skip
        TimeEntryFactory(project=customer.projects.get(), work_date=day)
    ChargeFactory(customer=aava, charge_date=date(2026, 10, 31), unit_price=Decimal(7))

    assert {one[1] for one in outcomes(run_of(schedule, accountant))} == {"skipped"}
    run = run_of(schedule, accountant, NOVEMBER)

    found = run.items.order_by("position").values_list("name", "net_total", "earlier_count")
    assert list(found) == [("Aava", Decimal(207), 2), ("Besk", Decimal(100), 1)]
    assert not TimeEntry.objects.filter(billing_state="open").exists()
    assert run_progress(run).earlier == 3
    days = Invoice.objects.order_by("-pk").values_list("service_start_date", "service_end_date")
    assert (date(2026, 10, 30), date(2026, 11, 2)) in days
    assert run.notice == ""


def test_a_schedule_that_takes_only_its_period_says_what_it_leaves_out(
    accountant: Membership, three: list[Customer]
) -> None:
    schedule = schedule_of(accountant, only_period=True)
    run_of(schedule, accountant)
    for customer in three[:2]:
        TimeEntryFactory(project=customer.projects.get(), work_date=date(2026, 10, 30))
    TimeEntryFactory(project=three[0].projects.get(), work_date=date(2026, 11, 2))

    again = run_of(schedule, accountant)
    assert {one[1] for one in outcomes(again)} == {"skipped"}
    assert outcomes(again)[0][2].endswith("What was recorded since stays in Ready to invoice.")
    run = run_of(schedule, accountant, NOVEMBER)

    assert list(run.items.values_list("name", "net_total", "earlier_count")) == [
        ("Aava", Decimal(100), 0)
    ]
    assert run.notice == (
        "Open work of earlier periods is left out, as the schedule asks: of 2 customers. It stays"
        " in Ready to invoice."
    )
    assert TimeEntry.objects.filter(billing_state="open").count() == 2


def test_a_run_that_began_before_this_was_asked_takes_its_own_period(
    accountant: Membership,
) -> None:
    customer_with_hours("Aava", day=date(2026, 9, 30))
    assert accountant.user is not None
    run = started(schedule_of(accountant), accountant.user)
    del run.asked["only_period"]
    run.save()

    done(run)

    assert not run.items.exists()


def test_a_package_that_began_late_is_charged_with_the_next_period(accountant: Membership) -> None:
    schedule = schedule_of(accountant, kinds=("packages",))
    run_of(schedule, accountant)
    package = ComponentPriceFactory(component__package__name="Care").component.package
    aava = CustomerFactory(name="Aava")
    subscribe(actor=accountant.user, customer=aava, package=package, start_date=date(2026, 10, 15))

    run = run_of(schedule, accountant, NOVEMBER)

    # 30.00 × 17/31, and the month.
    assert nets() == [("Aava", Decimal("46.45"))]
    assert run.items.get().earlier_count == 1


def test_late_work_that_is_refused_is_not_counted(accountant: Membership) -> None:
    customer_with_hours("Aava", street="")
    run = run_of(schedule_of(accountant, result="post"), accountant, NOVEMBER)
    assert list(run.items.values_list("outcome", "earlier_count")) == [("failed", 0)]


# Trials.


def lines_made() -> list[tuple[Any, ...]]:
    fields = ("invoice__billing_name", "text", "quantity", "unit", "unit_price", "net")
    return list(
        InvoiceLine.objects.order_by("invoice__billing_name", "position").values_list(*fields)
    )


@pytest.mark.parametrize("result", ["draft", "post", "send"])
def test_a_trial_tells_exactly_what_the_run_makes(accountant: Membership, result: str) -> None:
    customer_with_hours("Aava", [50, 70, 20])
    besk = customer_with_hours("Besk", [37])
    ChargeFactory(customer=besk, unit_price=Decimal("19.99"), quantity=Decimal("1.5"))
    customer_with_hours("Cava", street="")
    customer_with_hours("Data", is_active=False)
    customer_with_hours("Elo", email="")
    customer_with_hours("Far", day=date(2026, 8, 31))
    schedule = schedule_of(accountant, result=result)

    trial = run_of(schedule, accountant, is_trial=True)

    assert not Invoice.objects.exists()
    assert not Sending.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="invoice.").exists()
    assert set(TimeEntry.objects.values_list("billing_state", flat=True)) == {"open"}
    real = run_of(schedule, accountant)
    told = (
        "name",
        "outcome",
        "reason",
        "note",
        "currency",
        "net_total",
        "gross_total",
        "line_count",
        "earlier_count",
    )
    of_trial, of_run = (
        list(run.items.order_by("position").values_list(*told)) for run in (trial, real)
    )
    # A draft's number is the next one each time.
    assert of_trial == of_run or result != "draft"
    assert [row[:2] + row[3:] for row in of_trial] == [row[:2] + row[3:] for row in of_run]
    said = [
        (item.name, line["text"], *(Decimal(line["quantity"]), line["unit"]),
         Decimal(line["unit_price"]), Decimal(line["net"]))
        for item in trial.items.order_by("name")
        for line in item.lines
    ]  # fmt: skip
    assert said == lines_made()
    assert said
    assert not trial.items.exclude(invoice=None).exists()
    books_are_sound()


# Once.


def test_the_same_yes_twice_is_one_run(accountant: Membership) -> None:
    schedule, token = schedule_of(accountant), uuid4()
    assert accountant.user is not None
    first = run_now(schedule, OCTOBER, actor=accountant.user, token=token)
    assert run_now(schedule, OCTOBER, actor=accountant.user, token=token) == first


def test_two_runs_of_a_schedule_do_not_go_on_at_once(accountant: Membership) -> None:
    schedule = schedule_of(accountant)
    assert accountant.user is not None
    started(schedule, accountant.user)
    with pytest.raises(errors.ScheduleHasRun):
        started(schedule, accountant.user)
    # A trial disturbs nobody.
    started(schedule, accountant.user, is_trial=True)


def test_workers_hear_of_it_once_it_is_committed(accountant: Membership) -> None:
    schedule = schedule_of(accountant)
    assert accountant.user is not None
    with (
        patch("invoicing.tasks.work_invoicing_run.delay") as told,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        run = started(schedule, accountant.user)
        told.assert_not_called()
    assert told.call_count == 2
    told.assert_called_with(tenant_id=run.tenant_id, run_id=run.pk)


# Whatever happens.


def test_one_that_breaks_keeps_the_others_from_nothing(
    accountant: Membership, three: list[Customer], caplog: pytest.LogCaptureFixture
) -> None:
    real = claiming.draft_items

    def breaks(items: Any, *args: Any) -> Any:
        if any(item.name == "Besk" for item in items):
            raise ZeroDivisionError("a bug")
        return real(items, *args)

    with patch.object(claiming, "draft_items", breaks):
        run = run_of(schedule_of(accountant), accountant)

    assert [one[1] for one in outcomes(run)] == ["made", "failed", "made"]
    assert run.items.get(name="Besk").reason == str(errors.ItemBroke())
    assert "ZeroDivisionError" in caplog.text
    assert run.finished_at is not None


def test_the_database_refuses_the_same_invoice_twice(
    accountant: Membership, three: list[Customer]
) -> None:
    from django.db import IntegrityError, transaction

    run = run_of(schedule_of(accountant), accountant)
    held = run.items.get(name="Aava")
    with pytest.raises(IntegrityError, match="made_once"), transaction.atomic():
        InvoicingRunItem.objects.create(
            run=InvoicingRun.objects.create(
                token=uuid4(), schedule=run.schedule, name="x", cause="hand",
                start_date=run.start_date, end_date=run.end_date, drafts_for=run.drafts_for,
            ),
            schedule=run.schedule, start_date=run.start_date, end_date=run.end_date, key=held.key,
            position=1, name="x", outcome="made", holds=True,
        )  # fmt: skip


def test_customers_with_several_currencies_and_languages(accountant: Membership) -> None:
    customer_with_hours("Aava", language="fi")
    customer_with_hours("Svea", language="sv", currency="SEK")
    run = run_of(schedule_of(accountant, result="post"), accountant)
    found = run.items.order_by("position").values_list("currency", "net_total")
    assert list(found) == [("EUR", Decimal(100)), ("SEK", Decimal(100))]
    assert set(Invoice.objects.values_list("language", flat=True)) == {"fi", "sv"}


def test_a_customer_deleted_meanwhile(accountant: Membership) -> None:
    assert accountant.user is not None
    gone = CustomerFactory(name="Gone")
    ChargeFactory(customer=gone)
    run = started(schedule_of(accountant), accountant.user)
    plan_run(run.pk)
    gone.charges.all().delete()
    gone.delete()
    done(run)
    assert outcomes(run) == [("Gone", "failed", str(errors.ItemGone()))]


@pytest.mark.parametrize("result", ["draft", "post"])
def test_a_share_asks_as_often_for_many_as_for_few(accountant: Membership, result: str) -> None:
    assert accountant.user is not None
    counts = []
    # The first one also makes the counter and the books.
    for letter, count in (("A", 1), ("B", 2), ("C", 10)):
        for number in range(count):
            customer_with_hours(f"{letter} {number:02}", [60] * number + [30])
        schedule = schedule_of(accountant, name=letter, result=result)
        run = started(schedule, accountant.user)
        plan_run(run.pk)
        keys = list(run.items.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as asked:
            working.do_items(run.pk, keys, now=run.started_at)
        assert {one[1] for one in outcomes(run)} == {"made"}
        assert len(keys) == count
        counts.append(len(asked))

    assert counts[1] == counts[2]


def test_nobody_is_charged_for_hours_they_have_paid_in_advance(
    accountant: Membership, three: list[Customer]
) -> None:
    sold(three[0], "1")
    run = run_of(schedule_of(accountant), accountant)

    assert [row[:2] for row in outcomes(run)] == [
        ("Aava", "failed"), ("Besk", "made"), ("Cava", "made"),
    ]  # fmt: skip
    assert outcomes(run)[0][2].startswith("1:00 h of these can be drawn from prepaid hours.")
    draw_hours(three[0], actor=None, allow_unlocked=True)
    assert accountant.user is not None
    retry_failed(run, actor=accountant.user)
    done(run)

    # What did not fit into the hour that was prepaid.
    made = run.items.get(name="Aava").invoice
    assert made is not None
    assert made.net_total == Decimal("150.00")
