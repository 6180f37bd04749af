"""Service orders: from the call to what the office has checked."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Unit
from customers.models import Project
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    RateFactory,
    ServiceOrderFactory,
    TimeEntryFactory,
)
from timesheets import order_errors as errors
from timesheets.domain import charges, entries
from timesheets.domain.orders import checking, planning, working
from timesheets.domain.orders.access import visible_orders
from timesheets.domain.orders.checking import Part
from timesheets.domain.recalculating import (
    Scope,
    apply_recalculation,
    preview_recalculation,
    take_back,
)
from timesheets.domain.settling import Step, settle
from timesheets.errors import NothingToSettle, PreviewChanged
from timesheets.models import BillingState, Charge, Rate, ServiceOrder, TimeEntry

Status = ServiceOrder.Status
NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # in Helsinki


@pytest.fixture
def project(tenant: Tenant, manager: Membership) -> Project:
    RateFactory(amount=Decimal("95"))
    customer = CustomerFactory(
        name="Ostaja Oy", delivery_street="Kattilatie 7", delivery_city="Espoo"
    )
    found: Project = ProjectFactory(customer=customer, name="Service", manager=manager)
    return found


@pytest.fixture
def order(project: Project, accountant: Membership, member: Membership) -> ServiceOrder:
    """Scheduled for the member."""
    return planning.create_order(
        actor=accountant,
        customer=project.customer,
        project=project,
        title="Boiler makes a noise",
        technician=member,
        planned_start_at=NOON,
    )


@pytest.fixture
def started(order: ServiceOrder, member: Membership) -> ServiceOrder:
    return working.start_order(order.pk, actor=member, now=NOON)


@pytest.fixture
def done(started: ServiceOrder, member: Membership) -> ServiceOrder:
    """Two and a half hours and one part."""
    working.record_hours(
        started.pk, actor=member, member=member, work_date=date(2026, 11, 20), minutes=150
    )
    part(started, member)
    working.write_report(started.pk, text="Replaced the pump.", actor=member)
    return working.finish_order(started.pk, actor=member, now=NOON + timedelta(hours=3))


def part(order: ServiceOrder, actor: Membership, price: str | None = "84.90") -> Charge:
    return working.record_part(
        order.pk,
        actor=actor,
        text="Pump",
        quantity=Decimal(1),
        unit=Unit.PIECE,
        unit_price=Decimal(price) if price else None,
        charge_date=date(2026, 11, 20),
    )


def state_of(order: ServiceOrder) -> str:
    orders: Any = ServiceOrder.objects
    return str(orders.with_standing().get(pk=order.pk).standing)


# Planning


def test_what_is_known_of_project_person_and_time_is_scheduled(order: ServiceOrder) -> None:
    assert (order.label, order.status) == ("SO-0001", Status.SCHEDULED)
    assert order.site_address == "Kattilatie 7\nEspoo"
    assert AuditEntry.objects.filter(action="order.created", object_id=order.pk).exists()


def test_numbers_count_on(project: Project, accountant: Membership) -> None:
    made = [
        planning.create_order(actor=accountant, customer=project.customer, title=f"No. {n}")
        for n in range(3)
    ]

    assert [one.number for one in made] == [1, 2, 3]
    assert {one.status for one in made} == {Status.NEW}


def test_hours_need_a_project(project: Project, accountant: Membership, member: Membership) -> None:
    with pytest.raises(errors.OrderNeedsProject, match="Ostaja Oy"):
        planning.create_order(
            actor=accountant,
            customer=project.customer,
            title="A leak",
            technician=member,
            planned_start_at=NOON,
        )


def test_the_project_is_the_customers(project: Project, accountant: Membership) -> None:
    with pytest.raises(errors.OrderOfAnotherCustomer):
        planning.create_order(
            actor=accountant, customer=CustomerFactory(), project=project, title="A leak"
        )


def test_the_end_lies_after_the_start(order: ServiceOrder, accountant: Membership) -> None:
    with pytest.raises(errors.PlannedTurned):
        planning.change_order(order.pk, actor=accountant, planned_end_at=NOON)


def test_only_who_records_hours_is_sent(
    project: Project, accountant: Membership, auditor: Membership
) -> None:
    with pytest.raises(errors.TechnicianGone):
        planning.create_order(
            actor=accountant, customer=project.customer, title="A leak", technician=auditor
        )


def test_managers_plan_on_their_own_projects(project: Project, manager: Membership) -> None:
    planning.create_order(actor=manager, customer=project.customer, project=project, title="A leak")
    theirs = ProjectFactory()

    with pytest.raises(errors.OrderNeedsOwnProject):
        planning.create_order(
            actor=manager, customer=theirs.customer, project=theirs, title="A leak"
        )
    with pytest.raises(errors.OrderNeedsOwnProject):
        planning.create_order(actor=manager, customer=project.customer, title="A leak")


def test_members_plan_nothing(order: ServiceOrder, member: Membership) -> None:
    with pytest.raises(errors.OrderNotYours):
        planning.change_order(order.pk, actor=member, title="Another")


def test_who_sees_which(
    order: ServiceOrder,
    member: Membership,
    manager: Membership,
    auditor: Membership,
    owner: Membership,
) -> None:
    elsewhere = ServiceOrderFactory()

    assert list(visible_orders(member)) == [order]
    assert list(visible_orders(manager)) == [order]
    assert set(visible_orders(auditor)) == set(visible_orders(owner)) == {order, elsewhere}


def test_customer_and_project_stay_once_there_is_work(
    started: ServiceOrder, accountant: Membership, member: Membership, project: Project
) -> None:
    part(started, member)
    other = ProjectFactory(customer=project.customer)

    with pytest.raises(errors.OrderHasWork):
        planning.change_order(started.pk, actor=accountant, project=other)


def test_cancelled_for_a_reason_and_planned_again(
    order: ServiceOrder, accountant: Membership
) -> None:
    with pytest.raises(errors.CancelReasonMissing):
        planning.cancel_order(order.pk, reason=" ", actor=accountant)

    cancelled = planning.cancel_order(order.pk, reason="Repaired it themselves", actor=accountant)
    assert (cancelled.status, cancelled.cancel_reason) == (
        Status.CANCELLED,
        "Repaired it themselves",
    )
    revived = planning.revive_order(order.pk, actor=accountant)
    assert (revived.status, revived.cancel_reason) == (Status.SCHEDULED, "")


def test_what_was_worked_on_is_not_cancelled(
    started: ServiceOrder, accountant: Membership, member: Membership
) -> None:
    part(started, member)

    with pytest.raises(errors.OrderWasWorkedOn):
        planning.cancel_order(started.pk, reason="No", actor=accountant)


# On site


def test_nothing_is_recorded_before_the_start(order: ServiceOrder, member: Membership) -> None:
    with pytest.raises(errors.OrderNotStarted):
        part(order, member)


def test_somebody_elses_order_is_left_alone(order: ServiceOrder, tenant: Tenant) -> None:
    from tests.factories import MembershipFactory

    with pytest.raises(errors.OrderNotYours):
        working.start_order(order.pk, actor=MembershipFactory(), now=NOON)


def test_the_clock_becomes_hours(started: ServiceOrder, member: Membership) -> None:
    with timezone.override("Europe/Helsinki"):
        working.start_clock(started.pk, actor=member, now=NOON + timedelta(seconds=50))
        entry = working.stop_clock(
            started.pk, actor=member, now=NOON + timedelta(minutes=75, seconds=10)
        )

    assert (entry.minutes, entry.work_date) == (75, date(2026, 11, 20))
    assert (entry.start_time, entry.end_time) == (time(12), time(13, 15))
    assert (entry.member, entry.project, entry.rate) == (member, started.project, Decimal("95"))
    assert (entry.service_order_id, entry.description) == (started.pk, "Boiler makes a noise")
    assert ServiceOrder.objects.get().clock_started_at is None


def test_a_clock_of_seconds_is_a_minute(started: ServiceOrder, member: Membership) -> None:
    working.start_clock(started.pk, actor=member, now=NOON)

    entry = working.stop_clock(started.pk, actor=member, now=NOON + timedelta(seconds=4))

    assert entry.minutes == 1


def test_the_hour_that_is_worked_twice_in_autumn_counts(
    started: ServiceOrder, member: Membership
) -> None:
    """Clocks in Helsinki go back from four to three on 25 October 2026, at 01:00 UTC."""
    began = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with timezone.override("Europe/Helsinki"):
        working.start_clock(started.pk, actor=member, now=began)
        entry = working.stop_clock(started.pk, actor=member, now=began + timedelta(hours=1))

    assert (entry.minutes, entry.start_time, entry.end_time) == (60, time(3, 30), None)


def test_a_forgotten_clock_is_told_and_taken_back(
    started: ServiceOrder, member: Membership
) -> None:
    working.start_clock(started.pk, actor=member, now=NOON)

    with pytest.raises(errors.ClockRanTooLong, match="17:00 hours"):
        working.stop_clock(started.pk, actor=member, now=NOON + timedelta(hours=17))
    working.discard_clock(started.pk, actor=member)

    assert not TimeEntry.objects.exists()
    with pytest.raises(errors.ClockStands):
        working.stop_clock(started.pk, actor=member, now=NOON)


def test_a_person_has_one_clock(
    started: ServiceOrder, project: Project, accountant: Membership, member: Membership
) -> None:
    other = planning.create_order(
        actor=accountant,
        customer=project.customer,
        project=project,
        title="A leak",
        technician=member,
        planned_start_at=NOON,
    )
    working.start_order(other.pk, actor=member, now=NOON)
    working.start_clock(started.pk, actor=member, now=NOON)

    with pytest.raises(errors.ClockElsewhere, match="SO-0001"):
        working.start_clock(other.pk, actor=member, now=NOON)
    with pytest.raises(errors.ClockRuns):
        working.finish_order(started.pk, actor=member, now=NOON)


def test_done_wants_a_report(started: ServiceOrder, member: Membership) -> None:
    with pytest.raises(errors.ReportMissing):
        working.finish_order(started.pk, actor=member, now=NOON)


def test_a_part_without_a_price_is_left_to_the_office(
    started: ServiceOrder, member: Membership
) -> None:
    found = part(started, member, price=None)

    assert (found.unit_price, found.member, found.customer) == (
        Decimal(0),
        member,
        started.customer,
    )


# Checking


def test_only_what_is_done_is_checked(started: ServiceOrder, accountant: Membership) -> None:
    with pytest.raises(errors.NotDoneYet):
        checking.check(started.pk, Part.HOURS, actor=accountant, now=NOON)


def test_all_three_are_checked_with_who_and_when(
    done: ServiceOrder, accountant: Membership
) -> None:
    for one in Part:
        order = checking.check(done.pk, one, actor=accountant, now=NOON)

    assert order.is_checked
    assert (order.parts_checked_by, order.parts_checked_at) == (accountant.user, NOON)


def test_members_check_nothing(done: ServiceOrder, member: Membership) -> None:
    with pytest.raises(errors.OrderNotYours):
        checking.check(done.pk, Part.HOURS, actor=member, now=NOON)


def test_parts_without_a_price_and_hours_without_a_rate_are_not_right(
    done: ServiceOrder, accountant: Membership, member: Membership
) -> None:
    part(done, member, price=None)
    TimeEntry.objects.update(rate=None)

    with pytest.raises(errors.PartWithoutPrice, match="Pump"):
        checking.check(done.pk, Part.PARTS, actor=accountant, now=NOON)
    with pytest.raises(errors.HoursWithoutRate, match="Member"):
        checking.check(done.pk, Part.HOURS, actor=accountant, now=NOON)


def test_checked_work_changes_nowhere(done: ServiceOrder, accountant: Membership) -> None:
    for one in Part:
        checking.check(done.pk, one, actor=accountant, now=NOON)
    entry, charge = TimeEntry.objects.get(), Charge.objects.get()

    with pytest.raises(errors.HoursChecked):
        entries.change_entry(entry.pk, actor=accountant, minutes=200)
    with pytest.raises(errors.HoursChecked):
        entries.delete_entry(entry.pk, actor=accountant)
    with pytest.raises(errors.PartsChecked):
        charges.change_charge(charge.pk, actor=accountant, quantity=Decimal(2))
    with pytest.raises(errors.PartsChecked):
        part(done, accountant)
    with pytest.raises(errors.ReportChecked):
        working.write_report(done.pk, text="Nothing.", actor=accountant)
    checking.uncheck(done.pk, Part.HOURS, actor=accountant)
    entries.change_entry(entry.pk, actor=accountant, minutes=200)


@pytest.mark.parametrize("step", [Step.BILLED, Step.WRITE_OFF, Step.NOT_BILLABLE])
def test_checked_work_does_not_drop_out_of_the_bill(
    step: Step, done: ServiceOrder, accountant: Membership
) -> None:
    for one in Part:
        checking.check(done.pk, one, actor=accountant, now=NOON)

    for work in (TimeEntry.objects.all(), Charge.objects.all()):
        with pytest.raises(NothingToSettle, match="1 checked on their service order"):
            settle(work, step=step, actor=accountant, note="Goodwill")

    checking.uncheck(done.pk, Part.HOURS, actor=accountant)
    assert settle(TimeEntry.objects.all(), step=step, actor=accountant, note="Goodwill").count == 1


def test_unbillable_work_that_is_checked_is_not_made_billable(
    done: ServiceOrder, accountant: Membership
) -> None:
    entry = TimeEntry.objects.get()
    entries.change_entry(entry.pk, actor=accountant, is_billable=False)
    checking.check(done.pk, Part.HOURS, actor=accountant, now=NOON)

    with pytest.raises(NothingToSettle, match="1 checked on their service order"):
        settle(TimeEntry.objects.all(), step=Step.BILLABLE, actor=accountant)


def test_the_rate_of_checked_hours_is_not_found_anew(
    done: ServiceOrder, accountant: Membership
) -> None:
    november = Scope(date(2026, 11, 1), date(2026, 11, 30))
    Rate.objects.update(amount=Decimal(120))
    shown = preview_recalculation(november)
    assert len(shown.changes) == 1
    checking.check(done.pk, Part.HOURS, actor=accountant, now=NOON)

    with pytest.raises(PreviewChanged):
        apply_recalculation(november, actor=accountant, token=shown.token)

    now = preview_recalculation(november)
    assert (now.changes, now.left_out) == ([], {"checked": 1})
    checking.uncheck(done.pk, Part.HOURS, actor=accountant)
    applied = apply_recalculation(november, actor=accountant, token=shown.token)
    checking.check(done.pk, Part.HOURS, actor=accountant, now=NOON)
    assert take_back(applied.changes, actor=accountant) == 0
    assert TimeEntry.objects.get().rate == 120


def test_work_stays_with_its_order(
    started: ServiceOrder, accountant: Membership, member: Membership, project: Project
) -> None:
    charge = part(started, member)
    entry = working.record_hours(
        started.pk, actor=member, member=member, work_date=date(2026, 11, 20), minutes=60
    )
    other = ProjectFactory(customer=project.customer)

    with pytest.raises(errors.WorkStaysWithOrder):
        entries.change_entry(entry.pk, actor=accountant, project=other)
    with pytest.raises(errors.WorkStaysWithOrder):
        charges.change_charge(charge.pk, actor=accountant, project=other)


def test_deleted_hours_come_back_to_their_order(started: ServiceOrder, member: Membership) -> None:
    entry = working.record_hours(
        started.pk, actor=member, member=member, work_date=date(2026, 11, 20), minutes=60
    )

    [restored] = entries.restore_entries(
        [entries.delete_entry(entry.pk, actor=member)], actor=member
    )

    assert restored.service_order_id == started.pk


def test_opened_again_the_checks_fall(
    done: ServiceOrder, accountant: Membership, member: Membership
) -> None:
    checking.check(done.pk, Part.REPORT, actor=accountant, now=NOON)

    with pytest.raises(errors.OrderNotYours):
        working.reopen_order(done.pk, actor=member)
    order = working.reopen_order(done.pk, actor=accountant)

    assert (order.status, order.report_checked_at, order.done_at) == (
        Status.IN_PROGRESS,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("hours", "part_state", "standing"),
    [
        (BillingState.OPEN, BillingState.OPEN, "done"),
        (BillingState.DRAFTED, BillingState.DRAFTED, "drafted"),
        (BillingState.BILLED, BillingState.BILLED, "invoiced"),
        (BillingState.BILLED, BillingState.OPEN, "done"),
        (BillingState.BILLED, BillingState.DRAFTED, "drafted"),
    ],
)
def test_what_became_of_the_work_is_where_it_stands(
    done: ServiceOrder, hours: BillingState, part_state: BillingState, standing: str
) -> None:
    TimeEntry.objects.update(billing_state=hours)
    Charge.objects.update(billing_state=part_state)

    assert state_of(done) == standing


def test_unbillable_work_waits_for_nothing(done: ServiceOrder) -> None:
    TimeEntry.objects.update(billing_state=BillingState.BILLED)
    Charge.objects.update(is_billable=False)

    assert state_of(done) == "invoiced"


# The database


@pytest.mark.parametrize(
    "change",
    [
        {"status": "done"},
        {"status": "cancelled"},
        {"project": None},
        {"clock_started_at": NOON},
        {"signed_at": NOON},
        {"hours_checked_at": NOON},
        {"planned_end_at": NOON - timedelta(hours=1)},
    ],
)
def test_the_database_refuses_what_cannot_be(
    order: ServiceOrder, change: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceOrder.objects.filter(pk=order.pk).update(**change)


def test_work_of_another_customer_cannot_be_on_an_order(started: ServiceOrder) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntryFactory(service_order=started)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargeFactory(service_order=started)


def test_billed_work_keeps_its_order(done: ServiceOrder) -> None:
    TimeEntry.objects.update(billing_state=BillingState.BILLED)

    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.update(service_order=None)
