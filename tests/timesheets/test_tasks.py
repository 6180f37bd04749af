"""Tasks: adding, changing, closing, deleting, their list and a project's tab; who may."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import AuditEntry, Membership
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TimeEntryFactory,
)
from tests.timesheets.foreign import foreign_project
from timesheets import errors
from timesheets.domain.tasks import (
    add_task,
    change_task,
    deactivate_task,
    reactivate_task,
    remove_task,
)
from timesheets.models import Rate, Task

type SignIn = Callable[[Membership], Client]
HOME = "/acme/rates/tasks/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client_of(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def page(client: Client, url: str = HOME, status: int = 200, **more: Any) -> str:
    response = client.get(url, **more)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def refused(client: Client, url: str, data: dict[str, Any]) -> str:
    response = client.post(url, data)
    assert response.status_code == 422
    return response.content.decode()


def toast(response: Any) -> str:
    text: str = json.loads(response["HX-Trigger"])["toasts"]["toasts"][-1]["text"]
    return text


def test_a_task_of_the_company_and_one_of_a_project_are_added(client_of: Client) -> None:
    project = ProjectFactory(name="Web shop")
    data = {"name": "  Site   visit ", "project": "", "is_billable": "on"}
    assert client_of.post(f"{HOME}new/", data).status_code == 302
    answer = client_of.post(f"{HOME}new/", {"name": "Travel", "project": project.pk}, headers=HTMX)

    assert answer.status_code == 204
    assert {"dialog:close", "list:changed"} <= json.loads(answer["HX-Trigger"]).keys()
    assert toast(answer) == "The task “Travel” is added."
    found = Task.objects.order_by("pk").values_list("name", "project", "is_billable", "is_active")
    assert list(found) == [
        ("Site visit", None, True, True),
        ("Travel", project.pk, False, True),
    ]
    log = AuditEntry.objects.filter(action="task.added").order_by("pk")
    assert [entry.detail for entry in log] == [{}, {"project": "Web shop", "billable": "No"}]


def test_a_task_is_changed_and_the_hours_stay_as_they_are(client_of: Client) -> None:
    task = TaskFactory(name="Visit")
    entry = TimeEntryFactory(task=task, is_billable=True)

    assert client_of.post(f"{HOME}{task.pk}/", {"name": "Site visit"}).status_code == 302

    task.refresh_from_db()
    entry.refresh_from_db()
    assert (task.name, task.is_billable, entry.is_billable) == ("Site visit", False, True)
    changes = AuditEntry.objects.get(action="task.changed").detail["changes"]
    assert changes == {"name": ["Visit", "Site visit"], "is_billable": ["True", "False"]}


def test_saving_what_is_there_already_changes_nothing(accountant: Membership) -> None:
    task = TaskFactory(name="Visit")
    change_task(task.pk, actor=accountant, name="Visit ", project=None, is_billable=True)
    assert not AuditEntry.objects.filter(action="task.changed").exists()


@pytest.mark.parametrize("typed", ["Travel", "travel", " TRAVEL "])
def test_a_name_is_taken_once_in_a_project(client_of: Client, typed: str) -> None:
    project, elsewhere = ProjectFactory(name="Web shop"), ProjectFactory()
    TaskFactory(name="Travel", project=project)
    text = refused(client_of, f"{HOME}new/", {"name": typed, "project": project.pk})
    assert "There is a task “Travel” for Web shop already. Choose another name." in text
    assert f'value="{typed}"' in text
    assert Task.objects.count() == 1
    # The company's and another project's may be called so, too.
    for other in ("", elsewhere.pk):
        data = {"name": typed, "project": other}
        assert client_of.post(f"{HOME}new/", data).status_code == 302
    text = refused(client_of, f"{HOME}new/", {"name": typed, "project": ""})
    assert "for every project already" in text


def test_a_name_is_not_taken_by_changing_either(client_of: Client) -> None:
    TaskFactory(name="Travel", is_active=False)
    task = TaskFactory(name="Visit")
    text = refused(client_of, f"{HOME}{task.pk}/", {"name": "travel"})
    assert "already, which is not active. Activate it again" in text
    task.refresh_from_db()
    assert (task.name, task.is_billable) == ("Visit", True)
    # Its own name in other letters is no other task's.
    assert client_of.post(f"{HOME}{task.pk}/", {"name": "VISIT"}).status_code == 302


def test_two_who_add_the_same_name_at_once(
    accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    TaskFactory(name="Travel")
    # The other one's row was not there yet when this one looked.
    monkeypatch.setattr("timesheets.domain.tasks._check_name", lambda _task: None)
    with pytest.raises(errors.TaskNameTaken):
        add_task(actor=accountant, name="Travel")
    assert Task.objects.count() == 1


def test_a_name_is_needed_and_not_too_long(client_of: Client, accountant: Membership) -> None:
    for name in ("", "   "):
        assert "Give the task a name." in refused(client_of, f"{HOME}new/", {"name": name})
    assert "at most 80 characters" in refused(client_of, f"{HOME}new/", {"name": "x" * 81})
    with pytest.raises(errors.TaskWithoutName):
        add_task(actor=accountant, name=" \t")
    assert not Task.objects.exists()


def test_a_task_with_hours_elsewhere_is_not_given_to_a_project(client_of: Client) -> None:
    web, app = ProjectFactory(name="Web shop"), ProjectFactory(name="App")
    task = TaskFactory(name="Travel")
    TimeEntryFactory(task=task, project=web, minutes=30)
    change = {"name": "Travel", "is_billable": "on"}

    assert client_of.post(f"{HOME}{task.pk}/", {**change, "project": web.pk}).status_code == 302
    text = refused(client_of, f"{HOME}{task.pk}/", {**change, "project": app.pk})
    assert "0:30 hours of this task are on Web shop." in text
    assert Task.objects.get().project == web
    # What one project used every project may use.
    assert client_of.post(f"{HOME}{task.pk}/", {**change, "project": ""}).status_code == 302
    assert Task.objects.get().project is None


def test_a_project_of_another_company_is_none(client_of: Client) -> None:
    project_id, _person_id = foreign_project()
    text = refused(client_of, f"{HOME}new/", {"name": "Travel", "project": project_id})
    assert "Select a valid choice" in text
    assert not Task.objects.exists()
    assert "<option selected" not in page(client_of, f"{HOME}new/?project={project_id}")


def test_a_closed_task_keeps_its_hours_and_comes_back(client_of: Client) -> None:
    task = TaskFactory(name="Travel")
    TimeEntryFactory(task=task)
    answer = client_of.post(f"{HOME}{task.pk}/deactivate/", headers=HTMX)
    assert (answer.status_code, toast(answer)) == (204, "“Travel” is not offered any more.")
    # A second click finds it done.
    assert client_of.post(f"{HOME}{task.pk}/deactivate/", headers=HTMX).status_code == 204
    assert not Task.objects.get().is_active
    assert "Travel" not in page(client_of, headers=HTMX)
    assert "Travel" in page(client_of, f"{HOME}?state=closed", headers=HTMX)

    assert client_of.post(f"{HOME}{task.pk}/reactivate/").status_code == 302
    assert Task.objects.get().is_active
    log = AuditEntry.objects.filter(object_id=task.pk, object_type="timesheets.task")
    actions = list(log.order_by("pk").values_list("action", flat=True))
    assert actions == ["task.deactivated", "task.reactivated"]


def test_only_a_task_nothing_was_written_for_is_deleted(client_of: Client) -> None:
    used, priced, idle = (TaskFactory(name=name) for name in ("Used", "Priced", "Idle"))
    TimeEntryFactory(task=used, minutes=95)
    RateFactory(task=priced, end_date=timezone.localdate() - timedelta(days=400))

    answer = client_of.post(f"{HOME}{used.pk}/remove/", headers=HTMX)
    assert (answer.status_code, answer["HX-Reswap"]) == (422, "none")
    assert toast(answer) == (
        "1:35 hours are recorded for Used, so it cannot be deleted. Deactivate it instead."
    )
    text = refused(client_of, f"{HOME}{priced.pk}/remove/", {})
    assert "Priced has rates. Remove those first, or deactivate the task." in text
    # The page that says so saves the task, and deletes nothing.
    assert f'action="{HOME}{priced.pk}/"' in text
    answer = client_of.post(f"{HOME}{idle.pk}/remove/", headers=HTMX)
    assert (answer.status_code, toast(answer)) == (204, "The task “Idle” is deleted.")

    assert set(Task.objects.all()) == {used, priced}
    assert Rate.objects.count() == 1
    assert AuditEntry.objects.get(action="task.removed").object_label == "Idle"
    assert client_of.post(f"{HOME}{idle.pk}/remove/", headers=HTMX).status_code == 404


def test_one_that_was_deleted_meanwhile(accountant: Membership) -> None:
    task = TaskFactory()
    remove_task(task.pk, actor=accountant)
    for act in (deactivate_task, reactivate_task, remove_task):
        with pytest.raises(errors.TaskGone):
            act(task.pk, actor=accountant)


def test_buttons_are_offered_where_they_work(client_of: Client) -> None:
    used, priced, idle = (TaskFactory(name=name) for name in ("Used", "Priced", "Idle"))
    TimeEntryFactory(task=used)
    RateFactory(task=priced)
    text = page(client_of, headers=HTMX)
    for task, removable in ((used, False), (priced, False), (idle, True)):
        assert f"{HOME}{task.pk}/deactivate/" in text
        assert (f"{HOME}{task.pk}/remove/" in text) is removable


def test_the_list_begins_with_the_companys_and_goes_on_by_project(client_of: Client) -> None:
    web = ProjectFactory(name="Web shop", customer=CustomerFactory(name="Brahe Oy"))
    app = ProjectFactory(name="App")
    TaskFactory(name="T5 Code", project=web)
    TaskFactory(name="T4 Design", project=web, is_billable=False)
    TaskFactory(name="T3 Zoning", project=app)
    travel = TaskFactory(name="T2 Travel")
    TaskFactory(name="T1 Admin", is_billable=False)
    TaskFactory(name="T6 Old", is_active=False)
    TimeEntryFactory(task=travel, project=web, minutes=60)
    TimeEntryFactory(task=travel, project=app, minutes=35)

    def shown(query: str) -> str:
        text = page(client_of, f"{HOME}?{query}", headers=HTMX)
        places = {n: text.find(f">T{n} ") for n in "123456"}
        return "".join(sorted((n for n in places if places[n] > 0), key=places.__getitem__))

    assert shown("") == "12345"
    assert shown("sort=-name") == "54321"
    assert shown("sort=-hours")[0] == "2"
    assert shown("sort=billable") == "23514"
    assert shown("state=closed") == "6"
    assert shown("state=all") == "126345"
    assert shown("project=null") == "12"
    assert shown(f"project={web.pk}") == "45"
    assert shown("billable=False") == "14"
    assert shown("q=brahe+code") == "5"
    assert "1:35" in page(client_of, headers=HTMX)
    assert page(client_of, f"{HOME}?state=x", status=422)
    assert client_of.get(f"{HOME}export.csv?state=x").status_code == 422
    csv = b"".join(client_of.get(f"{HOME}export.csv")).decode()
    assert csv.splitlines()[2:5] == [
        "T2 Travel;;;Yes;1,58;Active",
        f"T3 Zoning;App;{app.customer.name};Yes;0,00;Active",
        "T4 Design;Web shop;Brahe Oy;No;0,00;Active",
    ]
    assert client_of.get(f"{HOME}export.xlsx").content[:2] == b"PK"


def test_todays_rate_is_shown(client_of: Client) -> None:
    today = timezone.localdate()
    task = TaskFactory()
    RateFactory(task=task, amount=Decimal(80), end_date=today - timedelta(days=1))
    RateFactory(task=task, amount=Decimal(95), start_date=today)
    text = page(client_of, headers=HTMX)
    assert "€95.00" in text
    assert "€80.00" not in text


def test_empty_lists_say_what_will_be_here(client_of: Client) -> None:
    project = ProjectFactory()
    tab = f"/acme/rates/projects/{project.pk}/tasks/"
    assert "No tasks yet" in page(client_of)
    assert "No tasks of its own" in page(client_of, tab)
    TaskFactory(name="Travel")
    assert "Nothing matches these filters" in page(client_of, f"{HOME}?q=nothing")
    text = page(client_of, tab, headers=HTMX)
    assert "1 task of the company can be used here as well." in text
    assert "<html" not in text
    assert "Travel" not in text


def test_a_project_manager_edits_the_tasks_of_own_projects(
    manager: Membership, signed_in: SignIn
) -> None:
    own, foreign = ProjectFactory(name="Own", manager=manager), ProjectFactory(name="Foreign")
    mine = TaskFactory(name="Mine", project=own)
    theirs = TaskFactory(name="Theirs", project=foreign)
    companys = TaskFactory(name="Everybody's")
    RateFactory(task=mine, amount=Decimal(95))
    client = signed_in(manager)

    text = page(client, f"/acme/rates/projects/{own.pk}/tasks/", headers=HTMX)
    assert f"{HOME}{mine.pk}/deactivate/" in text
    assert "95.00" not in text
    assert client.get(f"/acme/rates/projects/{foreign.pk}/tasks/").status_code == 404
    assert client.get(HOME).status_code == 403
    assert client.get(f"{HOME}export.csv").status_code == 403

    form = page(client, f"{HOME}new/")
    assert "Own ·" in form
    assert "Foreign ·" not in form
    answer = client.post(f"{HOME}new/", {"name": "New", "project": own.pk})
    assert answer["Location"] == f"/acme/projects/{own.pk}/?tab=tasks"
    for project in ("", foreign.pk):
        refused(client, f"{HOME}new/", {"name": "Another", "project": project})
        refused(client, f"{HOME}{mine.pk}/", {"name": "Mine", "project": project})
    for task, status in ((theirs, 404), (companys, 403)):
        assert client.get(f"{HOME}{task.pk}/").status_code == status
        for action in ("deactivate", "reactivate", "remove"):
            assert client.post(f"{HOME}{task.pk}/{action}/").status_code == status
    assert client.post(f"{HOME}{mine.pk}/deactivate/", headers=HTMX).status_code == 204

    for refused_call in (
        lambda: add_task(actor=manager, name="Another"),
        lambda: add_task(actor=manager, name="Another", project=foreign),
        lambda: change_task(mine.pk, actor=manager, name="Mine", project=None, is_billable=True),
        lambda: change_task(companys.pk, actor=manager, name="Mine", project=own, is_billable=True),
        lambda: deactivate_task(companys.pk, actor=manager),
        lambda: remove_task(theirs.pk, actor=manager),
    ):
        with pytest.raises(errors.TasksNotYours):
            refused_call()
    assert Task.objects.count() == 4


def test_others_only_look_or_do_not(
    auditor: Membership, member: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(manager=auditor)
    task = TaskFactory(name="Travel", project=project)
    tab = f"/acme/rates/projects/{project.pk}/tasks/"
    client = signed_in(auditor)
    text = page(client, tab, headers=HTMX)
    assert "Travel" in text
    assert "hx-post" not in text
    assert "New task" not in text
    assert signed_in(member).get(tab).status_code == 403
    for person in (auditor, member):
        client = signed_in(person)
        for path in ("", "export.csv", "new/", f"{task.pk}/"):
            assert client.get(HOME + path).status_code == 403, (person, path)
        for action in ("deactivate", "reactivate", "remove"):
            assert client.post(f"{HOME}{task.pk}/{action}/").status_code == 403
        with pytest.raises(errors.TasksNotYours):
            add_task(actor=person, name="Another", project=project)


def test_rates_and_tasks_are_tabs_of_one_page(client_of: Client) -> None:
    for url in (HOME, "/acme/rates/"):
        text = page(client_of, url)
        assert f'href="{HOME}"' in text
        assert 'href="/acme/rates/"' in text
        assert "Rates and tasks" in text
    project = ProjectFactory()
    assert "?tab=tasks" in page(client_of, f"/acme/projects/{project.pk}/")


@pytest.mark.parametrize("tab", [False, True])
def test_the_list_asks_no_more_with_more_rows(client_of: Client, tab: bool) -> None:
    project = ProjectFactory()
    url = f"/acme/rates/projects/{project.pk}/tasks/" if tab else HOME
    counts = []
    for _round in range(3):
        task = TaskFactory(project=project)
        RateFactory(task=task)
        TimeEntryFactory(task=task, project=project, member=MembershipFactory())
        with CaptureQueriesContext(connection) as queries:
            page(client_of, url)
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert counts[2] <= 12
