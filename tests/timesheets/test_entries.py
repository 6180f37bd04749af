"""What must hold of an hour when it is written, changed, deleted and brought back."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoices
from tenants.models import AuditEntry, Membership
from tenants.roles import Role
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.domain.entries import (
    change_entries,
    change_entry,
    delete_entries,
    delete_entry,
    record_entry,
    restore_entries,
)
from timesheets.errors import HoursRefused
from timesheets.models import BillingState, RateLevel, TimeEntry

MONDAY = date(2026, 10, 5)
EUR = {"currency": "EUR"}


def record(actor: Membership, **values: Any) -> TimeEntry:
    given = {"member": actor, "work_date": MONDAY, "minutes": 90, **values}
    if "project" not in given:
        given["project"] = ProjectFactory()
    return record_entry(actor=actor, **given)


def test_an_entry_is_written_with_its_rate_and_a_line_in_the_log(member: Membership) -> None:
    project = ProjectFactory(name="Web shop")
    RateFactory(amount=Decimal("80"))
    RateFactory(project=project, amount=Decimal("95"))

    entry = record(member, project=project, description="  Checkout  ")

    entry.refresh_from_db()
    assert (entry.minutes, entry.description, entry.is_billable) == (90, "Checkout", True)
    assert (entry.rate, entry.rate_level) == (Decimal("95"), RateLevel.PROJECT)
    assert entry.created_by == member.user
    logged = AuditEntry.objects.get(action="hours.recorded")
    assert (logged.actor, logged.object_id) == (member.user, entry.pk)
    assert logged.detail["project"] == "Web shop"


def test_the_most_specific_rate_is_found(member: Membership) -> None:
    customer = CustomerFactory()
    project, task = ProjectFactory(customer=customer), TaskFactory()
    levels: list[tuple[RateLevel, dict[str, Any]]] = [
        (RateLevel.NONE, {}),
        (RateLevel.TENANT, EUR),
        (RateLevel.MEMBER, {"member": member}),
        (RateLevel.CUSTOMER, {"customer": customer}),
        (RateLevel.PROJECT, {"project": project}),
        (RateLevel.TASK, {"task": task}),
        (RateLevel.PROJECT_MEMBER, {"project": project, "member": member}),
    ]
    for number, (level, fields) in enumerate(levels):
        if fields:
            RateFactory(amount=Decimal(number * 10), **fields)
        entry = record(member, project=project, task=task, minutes=10)
        assert (entry.rate_level, entry.rate) == (level, Decimal(number * 10) if number else None)


@pytest.mark.parametrize(
    ("project_billable", "task_billable", "expected"),
    [(True, True, True), (True, False, False), (False, True, False), (True, None, True)],
)
def test_billable_begins_with_what_project_and_task_say(
    member: Membership,
    accountant: Membership,
    project_billable: bool,
    task_billable: bool | None,
    expected: bool,
) -> None:
    task = None if task_billable is None else TaskFactory(is_billable=task_billable)
    project = ProjectFactory(is_billable=project_billable)
    assert record(member, project=project, task=task).is_billable is expected
    assert record(accountant, project=project, task=task, is_billable=True).is_billable


def test_twenty_four_hours_fill_a_day(member: Membership) -> None:
    first = record(member, minutes=1000)
    record(member, minutes=440)
    for write in (
        lambda: record(member, minutes=1),
        lambda: change_entry(first.pk, actor=member, minutes=1001),
    ):
        with pytest.raises(HoursRefused, match="has 24:01 hours on"):
            write()
    record(member, minutes=1440, work_date=date(2026, 10, 6))
    change_entry(first.pk, actor=member, minutes=999)
    with pytest.raises(HoursRefused, match="a day has 24"):
        change_entry(first.pk, actor=member, work_date=date(2026, 10, 6))


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"minutes": 0}, "minutes", "between a minute and 24 hours"),
        ({"minutes": -30}, "minutes", "between a minute and 24 hours"),
        ({"minutes": 1441}, "minutes", "between a minute and 24 hours"),
        ({"work_date": date(1999, 12, 31)}, "work_date", "begin in the year 2000"),
        ({"work_date": date(2062, 1, 5)}, "work_date", "more than a year ahead"),
        ({"start_time": None, "end_time": time(9)}, "start_time", "Give the start as well"),
        ({"start_time": time(9), "end_time": time(9)}, "end_time", "are the same"),
        (
            {"start_time": time(9), "end_time": time(10, 29)},
            "minutes",
            "From 09:00 to 10:29 are 1:29 hours; more cannot",
        ),
        ({"rate": Decimal("-1")}, "rate", "not negative"),
        ({"rate": Decimal("1.00001")}, "rate", "at most four decimal places"),
        ({"rate": Decimal("123456789")}, "rate", "at most four decimal places"),
        ({"rate": Decimal("NaN")}, "rate", "at most four decimal places"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    accountant: Membership, values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(HoursRefused, match=sentence) as refused:
        record(accountant, **values)
    assert refused.value.field == field
    assert not TimeEntry.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (time(9), time(10, 30), 90),
        (time(9), time(12), 90),
        (time(22), time(6), 480),
        (time(9), None, 90),
    ],
)
def test_minutes_fit_between_start_and_end(
    member: Membership, start: time, end: time | None, minutes: int
) -> None:
    entry = record(member, start_time=start, end_time=end, minutes=minutes)
    assert (entry.start_time, entry.end_time) == (start, end)


def closed_places() -> list[tuple[dict[str, Any], str]]:
    project = ProjectFactory(
        name="Web shop", start_date=date(2026, 9, 1), end_date=date(2026, 9, 30)
    )
    return [
        ({"project": ProjectFactory(name="Old", is_active=False)}, "Old is archived"),
        ({"project": ProjectFactory(customer__is_active=False)}, "is archived"),
        ({"project": project}, "Web shop ended on"),
        ({"project": project, "work_date": date(2026, 8, 31)}, "Web shop starts on"),
        ({"task": TaskFactory(is_active=False)}, "is not used any more"),
        ({"task": TaskFactory(project=ProjectFactory())}, "belongs to another project"),
    ]


def test_only_open_projects_and_tasks_take_hours(member: Membership) -> None:
    for values, sentence in closed_places():
        with pytest.raises(HoursRefused, match=sentence):
            record(member, **values)
    assert not TimeEntry.objects.exists()


def test_an_old_entry_on_an_archived_project_can_still_be_corrected(member: Membership) -> None:
    entry = TimeEntryFactory(member=member, project__is_active=False)
    assert change_entry(entry.pk, actor=member, minutes=75, description="Review").minutes == 75


def test_whose_hours_one_may_write(manager: Membership, member: Membership) -> None:
    own, foreign = ProjectFactory(manager=manager), ProjectFactory()
    record(manager, member=member, project=own)
    with pytest.raises(HoursRefused, match="your own projects only"):
        record(manager, member=member, project=foreign)
    with pytest.raises(HoursRefused, match="your own projects only"):
        record(member, member=manager, project=own)
    record(manager, member=manager, project=foreign)

    entry = TimeEntryFactory(member=member, project=own)
    with pytest.raises(HoursRefused, match="your own projects only"):
        change_entry(entry.pk, actor=manager, project=foreign)
    assert change_entry(entry.pk, actor=manager, minutes=15).minutes == 15


def test_who_has_hours_at_all(accountant: Membership, auditor: Membership) -> None:
    gone = MembershipFactory(name="Gone", is_active=False)
    with pytest.raises(HoursRefused, match="Gone is not active any more"):
        record(accountant, member=gone)
    with pytest.raises(HoursRefused, match="only reads here"):
        record(accountant, member=auditor)
    assert record(accountant, member=MembershipFactory(user=None, name="No login")).pk


def test_a_rate_by_hand_needs_the_right(manager: Membership, member: Membership) -> None:
    own = ProjectFactory(manager=manager)
    entry = record(manager, project=own, rate=Decimal("120.5"))
    assert (entry.rate, entry.rate_level) == (Decimal("120.5"), RateLevel.MANUAL)
    with pytest.raises(HoursRefused, match="Only the project's manager"):
        record(member, project=own, rate=Decimal("200"))
    with pytest.raises(HoursRefused, match="Only the project's manager"):
        record(manager, project=ProjectFactory(), rate=Decimal("200"))


def test_a_rate_is_kept_until_the_work_moves(accountant: Membership) -> None:
    rate = RateFactory(amount=Decimal("100"))
    entry = record(accountant)
    rate.amount = Decimal("150")
    rate.save()
    entry = change_entry(entry.pk, actor=accountant, minutes=15, description="x", is_billable=False)
    assert entry.rate == Decimal("100")

    entry = change_entry(entry.pk, actor=accountant, task=TaskFactory())
    assert (entry.rate, entry.rate_level) == (Decimal("150"), RateLevel.TENANT)


def test_a_rate_by_hand_stays_with_the_work_in_the_same_currency(accountant: Membership) -> None:
    RateFactory(amount=Decimal("100"))
    entry = record(accountant, rate=Decimal("77"))
    entry = change_entry(entry.pk, actor=accountant, project=ProjectFactory())
    assert (entry.rate, entry.rate_level) == (Decimal("77"), RateLevel.MANUAL)
    abroad = ProjectFactory(customer__currency="SEK")
    entry = change_entry(entry.pk, actor=accountant, project=abroad)
    assert (entry.rate, entry.rate_level) == (None, RateLevel.NONE)
    entry = change_entry(entry.pk, actor=accountant, project=ProjectFactory(), rate=None)
    assert (entry.rate, entry.rate_level) == (Decimal("100"), RateLevel.TENANT)


def test_moving_drops_a_task_of_the_old_project(member: Membership) -> None:
    project = ProjectFactory()
    entry = record(member, project=project, task=TaskFactory(project=project))
    assert change_entry(entry.pk, actor=member, project=ProjectFactory()).task is None
    shared = TaskFactory()
    entry = record(member, task=shared)
    assert change_entry(entry.pk, actor=member, project=ProjectFactory()).task == shared


def test_locked_hours_are_refused_naming_the_lock(member: Membership, manager: Membership) -> None:
    entry = TimeEntryFactory(member=member)
    project = ProjectFactory(name="Web shop")
    HoursLockFactory(member=member, locked_by=manager.user)
    sentence = "Project manager locked the hours of Member from .*Unlock first"
    for write in (
        lambda: change_entry(entry.pk, actor=member, minutes=15),
        lambda: delete_entry(entry.pk, actor=member),
        lambda: record(member, project=project),
    ):
        with pytest.raises(HoursRefused, match=sentence):
            write()
    november = record(member, project=project, work_date=date(2026, 11, 2))
    with pytest.raises(HoursRefused, match=sentence):
        change_entry(november.pk, actor=member, work_date=MONDAY)
    entry.refresh_from_db()
    assert entry.minutes == 60


def test_a_lock_of_one_project_leaves_the_others(member: Membership, manager: Membership) -> None:
    project = ProjectFactory(name="Web shop")
    HoursLockFactory(member=member, project=project, locked_by=manager.user)
    other = record(member)
    with pytest.raises(HoursRefused, match="of Member on Web shop from"):
        record(member, project=project)
    with pytest.raises(HoursRefused, match="of Member on Web shop from"):
        change_entry(other.pk, actor=member, project=project)


def test_hours_on_a_document_are_refused_naming_it(accountant: Membership) -> None:
    TaxRateFactory()
    entry = TimeEntryFactory(member=accountant)
    draft = draft_work(
        start=MONDAY,
        end=MONDAY,
        project_ids=[entry.project_id],
        actor=accountant.user,
        allow_unlocked=True,
    )
    for write in (
        lambda: change_entry(entry.pk, actor=accountant, minutes=15),
        lambda: delete_entry(entry.pk, actor=accountant),
    ):
        with pytest.raises(HoursRefused, match=f"is on Draft {draft.pk}. Take it off"):
            write()
    post_invoices([draft.pk], actor=accountant.user)
    draft.refresh_from_db()
    with pytest.raises(HoursRefused, match=f"is on {draft.number}. Only a credit note"):
        change_entry(entry.pk, actor=accountant, minutes=15)


def test_written_off_hours_stay(accountant: Membership) -> None:
    entry = TimeEntryFactory(
        member=accountant, billing_state=BillingState.WRITTEN_OFF, billing_note="A gift"
    )
    with pytest.raises(HoursRefused, match="is written off: A gift"):
        change_entry(entry.pk, actor=accountant, minutes=15)


def test_many_are_changed_together_or_not_at_all(accountant: Membership) -> None:
    entries = [TimeEntryFactory(member=accountant, minutes=30) for _ in range(3)]
    target, task = ProjectFactory(), TaskFactory()
    ids = [entry.pk for entry in entries]
    change_entries(ids, actor=accountant, project=target, task=task, is_billable=False)
    for entry in TimeEntry.objects.all():
        assert (entry.project, entry.task, entry.is_billable) == (target, task, False)
    assert AuditEntry.objects.filter(action="hours.changed").count() == 3

    locked = TimeEntryFactory(work_date=date(2026, 11, 3))
    HoursLockFactory(
        member=locked.member, start_date=date(2026, 11, 1), end_date=date(2026, 11, 30)
    )
    with pytest.raises(HoursRefused, match="Unlock first"):
        change_entries([*ids, locked.pk], actor=accountant, is_billable=True)
    assert not TimeEntry.objects.filter(pk__in=ids, is_billable=True).exists()


def test_nothing_changed_writes_nothing(member: Membership) -> None:
    entry = TimeEntryFactory(member=member)
    change_entry(entry.pk, actor=member, minutes=entry.minutes, description="")
    assert not AuditEntry.objects.exists()


def test_a_deleted_entry_comes_back_as_it_was(accountant: Membership) -> None:
    entry = record(
        accountant,
        task=TaskFactory(),
        rate=Decimal("88.5"),
        start_time=time(9),
        end_time=time(12),
        description="Checkout",
        is_billable=False,
    )
    RateFactory(amount=Decimal("10"))
    [kept] = delete_entries([entry.pk], actor=accountant)
    assert not TimeEntry.objects.exists()
    [restored] = restore_entries([kept], actor=accountant)

    restored.refresh_from_db()
    for name in (
        "member", "project", "task", "work_date", "minutes", "start_time", "end_time",
        "description", "is_billable", "rate", "rate_level",
    ):  # fmt: skip
        assert getattr(restored, name) == getattr(entry, name)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["hours.recorded", "hours.deleted", "hours.restored"]


def test_what_no_longer_fits_does_not_come_back(accountant: Membership) -> None:
    task = TaskFactory()
    imported = TimeEntryFactory(member=accountant, import_fingerprint="a" * 64)
    with_task = TimeEntryFactory(member=accountant, task=task)
    kept = delete_entries([imported.pk, with_task.pk], actor=accountant)
    TimeEntryFactory(member=accountant, import_fingerprint="a" * 64)
    task.delete()
    for row in kept:
        with pytest.raises(HoursRefused, match="cannot come back"):
            restore_entries([row], actor=accountant)
    HoursLockFactory(member=accountant)
    fine = delete_entries(
        [TimeEntryFactory(member=accountant, work_date=date(2026, 11, 2)).pk], actor=accountant
    )
    assert restore_entries(fine, actor=accountant)


def test_a_deleted_entry_is_said_to_be_gone(member: Membership) -> None:
    entry = TimeEntryFactory(member=member)
    delete_entry(entry.pk, actor=member)
    with pytest.raises(HoursRefused, match="deleted meanwhile"):
        change_entry(entry.pk, actor=member, minutes=5)


def test_hours_may_be_planned_for_a_year(member: Membership) -> None:
    today = timezone.localdate()
    assert record(member, work_date=today.replace(year=today.year + 1, day=1)).pk


def test_every_role_that_records_may_write_its_own(tenant: Any) -> None:
    for role in (Role.OWNER, Role.ACCOUNTANT, Role.MANAGER, Role.MEMBER):
        assert record(MembershipFactory(role=role)).pk
