"""The week grid: who sees whose, what is saved cell by cell or as a form, what is refused."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from invoicing.domain.drafting import draft_work
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.timesheets.foreign import foreign_project
from timesheets.models import TimeEntry

SignIn = Callable[[Membership], Client]
PAGE = "/acme/hours/"
CELL = "/acme/hours/week/cell/"
WEEK = f"{PAGE}?week=2026-10-07"
MONDAY = date(2026, 10, 5)


def key(entry_or_project: Any, task: Any = None) -> str:
    if isinstance(entry_or_project, TimeEntry):
        return f"{entry_or_project.project_id}-{entry_or_project.task_id or 0}"
    return f"{entry_or_project.pk}-{task.pk if task else 0}"


def cell(place: str, hours: str, **more: Any) -> dict[str, Any]:
    return {"place": place, "day": "2026-10-05", "hours": hours, "shown": "/0", **more}


def test_the_week_shows_its_rows_days_and_sums(member: Membership, signed_in: SignIn) -> None:
    task = TaskFactory(name="Development")
    project = ProjectFactory(name="Web shop", customer__name="Satama Oy")
    TimeEntryFactory(member=member, project=project, task=task, minutes=90)
    TimeEntryFactory(member=member, minutes=30, work_date=date(2026, 10, 11))
    TimeEntryFactory(member=member, minutes=999, work_date=date(2026, 10, 12))
    TimeEntryFactory(minutes=555)

    page = signed_in(member).get(WEEK)

    week = page.context["week"]
    assert (week.monday, week.sunday, week.minutes) == (MONDAY, date(2026, 10, 11), 120)
    assert week.day_minutes == [90, 0, 0, 0, 0, 0, 30]
    text = page.content.decode()
    for words in ("Web shop", "Development · Satama Oy", "Week 41", 'value="1:30"'):
        assert words in text
    assert "9:15" not in text


@pytest.mark.parametrize("asked", ["", "nonsense", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_any_week_asked_for_gives_a_page(member: Membership, signed_in: SignIn, asked: str) -> None:
    page = signed_in(member).get(f"{PAGE}?week={asked}")
    assert page.status_code == 200
    assert page.context["week"].monday.weekday() == 0


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("1:30", 90), ("1.5", 90), ("1,5", 90), ("90m", 90), ("1h30", 90), ("8", 480)],
)
def test_a_cell_is_saved_as_it_is_typed(
    member: Membership, signed_in: SignIn, typed: str, minutes: int
) -> None:
    RateFactory(amount=90)
    project, task = ProjectFactory(), TaskFactory()
    answer = signed_in(member).post(CELL, cell(key(project, task), typed, note="Checkout"))

    entry = TimeEntry.objects.get()
    assert answer.json()["entry"] == entry.pk
    assert answer.json()["minutes"] == minutes
    assert (entry.member, entry.work_date, entry.task) == (member, MONDAY, task)
    assert (entry.minutes, entry.description, entry.rate) == (minutes, "Checkout", 90)


def test_a_cell_is_changed_and_emptied(member: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory(member=member, minutes=60, description="Keep")
    client = signed_in(member)
    shown = {"shown": f"{entry.pk}/60"}
    assert client.post(CELL, cell(key(entry), "2", **shown)).json()["text"] == "2:00"
    entry.refresh_from_db()
    assert (entry.minutes, entry.description) == (120, "Keep")

    client.post(CELL, cell(key(entry), "2", shown=f"{entry.pk}/120", note="Better"))
    entry.refresh_from_db()
    assert entry.description == "Better"

    assert client.post(CELL, cell(key(entry), "0", shown=f"{entry.pk}/120")).json()["entry"] is None
    assert not TimeEntry.objects.exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["hours.changed", "hours.changed", "hours.deleted"]


def test_a_request_that_is_repeated_writes_once(member: Membership, signed_in: SignIn) -> None:
    project = ProjectFactory()
    client = signed_in(member)
    for _ in range(2):
        assert client.post(CELL, cell(key(project), "1:30")).status_code == 200
    assert TimeEntry.objects.get().minutes == 90


def test_what_somebody_else_changed_is_not_written_over(
    member: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member, minutes=75)
    answer = signed_in(member).post(CELL, cell(key(entry), "3", shown=f"{entry.pk}/60"))
    assert answer.status_code == 409
    assert "it holds 1:15 now" in answer.json()["error"]
    assert answer.json()["minutes"] == 75
    entry.refresh_from_db()
    assert entry.minutes == 75


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("abc", "This is no duration. Write it as 1:30 or 1.5."),
        ("-1", "The duration is negative."),
        ("1:75", "After a colon stand 0 to 59."),
        ("25", "For minutes write 25m."),
        ("24:01", "An entry cannot be longer than 24 hours."),
        ("23", "and a day has 24."),
    ],
)
def test_what_cannot_be_is_said_and_not_written(
    member: Membership, signed_in: SignIn, typed: str, sentence: str
) -> None:
    TimeEntryFactory(member=member, minutes=120)
    answer = signed_in(member).post(CELL, cell(key(ProjectFactory()), typed))
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert TimeEntry.objects.count() == 1


def test_locked_cells_are_shown_with_who_locked_and_refused(
    member: Membership, manager: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member)
    HoursLockFactory(member=member, locked_by=manager.user)
    client = signed_in(member)
    page = client.get(WEEK).content.decode()
    assert "locked by Project manager" in page
    assert f'name="hours-{key(entry)}' not in page
    answer = client.post(CELL, cell(key(entry), "2", shown=f"{entry.pk}/60"))
    assert answer.status_code == 422
    assert "Project manager locked the hours of Member" in answer.json()["error"]
    answer = client.post(CELL, cell(key(ProjectFactory()), "2"))
    assert "Unlock first" in answer.json()["error"]


def test_cells_on_a_document_name_and_link_it(
    accountant: Membership, member: Membership, signed_in: SignIn
) -> None:
    TaxRateFactory()
    entry = TimeEntryFactory(member=accountant)
    draft = draft_work(
        start=MONDAY, end=MONDAY, project_ids=[entry.project_id], actor=None, allow_unlocked=True
    )
    page = signed_in(accountant).get(WEEK)
    [shown] = [c for c in page.context["week"].cells.values() if c.entries]
    assert shown.closed == f"On Draft {draft.pk}."
    answer = signed_in(accountant).post(CELL, cell(key(entry), "2", shown=f"{entry.pk}/60"))
    assert f"is on Draft {draft.pk}" in answer.json()["error"]


def test_cells_with_several_entries_or_times_are_opened_instead(
    member: Membership, signed_in: SignIn
) -> None:
    first = TimeEntryFactory(member=member, description="Morning")
    TimeEntryFactory(member=member, project=first.project, description="Afternoon")
    timed = TimeEntryFactory(member=member, start_time=time(9), end_time=time(10))
    client = signed_in(member)
    page = client.get(WEEK).content.decode()
    for entry in (first, timed):
        assert f'name="hours-{key(entry)}-20261005"' not in page
        assert f'name="hours-{key(entry)}-20261006"' in page
        answer = client.post(CELL, cell(key(entry), "5"))
        assert "This cell holds several entries" in answer.json()["error"]
    listed = client.get(
        f"/acme/hours/week/entries/?place={key(first)}&day=2026-10-05",
        headers={"HX-Request": "true", "HX-Target": "dialog"},
    ).content.decode()
    assert "Morning" in listed
    assert "Afternoon" in listed
    assert "Another entry" in listed


def test_rows_without_hours_live_in_the_address(member: Membership, signed_in: SignIn) -> None:
    project, task = ProjectFactory(name="Mobile"), TaskFactory(name="Design")
    page = signed_in(member).get(f"{WEEK}&row={key(project, task)}&row=999-0&row=x&row=1-1-1")
    assert [str(row.place) for row in page.context["week"].rows] == ["Mobile · Design"]


def test_the_rows_of_the_week_before_are_copied(member: Membership, signed_in: SignIn) -> None:
    old = TimeEntryFactory(member=member, work_date=date(2026, 9, 22))
    TimeEntryFactory(member=member, project__is_active=False, work_date=date(2026, 9, 23))
    TimeEntryFactory(member=member, work_date=date(2026, 9, 1))
    client = signed_in(member)
    answer = client.get(f"{WEEK}&copy=1")
    assert answer["Location"] == f"/acme/hours/?week=2026-10-07&row={key(old)}"
    answer = client.get(f"{PAGE}?week=2026-01-05&copy=1", follow=True)
    assert "There are no earlier hours" in answer.content.decode()


def test_a_row_is_added_and_toggled(member: Membership, signed_in: SignIn) -> None:
    project = ProjectFactory(name="Mobile")
    client = signed_in(member)
    row = client.get(f"/acme/hours/week/row/?place={key(project)}&week=2026-10-05")
    assert row.content.decode().count("data-editable") == 7
    assert client.get("/acme/hours/week/row/?place=999999-0").status_code == 404

    for day in (5, 6):
        TimeEntryFactory(member=member, project=project, work_date=date(2026, 10, day))
    HoursLockFactory(member=member, start_date=MONDAY, end_date=MONDAY)
    body = {"place": key(project), "week": "2026-10-05", "billable": "no"}
    answer = client.post("/acme/hours/week/billable/", body)
    assert answer.json() == {"billable": "mixed"}
    states = TimeEntry.objects.order_by("work_date").values_list("is_billable", flat=True)
    assert list(states) == [True, False]


def test_a_new_cell_takes_its_rows_kind(member: Membership, signed_in: SignIn) -> None:
    signed_in(member).post(CELL, cell(key(ProjectFactory()), "1", billable="no"))
    assert not TimeEntry.objects.get().is_billable


def test_the_plain_form_saves_the_week(member: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory(member=member, minutes=60)
    gone = TimeEntryFactory(member=member, minutes=45)
    place = key(entry)
    answer = signed_in(member).post(
        f"{WEEK}",
        {
            f"hours-{place}-20261005": "1,5",
            f"shown-{place}-20261005": f"{entry.pk}/60",
            f"hours-{place}-20261006": "2",
            f"shown-{place}-20261006": "/0",
            f"hours-{place}-20261007": "",
            f"shown-{place}-20261007": "/0",
            f"hours-{key(gone)}-20261005": "",
            f"shown-{key(gone)}-20261005": f"{gone.pk}/45",
        },
    )
    assert answer.status_code == 302
    rows = TimeEntry.objects.order_by("work_date").values_list("work_date", "minutes")
    assert list(rows) == [(MONDAY, 90), (date(2026, 10, 6), 120)]


def test_the_plain_form_keeps_what_was_typed_and_writes_nothing(
    member: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member, minutes=60)
    place = key(entry)
    for typed, sentence in (
        ("eight", "This is no duration."),
        ("24", "and a day has 24."),
    ):
        TimeEntryFactory(member=member, work_date=date(2026, 10, 6), minutes=5)
        answer = signed_in(member).post(
            WEEK,
            {
                f"hours-{place}-20261005": "3",
                f"shown-{place}-20261005": f"{entry.pk}/60",
                f"hours-{place}-20261006": typed,
                f"shown-{place}-20261006": "/0",
            },
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert f'value="{typed}"' in page
        assert 'value="3"' in page
        assert sentence in page
        entry.refresh_from_db()
        assert entry.minutes == 60


@pytest.mark.parametrize(
    ("role", "own", "colleague"),
    [
        (Role.OWNER, 200, 200),
        (Role.ACCOUNTANT, 200, 200),
        (Role.AUDITOR, 200, 200),
        (Role.MANAGER, 200, 403),
        (Role.MEMBER, 200, 403),
    ],
)
def test_whose_week_a_role_opens(
    tenant: Tenant, role: Role, own: int, colleague: int, signed_in: SignIn
) -> None:
    reader = MembershipFactory(role=role)
    person = TimeEntryFactory().member
    client = signed_in(reader)
    assert client.get(PAGE).status_code == own
    assert client.get(f"{PAGE}?person={person.pk}").status_code == colleague
    assert client.get(f"{PAGE}?person=999999").status_code == 404
    assert client.get(f"{PAGE}?person=x").status_code == 404


def test_a_manager_sees_and_writes_only_what_is_on_own_projects(
    manager: Membership, member: Membership, signed_in: SignIn
) -> None:
    own = TimeEntryFactory(member=member, project=ProjectFactory(manager=manager, name="Own"))
    foreign = TimeEntryFactory(member=member, project__name="Foreign")
    client = signed_in(manager)
    page = client.get(f"{WEEK}&person={member.pk}&row={key(ProjectFactory())}")
    assert [row.place.project for row in page.context["week"].rows] == [own.project]
    assert "Only hours on your projects are shown" in page.content.decode()

    answer = client.post(CELL, cell(key(own), "2", person=member.pk, shown=f"{own.pk}/60"))
    assert answer.status_code == 200
    answer = client.post(CELL, cell(key(foreign), "2", person=member.pk, shown=f"{foreign.pk}/60"))
    assert answer.status_code == 422
    assert "your own projects only" in answer.json()["error"]
    stranger = MembershipFactory()
    assert client.post(CELL, cell(key(own), "2", person=stranger.pk)).status_code == 403


def test_an_auditor_looks_and_does_not_touch(
    auditor: Membership, member: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member)
    client = signed_in(auditor)
    page = client.get(f"{WEEK}&person={member.pk}").content.decode()
    assert "data-editable" not in page
    assert "Lock this week" not in page
    assert "Lock this week" not in client.get(WEEK).content.decode()
    answer = client.post(CELL, cell(key(entry), "2", person=member.pk, shown=f"{entry.pk}/60"))
    assert answer.status_code == 403
    body = {"place": key(entry), "week": "2026-10-05", "billable": "no", "person": member.pk}
    assert client.post("/acme/hours/week/billable/", body).status_code == 403
    entry.refresh_from_db()
    assert (entry.minutes, entry.is_billable) == (60, True)


def test_a_place_of_another_tenant_is_none(member: Membership, signed_in: SignIn) -> None:
    project_id, person_id = foreign_project()
    client = signed_in(member)
    answer = client.post(CELL, cell(f"{project_id}-0", "2"))
    assert answer.status_code == 422
    assert "not in the list any more" in answer.json()["error"]
    assert client.post(CELL, cell("1-0", "2", person=person_id)).status_code == 404
    assert client.get(f"{PAGE}?person={person_id}").status_code == 404
    assert client.get("/other/hours/").status_code == 404
    assert not TimeEntry.objects.exists()


def test_places_are_offered_recent_and_assigned_first(
    member: Membership, signed_in: SignIn
) -> None:
    ProjectFactory(name="Alpha", customer__name="Zulu Oy")
    assigned = ProjectFactory(name="Bravo")
    RateFactory(project=assigned, member=member)
    recent = ProjectFactory(name="Charlie")
    TimeEntryFactory(member=member, project=recent, work_date=timezone.localdate())
    ProjectFactory(name="Delta", is_active=False)
    ProjectFactory(name="Echo", end_date=date(2020, 1, 1))
    TaskFactory(name="Design", project=recent)
    client = signed_in(member)

    def found(words: str = "") -> list[tuple[str, str]]:
        rows = client.get(f"/acme/hours/places/?q={words}&week=2026-10-05").json()["results"]
        return [(row["text"], row["group"]) for row in rows]

    assert found() == [
        ("Charlie", "Used lately"),
        ("Bravo", "Assigned"),
        ("Charlie · Design", "All projects"),
        ("Alpha", "All projects"),
    ]
    assert found("zulu alp") == [("Alpha", "All projects")]
    assert found("nothing") == []


def test_twelve_questions_whatever_the_size(
    manager: Membership, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    TaxRateFactory()
    person = MembershipFactory()
    rows = ""
    for number in range(8):
        project = ProjectFactory(manager=manager)
        for day in range(5, 10):
            TimeEntryFactory(
                member=person, project=project, task=TaskFactory(), work_date=date(2026, 10, day)
            )
        rows += f"&row={key(ProjectFactory(manager=manager), TaskFactory())}"
        if number == 0:
            draft_work(
                start=MONDAY, end=MONDAY, project_ids=[project.pk], actor=None, allow_unlocked=True
            )
    HoursLockFactory(member=person, start_date=MONDAY, end_date=MONDAY)
    client = signed_in(manager)
    with django_assert_max_num_queries(12):
        assert client.get(f"{WEEK}&person={person.pk}{rows}").status_code == 200


def test_a_refused_cell_tells_a_manager_nothing_of_other_projects(
    manager: Membership, signed_in: SignIn
) -> None:
    colleague = MembershipFactory()
    TimeEntryFactory(member=colleague, project=ProjectFactory(manager=manager))
    hidden = TimeEntryFactory(member=colleague, work_date=MONDAY, description="Merger talks")

    asked = cell(key(hidden), "2", person=colleague.pk)
    answer = signed_in(manager).post(CELL, asked)

    assert answer.status_code == 422
    assert answer.json().keys() == {"error"}
    assert "your own projects only" in answer.json()["error"]
    hidden.refresh_from_db()
    assert hidden.minutes == 60
