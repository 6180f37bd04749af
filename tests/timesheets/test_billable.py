"""Whether an hour is billable: what project and task say, until somebody who may says otherwise."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tenants.models import Membership
from tests.factories import ProjectFactory, TaskFactory, TimeEntryFactory
from timesheets.domain.cells import CellChange, write_cell
from timesheets.domain.entries import change_entry, record_entry
from timesheets.errors import NotBillableHere
from timesheets.models import TimeEntry

SignIn = Callable[[Membership], Client]
NEW = "/acme/hours/entries/new/"


def recorded(actor: Membership, project: Any, task: Any = None, **more: Any) -> TimeEntry:
    return record_entry(
        actor=actor,
        member=actor,
        project=project,
        task=task,
        work_date=date(2026, 10, 5),
        minutes=60,
        **more,
    )


@pytest.mark.parametrize(
    ("project", "task", "expected"),
    [(True, None, True), (False, None, False), (True, True, True), (True, False, False),
     (False, True, False)],
)  # fmt: skip
def test_project_and_task_decide(
    member: Membership, *, project: bool, task: bool | None, expected: bool
) -> None:
    place = ProjectFactory(is_billable=project)
    what = None if task is None else TaskFactory(is_billable=task)
    assert recorded(member, place, what).is_billable is expected


def test_a_person_takes_work_off_the_bill_but_not_onto_it(member: Membership) -> None:
    assert recorded(member, ProjectFactory(), is_billable=False).is_billable is False
    internal = ProjectFactory(name="Office", is_billable=False)
    with pytest.raises(NotBillableHere, match="Hours on Office are not billable"):
        recorded(member, internal, is_billable=True)
    entry = recorded(member, internal)
    with pytest.raises(NotBillableHere):
        change_entry(entry.pk, actor=member, is_billable=True)
    meeting = TaskFactory(name="Meeting", is_billable=False)
    with pytest.raises(NotBillableHere, match="Hours on Meeting"):
        recorded(member, ProjectFactory(), meeting, is_billable=True)


def test_who_corrects_hours_may(accountant: Membership, manager: Membership) -> None:
    internal = ProjectFactory(is_billable=False)
    assert recorded(accountant, internal, is_billable=True).is_billable
    managed = ProjectFactory(is_billable=False, manager=manager)
    assert recorded(manager, managed, is_billable=True).is_billable
    with pytest.raises(NotBillableHere):
        recorded(manager, internal, is_billable=True)


def test_moved_work_follows_its_new_place_unless_somebody_decided(member: Membership) -> None:
    internal, web = ProjectFactory(is_billable=False), ProjectFactory()
    followed = recorded(member, web)
    change_entry(followed.pk, actor=member, project=internal)
    assert TimeEntry.objects.get(pk=followed.pk).is_billable is False
    change_entry(followed.pk, actor=member, project=web)
    assert TimeEntry.objects.get(pk=followed.pk).is_billable is True
    decided = recorded(member, web, is_billable=False)
    change_entry(decided.pk, actor=member, project=ProjectFactory())
    assert TimeEntry.objects.get(pk=decided.pk).is_billable is False
    task = TaskFactory(is_billable=False)
    change_entry(followed.pk, actor=member, task=task)
    assert TimeEntry.objects.get(pk=followed.pk).is_billable is False


def test_other_corrections_ask_nobody_anew(accountant: Membership, member: Membership) -> None:
    entry = TimeEntryFactory(member=member, project=ProjectFactory(is_billable=False))
    assert entry.is_billable  # the accountant made it so
    change_entry(entry.pk, actor=member, description="More words", is_billable=True)
    assert TimeEntry.objects.get().is_billable


def test_the_week_grid_follows_too(member: Membership) -> None:
    change = CellChange(
        project=ProjectFactory(is_billable=False), task=None, day=date(2026, 10, 5), minutes=30,
        shown_entry_id=None, shown_minutes=0,
    )  # fmt: skip
    entry = write_cell(change, actor=member, member=member)
    assert entry is not None
    assert entry.is_billable is False


def posted(project: Any, **more: Any) -> dict[str, Any]:
    return {"place": f"{project.pk}-0", "work_date": "2026-10-05", "minutes": "1:30", **more}


def test_a_box_that_nobody_touched_leaves_it_to_the_project(
    member: Membership, signed_in: SignIn
) -> None:
    client = signed_in(member)
    internal = ProjectFactory(is_billable=False)
    shown = {"billable_shown": "True", "is_billable": "on"}
    assert client.post(NEW, posted(internal, **shown)).status_code == 302
    assert TimeEntry.objects.get().is_billable is False


def test_a_box_that_was_unticked_or_ticked_is_meant(
    accountant: Membership, member: Membership, signed_in: SignIn
) -> None:
    internal, web = ProjectFactory(is_billable=False), ProjectFactory()
    client = signed_in(member)
    assert client.post(NEW, posted(web, billable_shown="True")).status_code == 302
    assert TimeEntry.objects.get().is_billable is False
    asked = posted(internal, billable_shown="False", is_billable="on")
    answer = client.post(NEW, asked)
    assert answer.status_code == 422
    assert "Only the project&#x27;s manager or an accountant" in answer.content.decode()
    asked["member"] = accountant.pk
    assert signed_in(accountant).post(NEW, asked).status_code == 302
    assert TimeEntry.objects.filter(project=internal).get().is_billable is True


def box(page: Any) -> tuple[bool, str]:
    text = page.content.decode()
    tag = re.search(r'<input type="checkbox" name="is_billable"[^>]*>', text)
    shown = re.search(r'<input type="hidden" name="billable_shown"[^>]*value="(\w+)"', text)
    assert tag
    assert shown
    return "checked" in tag[0], shown[1]


def test_the_box_follows_the_chosen_place(member: Membership, signed_in: SignIn) -> None:
    client = signed_in(member)
    internal, web = ProjectFactory(name="Office", is_billable=False), ProjectFactory()
    url = "/acme/hours/entries/billable/"
    assert box(client.get(url)) == (True, "True")
    assert box(client.get(f"{url}?place={web.pk}-0")) == (True, "True")
    page = client.get(f"{url}?place={internal.pk}-0")
    assert box(page) == (False, "False")
    assert "Hours on Office are not billable" in page.content.decode()
    decided = TimeEntryFactory(member=member, project=web, is_billable=False)
    assert box(client.get(f"{url}?place={web.pk}-0&entry={decided.pk}")) == (False, "False")
    other = TimeEntryFactory()
    assert client.get(f"{url}?place={web.pk}-0&entry={other.pk}").status_code == 404
    page = client.get(f"{NEW}?place={internal.pk}-0")
    assert box(page) == (False, "False")
