"""Schedules kept, due, missed, approved; by two schedulers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection

from customers.models import Customer
from invoicing import schedule_errors as errors
from invoicing import tasks
from invoicing.domain import long_runs
from invoicing.domain.schedules import working
from invoicing.domain.schedules.editing import (
    approve_schedule,
    change_schedule,
    go_on_with_schedule,
    pause_schedule,
    remove_schedule,
)
from invoicing.domain.schedules.planning import plan_run
from invoicing.domain.schedules.starting import run_now, start_due
from invoicing.domain.schedules.steering import (
    forget_trials,
    go_on_with_run,
    retry_failed,
    stop_run,
    sweep_invoicing_runs,
)
from invoicing.models import Invoice, InvoicingRun, Schedule
from tenants.models import AuditEntry, Membership, Tenant, TenantRole
from tenants.role_book import forget_book
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TaxRateFactory, TenantFactory, TimeEntryFactory
from tests.schedules.making import (
    NOW,
    OCTOBER,
    customer_with_hours,
    done,
    outcomes,
    run_of,
    schedule_of,
    started,
    words,
)

FIRST_RUN = datetime(2026, 12, 1, 4, tzinfo=UTC)  # six in Helsinki


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("tenant")
        TaxRateFactory()


def actions() -> list[str]:
    found = AuditEntry.objects.filter(object_type="invoicing.schedule").order_by("pk")
    return list(found.values_list("action", flat=True))


def test_a_new_schedule_knows_when_it_runs(accountant: Membership) -> None:
    schedule = schedule_of(accountant)

    assert (schedule.next_date, schedule.next_run_at) == (date(2026, 12, 1), FIRST_RUN)
    assert schedule.author == accountant.user
    assert actions() == ["schedule.added"]


def test_what_a_form_cannot_mean(
    tenant: Tenant, accountant: Membership, manager: Membership
) -> None:
    with pytest.raises(errors.NothingChosen):
        schedule_of(accountant, kinds=("unknown",))
    with pytest.raises(errors.NobodyChosen):
        schedule_of(accountant, whom="chosen")
    with pytest.raises(errors.MayNotDraft):
        schedule_of(manager)
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    may_draft = TenantRole.objects.create(
        key="drafter", name="Drafter", granted=["create_invoice", "view_invoice"]
    )
    forget_book()
    drafter = MembershipFactory(role=may_draft.key)
    with pytest.raises(errors.MayNotPost):
        schedule_of(drafter, result="post")
    assert not Schedule.objects.exists()


def test_it_runs_when_it_is_due_and_once(accountant: Membership) -> None:
    schedule = schedule_of(accountant)

    assert start_due(now=FIRST_RUN - timedelta(seconds=1)) == []
    [run] = start_due(now=FIRST_RUN)
    assert start_due(now=FIRST_RUN) == []

    assert (run.start_date, run.end_date) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (run.cause, run.started_by, run.drafts_for) == ("schedule", None, accountant.user)
    schedule.refresh_from_db()
    # 1 January is a holiday, the second a Saturday.
    assert schedule.next_date == date(2027, 1, 1)
    assert schedule.next_run_at == datetime(2027, 1, 4, 4, tzinfo=UTC)


def test_what_was_missed_is_made_up_for_period_by_period(accountant: Membership) -> None:
    customer_with_hours("Aava", day=date(2026, 11, 3))
    TimeEntryFactory(project__customer__name="Besk", work_date=date(2026, 12, 3))
    schedule_of(accountant)
    late = datetime(2027, 1, 20, tzinfo=UTC)

    [november] = start_due(now=late)
    assert start_due(now=late) == []  # one after the other
    done(november)
    [december] = start_due(now=late)
    done(december)
    assert start_due(now=late) == []

    assert [one.start_date.month for one in (november, december)] == [11, 12]
    assert [outcomes(one)[0][0] for one in (november, december)] == ["Aava", "Besk"]


def test_a_paused_schedule_rests_and_makes_up_for_nothing(accountant: Membership) -> None:
    assert accountant.user is not None
    schedule = pause_schedule(schedule_of(accountant), actor=accountant.user)
    assert start_due(now=datetime(2027, 6, 1, tzinfo=UTC)) == []

    again = go_on_with_schedule(
        schedule, actor=accountant.user, now=datetime(2027, 6, 10, tzinfo=UTC)
    )

    assert again.next_date == date(2027, 7, 1)
    assert actions() == ["schedule.added", "schedule.paused", "schedule.resumed"]


def test_a_change_aims_anew_and_says_what_changed(
    accountant: Membership, owner: Membership
) -> None:
    schedule = schedule_of(accountant)

    change_schedule(schedule, words(day=15, at=time(7)), actor=owner, now=NOW)

    schedule.refresh_from_db()
    assert schedule.next_run_at == datetime(2026, 12, 15, 5, tzinfo=UTC)
    assert schedule.author == owner.user
    detail = AuditEntry.objects.get(action="schedule.changed").detail
    assert detail["changes"] == {"day": ["1", "15"], "at": ["06:00:00", "07:00:00"]}


LATE = FIRST_RUN + timedelta(days=2)


def test_a_change_of_the_name_loses_no_run_that_is_due(accountant: Membership) -> None:
    schedule = schedule_of(accountant)

    change_schedule(schedule, words(name="Another name"), actor=accountant, now=LATE)

    [run] = start_due(now=LATE)
    assert (run.name, run.start_date) == ("Another name", date(2026, 11, 1))
    schedule.refresh_from_db()
    assert schedule.next_date == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("told", "next_run_at"),
    [
        # It is due on another day of the same month, or on one that is over.
        ({"day": 15}, datetime(2026, 12, 15, 4, tzinfo=UTC)),
        ({"at": time(7)}, datetime(2026, 12, 1, 5, tzinfo=UTC)),
        ({"day": 31}, datetime(2026, 12, 31, 4, tzinfo=UTC)),
        # The week, or the quarter, of the day on which it was due.
        ({"every": "week", "day": 3}, datetime(2026, 12, 2, 4, tzinfo=UTC)),
        ({"every": "quarter"}, datetime(2026, 10, 1, 3, tzinfo=UTC)),
    ],
)
def test_a_change_of_the_rhythm_loses_no_run_that_is_due(
    told: dict[str, Any], next_run_at: datetime, accountant: Membership
) -> None:
    schedule = schedule_of(accountant)
    change_schedule(schedule, words(**told), actor=accountant, now=LATE)
    schedule.refresh_from_db()
    assert schedule.next_run_at == next_run_at


def test_a_change_of_the_day_runs_no_period_twice(accountant: Membership) -> None:
    customer_with_hours("Aava", day=date(2026, 11, 3))
    schedule = schedule_of(accountant)
    done(start_due(now=FIRST_RUN)[0])

    # Three hours later it is told to run at noon, and then on another day.
    change_schedule(
        schedule, words(at=time(12)), actor=accountant, now=FIRST_RUN + timedelta(hours=3)
    )
    schedule.refresh_from_db()
    assert schedule.next_run_at == datetime(2027, 1, 4, 10, tzinfo=UTC)
    change_schedule(schedule, words(day=20), actor=accountant, now=FIRST_RUN + timedelta(days=9))
    schedule.refresh_from_db()
    assert schedule.next_run_at == datetime(2027, 1, 20, 4, tzinfo=UTC)


def test_a_run_that_did_nothing_is_no_reason_to_leave_its_period_out(
    accountant: Membership, owner: Membership
) -> None:
    schedule = schedule_of(accountant)
    Membership.objects.filter(pk=accountant.pk).update(is_active=False)
    [refused] = start_due(now=FIRST_RUN)
    assert refused.refusal

    change_schedule(schedule, words(day=20), actor=owner, now=FIRST_RUN + timedelta(days=1))

    schedule.refresh_from_db()
    assert schedule.next_run_at == datetime(2026, 12, 21, 4, tzinfo=UTC)


def test_a_schedule_that_breaks_keeps_no_other_from_starting(
    accountant: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    from invoicing.domain.schedules import starting

    schedule_of(accountant, name="Breaks")
    schedule_of(accountant, name="Starts")
    real = starting._start_and_aim

    def breaks(schedule: Schedule, *more: Any) -> InvoicingRun:
        if schedule.name == "Breaks":
            Schedule.objects.filter(pk=schedule.pk).update(every="quarter")
            raise ZeroDivisionError
        return real(schedule, *more)

    with patch.object(starting, "_start_and_aim", breaks):
        [run] = start_due(now=FIRST_RUN)

    assert run.name == "Starts"
    # Nothing of it is kept, and it stays due.
    assert list(Schedule.objects.filter(next_run_at=FIRST_RUN).values_list("name", "every")) == [
        ("Breaks", "month")
    ]
    assert "did not start" in caplog.text


def test_a_run_does_what_was_asked_when_it_began(accountant: Membership) -> None:
    customer_with_hours("Aava")
    assert accountant.user is not None
    schedule = schedule_of(accountant)
    run = started(schedule, accountant.user)
    change_schedule(schedule, words(kinds=("usage",), result="post"), actor=accountant, now=NOW)

    done(run)

    assert Invoice.objects.get().status == "draft"


# In whose name.


def test_an_author_who_left(accountant: Membership) -> None:
    customer_with_hours("Aava", day=date(2026, 11, 3))
    schedule_of(accountant)
    Membership.objects.filter(pk=accountant.pk).update(is_active=False)

    [run] = start_due(now=FIRST_RUN)

    assert run.finished_at is not None
    assert run.refusal == str(errors.AuthorMayNot(person=accountant.user))
    assert not Invoice.objects.exists()
    assert Schedule.objects.get().next_date == date(2027, 1, 1)


def test_an_author_who_may_post_no_more(accountant: Membership) -> None:
    schedule_of(accountant, result="post")
    Membership.objects.filter(pk=accountant.pk).update(role=Role.MANAGER)
    [run] = start_due(now=FIRST_RUN)
    assert run.refusal


@pytest.fixture
def two_people(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(four_eyes=True)


@pytest.mark.usefixtures("two_people")
def test_where_two_are_wanted_the_author_drafts_and_another_posts(
    accountant: Membership, owner: Membership
) -> None:
    customer_with_hours("Aava")
    schedule = schedule_of(accountant, result="post")
    with pytest.raises(errors.OwnSchedule):
        approve_schedule(schedule, actor=accountant)

    run = run_of(schedule, accountant)
    assert run.notice.startswith("Drafts only")
    assert Invoice.objects.get().status == "draft"

    approve_schedule(schedule, actor=owner)
    customer_with_hours("Besk")
    # Whoever presses the button, neither of the two is passed by.
    run = run_of(schedule, owner)
    posted = Invoice.objects.get(status="posted")
    assert (posted.created_by, posted.posted_by) == (accountant.user, owner.user)
    assert outcomes(run) == [("Besk", "made", "")]


@pytest.mark.usefixtures("two_people")
def test_a_change_takes_the_approval_back(accountant: Membership, owner: Membership) -> None:
    schedule = schedule_of(accountant, result="post")
    approve_schedule(schedule, actor=owner)

    change_schedule(schedule, words(result="post", day=2), actor=accountant, now=NOW)

    schedule.refresh_from_db()
    assert (schedule.approved_by, schedule.approved_at) == (None, None)


@pytest.mark.usefixtures("two_people")
def test_an_approver_who_left(accountant: Membership, owner: Membership) -> None:
    schedule = schedule_of(accountant, result="post")
    approve_schedule(schedule, actor=owner)
    Membership.objects.filter(pk=owner.pk).update(role=Role.MANAGER)
    [run] = start_due(now=FIRST_RUN)
    assert run.refusal == str(errors.ApproverMayNot(person=owner.user))


def test_without_two_people_nothing_is_to_be_approved(
    accountant: Membership, owner: Membership
) -> None:
    with pytest.raises(errors.NothingToApprove):
        approve_schedule(schedule_of(accountant, result="post"), actor=owner)


@pytest.fixture
def drafter(tenant: Tenant) -> Membership:
    """Keeps schedules and makes drafts, and posts nothing."""
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    role = TenantRole.objects.create(
        key="drafter",
        name="Drafter",
        granted=["create_invoice", "view_invoice", "manage_schedules"],
    )
    forget_book()
    membership: Membership = MembershipFactory(role=role.key)
    return membership


def test_who_may_not_post_lets_no_posting_go_on(
    accountant: Membership, owner: Membership, drafter: Membership
) -> None:
    assert accountant.user is not None
    assert owner.user is not None
    assert drafter.user is not None
    customer_with_hours("Aava")
    run = started(schedule_of(accountant, result="post"), accountant.user)
    plan_run(run.pk)
    stop_run(run, actor=owner.user)

    with pytest.raises(errors.RunNeedsPoster):
        go_on_with_run(run, actor=drafter.user)

    # Whoever may answers for it from here on, whoever began it.
    go_on_with_run(run, actor=owner.user)
    done(run)
    posted = Invoice.objects.get()
    assert (posted.created_by, posted.posted_by) == (owner.user, owner.user)


def test_who_may_not_post_tries_no_posting_again(
    accountant: Membership, drafter: Membership
) -> None:
    assert accountant.user is not None
    assert drafter.user is not None
    customer_with_hours("Aava", street="")
    run = run_of(schedule_of(accountant, result="post"), accountant)
    Customer.objects.update(street="Katu 1")

    with pytest.raises(errors.RunNeedsPoster):
        retry_failed(run, actor=drafter.user)
    assert outcomes(run)[0][1] == "failed"
    Membership.objects.filter(pk=drafter.pk).update(role=Role.MANAGER)
    with pytest.raises(errors.RunNeedsDrafter):
        retry_failed(run, actor=drafter.user)

    # A run of drafts needs nobody who posts.
    drafts = run_of(schedule_of(accountant, name="Drafts"), accountant)
    Membership.objects.filter(pk=drafter.pk).update(role="drafter")
    drafts.items.update(outcome="failed", reason="x", holds=False)
    retry_failed(drafts, actor=drafter.user)


def test_what_is_left_of_a_run_fails_when_its_person_may_post_no_more(
    accountant: Membership, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accountant.user is not None
    assert owner.user is not None
    monkeypatch.setattr(working, "SHARE", 1)
    for name in ("Aava", "Besk"):
        customer_with_hours(name)
    run = started(schedule_of(accountant, result="post"), accountant.user)
    real = working.do_items

    def then_leaves(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        Membership.objects.filter(pk=accountant.pk).update(role=Role.MANAGER)
        forget_book()

    with patch.object(working, "do_items", then_leaves):
        done(run)

    told = str(errors.NameWithdrawn(person=accountant.user))
    assert outcomes(run) == [("Aava", "made", ""), ("Besk", "failed", told)]
    assert Invoice.objects.count() == 1
    retry_failed(run, actor=owner.user)
    assert outcomes(done(run)) == [("Aava", "made", ""), ("Besk", "made", "")]


def test_where_two_are_wanted_by_now_one_person_alone_posts_nothing_more(
    tenant: Tenant, accountant: Membership, owner: Membership
) -> None:
    assert accountant.user is not None
    assert owner.user is not None
    customer_with_hours("Aava")
    run = started(schedule_of(accountant, result="post"), accountant.user)
    plan_run(run.pk)
    Tenant.objects.filter(pk=tenant.pk).update(four_eyes=True)

    done(run)

    assert outcomes(run)[0][1] == "failed"
    assert outcomes(run)[0][2].endswith("The company demands two people.")
    assert not Invoice.objects.exists()
    with pytest.raises(errors.RunNeedsAnother):
        retry_failed(run, actor=owner.user)


@pytest.mark.usefixtures("two_people")
def test_the_two_of_an_approved_run_are_asked_again(
    accountant: Membership, owner: Membership
) -> None:
    assert owner.user is not None
    customer_with_hours("Aava", street="")
    schedule = schedule_of(accountant, result="post")
    approve_schedule(schedule, actor=owner)
    run = run_of(schedule, owner)
    Customer.objects.update(street="Katu 1")

    Membership.objects.filter(pk=accountant.pk).update(is_active=False)
    with pytest.raises(errors.RunNameMayNot):
        retry_failed(run, actor=owner.user)
    Membership.objects.filter(pk=accountant.pk).update(is_active=True)
    retry_failed(run, actor=owner.user)

    done(run)
    posted = Invoice.objects.get()
    assert (posted.created_by, posted.posted_by) == (accountant.user, owner.user)


# Stopping, going on, trying again.


def test_a_stopped_run_leaves_what_waits(accountant: Membership) -> None:
    user = accountant.user
    assert user is not None
    customer_with_hours("Aava")
    schedule = schedule_of(accountant)
    run = started(schedule, user)
    plan_run(run.pk)
    stop_run(run, actor=user)

    done(run)
    assert outcomes(run) == [("Aava", "waiting", "")]
    assert run.finished_at is None
    with pytest.raises(errors.RunNotGoing):
        stop_run(run, actor=user)
    with patch("invoicing.tasks.work_invoicing_run.delay") as delay:
        long_ago = run.updated_at + timedelta(hours=1)
        sweep_invoicing_runs(now=long_ago)
    delay.assert_not_called()

    # The next time is not held up by it, and nothing is made twice.
    other = run_of(schedule, accountant)
    assert outcomes(other) == [("Aava", "made", "")]
    go_on_with_run(run, actor=user)
    done(run)
    assert outcomes(run)[0][1] == "skipped"
    assert run.finished_at is not None


def test_only_what_failed_is_tried_again(accountant: Membership) -> None:
    user = accountant.user
    assert user is not None
    customer_with_hours("Aava")
    run = run_of(schedule_of(accountant), accountant)
    with pytest.raises(errors.NothingToRetry):
        retry_failed(run, actor=user)


def test_a_run_that_never_gets_on_is_given_up(
    accountant: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    user = accountant.user
    assert user is not None
    customer_with_hours("Aava")
    run = started(schedule_of(accountant), user)
    plan_run(run.pk)

    def handed_over() -> int:
        run.refresh_from_db()
        now = run.updated_at + long_runs.LOST_AFTER + timedelta(seconds=1)
        with (
            patch("invoicing.tasks.work_invoicing_run.delay") as delay,
            patch("invoicing.tasks.report_invoicing_run.delay"),
            django_capture_on_commit_callbacks(execute=True),
        ):
            sweep_invoicing_runs(now=now)
        return int(delay.call_count)

    # While all workers are busy it only waits.
    assert [handed_over() for _ in range(10)] == [2] * 10
    for _attempt in range(long_runs.ATTEMPTS_AT_MOST):
        assert handed_over() == 2
        with (
            patch.object(working, "do_items", side_effect=SystemExit),
            pytest.raises(SystemExit),
        ):
            done(run)
    assert handed_over() == 0
    run.refresh_from_db()
    assert run.finished_at is not None
    assert outcomes(run) == [("Aava", "failed", str(errors.RunBroke()))]

    retry_failed(run, actor=user)
    done(run)
    assert outcomes(run) == [("Aava", "made", "")]


def test_a_schedule_is_deleted_and_its_runs_stay(accountant: Membership) -> None:
    user = accountant.user
    assert user is not None
    customer_with_hours("Aava")
    schedule = schedule_of(accountant)
    run = started(schedule, user)
    with pytest.raises(errors.ScheduleHasRun):
        remove_schedule(schedule, actor=user)
    done(run)

    remove_schedule(schedule, actor=user)

    run.refresh_from_db()
    assert (run.schedule, run.name) == (None, "Monthly invoices")
    assert run.items.get().invoice is not None


def test_trials_are_forgotten(accountant: Membership) -> None:
    schedule = schedule_of(accountant)
    run_of(schedule, accountant, is_trial=True)
    real = run_of(schedule, accountant)
    forget_trials(now=real.started_at + timedelta(days=15))
    assert InvoicingRun.objects.get() == real


# At once.


@pytest.mark.parametrize("is_trial", [True, False])
def test_two_taps_at_once_are_one_run(committed_db: None, is_trial: bool) -> None:
    tenant, token = TenantFactory(), uuid4()
    with tenant_scope(tenant.pk):
        member = MembershipFactory(role=Role.ACCOUNTANT)
        schedule = schedule_of(member)
    user = member.user
    assert user is not None
    ready = Barrier(4)

    def tap(_number: int) -> int:
        try:
            with tenant_scope(tenant.pk):
                ready.wait(20)
                run = run_now(schedule, OCTOBER, actor=user, token=token, is_trial=is_trial)
            return int(run.pk)
        finally:
            connection.close()

    with patch("invoicing.tasks.work_invoicing_run.delay") as told, ThreadPoolExecutor(4) as pool:
        found = set(pool.map(tap, range(4)))

    assert len(found) == 1
    assert told.call_count == 2


def test_two_schedulers_at_once_start_one_run(committed_db: None) -> None:
    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        TaxRateFactory()
        member = MembershipFactory(role=Role.ACCOUNTANT)
        for name in ("One", "Two", "Three"):
            schedule_of(member, name=name)
    Tenant.objects.exclude(pk=tenant.pk).update(is_active=False)

    def tick(_number: int) -> None:
        try:
            tasks.tick_schedules()
        finally:
            connection.close()

    with (
        patch("invoicing.tasks.timezone.now", return_value=FIRST_RUN),
        patch("invoicing.tasks.work_invoicing_run.delay") as told,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(tick, range(24)))

    with tenant_scope(tenant.pk):
        names = InvoicingRun.objects.values_list("name", flat=True)
        assert sorted(names) == ["One", "Three", "Two"]
    assert told.call_count == 6


def test_many_workers_share_a_run(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from invoicing.domain.verifying import verify_books

    monkeypatch.setattr(working, "SHARE", 3)
    tenant = TenantFactory()
    with patch("invoicing.tasks.work_invoicing_run.delay"), tenant_scope(tenant.pk):
        TaxRateFactory()
        member = MembershipFactory(role=Role.ACCOUNTANT)
        for number in range(30):
            customer_with_hours(f"No {number:02}")
        assert member.user is not None
        schedule = schedule_of(member, result="post")
        run = started(schedule, member.user)

    def work(_number: int) -> None:
        try:
            working.work_run(tenant.pk, run.pk)
        finally:
            connection.close()

    with (
        patch("invoicing.tasks.render_invoice_pdf.delay"),
        patch("invoicing.tasks.report_invoicing_run.delay") as reported,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(work, range(4)))

    reported.assert_called_once()
    with tenant_scope(tenant.pk):
        run.refresh_from_db()
        assert run.finished_at is not None
        assert set(run.items.values_list("outcome", flat=True)) == {"made"}
        assert Invoice.objects.filter(status="posted").count() == Invoice.objects.count() == 30
        assert [fault for check in verify_books() for fault in check.faults] == []
