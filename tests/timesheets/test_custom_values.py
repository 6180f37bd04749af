"""The company's own fields of tasks and time entries."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import CustomField
from tenants.models import AuditEntry, Membership
from tests.factories import (
    CustomFieldFactory,
    HoursLockFactory,
    ProjectFactory,
    TaskFactory,
    TimeEntryFactory,
)
from timesheets.domain import entries, tasks
from timesheets.models import Task, TimeEntry

SignIn = Callable[[Membership], Client]
HOURS = "/acme/hours/entries/"


@pytest.fixture
def place(tenant: Any) -> CustomField:
    field: CustomField = CustomFieldFactory(
        target="time_entry",
        name="place",
        label="Place",
        kind="choice",
        choices=[["home", "Home office"], ["office", "Office"]],
        default="office",
    )
    return field


def test_hours_begin_with_the_default_and_keep_what_is_changed(
    place: CustomField, owner: Membership
) -> None:
    entry = entries.record_entry(
        actor=owner,
        member=owner,
        project=ProjectFactory(),
        work_date=timezone.localdate(),
        minutes=60,
    )
    assert entry.custom_values == {"place": "office"}
    changed = entries.change_entry(entry.pk, actor=owner, custom_values={"place": "Home Office"})
    assert changed.custom_values == {"place": "home"}
    logged = AuditEntry.objects.get(action="hours.changed").detail["changes"]
    assert logged == {"Place": ["office", "home"]}


def test_deleted_hours_come_back_with_their_values(place: CustomField, owner: Membership) -> None:
    entry = TimeEntryFactory(member=owner, custom_values={"place": "home"})
    kept = entries.delete_entry(entry.pk, actor=owner)
    entries.restore_entries([kept], actor=owner)
    assert TimeEntry.objects.get().custom_values == {"place": "home"}


def test_written_in_the_form(place: CustomField, owner: Membership, signed_in: SignIn) -> None:
    CustomFieldFactory(
        target="time_entry", name="ticket", label="Ticket", is_required=True, position=2
    )
    project = ProjectFactory()
    client = signed_in(owner)
    values = {
        "place": f"{project.pk}-0", "work_date": timezone.localdate().isoformat(),
        "minutes": "1:30", "is_billable": "on", "custom-shown": "place ticket",
        "custom_place": "home",
    }  # fmt: skip
    refused = client.post(f"{HOURS}new/", {**values, "member": owner.pk})
    assert refused.status_code == 422
    assert "“Ticket” is empty. Fill it in." in refused.content.decode()
    saved = client.post(f"{HOURS}new/", {**values, "member": owner.pk, "custom_ticket": "T-7"})
    assert saved.status_code == 302
    entry = TimeEntry.objects.get()
    assert entry.custom_values == {"place": "home", "ticket": "T-7"}
    copied = client.get(f"{HOURS}new/?copy={entry.pk}").content.decode()
    assert 'value="T-7"' in copied


def test_shown_filtered_and_exported(
    place: CustomField, owner: Membership, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    day = timezone.localdate()
    TimeEntryFactory(member=owner, work_date=day, custom_values={"place": "home"}, description="A")
    TimeEntryFactory(
        member=owner, work_date=day, custom_values={"place": "office"}, description="B"
    )
    locked = TimeEntryFactory(
        member=owner, work_date=date(2026, 1, 5), custom_values={"place": "home"}
    )
    HoursLockFactory(member=owner, start_date=date(2026, 1, 1), end_date=date(2026, 1, 31))
    client = signed_in(owner)
    client.post("/acme/columns/", {"list": "hours", "field": "place"})
    with django_assert_max_num_queries(12):
        page = client.get(HOURS)
    assert "Home office" in page.content.decode()
    rows = client.get(f"{HOURS}?custom_place=home&sort=custom_place").context["rows"]
    assert [row.entry.description for row in rows] == ["A"]
    rows = client.get(f"{HOURS}?q=place:offi").context["rows"]
    assert {row.entry.description for row in rows} == {"A", "B"}
    lines = client.get(f"{HOURS}export.csv?custom_place=home").getvalue().decode().splitlines()
    assert lines[0].endswith(";Place")
    assert [line.rpartition(";")[2] for line in lines[1:]] == ["Home office"]
    assert "Home office" in client.get(f"{HOURS}{locked.pk}/").content.decode()


def test_tasks(owner: Membership, signed_in: SignIn) -> None:
    CustomFieldFactory(target="task", name="wage", label="Wage type", kind="number", default="100")
    task = tasks.add_task(actor=owner, name="Design")
    assert task.custom_values == {"wage": "100"}
    client = signed_in(owner)
    url = f"/acme/rates/tasks/{task.pk}/"
    values = {"name": "Design", "is_billable": "on", "custom-shown": "wage"}
    assert client.post(url, {**values, "custom_wage": "x"}).status_code == 422
    assert client.post(url, {**values, "custom_wage": "120,5"}).status_code == 302
    assert Task.objects.get().custom_values == {"wage": "120.5"}
    TaskFactory(name="Other")
    client.post("/acme/columns/", {"list": "tasks", "field": "wage"})
    page = client.get("/acme/rates/tasks/?custom_wage_min=100")
    assert [row.task.name for row in page.context["rows"]] == ["Design"]
    assert "120.5" in page.content.decode()
    lines = client.get("/acme/rates/tasks/export.csv").getvalue().decode().splitlines()
    assert lines[0].endswith(";Wage type")
