"""The list of hours in groups: sums, what opens, sorting, files, and what a click leads to."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.models import Membership
from tenants.roles import Permission
from tests.factories import MembershipFactory, ProjectFactory, TaskFactory, TimeEntryFactory
from tests.timesheets.foreign import foreign_work
from timesheets import actions
from timesheets.selectors.selection import selected_entries

SignIn = Callable[[Membership], Client]
LIST = "/acme/hours/entries/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
PAGE = f"{LIST}?{OCTOBER}"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def work(tenant: object) -> dict[str, Any]:
    web, app = ProjectFactory(name="Web"), ProjectFactory(name="App")
    anna, bert = MembershipFactory(name="Anna"), MembershipFactory(name="Bert")
    design = TaskFactory(name="Design")
    TimeEntryFactory(project=web, member=anna, task=design, minutes=60, rate=Decimal("100"))
    TimeEntryFactory(project=web, member=bert, minutes=30, rate=Decimal("80"))
    TimeEntryFactory(project=app, member=anna, minutes=15, is_billable=False)
    TimeEntryFactory(
        project=app, member=anna, minutes=45, rate=Decimal("60"), work_date=date(2026, 10, 12)
    )
    return {"web": web, "app": app, "anna": anna, "design": design}


def told(page: Any) -> list[tuple[str, int, int, int]]:
    return [
        (group.label, group.sums.entries, group.sums.minutes, group.sums.billable_minutes)
        for group in page.context["groups"]
    ]


def test_groups_have_sums(accountant: Membership, signed_in: SignIn, work: dict[str, Any]) -> None:
    client = signed_in(accountant)
    page = client.get(f"{PAGE}&group=project")
    assert told(page) == [("App", 2, 60, 45), ("Web", 2, 90, 90)]
    text = page.content.decode()
    for words in ("€140.00", "€45.00", "€185.00", "2:30"):
        assert words in text
    assert told(client.get(f"{PAGE}&group=person")) == [("Anna", 3, 120, 105), ("Bert", 1, 30, 30)]
    assert told(client.get(f"{PAGE}&group=week")) == [
        ("Week 41, 2026", 3, 105, 90), ("Week 42, 2026", 1, 45, 45),
    ]  # fmt: skip
    assert told(client.get(f"{PAGE}&group=task")) == [
        ("Design", 1, 60, 60), ("Without a task", 3, 90, 75),
    ]  # fmt: skip


def test_two_levels(accountant: Membership, signed_in: SignIn, work: dict[str, Any]) -> None:
    page = signed_in(accountant).get(f"{PAGE}&group=project&group=task")
    assert [
        (group.label, [(part.label, part.sums.minutes) for part in group.parts])
        for group in page.context["groups"]
    ] == [("App", [("Without a task", 60)]), ("Web", [("Design", 60), ("Without a task", 30)])]
    assert [d.value for d in page.context["dimensions"]] == ["project", "task"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("group=nonsense", []), ("group=", []), ("group=project&group=project", ["project"]),
     ("group=day&group=task&group=person", ["day", "task"])],
)  # fmt: skip
def test_what_is_no_group_is_passed_over(
    accountant: Membership, signed_in: SignIn, work: dict[str, Any], query: str, expected: list[str]
) -> None:
    page = signed_in(accountant).get(f"{PAGE}&{query}")
    assert page.status_code == 200
    assert [dimension.value for dimension in page.context["dimensions"]] == expected


def test_groups_are_sorted(accountant: Membership, signed_in: SignIn, work: dict[str, Any]) -> None:
    client = signed_in(accountant)

    def order(sort: str) -> list[str]:
        return [row[0] for row in told(client.get(f"{PAGE}&group=project&sort={sort}"))]

    assert order("name") == order("nonsense") == order("worked") == ["App", "Web"]
    assert order("-name") == order("-worked") == order("-value") == ["Web", "App"]


def links_on(page: Any) -> list[str]:
    found = re.findall(r'hx-get="(/acme/hours/entries/group/[^"]+)"', page.content.decode())
    return [unescape(url) for url in found]


def test_a_group_opens_to_its_entries(
    accountant: Membership, signed_in: SignIn, work: dict[str, Any]
) -> None:
    client = signed_in(accountant)
    opened = []
    for url in links_on(client.get(f"{PAGE}&group=project&group=task")):
        part = client.get(url, headers=HTMX)
        assert "<html" not in part.content.decode()
        opened.append([row.entry.minutes for row in part.context["rows"]])
    assert opened == [[45, 15], [60], [30]]
    [first, _second] = links_on(client.get(f"{PAGE}&group=person&billable=yes"))
    page = client.get(first)
    assert "<html" in page.content.decode()
    assert [row.entry.minutes for row in page.context["rows"]] == [45, 60]
    for wrong in ("group=project", "in=1", "group=day&in=1&in=2", "state=x&group=day&in=1"):
        assert client.get(f"{LIST}group/?{OCTOBER}&{wrong}").status_code == 404


def test_many_groups_inside_groups_are_fetched_when_opened(
    accountant: Membership,
    signed_in: SignIn,
    work: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("timesheets.views.entries.lists.MOST_PARTS_OPEN", 2)
    client = signed_in(accountant)
    page = client.get(f"{PAGE}&group=project&group=task")
    assert "Without a task" not in page.content.decode()
    minutes = []
    for url in links_on(page):
        part = client.get(url, headers=HTMX)
        assert "<html" not in part.content.decode()
        minutes.append([part.sums.minutes for part in part.context["group"].parts])
        for deeper in links_on(part):
            assert client.get(deeper, headers=HTMX).context["rows"]
    assert minutes == [[60], [60, 30]]
    assert "<html" in client.get(url).content.decode()


def test_the_file_has_the_groups(
    accountant: Membership, signed_in: SignIn, work: dict[str, Any]
) -> None:
    TimeEntryFactory(project__name="Zug", project__customer__currency="SEK", member=work["anna"])
    client = signed_in(accountant)
    answer = client.get(f"{LIST}export.csv?{OCTOBER}&group=person&group=project")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(text), delimiter=";")) == [
        ["Person", "Project", "Entries", "Hours", "Billable hours", "Value", "Currency"],
        ["Anna", "App", "2", "1,00", "0,75", "45,00", "EUR"],
        ["Anna", "Web", "1", "1,00", "1,00", "100,00", "EUR"],
        ["Anna", "Zug", "1", "1,00", "1,00", "100,00", "SEK"],
        ["Bert", "Web", "1", "0,50", "0,50", "40,00", "EUR"],
    ]
    assert client.get(f"{LIST}export.xlsx?{OCTOBER}&group=day").status_code == 200


def test_people_see_groups_of_what_they_see(
    member: Membership, signed_in: SignIn, work: dict[str, Any]
) -> None:
    TimeEntryFactory(member=member, project=work["web"], minutes=10)
    foreign_work()
    client = signed_in(member)
    page = client.get(f"{PAGE}&group=project")
    assert told(page) == [("Web", 1, 10, 10)]
    assert "€" not in page.content.decode()
    [url] = links_on(page)
    assert [row.entry.minutes for row in client.get(url).context["rows"]] == [10]
    hidden = client.get(f"{LIST}group/?{OCTOBER}&group=project&in={work['app'].pk}")
    assert list(hidden.context["rows"]) == []


def test_groups_of_any_size_ask_as_much(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)

    def questions(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{PAGE}&{query}").status_code == 200
        return len(queries)

    asked = ["group=project&group=task", "group=customer&group=person", "group=day&group=week"]
    TimeEntryFactory(task=TaskFactory())
    few = [questions(query) for query in asked]
    for _ in range(5):
        TimeEntryFactory(task=TaskFactory())
    assert [questions(query) for query in asked] == few
    assert max(few) <= 12


def test_other_rooms_start_from_the_selection(
    accountant: Membership,
    member: Membership,
    signed_in: SignIn,
    work: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "_actions", [])
    actions.register(
        actions.SelectionAction(
            label="Do something",
            icon="file-plus",
            url_name="timesheets:work_report",
            permissions=(Permission.CREATE_INVOICE,),
        )
    )
    nowhere = actions.SelectionAction("Nothing", "plus", "nobody:knows", tuple(Permission))
    actions.register(nowhere)
    page = signed_in(accountant).get(f"{PAGE}&group=project&project={work['web'].pk}")
    text = page.content.decode()
    found = re.search(r'action="/acme/hours/where/\?([^"]+)"', text)
    assert found
    assert selected_entries(QueryDict(unescape(found[1])), accountant).count() == 2
    assert "Nothing</button>" not in text
    TimeEntryFactory(member=member)
    assert "Do something" not in signed_in(member).get(PAGE).content.decode()
